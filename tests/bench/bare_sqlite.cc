// SQLite alone, as the bench's measure of what can be had: prints the seconds and the CPU of it.
//
//   nexus-bench-sqlite insert MIRROR TARGET [whole]    the mirror's rows into the same schema
//   nexus-bench-sqlite scan MIRROR [ordered]           what COCO needs; in the order of the file
//
// Inserted is 4,000 rows a commit, in the order in which they lie, with the mirror's own settings;
// indexes come when all rows are there, and so do those of the primary keys, unless `whole` asks
// for the tables as they are. Reading the rows to be inserted is no part of the time.
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int kRowsACommit = 4000;

constexpr const char* kScan =
    "SELECT asset_id, id, tag, bound_type, bound, xmin, ymin, xmax, ymax FROM annotations";
constexpr const char* kOrderedScan =
    "SELECT assets.id, filename, width, height, annotations.id, tag, bound_type, bound, xmin, "
    "ymin, xmax, ymax FROM assets LEFT JOIN annotations ON annotations.asset_id = assets.id AND "
    "annotations.project_id = assets.project_id ORDER BY filename, assets.id, annotations.id";

struct Stopwatch {
  double wall = 0, cpu = 0, wall_begin = 0, cpu_begin = 0;

  static double now(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }
  void start() {
    wall_begin = now(CLOCK_MONOTONIC);
    cpu_begin = now(CLOCK_PROCESS_CPUTIME_ID);
  }
  void stop() {
    wall += now(CLOCK_MONOTONIC) - wall_begin;
    cpu += now(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin;
  }
  void print(long long rows) const {
    std::printf("{\"wall_s\":%f,\"cpu_s\":%f,\"rows\":%lld}\n", wall, cpu, rows);
  }
};

void check(int code, sqlite3* database) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  std::fprintf(stderr, "%s\n", ::sqlite3_errmsg(database));
  std::exit(1);
}

sqlite3* open(const char* path, int flags) {
  sqlite3* database = nullptr;
  check(::sqlite3_open_v2(path, &database, flags, nullptr), database);
  return database;
}

void execute(sqlite3* database, const std::string& sql) {
  check(::sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), database);
}

sqlite3_stmt* prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  check(::sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), database);
  return statement;
}

struct Made {
  std::string name, sql;
};

std::vector<Made> made(sqlite3* source, const std::string& type) {
  sqlite3_stmt* const statement =
      prepare(source, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type = '" +
                          type + "' AND name NOT LIKE 'sqlite_%' ORDER BY rowid");
  const auto text = [&](int column) {
    return reinterpret_cast<const char*>(::sqlite3_column_text(statement, column));
  };
  std::vector<Made> all;
  while (::sqlite3_step(statement) == SQLITE_ROW) all.push_back({text(0), text(1)});
  ::sqlite3_finalize(statement);
  return all;
}

// The next rows of `from`, row after row; fewer than kRowsACommit when it ends.
std::vector<sqlite3_value*> read_batch(sqlite3* source, sqlite3_stmt* from) {
  std::vector<sqlite3_value*> cells;
  const int columns = ::sqlite3_column_count(from);
  for (int row = 0; row < kRowsACommit; ++row) {
    const int code = ::sqlite3_step(from);
    check(code, source);
    if (code != SQLITE_ROW) break;
    for (int i = 0; i < columns; ++i) {
      cells.push_back(::sqlite3_value_dup(::sqlite3_column_value(from, i)));
    }
  }
  return cells;
}

long long copy_table(sqlite3* source, sqlite3* target, const std::string& name, Stopwatch& watch) {
  sqlite3_stmt* const from = prepare(source, "SELECT * FROM " + name);
  const int columns = ::sqlite3_column_count(from);
  std::string marks = "?";
  for (int i = 1; i < columns; ++i) marks += ",?";
  sqlite3_stmt* const to = prepare(target, "INSERT INTO " + name + " VALUES(" + marks + ")");
  long long rows = 0;
  for (bool more = true; more;) {
    const std::vector<sqlite3_value*> cells = read_batch(source, from);
    const int count = static_cast<int>(cells.size()) / columns;
    more = count == kRowsACommit;
    watch.start();
    execute(target, "BEGIN");
    for (int row = 0; row < count; ++row) {
      for (int i = 0; i < columns; ++i) {
        ::sqlite3_bind_value(to, i + 1, cells[static_cast<std::size_t>(row * columns + i)]);
      }
      check(::sqlite3_step(to), target);
      ::sqlite3_reset(to);
    }
    execute(target, "COMMIT");
    watch.stop();
    for (sqlite3_value* const cell : cells) ::sqlite3_value_free(cell);
    rows += count;
  }
  ::sqlite3_finalize(from);
  ::sqlite3_finalize(to);
  return rows;
}

// Takes the primary key of several columns out of a CREATE TABLE with rowids: the index that SQLite
// would keep for it is made by what this returns, "" where there is none.
std::string take_key(Made& table) {
  constexpr std::string_view kKey = "PRIMARY KEY(";
  const std::size_t begin = table.sql.rfind(kKey);
  if (begin == std::string::npos || table.sql.find("WITHOUT ROWID") != std::string::npos) return {};
  const std::size_t comma = table.sql.rfind(',', begin), end = table.sql.find(')', begin) + 1;
  const std::string columns = table.sql.substr(begin + kKey.size() - 1, end - begin);
  table.sql.erase(comma, end - comma);
  return "CREATE UNIQUE INDEX " + table.name + "_key ON " + table.name +
         columns.substr(0, columns.find(')') + 1);
}

void insert(const char* mirror, const char* path, bool whole) {
  sqlite3* const source = open(mirror, SQLITE_OPEN_READONLY);
  sqlite3* const target = open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  execute(target,
          "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=OFF;"
          "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=16384");
  Stopwatch watch;
  long long rows = 0;
  std::vector<Made> indexes = made(source, "index");
  for (Made& table : made(source, "table")) {
    const std::string key = whole ? "" : take_key(table);
    if (!key.empty()) indexes.push_back({table.name + "_key", key});
    execute(target, table.sql);
    const long long copied = copy_table(source, target, table.name, watch);
    if (table.name == "assets" || table.name == "annotations") rows += copied;
  }
  watch.start();
  for (const Made& index : indexes) execute(target, index.sql);
  check(::sqlite3_close(target), target);
  watch.stop();
  ::sqlite3_close(source);
  watch.print(rows);
}

// As who needs it would: a number asked for as text would be written out as one.
double value_of(sqlite3_stmt* row, int column) {
  if (::sqlite3_column_type(row, column) != SQLITE_TEXT)
    return ::sqlite3_column_double(row, column);
  const unsigned char* const text = ::sqlite3_column_text(row, column);
  return text[0] + ::sqlite3_column_bytes(row, column);
}

void scan(const char* mirror, bool ordered) {
  sqlite3* const source = open(mirror, SQLITE_OPEN_READONLY);
  if (ordered) execute(source, "PRAGMA cache_size=-32768");  // images are looked up all over
  Stopwatch watch;
  watch.start();
  sqlite3_stmt* const rows = prepare(source, ordered ? kOrderedScan : kScan);
  const int columns = ::sqlite3_column_count(rows);
  long long count = 0;
  double sum = 0;
  while (::sqlite3_step(rows) == SQLITE_ROW) {
    for (int i = 0; i < columns; ++i) sum += value_of(rows, i);
    ++count;
  }
  ::sqlite3_finalize(rows);
  watch.stop();
  ::sqlite3_close(source);
  if (sum == 0) std::exit(1);  // all of it was looked at
  watch.print(count);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 2 ? argv[1] : "";
  if (what == "scan") {
    scan(argv[2], argc > 3);
  } else if (what == "insert" && argc > 3) {
    insert(argv[2], argv[3], argc > 4);
  } else {
    return 2;
  }
}
