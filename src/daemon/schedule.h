// When the daemon does what: pure functions of the time, what went before and the settings.
//
// Waits are measured on two clocks and end on the first that says so. The monotonic one stands
// still while the machine is suspended, the wall clock may be set: after a suspend, or a clock set
// forward, what was missed is made up for once; a clock set back delays nothing. A moment that is
// still to come was written down by a wrong clock, and nobody knows when it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "objects/outcome.h"

namespace nexus_mirror::daemon {

struct Clocks {
  std::int64_t wall_ms = 0;       // UNIX
  std::int64_t monotonic_ms = 0;  // Env::monotonic_ms()

  static Clocks now(Env& env) { return {env.now_ms(), env.monotonic_ms()}; }
};

// A wait that began at `since`.
struct Wait {
  Clocks since;
  std::int64_t ms = 0;

  // Since it began, never negative.
  std::int64_t passed(const Clocks& now) const;
  // What is left of it, never negative; 0 = over.
  std::int64_t left(const Clocks& now) const;
};

// What the schedule remembers of a workspace. One that was never synced is due at once.
struct Turn {
  std::string workspace;
  std::optional<Wait> wait;         // until the next sync
  int failures = 0;                 // in a row
  std::optional<Clocks> last_full;  // when its last full sync that went well began
};

// From the start of a sync that went well to the next: interval and, by chance, up to `jitter`, but
// never more than once more the interval.
std::int64_t regular_wait(const SyncConfig& settings, double random);

// From the end of the nth failure in a row (n >= 1) to the next try: from half of it to all of 10
// seconds, doubled at each failure, at most `interval`.
std::int64_t failure_wait(const SyncConfig& settings, int failures, double random);

// `turn` after a sync of it from `began` to `ended`. After `failed` (it, or one of its projects,
// could not be read) the next comes sooner; rows that were refused or kept out would be so again,
// so `partial` and `refused` wait like `ok`. `interrupted` leaves it due.
Turn after_sync(Turn turn, objects::Outcome outcome, bool full, const Clocks& began,
                const Clocks& ended, const SyncConfig& settings, double random);

// `turn` when another process turned out to work on the mirror at `now`: soon again, no failure.
Turn after_busy(Turn turn, const Clocks& now, const SyncConfig& settings);

// The sync to run now.
struct DueSync {
  std::vector<std::string> workspaces;  // none = nothing is due
  bool full = false;
};

// Workspaces that are due and well go together, full and quick ones apart. Each that failed last
// time goes by itself, so that it takes nobody along. Who has been due for longest goes first,
// those that are well before one that failed.
DueSync due_sync(const std::vector<Turn>& turns, const Clocks& now, const SyncConfig& settings);

// Until the next one is due.
std::int64_t next_sync_in(const std::vector<Turn>& turns, const Clocks& now);

// What is known of the links that the mirror holds.
struct Links {
  std::optional<std::int64_t> earliest_ms;  // UNIX: when the first of the living dies; none = none
  Clocks renewed;                           // when they were, or were tried to be
  int failures = 0;                         // of attempts in a row
};

// Until links are to be fetched anew: when the earliest comes within link_refresh_margin. Links
// that live no longer than that are renewed at half of the time that they had left. Nullopt =
// never.
std::optional<std::int64_t> refresh_links_in(const Links& links, const Clocks& now,
                                             const SyncConfig& settings);

}  // namespace nexus_mirror::daemon
