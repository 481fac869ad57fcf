// Opening the mirror's file: permissions, pragmas, version.
#pragma once

#include <filesystem>
#include <memory>

namespace SQLite {
class Database;
}

namespace nexus_mirror::store {

// For writing: creates the file with permission bits `mode` when absent, and sets them when other.
std::unique_ptr<SQLite::Database> open_for_writing(const std::filesystem::path& file,
                                                   unsigned mode);
// For comparing only; an empty database in memory when `file` does not exist.
std::unique_ptr<SQLite::Database> open_for_comparing(const std::filesystem::path& file);

// Makes -wal and -shm stay when the last connection closes, for readers who may not write.
void keep_wal(SQLite::Database& database);

}  // namespace nexus_mirror::store
