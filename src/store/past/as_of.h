// A moment of the mirror's past that can be answered: the end of a sync.
#pragma once

#include <cstdint>
#include <optional>

#include "store/database.h"

namespace nexus_mirror::store {

// The mirror as it was when a sync had ended.
struct AsOf {
  std::int64_t sync_id = 0;
  std::int64_t ended = 0;  // UNIX ms
  std::int64_t seq = 0;    // the last change that had happened by then

  bool operator==(const AsOf&) const = default;
};

// How far back answers reach, and what it takes.
struct HistoryReach {
  std::optional<AsOf> oldest;  // that can be answered; none before a sync has ended
  std::int64_t changes = 0;    // at most so many rows
  std::int64_t bytes = 0;      // of theirs; of more than 2,000 about, by every so-manieth
};

// All throw as Database does.

// The newest sync, by its id, that had ended by `ms` (UNIX ms); whether the history reaches back to
// it is not looked at. nullopt = none had.
std::optional<AsOf> as_of_moment(Database& database, std::int64_t ms);
// The newest sync that ended, whatever its clock said.
std::optional<AsOf> as_of_newest(Database& database);
// The sync itself; nullopt where it never ended or is not known.
std::optional<AsOf> as_of_sync(Database& database, std::int64_t sync_id);
// Whether every change behind it is still here.
bool can_be_answered(Database& database, const AsOf& as_of);
std::optional<AsOf> oldest_answer(Database& database);
HistoryReach history_reach(Database& database);

}  // namespace nexus_mirror::store
