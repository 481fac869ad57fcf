#include "store/reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "nexus_mirror/error.h"
#include "support/hand_made_mirror.h"
#include "support/reader_rows.h"

namespace nexus_mirror::store {
namespace {

using nexus_mirror::testing::HandMadeMirror;
using nexus_mirror::testing::rows_of;
using nexus_mirror::testing::TemporaryFolder;

// What `action` throws; fails the test when it throws no Error.
template <typename Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::interrupted, "", "", "nothing was thrown");
}

std::vector<char> bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class RefusedTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RefusedTest, IsRefusedAndChangesNothing) {
  const HandMadeMirror mirror;
  const auto before = bytes_of(mirror.database());
  const auto wal_before = bytes_of(mirror.database().string() + "-wal");
  {
    Reader reader(mirror.database());
    const Error error = error_of([&] { rows_of(reader, GetParam()); });
    EXPECT_EQ(error.code(), ErrorCode::usage) << error.what();
    EXPECT_NE(std::string(error.what()).find("read-only"), std::string::npos) << error.what();
  }
  EXPECT_EQ(bytes_of(mirror.database()), before);
  EXPECT_EQ(bytes_of(mirror.database().string() + "-wal"), wal_before);
  EXPECT_FALSE(std::filesystem::exists("/tmp/nexus-mirror-refused.db"));
}

INSTANTIATE_TEST_SUITE_P(
    Statements, RefusedTest,
    ::testing::Values(
        "INSERT INTO projects(id) VALUES ('x')", "INSERT OR REPLACE INTO projects(id) VALUES ('x')",
        "REPLACE INTO projects(id) VALUES ('x')", "UPDATE projects SET name = 'x'",
        "UPDATE projects SET name = 'x' WHERE 0", "DELETE FROM projects",
        "DELETE FROM projects RETURNING id", "WITH t AS (SELECT 1) DELETE FROM projects",
        "INSERT INTO projects(id) VALUES ('x') ON CONFLICT DO NOTHING", "DROP TABLE projects",
        "DROP VIEW model_links", "DROP TABLE IF EXISTS projects",
        "ALTER TABLE projects RENAME TO p", "ALTER TABLE projects ADD COLUMN x",
        "CREATE TABLE t(a)", "CREATE TABLE t AS SELECT 1", "CREATE TEMP TABLE t(a)",
        "CREATE TEMP VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1",
        "CREATE INDEX i ON projects(name)", "CREATE VIRTUAL TABLE v USING fts5(a)",
        "CREATE TRIGGER t AFTER INSERT ON projects BEGIN SELECT 1; END", "REINDEX", "ANALYZE",
        "VACUUM", "VACUUM INTO '/tmp/nexus-mirror-refused.db'",
        "ATTACH '/tmp/nexus-mirror-refused.db' AS other", "ATTACH ':memory:' AS other",
        "DETACH main", "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT s",
        "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode(delete)", "PRAGMA user_version = 7",
        "PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA writable_schema = 1",
        "PRAGMA query_only = 0", "PRAGMA optimize", "PRAGMA incremental_vacuum",
        "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA trusted_schema = 1", "PRAGMA application_id = 1", "PRAGMA schema_version = 1",
        "PRAGMA encoding = 'UTF-16'", "PRAGMA page_size = 512", "PRAGMA hard_heap_limit = 1",
        "UPDATE projects SET name = (SELECT value FROM json_each('[1]'))",
        "SELECT * FROM pragma_optimize", "EXPLAIN DELETE FROM projects",
        "SELECT load_extension('/tmp/x.so')", "SELECT fts3_tokenizer('simple')",
        "SELECT Load_Extension('x')"));

class AllowedTest : public ::testing::TestWithParam<const char*> {};

TEST_P(AllowedTest, Answers) {
  const HandMadeMirror mirror;
  Reader reader(mirror.database());
  std::size_t columns = 0;
  EXPECT_NO_THROW(reader.query(
      GetParam(), {}, [&](const auto& names) { columns = names.size(); },
      [](const Row&) { return true; }));
  EXPECT_GT(columns, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Statements, AllowedTest,
    ::testing::Values(
        "SELECT * FROM projects", "select count(*) from annotations;", "VALUES (1, 2), (3, 4)",
        "SELECT 1 -- trailing comment", "SELECT 1; /* nothing */ ;", "  \n\tSELECT 1",
        "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t LIMIT 5) SELECT x FROM t",
        "SELECT json_extract(extra, '$.metadata.x') FROM assets",
        "SELECT value FROM annotations, json_each(bound)", "SELECT * FROM model_links",
        "SELECT printf('%d', 1), strftime('%Y', 'now'), random(), hex(randomblob(2))",
        "SELECT row_number() OVER (ORDER BY id) FROM assets",
        "SELECT project_id, group_concat(tag) FROM annotations GROUP BY 1 HAVING count(*) > 1",
        "EXPLAIN SELECT * FROM projects", "EXPLAIN QUERY PLAN SELECT * FROM projects",
        "PRAGMA table_info(projects)", "PRAGMA table_info = projects", "PRAGMA table_xinfo(assets)",
        "PRAGMA table_list", "PRAGMA index_list(projects)", "PRAGMA foreign_key_list(projects)",
        "PRAGMA database_list", "PRAGMA user_version", "PRAGMA schema_version", "PRAGMA page_count",
        "PRAGMA encoding", "PRAGMA integrity_check", "PRAGMA integrity_check(5)",
        "PRAGMA quick_check", "PRAGMA compile_options", "PRAGMA collation_list",
        "PRAGMA function_list", "PRAGMA journal_mode", "PRAGMA main.journal_mode",
        "SELECT name FROM pragma_table_info('projects')", "SELECT * FROM sqlite_schema",
        "SELECT 1 UNION SELECT 2 EXCEPT SELECT 1 ORDER BY 1"));

class MeaninglessTest : public ::testing::TestWithParam<const char*> {};

TEST_P(MeaninglessTest, IsAUsageError) {
  const HandMadeMirror mirror;
  Reader reader(mirror.database());
  const Error error = error_of([&] { rows_of(reader, GetParam()); });
  EXPECT_EQ(error.code(), ErrorCode::usage) << error.what();
  EXPECT_EQ(std::string(error.what()).find("read-only"), std::string::npos) << error.what();
}

INSTANTIATE_TEST_SUITE_P(Statements, MeaninglessTest,
                         ::testing::Values("", "   ", "-- a comment", ";", "SELEC 1", "SELECT",
                                           "SELECT * FROM nowhere", "SELECT nothing FROM projects",
                                           "SELECT 1; SELECT 2", "SELECT 1; rubbish",
                                           "SELECT abs(-9223372036854775808)", "SELECT no_such(1)",
                                           "SELECT * FROM pragma_wal_checkpoint"));

TEST(ReaderTest, RefusesToTouchTheSchema) {
  const HandMadeMirror mirror;
  const auto before = bytes_of(mirror.database().string() + "-wal");
  for (const char* sql :
       {"UPDATE sqlite_master SET sql = ''", "UPDATE sqlite_schema SET name = name WHERE 0",
        "DELETE FROM sqlite_master", "INSERT INTO sqlite_master DEFAULT VALUES"}) {
    Reader reader(mirror.database());
    EXPECT_EQ(error_of([&] { rows_of(reader, sql); }).code(), ErrorCode::usage) << sql;
  }
  EXPECT_EQ(bytes_of(mirror.database().string() + "-wal"), before);
}

TEST(ReaderTest, RefusesSqlWithANulCharacter) {
  const HandMadeMirror mirror;
  Reader reader(mirror.database());
  const Error error = error_of([&] { rows_of(reader, std::string("SELECT 1\0; rubbish", 18)); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
}

TEST(ReaderTest, ReadsEveryType) {
  const HandMadeMirror mirror;
  Reader reader(mirror.database());
  const Row row = rows_of(reader,
                          "SELECT NULL, 9223372036854775807, 0.1, 'a' || char(0) || 'b',"
                          " x'00FFab', '', x''")
                      .at(0);
  EXPECT_EQ(row.at(0), Value(std::monostate{}));
  EXPECT_EQ(row.at(1), Value(std::int64_t{9223372036854775807}));
  EXPECT_EQ(row.at(2), Value(0.1));
  EXPECT_EQ(row.at(3), Value(std::string("a\0b", 3)));
  EXPECT_EQ(row.at(4), Value(std::string("00ffab")));
  EXPECT_EQ(row.at(5), Value(std::string()));
  EXPECT_EQ(row.at(6), Value(std::string()));
}

TEST(ReaderTest, NamesColumnsOnceAndStopsWhenTold) {
  const HandMadeMirror mirror;
  Reader reader(mirror.database());
  int named = 0, rows = 0;
  reader.query(
      "SELECT id AS a, name AS a FROM projects ORDER BY id", {},
      [&](const std::vector<std::string>& columns) {
        ++named;
        EXPECT_EQ(columns, (std::vector<std::string>{"a", "a"}));
      },
      [&](const Row&) { return ++rows < 1; });
  EXPECT_EQ(named, 1);
  EXPECT_EQ(rows, 1);
  reader.query(
      "SELECT 1 AS b WHERE 0", {}, [&](const auto&) { ++named; }, [](const Row&) { return true; });
  EXPECT_EQ(named, 2);
}

TEST(ReaderTest, BindsParametersByNameAndNumber) {
  const HandMadeMirror mirror;
  Reader reader(mirror.database());
  const Parameters parameters = {{"a", std::int64_t{1}}, {"b", std::string("x")}};
  EXPECT_EQ(rows_of(reader, "SELECT :a, @b, $a", parameters).at(0),
            (Row{std::int64_t{1}, std::string("x"), std::int64_t{1}}));
  EXPECT_EQ(rows_of(reader, "SELECT ?, ?2", {{"1", 0.5}, {"2", std::monostate{}}}).at(0),
            (Row{0.5, std::monostate{}}));
}

TEST(ReaderTest, RefusesParametersThatAreMissingOrUnknown) {
  const HandMadeMirror mirror;
  Reader reader(mirror.database());
  const Error missing = error_of([&] { rows_of(reader, "SELECT :tag"); });
  EXPECT_EQ(missing.code(), ErrorCode::usage);
  EXPECT_NE(std::string(missing.what()).find("--param tag="), std::string::npos);
  const Error unknown = error_of([&] { rows_of(reader, "SELECT 1", {{"tga", std::int64_t{1}}}); });
  EXPECT_EQ(unknown.code(), ErrorCode::usage);
  EXPECT_NE(std::string(unknown.what()).find(":tga"), std::string::npos);
}

// SQLite's TRUSTED_SCHEMA=OFF would refuse such a view; the authorizer looks into views anyway.
TEST(ReaderTest, ReadsViewsThatUseJsonAndTheTime) {
  const HandMadeMirror mirror;
  mirror.execute(
      "CREATE VIEW v AS SELECT json_extract(custom_metadata, '$.iso') AS iso,"
      " unixepoch() > 0 AS now FROM assets WHERE id = 'asset_1'");
  Reader reader(mirror.database());
  EXPECT_EQ(rows_of(reader, "SELECT * FROM v").at(0), (Row{std::int64_t{100}, std::int64_t{1}}));
}

TEST(ReaderTest, RefusesViewsThatLeadOutside) {
  const HandMadeMirror mirror;
  mirror.execute("CREATE VIEW v AS SELECT load_extension('/tmp/x.so')");
  Reader reader(mirror.database());
  EXPECT_EQ(error_of([&] { rows_of(reader, "SELECT * FROM v"); }).code(), ErrorCode::usage);
}

TEST(ReaderTest, LeavesTheWalFilesInPlace) {
  const HandMadeMirror mirror;
  { rows_of(Reader(mirror.database()), "SELECT * FROM projects"); }
  EXPECT_TRUE(std::filesystem::exists(mirror.database().string() + "-wal"));
  EXPECT_TRUE(std::filesystem::exists(mirror.database().string() + "-shm"));
}

TEST(ReaderTest, SaysWhatIsWrongWithTheFile) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "mirror.db";
  const auto reason = [&] {
    const Error error = error_of([&] { Reader reader(file); });
    EXPECT_EQ(error.code(), ErrorCode::machine) << error.what();
    EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
    EXPECT_FALSE(error.hint().empty());
    return error.reason();
  };
  EXPECT_EQ(reason(), "there is no such file");
  std::ofstream(file) << std::string(100, 'x') << "no database at all";
  EXPECT_EQ(reason(), "it is not an SQLite database, or its header is damaged");
  std::ofstream(file, std::ios::trunc) << "";
  EXPECT_EQ(reason(), "it is an SQLite database, but no nexus-mirror");
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_EQ(reason(), "it is not a regular file");
}

TEST(ReaderTest, RefusesANewerMirror) {
  const HandMadeMirror mirror;
  mirror.execute("PRAGMA user_version = 1000000");
  const Error error = error_of([&] { Reader reader(mirror.database()); });
  EXPECT_EQ(error.code(), ErrorCode::machine);
  EXPECT_NE(std::string(error.what()).find("newer"), std::string::npos) << error.what();
}

TEST(ReaderTest, RefusesAnotherProgramsDatabase) {
  const HandMadeMirror mirror;
  mirror.execute("DROP TABLE syncs");
  const Error error = error_of([&] { Reader reader(mirror.database()); });
  EXPECT_EQ(error.code(), ErrorCode::machine);
}

TEST(ReaderTest, ReportsDamagedPages) {
  const HandMadeMirror mirror;
  mirror.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  {
    std::fstream file(mirror.database(), std::ios::in | std::ios::out | std::ios::binary);
    // Every page but the first, which holds the header and the schema's root.
    const auto size = std::filesystem::file_size(mirror.database());
    file.seekp(4096);
    file << std::string(size - 4096, '\x5a');
  }
  const Error error = error_of([&] {
    Reader reader(mirror.database());
    rows_of(reader, "SELECT * FROM changes");
  });
  EXPECT_EQ(error.code(), ErrorCode::machine) << error.what();
}

// Runs in a child process without any privilege: 0 = it could read two projects and could not
// have written, else the number of the step that failed.
int read_unprivileged(const std::filesystem::path& database) {
  if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 1;
  if (::access(database.c_str(), W_OK) == 0) return 2;
  try {
    Reader reader(database);
    return rows_of(reader, "SELECT * FROM projects").size() == 2 ? 0 : 3;
  } catch (const Error&) {
    return 4;
  }
}

TEST(ReaderTest, NeedsNoWritePermission) {
  const HandMadeMirror mirror;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    ASSERT_EQ(::chmod((mirror.database().string() + suffix).c_str(), 0444), 0) << suffix;
  }
  ASSERT_EQ(::chmod(mirror.folder().c_str(), 0555), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(read_unprivileged(mirror.database()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::chmod(mirror.folder().c_str(), 0755);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace nexus_mirror::store
