// Old mirrors, kept as SQL in tests/mirrors, become what a new one is, and lose nothing.
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "env/file.h"
#include "nexus_mirror/error.h"
#include "store/change_feed.h"
#include "store/migrations.h"
#include "store/schema.h"
#include "store/store.h"
#include "support/faulty_vfs.h"
#include "support/hand_made_mirror.h"
#include "support/long_run.h"
#include "support/places.h"

namespace nexus_mirror::store {
namespace {

namespace fs = std::filesystem;
using testing::DiskFault;
using testing::FaultyVfs;
using testing::Repeat;

class MigrationStepsTest : public ::testing::TestWithParam<int> {
 protected:
  // The mirror of version GetParam(), as it was.
  void make_old() { make_old(file()); }
  static void make_old(const fs::path& file) {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix);
    std::ifstream in(fs::path(testing::in_source("tests/mirrors")) /
                     ("version_" + std::to_string(GetParam()) + ".sql"));
    const std::string sql(std::istreambuf_iterator<char>(in), {});
    ASSERT_NE(sql, "");
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }
  void migrate() const { const Database mirror(file(), Use::write); }
  fs::path file() const { return folder_.path() / "mirror.db"; }

  // Rows of `sql`, a line each.
  static std::string ask(const fs::path& file, const std::string& sql) {
    // To read after a kill, SQLite makes an index of the -wal anew.
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE, 5000);
    SQLite::Statement select(database, sql);
    std::string text;
    while (select.executeStep()) {
      for (int i = 0; i < select.getColumnCount(); ++i) {
        text += (i > 0 ? "|" : "") + select.getColumn(i).getString();
      }
      text += "\n";
    }
    return text;
  }
  std::string ask(const std::string& sql) const { return ask(file(), sql); }

  static std::string schema(const fs::path& file) {
    return ask(file, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name");
  }

  // Every row of the tables that an old mirror has and a new one still has, with its rowid where it
  // has one, in the columns that both have. Marks and checkpoints aside: what is to be looked at
  // again grows.
  std::string rows() const {
    std::string text;
    const fs::path old = folder_.path() / "old.db", fresh = fresh_mirror();
    if (!fs::exists(old)) make_old(old);
    SQLite::Database database(old.string(), SQLite::OPEN_READWRITE, 5000);
    SQLite::Statement(database, "ATTACH '" + fresh.string() + "' AS fresh").exec();
    SQLite::Statement tables(database,
                             "SELECT o.name, o.sql LIKE '%WITHOUT ROWID' FROM main.sqlite_schema o "
                             "JOIN fresh.sqlite_schema n ON n.name = o.name WHERE o.type = 'table' "
                             "AND o.name NOT IN ('export_marks', 'checkpoints', 'checkpoint_rows') "
                             "ORDER BY 1");
    while (tables.executeStep()) {
      const std::string name = tables.getColumn(0).getString();
      std::string columns = tables.getColumn(1).getInt() != 0 ? "''" : "rowid";
      SQLite::Statement names(database,
                              "SELECT o.name FROM pragma_table_info(?1, 'main') o JOIN "
                              "pragma_table_info(?1, 'fresh') n ON n.name = o.name");
      names.bind(1, name);
      while (names.executeStep()) {
        columns += " || ',' || quote(\"" + names.getColumn(0).getString() + "\")";
      }
      text += name + "\n" + ask("SELECT " + columns + " FROM \"" + name + "\" ORDER BY 1");
    }
    return text;
  }

  fs::path fresh_mirror() const {
    const fs::path fresh = folder_.path() / "fresh.db";
    const Database mirror(fresh, Use::write);
    return fresh;
  }
  std::string fresh_schema() const { return schema(fresh_mirror()); }

  testing::TemporaryFolder folder_;
};

TEST_P(MigrationStepsTest, EndAtTheSchemaOfANewMirror) {
  make_old();
  ASSERT_EQ(ask("PRAGMA user_version"), std::to_string(GetParam()) + "\n");
  EXPECT_NE(schema(file()), fresh_schema());
  migrate();
  EXPECT_EQ(schema(file()), fresh_schema());
  EXPECT_EQ(ask("PRAGMA user_version"), std::to_string(latest_schema_version()) + "\n");
  EXPECT_EQ(ask("PRAGMA integrity_check"), "ok\n");
}

TEST_P(MigrationStepsTest, KeepEveryRow) {
  make_old();
  const std::string before = rows();
  EXPECT_GT(std::count(before.begin(), before.end(), '\n'), 100);
  migrate();
  EXPECT_EQ(rows(), before);
}

TEST_P(MigrationStepsTest, RunOnce) {
  make_old();
  migrate();
  const std::string version = ask("PRAGMA schema_version");
  migrate();
  EXPECT_EQ(ask("PRAGMA schema_version"), version);
}

TEST_P(MigrationStepsTest, MakeATableAnewWhoseColumnsChanged) {
  make_old();
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec(
          "ALTER TABLE annotations DROP COLUMN chunk_data;"
          "ALTER TABLE workflows ADD COLUMN forgotten TEXT;"
          "DELETE FROM annotations WHERE rowid = 1");
  const std::string before = ask("SELECT rowid, id, bound, xmin, extra FROM annotations");
  migrate();
  EXPECT_EQ(schema(file()), fresh_schema());
  EXPECT_EQ(ask("SELECT rowid, id, bound, xmin, extra FROM annotations"), before);
  EXPECT_EQ(ask("SELECT DISTINCT chunk_data IS NULL FROM annotations"), "1\n");
}

TEST_P(MigrationStepsTest, GiveNoNumberTwice) {
  make_old();
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec("ALTER TABLE changes ADD COLUMN forgotten TEXT; DELETE FROM changes");
  const std::string last = ask("SELECT seq FROM sqlite_sequence WHERE name = 'changes'");
  ASSERT_GT(std::stoi(last), 0);
  migrate();
  EXPECT_EQ(schema(file()), fresh_schema());
  EXPECT_EQ(ask("SELECT seq FROM sqlite_sequence WHERE name = 'changes'"), last);
  EXPECT_EQ(ask("SELECT count(*) FROM sqlite_sequence"), "2\n");
}

TEST_P(MigrationStepsTest, LeaveAloneWhatUsersMadeForThemselves) {
  make_old();
  const std::string theirs =
      "SELECT sql FROM sqlite_schema WHERE name IN ('their_view', 'their_index') ORDER BY name";
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec(
          "CREATE VIEW their_view AS SELECT tag FROM annotations;"
          "CREATE INDEX their_index ON annotations(tag);"
          "ALTER TABLE annotations DROP COLUMN chunk_data");
  const std::string before = ask(theirs);
  migrate();
  EXPECT_EQ(ask(theirs), before);
  EXPECT_GT(std::stoi(ask("SELECT count(*) FROM their_view")), 0);
  EXPECT_EQ(ask("PRAGMA integrity_check"), "ok\n");
}

class MigrationLoadRowsTest : public MigrationStepsTest {};

TEST_P(MigrationLoadRowsTest, AreTheFirstOfTheirKind) {
  make_old();
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec(
          "INSERT INTO changes(seq, at, entity, entity_id, project_id, op) SELECT -1, at, entity, "
          "'x', project_id, 'update' FROM changes WHERE op = 'load' AND entity = 'assets' LIMIT 1");
  ASSERT_EQ(ask("SELECT count(*) FROM changes WHERE seq = -1"), "1\n");
  migrate();
  EXPECT_EQ(ask("SELECT count(*) FROM changes WHERE seq = -1"), "0\n");
}

TEST_P(MigrationStepsTest, ThatMeetAFaultChangeNothing) {
  constexpr DiskFault kFaults[] = {DiskFault::io_error, DiskFault::disk_full,
                                   DiskFault::short_write};
  std::uint64_t calls = 0, failed = 0;
  for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
    // A short run lets some calls meet one fault, a long one each of them each.
    const std::uint64_t faults = testing::long_or_short(std::size(kFaults), std::size_t{1});
    const std::uint64_t step = testing::long_or_short<std::uint64_t>(1, 11);
    bool reached = true;
    for (std::uint64_t n = faults; reached && !HasFailure(); n += step) {
      make_old();
      const std::string before = schema(file()) + rows();
      const DiskFault fault = kFaults[n % std::size(kFaults)];
      FaultyVfs vfs({testing::kVfsChanges, n / faults, fault, repeat});
      MirrorFile faulty(file());
      faulty.vfs = vfs.name();
      try {
        const Database mirror(faulty, Use::write);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::machine);
        // What a journal met that is gone by then nobody remembers: the free space tells, but here.
        const bool forgotten = vfs.hit().find("-journal") != std::string::npos;
        if (fault != DiskFault::io_error && !forgotten) {
          EXPECT_EQ(error.reason(), "the disk is full") << vfs.hit() << ": " << error.what();
        }
        ++failed;
      }
      reached = vfs.reached();
      calls += reached ? 1 : 0;
      if (ask("PRAGMA user_version") == std::to_string(GetParam()) + "\n") {
        EXPECT_EQ(schema(file()) + rows(), before) << n << ": " << vfs.hit();
      } else {
        EXPECT_EQ(schema(file()), fresh_schema()) << n << ": " << vfs.hit();
      }
      migrate();
      EXPECT_EQ(schema(file()), fresh_schema());
    }
  }
  std::cout << "[  FAULTS  ] SQLite, migration from version " << GetParam() << ": " << calls
            << " runs, errors " << failed << "\n";
  EXPECT_GT(failed, 10U) << "no fault was met";
}

TEST_P(MigrationStepsTest, ThatAreKilledChangeNothing) {
  const std::uint64_t step = testing::long_or_short<std::uint64_t>(1, 13);
  std::uint64_t n = 0, runs = 0;
  for (bool died = true; died && !HasFailure(); ++runs) {
    make_old();
    const std::string before = schema(file()) + rows();
    n += step;
    const pid_t child = ::fork();
    if (child == 0) {
      const FaultyVfs vfs({testing::kVfsChanges, n, DiskFault::death});
      MirrorFile faulty(file());
      faulty.vfs = vfs.name();
      { const Database mirror(faulty, Use::write); }
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    died = WIFSIGNALED(status);
    if (ask("PRAGMA user_version") == std::to_string(GetParam()) + "\n") {
      EXPECT_EQ(schema(file()) + rows(), before) << n;
    } else {
      EXPECT_EQ(schema(file()), fresh_schema()) << n;
    }
  }
  std::cout << "[  FAULTS  ] SQLite, migration from version " << GetParam()
            << ", deaths: " << runs - 1 << " runs\n";
  EXPECT_GT(runs, 5U);
}

// Else mirrors of that version would be taken as they are, and lack what the program asks for.
TEST(MigrationTest, ATableChangesWithANewVersionAlone) {
  std::string tables;
  for (const TableSql& table : all_table_sql()) tables += table.sql + ";\n";
  const std::string version = std::to_string(latest_schema_version());
  const std::string name = "tests/mirrors/tables_of_" + version + ".sql";
  std::ifstream in(testing::in_source(name));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), tables)
      << "tables differ from those of version " << version << ": give store/migrations.cc the next "
      << "number, keep a mirror of today's in tests/mirrors and these tables beside " << name;
  for (int old = 1; old < latest_schema_version(); ++old) {
    EXPECT_TRUE(
        fs::exists(testing::in_source("tests/mirrors/version_" + std::to_string(old) + ".sql")))
        << "no mirror of version " << old << " is tried";
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, MigrationStepsTest, ::testing::Range(1, latest_schema_version()),
                         [](const auto& version) {
                           return "From" + std::to_string(version.param);
                         });

INSTANTIATE_TEST_SUITE_P(Versions, MigrationLoadRowsTest, ::testing::Values(1, 2));

class MigrationToVersion3Test : public MigrationStepsTest {};

TEST_P(MigrationToVersion3Test, KnowsWhatIsExportedAndWhatIsNot) {
  make_old();
  const std::string due = ask("SELECT DISTINCT project_id FROM export_changes");
  ASSERT_NE(due, "") << "a project that is to be exported again";
  migrate();
  EXPECT_EQ(ask("SELECT DISTINCT seq = (SELECT max(seq) FROM changes) FROM consumers "
                "WHERE name = 'exports'"),
            "1\n");
  EXPECT_EQ(ask("SELECT project_id FROM export_projects WHERE project_id NOT IN "
                "(SELECT project_id FROM consumers)"),
            due);
}

TEST_P(MigrationToVersion3Test, ExportsStayUpToDateWhoseHistoryIsGone) {
  make_old();
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec("DELETE FROM changes; DELETE FROM export_changes");
  migrate();
  Database mirror(file(), Use::query);
  ChangeFeed feed(mirror);
  const auto positions = feed.positions(kExports);
  ASSERT_FALSE(positions.empty());
  for (const auto& [project, position] : positions) {
    EXPECT_TRUE(feed.reaches_back_to(position.seq)) << project;
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, MigrationToVersion3Test, ::testing::Values(2));

class MigrationToVersion6Test : public MigrationStepsTest {};

TEST_P(MigrationToVersion6Test, RowsOfAProjectThatNobodyKnowsGo) {
  make_old();
  const std::string count = "SELECT count(*) FROM assets";
  const std::string before = ask(count);
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec(
          "INSERT INTO assets(id, project_id) VALUES('lost', 'nobody'), ('nameless', '');"
          "INSERT INTO changes(project_id, entity, entity_id, op) "
          "VALUES('nobody', 'assets', 'lost', 'insert')");
  const std::string others = "SELECT count(*) FROM changes WHERE project_id IS NOT 'nobody'";
  const std::string told = ask(others);
  migrate();
  EXPECT_EQ(ask(count), before);
  EXPECT_EQ(ask("SELECT count(*) FROM changes"), told) << "and nobody was told that they came";
}

TEST_P(MigrationToVersion6Test, AListingThatWasCutShortBeginsAnew) {
  make_old();
  ASSERT_NE(ask("SELECT count(*) FROM checkpoints"), "0\n");
  migrate();
  EXPECT_EQ(ask("SELECT count(*) FROM checkpoints"), "0\n");
  EXPECT_EQ(ask("SELECT count(*) FROM checkpoint_rows"), "0\n");
  EXPECT_NE(ask("SELECT count(*) FROM passes"), "0\n");
}

INSTANTIATE_TEST_SUITE_P(Versions, MigrationToVersion6Test, ::testing::Values(5));

class MigrationToVersion4Test : public MigrationStepsTest {};

TEST_P(MigrationToVersion4Test, AnIdIsOneOfAProject) {
  make_old();
  const std::string groups = "SELECT asset_id, name FROM asset_groups ORDER BY 1, 2";
  const std::string before = ask(groups);
  ASSERT_NE(before, "");
  migrate();
  EXPECT_EQ(ask(groups), before);
  for (const char* list : {"asset_groups c JOIN assets p ON p.id = c.asset_id",
                           "artifact_files c JOIN artifacts p ON p.id = c.artifact_id"}) {
    EXPECT_EQ(ask(std::string("SELECT count(*) = (SELECT count(*) FROM ") +
                  std::string(list).substr(0, std::string(list).find(' ')) + ") FROM " + list +
                  " AND p.project_id = c.project_id"),
              "1\n")
        << list;
  }
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec("INSERT INTO assets(id, project_id) SELECT id, 'another' FROM assets");
  EXPECT_EQ(ask("PRAGMA integrity_check"), "ok\n");
}

TEST_P(MigrationToVersion4Test, CountsOfTagsHaveAnOrderOfTheirOwn) {
  make_old();
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec(R"(UPDATE assets SET tags_count = '[{"count":1,"name":"b"},{"count":2,"name":"a"},7]';)"
            "INSERT INTO projects(id) VALUES('p');"
            "INSERT INTO sequences(id, project_id, item_count_with_role) SELECT 's' || value, 'p', "
            R"(value FROM json_each('["{\"a\":1}", "some", 3]'))");
  migrate();
  EXPECT_EQ(ask("SELECT DISTINCT tags_count FROM assets"),
            R"([7,{"count":2,"name":"a"},{"count":1,"name":"b"}])"
            "\n");
  EXPECT_EQ(ask("SELECT item_count_with_role FROM sequences WHERE project_id = 'p' ORDER BY 1"),
            "\"some\"\n3\n{\"a\":1}\n");
}

TEST_P(MigrationToVersion4Test, WhatBelongsToNoProjectGoes) {
  make_old();
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec(
          "INSERT INTO assets(id) VALUES('lost'); INSERT INTO asset_groups VALUES('lost', 'g', "
          "NULL);"
          "INSERT INTO asset_groups VALUES('unheard of', 'g', NULL)");
  migrate();
  EXPECT_EQ(ask("SELECT count(*) FROM assets WHERE id = 'lost'"), "0\n");
  EXPECT_EQ(ask("SELECT count(*) FROM asset_groups WHERE asset_id IN ('lost', 'unheard of')"),
            "0\n");
  EXPECT_EQ(schema(file()), fresh_schema());
}

// A disk that has so much room, whatever is true.
class SmallDisk final : public env::FileFaults {
 public:
  explicit SmallDisk(std::uint64_t room) : room_(room) { env::set_file_faults(this); }
  ~SmallDisk() override { env::set_file_faults(nullptr); }
  env::FileFault before(env::FileCall /*call*/, const fs::path& /*path*/) override { return {}; }
  std::optional<std::uint64_t> free_space() override { return room_; }

 private:
  const std::uint64_t room_;
};

TEST_P(MigrationStepsTest, WithoutRoomOnTheDiskDoNotBegin) {
  make_old();
  const std::string before = schema(file()) + rows();
  {
    const SmallDisk disk(fs::file_size(file()));
    try {
      migrate();
      FAIL() << "it was migrated";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::machine);
      EXPECT_NE(std::string(error.what()).find("KiB are free"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("nothing was changed"), std::string::npos);
    }
  }
  EXPECT_EQ(schema(file()) + rows(), before);
  const SmallDisk disk(fs::file_size(file()) * 3);
  migrate();
  EXPECT_EQ(schema(file()), fresh_schema());
}

TEST_P(MigrationStepsTest, ThatAreStoppedChangeNothing) {
  make_old();
  // What makes no table anew is done before anybody is asked.
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE)
      .exec("ALTER TABLE annotations ADD COLUMN forgotten TEXT");
  const std::string before = schema(file()) + rows();
  int asked = 0;
  MirrorFile stopped(file());
  stopped.while_migrating = [&] { return ++asked < 1; };
  try {
    const Database mirror(stopped, Use::write);
    FAIL() << "it was migrated";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(std::filesystem::file_size(file().string() + "-wal"), 0U) << "room that nobody uses";
  EXPECT_EQ(schema(file()) + rows(), before);
  migrate();
  EXPECT_EQ(schema(file()), fresh_schema());
}

INSTANTIATE_TEST_SUITE_P(Versions, MigrationToVersion4Test, ::testing::Values(3));

TEST_P(MigrationStepsTest, GiveAMirrorAnIdOfItsOwn) {
  make_old();
  migrate();
  const std::string id = ask("SELECT mirror_id FROM identity");
  EXPECT_EQ(id.size(), 33U);
  migrate();
  EXPECT_EQ(ask("SELECT mirror_id FROM identity"), id);
  EXPECT_NE(ask(fresh_mirror(), "SELECT mirror_id FROM identity"), id);
  EXPECT_EQ(ask("SELECT count(*) FROM export_formats WHERE (rules, approximated) IS NOT (1, '[]')"),
            "0\n");
}

}  // namespace
}  // namespace nexus_mirror::store
