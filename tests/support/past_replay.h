// The program's own way back: every table and view as store::Past shows them, against what was kept
// then.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace SQLite {
class Database;
}

namespace nexus_mirror::testing {

// By table or view; what is named here stands beside what FeedReplay keeps.
using KeptRows = std::map<std::string, std::string>;

// Adds what Past shows in another way than the feed tells of it: tables without their links, and
// views where every kind that has rows was `loaded`.
void keep_for_past(SQLite::Database& mirror, bool loaded, KeptRows& rows);

// The first difference between `was` and the past at change `seq` of the mirror; "" = there is
// none.
std::string past_difference(const std::filesystem::path& mirror, std::int64_t seq,
                            const KeptRows& was);

// How many states have been compared in this process.
std::uint64_t pasts_compared();

}  // namespace nexus_mirror::testing
