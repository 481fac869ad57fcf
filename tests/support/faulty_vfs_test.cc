// The seam below SQLite: that each kind of call is counted, and fails, heals and kills as planned.
#include "support/faulty_vfs.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kRowsAtOnce = 200;  // over many pages

// A connection of plain SQLite.
class Connection {
 public:
  // `vfs` nullptr: SQLite's own choice.
  Connection(const fs::path& file, const char* vfs,
             int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
    opened_ = ::sqlite3_open_v2(file.c_str(), &database_, flags, vfs);
    ::sqlite3_extended_result_codes(database_, 1);
  }
  ~Connection() { ::sqlite3_close(database_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* get() const { return database_; }

  // What opening or, if that went well, `sql` returns: an extended code.
  int run(const std::string& sql) {
    if (opened_ != SQLITE_OK) return ::sqlite3_extended_errcode(database_);
    return ::sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  }
  // The first value of the first row.
  std::string ask(const std::string& sql) {
    std::string text = "nothing";
    const auto take = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0] == nullptr ? "NULL" : values[0];
      return 0;
    };
    const int result = ::sqlite3_exec(database_, sql.c_str(), take, &text, nullptr);
    return result == SQLITE_OK ? text : ::sqlite3_errmsg(database_);
  }

 private:
  sqlite3* database_ = nullptr;
  int opened_;
};

std::string insert_sql(int rows) {
  return "INSERT INTO t SELECT NULL, hex(randomblob(100)) FROM (WITH RECURSIVE n(i) AS (SELECT 1 "
         "UNION ALL SELECT i + 1 FROM n WHERE i < " +
         std::to_string(rows) + ") SELECT i FROM n)";
}

class FaultyVfsTest : public ::testing::Test {
 protected:
  fs::path file() const { return folder_.path() / "test.db"; }

  // A database with a table and `rows` rows, made with no fault.
  void make(const char* journal_mode, int rows = kRowsAtOnce) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
      fs::remove(file().string() + suffix);
    Connection plain(file(), nullptr);
    ASSERT_EQ(plain.run(std::string("PRAGMA journal_mode=") + journal_mode +
                        "; CREATE TABLE t(id INTEGER PRIMARY KEY, text)"),
              SQLITE_OK);
    ASSERT_EQ(plain.run(insert_sql(rows)), SQLITE_OK);
  }

  // Rows in the file as a later process finds it; -1 when it is damaged.
  int rows_found() const {
    Connection plain(file(), nullptr);
    EXPECT_EQ(plain.ask("PRAGMA integrity_check"), "ok");
    const std::string count = plain.ask("SELECT count(*) FROM t");
    return count.find_first_not_of("0123456789") == std::string::npos ? std::stoi(count) : -1;
  }

  TemporaryFolder folder_;
};

TEST_F(FaultyVfsTest, CountsWhatSqliteDoesWithAJournal) {
  make("DELETE");
  FaultyVfs vfs;
  {
    Connection database(file(), vfs.name().c_str());
    ASSERT_EQ(database.run("SELECT count(*) FROM t"), SQLITE_OK);
    EXPECT_EQ(vfs.calls(kVfsChanges), 0U);
    EXPECT_EQ(vfs.calls(VfsCall::open), 1U);
    EXPECT_EQ(vfs.calls(VfsCall::lock), 2U) << "for the schema, then for the rows";
    const std::uint64_t pages = std::stoull(database.ask("PRAGMA page_count"));
    EXPECT_GE(vfs.calls(VfsCall::read), pages - 1);

    vfs.plan({});
    ASSERT_EQ(database.run("PRAGMA synchronous=OFF; UPDATE t SET text = hex(randomblob(99))"),
              SQLITE_OK);
    EXPECT_EQ(vfs.calls(VfsCall::create), 1U) << "the journal";
    EXPECT_EQ(vfs.calls(VfsCall::remove), 1U) << "the journal";
    EXPECT_EQ(vfs.calls(VfsCall::sync), 0U);
    EXPECT_EQ(vfs.calls(VfsCall::truncate), 0U);
    EXPECT_EQ(vfs.calls(VfsCall::shm), 0U);
    EXPECT_GT(vfs.calls(VfsCall::write), pages) << "each page and what it was before";

    vfs.plan({});
    ASSERT_EQ(database.run("PRAGMA synchronous=NORMAL; UPDATE t SET text = hex(randomblob(99))"),
              SQLITE_OK);
    EXPECT_EQ(vfs.calls(VfsCall::sync), 2U) << "the journal, then the database";

    vfs.plan({});
    ASSERT_EQ(database.run("PRAGMA journal_mode=TRUNCATE; UPDATE t SET text = hex(randomblob(99))"),
              SQLITE_OK);
    EXPECT_EQ(vfs.calls(VfsCall::truncate), 1U);
    EXPECT_EQ(vfs.calls(VfsCall::remove), 0U);
  }
  EXPECT_FALSE(vfs.reached());
}

TEST_F(FaultyVfsTest, CountsWhatSqliteDoesWithAWal) {
  make("WAL");
  FaultyVfs vfs;
  Connection database(file(), vfs.name().c_str());
  ASSERT_EQ(database.run("PRAGMA synchronous=OFF; UPDATE t SET text = 'a' WHERE id = 1"),
            SQLITE_OK);
  EXPECT_EQ(vfs.calls(VfsCall::create), 1U) << "the WAL";
  EXPECT_EQ(vfs.calls(VfsCall::write), 3U) << "its head, the head of a page and the page";
  EXPECT_GT(vfs.calls(VfsCall::shm), 0U);
  vfs.plan({});
  ASSERT_EQ(database.run("PRAGMA synchronous=NORMAL; PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
  EXPECT_EQ(vfs.calls(VfsCall::sync), 2U) << "the WAL, then the database";
  EXPECT_EQ(vfs.calls(VfsCall::write), 1U) << "the page";
  EXPECT_EQ(vfs.calls(VfsCall::truncate), 2U) << "the database to its pages, the WAL to nothing";
}

TEST_F(FaultyVfsTest, CountsTemporaryFilesThatAreMade) {
  make("WAL");
  FaultyVfs vfs;
  Connection database(file(), vfs.name().c_str());
  ASSERT_EQ(database.run("PRAGMA temp_store=FILE; PRAGMA temp.cache_size=2; "
                         "CREATE TEMP TABLE c AS SELECT * FROM t"),
            SQLITE_OK);
  EXPECT_GT(vfs.calls(VfsCall::create), 1U);
  vfs.plan({{VfsCall::write}, 1, DiskFault::disk_full, Repeat::from_then_on});
  EXPECT_EQ(database.run("INSERT INTO c SELECT * FROM c"), SQLITE_FULL);
  EXPECT_EQ(vfs.hit(), "write of a temporary file");
}

TEST_F(FaultyVfsTest, CountsCallsOfSeveralThreads) {
  const auto work = [&](FaultyVfs& vfs, const std::string& name) {
    Connection database(folder_.path() / name, vfs.name().c_str());
    EXPECT_EQ(database.run("CREATE TABLE t(id INTEGER PRIMARY KEY, text)"), SQLITE_OK);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(database.run(insert_sql(1)), SQLITE_OK);
  };
  FaultyVfs one, two;
  work(one, "0.db");
  {
    const std::jthread first([&] { work(two, "1.db"); }), second([&] { work(two, "2.db"); });
  }
  for (const VfsCall kind : kVfsCalls) {
    EXPECT_EQ(two.calls(kind), 2 * one.calls(kind)) << name_of(kind);
  }
  EXPECT_GT(one.calls(VfsCall::write), 20U);
}

struct Failing {
  VfsCall kind;
  DiskFault fault;
  const char* journal_mode;
  const char* sql;
  int result;
};

const Failing kFailing[] = {
    {VfsCall::open, DiskFault::io_error, "DELETE", "SELECT * FROM t", SQLITE_CANTOPEN},
    {VfsCall::create, DiskFault::disk_full, "DELETE", "DELETE FROM t WHERE id = 1",
     SQLITE_CANTOPEN},
    {VfsCall::read, DiskFault::io_error, "DELETE", "SELECT * FROM t", SQLITE_IOERR_READ},
    {VfsCall::write, DiskFault::io_error, "DELETE", "DELETE FROM t WHERE id = 1",
     SQLITE_IOERR_WRITE},
    {VfsCall::write, DiskFault::disk_full, "DELETE", "DELETE FROM t WHERE id = 1", SQLITE_FULL},
    {VfsCall::write, DiskFault::short_write, "WAL", "DELETE FROM t WHERE id = 1", SQLITE_FULL},
    {VfsCall::sync, DiskFault::io_error, "DELETE", "DELETE FROM t WHERE id = 1",
     SQLITE_IOERR_FSYNC},
    {VfsCall::sync, DiskFault::disk_full, "WAL", "PRAGMA synchronous=FULL; DELETE FROM t",
     SQLITE_IOERR_FSYNC},
    {VfsCall::truncate, DiskFault::io_error, "DELETE",
     "PRAGMA journal_mode=TRUNCATE; DELETE FROM t WHERE id = 1", SQLITE_IOERR_TRUNCATE},
    {VfsCall::remove, DiskFault::io_error, "DELETE", "DELETE FROM t WHERE id = 1",
     SQLITE_IOERR_DELETE},
    {VfsCall::lock, DiskFault::io_error, "DELETE", "SELECT * FROM t", SQLITE_IOERR_LOCK},
    {VfsCall::shm, DiskFault::io_error, "WAL", "SELECT * FROM t", SQLITE_IOERR_SHMMAP},
};

TEST_F(FaultyVfsTest, EachKindOfCallFailsAsItDoesOnADisk) {
  std::set<VfsCall> kinds;
  for (const Failing& failing : kFailing) {
    SCOPED_TRACE(std::string(name_of(failing.kind)) + ": " + failing.sql);
    make(failing.journal_mode);
    kinds.insert(failing.kind);
    for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
      FaultyVfs vfs({{failing.kind}, 1, failing.fault, repeat});
      {
        // With SQLite as it is, what goes wrong when a file is looked at is found out at once.
        Connection database(file(), vfs.name().c_str());
        EXPECT_EQ(database.run(failing.sql), failing.result);
        EXPECT_TRUE(vfs.hit().starts_with(name_of(failing.kind))) << vfs.hit();
        vfs.heal();
      }
      EXPECT_TRUE(vfs.reached());
      EXPECT_EQ(rows_found(), kRowsAtOnce) << "the statement was undone";
    }
  }
  EXPECT_EQ(kinds, kVfsCalls);
}

TEST_F(FaultyVfsTest, AFaultThatComesOnceHealsAndOneThatStaysDoesNot) {
  make("WAL");
  for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
    FaultyVfs vfs;
    Connection database(file(), vfs.name().c_str());
    ASSERT_EQ(database.run(insert_sql(1)), SQLITE_OK);
    vfs.plan({{VfsCall::write}, 2, DiskFault::disk_full, repeat});
    EXPECT_EQ(database.run(insert_sql(1)), SQLITE_FULL);
    const int later = repeat == Repeat::once ? SQLITE_OK : SQLITE_FULL;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(database.run(insert_sql(1)), later);
    vfs.heal();
    EXPECT_EQ(database.run(insert_sql(1)), SQLITE_OK);
  }
  EXPECT_EQ(rows_found(), kRowsAtOnce + 5 + 2);
}

TEST_F(FaultyVfsTest, FailsTheCallThatIsMeantAndNamesIt) {
  make("DELETE");
  FaultyVfs vfs({{VfsCall::sync}, 2});
  Connection database(file(), vfs.name().c_str());
  EXPECT_EQ(database.run("PRAGMA synchronous=NORMAL"), SQLITE_OK);
  EXPECT_EQ(database.run(insert_sql(1)), SQLITE_IOERR_FSYNC);
  EXPECT_EQ(vfs.hit(), "sync of " + file().string()) << "the journal's was the first";
  vfs.plan({{VfsCall::sync, VfsCall::remove}, 3});
  EXPECT_EQ(database.run(insert_sql(1)), SQLITE_IOERR_DELETE);
  EXPECT_EQ(vfs.hit(), "remove of " + file().string() + "-journal");
  vfs.plan({{VfsCall::sync}, 100});
  EXPECT_EQ(database.run(insert_sql(1)), SQLITE_OK);
  EXPECT_FALSE(vfs.reached());
}

TEST_F(FaultyVfsTest, AShortWriteLeavesHalfOfItOnTheDisk) {
  make("WAL");
  FaultyVfs vfs({{VfsCall::write}, 1, DiskFault::short_write});
  Connection database(file(), vfs.name().c_str());
  EXPECT_EQ(database.run(insert_sql(1)), SQLITE_FULL);
  constexpr std::uintmax_t kWalHead = 32;
  EXPECT_EQ(fs::file_size(file().string() + "-wal"), kWalHead / 2);
}

TEST_F(FaultyVfsTest, EveryChangeFailsInTurnAndTheFileSurvivesIt) {
  for (const char* journal_mode : {"DELETE", "WAL"}) {
    for (const DiskFault fault :
         {DiskFault::io_error, DiskFault::disk_full, DiskFault::short_write}) {
      for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
        int undone = 0, done = 0;
        for (std::uint64_t n = 1;; ++n) {
          ASSERT_LT(n, 1000U);
          make(journal_mode);
          FaultyVfs vfs({kVfsChanges, n, fault, repeat});
          int result = SQLITE_OK;
          {
            Connection database(file(), vfs.name().c_str());
            result = database.run(insert_sql(kRowsAtOnce));
          }
          // A WAL that was written whole and not synced: SQLite says that the commit failed, and
          // whoever opens the file next finds it. It may count as either.
          const bool open_end = vfs.hit() == "sync of " + file().string() + "-wal";
          const int rows = rows_found();
          if (result == SQLITE_OK || !open_end || rows != 2 * kRowsAtOnce) {
            EXPECT_EQ(rows, result == SQLITE_OK ? 2 * kRowsAtOnce : kRowsAtOnce) << vfs.hit();
          }
          if (!vfs.reached()) break;
          ++(result == SQLITE_OK ? done : undone);
        }
        EXPECT_GT(undone, 4) << journal_mode;
        // What only tidies up when the connection closes fails without a word.
        EXPECT_EQ(done > 0, std::string(journal_mode) == "WAL");
      }
    }
  }
}

// What a child has committed, told through memory that both have.
class Committed {
 public:
  Committed()
      : count_(static_cast<volatile int*>(::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE,
                                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~Committed() { ::munmap(const_cast<int*>(count_), sizeof(int)); }
  Committed(const Committed&) = delete;
  Committed& operator=(const Committed&) = delete;
  void add() { *count_ = *count_ + 1; }
  int count() const { return *count_; }

 private:
  volatile int* count_;
};

TEST_F(FaultyVfsTest, ADatabaseWhoseWriterDiesAtAnyChangeRecovers) {
  for (const char* journal_mode : {"DELETE", "WAL"}) {
    for (std::uint64_t n = 1;; ++n) {
      ASSERT_LT(n, 1000U);
      make(journal_mode);
      Committed committed;
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        FaultyVfs vfs({kVfsChanges, n, DiskFault::death});
        {
          Connection database(file(), vfs.name().c_str());
          for (int i = 0; i < 3; ++i) {
            if (database.run(insert_sql(kRowsAtOnce)) == SQLITE_OK) committed.add();
          }
        }
        ::_exit(vfs.reached() ? 1 : 0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      if (WIFEXITED(status)) {
        EXPECT_EQ(WEXITSTATUS(status), 0);
        EXPECT_EQ(committed.count(), 3);
        EXPECT_EQ(rows_found(), 4 * kRowsAtOnce);
        EXPECT_GT(n, 20U) << "fewer deaths than changes";
        break;
      }
      ASSERT_EQ(WTERMSIG(status), SIGKILL);
      const int transactions = rows_found() / kRowsAtOnce - 1;
      EXPECT_EQ(rows_found() % kRowsAtOnce, 0) << "part of a transaction is there, n = " << n;
      EXPECT_GE(transactions, committed.count()) << "what was committed is gone, n = " << n;
      EXPECT_LE(transactions, committed.count() + 1) << "n = " << n;
    }
  }
}

TEST_F(FaultyVfsTest, PassesOnWhatTheFileBelowCanAndIsTold) {
  make("WAL");
  FaultyVfs vfs;
  const auto methods = [](Connection& database) {
    sqlite3_file* file = nullptr;
    ::sqlite3_file_control(database.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return std::pair(file, file->pMethods);
  };
  {
    Connection plain(file(), nullptr), faulty(file(), vfs.name().c_str());
    const auto [below, real] = methods(plain);
    const auto [above, ours] = methods(faulty);
    ASSERT_NE(real, ours);
    EXPECT_EQ(real->xDeviceCharacteristics(below), ours->xDeviceCharacteristics(above));
    EXPECT_EQ(real->xSectorSize(below), ours->xSectorSize(above));
  }
  for (const bool stays : {false, true}) {
    {
      Connection database(file(), vfs.name().c_str());
      int keep = stays ? 1 : 0;
      EXPECT_EQ(::sqlite3_file_control(database.get(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep),
                SQLITE_OK);
      ASSERT_EQ(database.run(insert_sql(1)), SQLITE_OK);
    }
    EXPECT_EQ(fs::exists(file().string() + "-wal"), stays);
  }
}

TEST_F(FaultyVfsTest, MayStandInForTheDefaultAsLongAsItLives) {
  make("WAL");
  sqlite3_vfs* const before = ::sqlite3_vfs_find(nullptr);
  {
    FaultyVfs vfs({{VfsCall::write}, 1});
    EXPECT_EQ(::sqlite3_vfs_find(nullptr), before);
    vfs.make_default();
    Connection database(file(), nullptr);
    EXPECT_EQ(database.run(insert_sql(1)), SQLITE_IOERR_WRITE);
    EXPECT_TRUE(vfs.reached());
  }
  EXPECT_EQ(::sqlite3_vfs_find(nullptr), before);
  EXPECT_EQ(rows_found(), kRowsAtOnce);
}

}  // namespace
}  // namespace nexus_mirror::testing
