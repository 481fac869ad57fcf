#include "daemon/schedule.h"

#include <algorithm>
#include <limits>

#include "env/backoff.h"
#include "text/to_come.h"

namespace nexus_mirror::daemon {

using objects::Outcome;

namespace {

constexpr std::int64_t kFirstFailureWait = 10'000;
constexpr std::int64_t kBusyWait = 2'000;        // another process has the mirror
constexpr std::int64_t kLeastLinkWait = 60'000;  // between two renewals

bool wants_full(const Turn& turn, const Clocks& now, const SyncConfig& settings) {
  return settings.mode == SyncMode::full || !turn.last_full ||
         text::is_to_come(turn.last_full->wall_ms, now.wall_ms) ||
         Wait{*turn.last_full, settings.full_interval.count()}.left(now) == 0;
}

// For how long it has been due; below 0 = it is not.
std::int64_t overdue(const Turn& turn, const Clocks& now) {
  if (!turn.wait) return std::numeric_limits<std::int64_t>::max();
  return turn.wait->passed(now) - turn.wait->ms;
}

}  // namespace

std::int64_t Wait::passed(const Clocks& now) const {
  return std::max(
      {std::int64_t{0}, now.wall_ms - since.wall_ms, now.monotonic_ms - since.monotonic_ms});
}

std::int64_t Wait::left(const Clocks& now) const {
  return std::max<std::int64_t>(0, ms - passed(now));
}

std::int64_t regular_wait(const SyncConfig& settings, double random) {
  const auto most = std::min(settings.jitter, settings.interval);
  const auto jitter = static_cast<double>(most.count()) * random;
  return settings.interval.count() + static_cast<std::int64_t>(jitter);
}

std::int64_t failure_wait(const SyncConfig& settings, int failures, double random) {
  return env::Backoff{kFirstFailureWait, settings.interval.count()}.wait_ms(failures, random);
}

Turn after_sync(Turn turn, Outcome outcome, bool full, const Clocks& began, const Clocks& ended,
                const SyncConfig& settings, double random) {
  switch (outcome) {
    case Outcome::ok:
    case Outcome::partial:
    case Outcome::refused:
      turn.failures = 0;
      if (full) turn.last_full = began;
      turn.wait = Wait{began, regular_wait(settings, random)};
      break;
    case Outcome::failed:
      ++turn.failures;
      turn.wait = Wait{ended, failure_wait(settings, turn.failures, random)};
      break;
    case Outcome::interrupted:
    case Outcome::running:
      break;
  }
  return turn;
}

Turn after_busy(Turn turn, const Clocks& now, const SyncConfig& settings) {
  turn.wait = Wait{now, std::min(kBusyWait, settings.interval.count())};
  return turn;
}

DueSync due_sync(const std::vector<Turn>& turns, const Clocks& now, const SyncConfig& settings) {
  const Turn* first = nullptr;
  for (const Turn& turn : turns) {
    const std::int64_t late = overdue(turn, now);
    if (late < 0) continue;
    const std::int64_t most = first == nullptr ? -1 : overdue(*first, now);
    const bool well_at_last = first != nullptr && first->failures > 0 && turn.failures == 0;
    if (late > most || (late == most && well_at_last)) first = &turn;
  }
  if (first == nullptr) return {};
  DueSync due{{}, wants_full(*first, now, settings)};
  if (first->failures > 0) return {{first->workspace}, due.full};
  for (const Turn& turn : turns) {
    if (turn.failures == 0 && overdue(turn, now) >= 0 &&
        wants_full(turn, now, settings) == due.full) {
      due.workspaces.push_back(turn.workspace);
    }
  }
  return due;
}

std::int64_t next_sync_in(const std::vector<Turn>& turns, const Clocks& now) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const Turn& turn : turns) {
    least = std::min(least, turn.wait ? turn.wait->left(now) : 0);
  }
  return least;
}

std::optional<std::int64_t> refresh_links_in(const Links& links, const Clocks& now,
                                             const SyncConfig& settings) {
  if (!links.earliest_ms) return std::nullopt;
  if (links.failures > 0) {
    return Wait{links.renewed, std::max(kLeastLinkWait, failure_wait(settings, links.failures, 1))}
        .left(now);
  }
  const std::int64_t had = *links.earliest_ms - links.renewed.wall_ms;
  const std::int64_t margin = settings.link_refresh_margin.count();
  const std::int64_t wait = had > margin ? had - margin : had / 2;
  return Wait{links.renewed, std::max(wait, kLeastLinkWait)}.left(now);
}

}  // namespace nexus_mirror::daemon
