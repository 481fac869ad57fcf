#include "store/migration_run.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "env/file.h"
#include "log/log.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"
#include "text/quantity.h"

namespace nexus_mirror::store {
namespace {

// The -wal takes every page of the new tables and indexes, and the file grows by the largest table
// before the old one gives its pages back: 1.4 times the file in all, with 1.2 million rows.
constexpr std::int64_t kRoomTimes = 2;
constexpr std::int64_t kBytesPerSecond = 10'000'000;  // of the file, on a machine that is busy
constexpr std::int64_t kTellFrom = 64 * 1024 * 1024;  // smaller ones take moments
constexpr std::int64_t kTellEveryMs = 10'000;

std::int64_t size_of(Database& database) {
  return database.number("PRAGMA page_count") * database.number("PRAGMA page_size");
}

void check_room(Database& database, int to, std::int64_t size) {
  const std::filesystem::path folder = std::filesystem::path(database.path()).parent_path();
  std::uint64_t room = 0;
  // What cannot be told is tried: a full disk changes nothing either.
  if (env::free_space(folder.empty() ? "." : folder, room) != 0) return;
  const auto needed = static_cast<std::uint64_t>(size * kRoomTimes);
  if (room >= needed) return;
  throw Error(ErrorCode::machine, "bringing to schema " + std::to_string(to),
              "mirror " + database.path(),
              "that may take " + text::rough_size(needed) + " of its disk for a while, and " +
                  text::rough_size(room) + " are free",
              "make room on the disk and try again; nothing was changed");
}

std::string duration(std::int64_t ms) {
  return text::rough_duration(std::chrono::milliseconds(ms));
}

}  // namespace

MigrationRun::MigrationRun(Database& database, int from, int to, const std::function<bool()>& go_on)
    : database_(database),
      to_(to),
      go_on_(go_on),
      worth_telling_(size_of(database) >= kTellFrom),
      begun_ms_(Env::system().monotonic_ms()),
      told_ms_(begun_ms_) {
  const std::int64_t size = size_of(database);
  check_room(database, to, size);
  if (worth_telling_) {
    const std::int64_t about_ms = std::max(size * 1000 / kBytesPerSecond, std::int64_t{1000});
    log::info("bringing mirror " + database.path() + " from schema " + std::to_string(from) +
              " to " + std::to_string(to) + ": its " +
              text::rough_size(static_cast<std::uint64_t>(size)) +
              " are rewritten once, which takes about " + duration(about_ms) +
              "; readers go on meanwhile, and a stop undoes it");
  }
  database_.watch([this] { return tick(); });
}

MigrationRun::~MigrationRun() { database_.watch({}); }

bool MigrationRun::tick() {
  const std::int64_t now = Env::system().monotonic_ms();
  if (worth_telling_ && now - told_ms_ >= kTellEveryMs) {
    told_ms_ = now;
    log::info("still bringing the mirror to schema " + std::to_string(to_),
              {{"seconds", (now - begun_ms_) / 1000}});
  }
  return !go_on_ || go_on_();
}

void MigrationRun::done() {
  if (!worth_telling_) return;
  log::info("the mirror has schema " + std::to_string(to_) + " after " +
            duration(Env::system().monotonic_ms() - begun_ms_));
}

}  // namespace nexus_mirror::store
