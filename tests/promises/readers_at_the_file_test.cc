// Others read the mirror while the program is at it and after programs of its owner's were: they
// are never locked out, with no busy time-out at all, and find -wal and -shm.
#include <sqlite3.h>
#include <sys/stat.h>

#include <iostream>

#include "daemon/mirror_facts.h"
#include "nexus_mirror/error.h"
#include "store/store.h"
#include "support/faults_in_turn.h"
#include "support/faulty_vfs.h"
#include "support/mirror_run.h"
#include "support/shell.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// What a program that knows nothing of this one gets: the extended result of opening the file and
// counting the projects, without waiting for any lock.
int read_at_once(const fs::path& database, int flags) {
  sqlite3* connection = nullptr;
  int code = sqlite3_open_v2(database.c_str(), &connection, flags, nullptr);
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, 0);
  if (code == SQLITE_OK) {
    code = sqlite3_exec(connection, "SELECT count(*) FROM projects", nullptr, nullptr, nullptr);
  }
  sqlite3_close_v2(connection);
  return code;
}

// As the owner's own program does that opens the file to write: with its end -wal and -shm go.
void open_as_owner(const fs::path& database, const std::string& sql = "SELECT 1 FROM projects") {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(database.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(connection);
}

bool has_wal_and_shm(const fs::path& database) {
  return fs::exists(database.string() + "-wal") && fs::exists(database.string() + "-shm");
}

class ReadersAtTheFileTest : public FaultsInTurnTest {
 protected:
  // A reader at every call of SQLite's of a second sync.
  void read_at_each_call(int flags) {
    prepare();
    begin_with(clean() / "before");
    std::map<int, std::uint64_t> results;
    std::uint64_t calls = 0;
    FaultyVfs vfs;
    vfs.listen([&](const VfsEvent& event) {
      ++calls;
      const int code = read_at_once(place() / "mirror.db", flags);
      ++results[code];
      // What SQLite does once, of an empty -wal, when the first program comes to a file at which
      // there was nobody.
      if (code == SQLITE_BUSY_RECOVERY) return;
      EXPECT_EQ(code, SQLITE_OK) << calls << ": " << name_of(event.kind) << " of " << event.path;
    });
    ASSERT_EQ(update(config(true), vfs.name()), 0);
    std::cout << "[  READERS ] a second sync: " << calls << " calls of SQLite, a reader at each";
    for (const auto& [code, count] : results) std::cout << ", result " << code << ": " << count;
    std::cout << "\n";
    EXPECT_GT(calls, 100U);
    EXPECT_LE(results[SQLITE_BUSY_RECOVERY], 10U);
    EXPECT_EQ(fs::file_size((place() / "mirror.db-wal")), 0U);
  }
};

TEST_F(ReadersAtTheFileTest, WhoWaitsForNothingReadsAtEachStepOfASync) {
  read_at_each_call(SQLITE_OPEN_READONLY);
}

TEST_F(ReadersAtTheFileTest, WhoReadsMeanwhileKeepsTheWalAndNobodyWaits) {
  prepare();
  begin_with(clean() / "before");
  const fs::path database = place() / "mirror.db";
  {
    // In the middle of a read transaction all along.
    store::Database sleeper(database, store::Use::snapshot);
    sleeper.execute("BEGIN; SELECT 1 FROM projects LIMIT 1");
    ASSERT_EQ(update(config(true)), 0);
    EXPECT_GT(fs::file_size(database.string() + "-wal"), 0U);
    EXPECT_EQ(read_at_once(database, SQLITE_OPEN_READONLY), SQLITE_OK);
  }
  ASSERT_EQ(update(config(true)), 0);
  EXPECT_EQ(fs::file_size(database.string() + "-wal"), 0U);
}

TEST_F(ReadersAtTheFileTest, TheDaemonMakesAgainWhatTheOwnersProgramTakesAway) {
  mirror_of_before();
  const fs::path database = place() / "mirror.db";
  ASSERT_EQ(::chmod(database.c_str(), 0640), 0);
  open_as_owner(database);
  ASSERT_FALSE(fs::exists(database.string() + "-wal"));
  ASSERT_FALSE(fs::exists(database.string() + "-shm"));
  daemon::read_facts(config(false), kNoon, kNoon);
  for (const char* suffix : {"-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((database.string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0640U) << suffix;
  }
}

TEST_F(ReadersAtTheFileTest, ADryRunMakesNoFileAndNoticesAWriter) {
  mirror_of_before();
  const fs::path database = place() / "mirror.db";
  open_as_owner(database);
  {
    store::Store store(database, store::Access::dry_run);
    EXPECT_FALSE(has_wal_and_shm(database));
    store.finish_sync({}, 0);
    open_as_owner(database, "UPDATE projects SET name = 'another'");
    try {
      store.finish_sync({}, 0);
      FAIL() << "it was not noticed";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::busy) << error.what();
    }
  }
  EXPECT_FALSE(has_wal_and_shm(database));
}

TEST_F(ReadersAtTheFileTest, ADryRunSeesOneStateWhoeverWrites) {
  mirror_of_before();
  const fs::path database = place() / "mirror.db";
  ASSERT_TRUE(has_wal_and_shm(database));
  store::Database mirror(database, store::Use::compare);
  const std::string count = "SELECT count(*) FROM annotations";
  const std::int64_t before = mirror.number(count);
  ASSERT_GT(before, 0);
  const ShellResult other = run_shell("sqlite3 " + quoted(database.string()) +
                                      " 'DELETE FROM annotations; " + count + "'");
  EXPECT_EQ(other.output, "0\n");
  EXPECT_EQ(mirror.number(count), before);
}

class DryRunTest : public PromiseTest {
 protected:
  // Names, bytes and times of all files but what the runs say.
  static std::map<std::string, std::string> files(const Mirror& mirror) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(mirror.folder())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("out_") || name.starts_with("err_")) continue;
      struct stat status {};
      EXPECT_EQ(::lstat(entry.path().c_str(), &status), 0);
      std::string& state = found[entry.path().string()];
      if (!entry.is_regular_file()) continue;
      state = std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) +
              file_bytes(entry.path());
    }
    return found;
  }

  static void expect_unchanged(const Mirror& mirror,
                               const std::map<std::string, std::string>& before) {
    const auto after = files(mirror);
    for (const auto& [path, state] : after) {
      const auto found = before.find(path);
      EXPECT_TRUE(found != before.end() && found->second == state) << path;
    }
    EXPECT_EQ(after.size(), before.size());
  }

  // What a dry run says that it would insert; it writes nothing.
  static std::string inserted(const Mirror& mirror) {
    const auto before = files(mirror);
    const Ended ended = mirror.run({"sync", "--dry-run", "--json"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    expect_unchanged(mirror, before);
    const std::size_t at = ended.out.find("\"inserted\":");
    return at == std::string::npos ? ended.out : ended.out.substr(at, ended.out.find(',', at) - at);
  }

  // One annotation less, which stands in the -wal alone, and no program at the file.
  static void delete_in_the_wal(const fs::path& database) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(database.c_str(), &connection), SQLITE_OK);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    EXPECT_EQ(sqlite3_exec(connection,
                           "DELETE FROM annotations WHERE rowid = "
                           "(SELECT min(rowid) FROM annotations)",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(connection);
    ASSERT_GT(fs::file_size(database.string() + "-wal"), 0U);
  }
};

TEST_F(DryRunTest, WritesNothingWhateverLiesBesideTheMirror) {
  const auto mirror = this->mirror(kKeypoints);
  EXPECT_NE(inserted(*mirror), "\"inserted\":0") << "without a mirror";
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(inserted(*mirror), "\"inserted\":0");
  open_as_owner(mirror->database());
  ASSERT_FALSE(fs::exists(mirror->database().string() + "-shm"));
  EXPECT_EQ(inserted(*mirror), "\"inserted\":0") << "without -wal and -shm";
  delete_in_the_wal(mirror->database());
  EXPECT_EQ(inserted(*mirror), "\"inserted\":1") << "of what stands in the -wal alone";
  fs::remove(mirror->database().string() + "-shm");
  const auto before = files(*mirror);
  const Ended refused = mirror->run({"sync", "--dry-run"});
  EXPECT_EQ(refused.status, 5) << refused.err;
  EXPECT_NE(refused.err.find("nexus-mirror status"), std::string::npos) << refused.err;
  expect_unchanged(*mirror, before);
  EXPECT_EQ(mirror->run({"status"}).status, 0);
  EXPECT_EQ(inserted(*mirror), "\"inserted\":1");
  mirror->forget_feed();
  EXPECT_EQ(mirror->sync().status, 0);
}

TEST_F(DryRunTest, EndsAsTheSyncWouldWhereTheGuardRefuses) {
  const auto mirror = this->mirror(kKeypoints, "", "max_delete_fraction = 0.05");
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kKeypoints);
  for (std::size_t i = 0; i < 40; ++i) remove("annotations", id_of(lines.at(i)));
  const auto before = files(*mirror);
  const Ended dry = mirror->run({"sync", "--dry-run"});
  EXPECT_EQ(dry.status, 6) << dry.err;
  EXPECT_NE(dry.err.find("--allow-mass-delete"), std::string::npos) << dry.err;
  expect_unchanged(*mirror, before);
  EXPECT_EQ(mirror->sync().status, 6);
  EXPECT_EQ(mirror->sync({"--dry-run", "--allow-mass-delete"}).status, 0);
}

}  // namespace
}  // namespace nexus_mirror::testing
