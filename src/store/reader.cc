#include "store/reader.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "nexus_mirror/error.h"

namespace nexus_mirror::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr const char* kRecoveryHint =
    "move the file and its -wal and -shm away and run 'nexus-mirror sync' to fetch everything anew";

// Pragmas that only read. Those of the second list may name a table, an index or a number of rows.
constexpr std::array<std::string_view, 18> kPlainPragmas = {
    "application_id", "collation_list",    "compile_options", "data_version",  "database_list",
    "encoding",       "foreign_key_check", "freelist_count",  "function_list", "integrity_check",
    "journal_mode",   "module_list",       "page_count",      "page_size",     "pragma_list",
    "quick_check",    "schema_version",    "user_version"};
constexpr std::array<std::string_view, 10> kNamingPragmas = {
    "table_info",  "table_xinfo",      "table_list",        "index_list",      "index_info",
    "index_xinfo", "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check"};
// Functions that reach outside the database or change the connection, were they ever compiled in.
constexpr std::array<std::string_view, 6> kRefusedFunctions = {
    "load_extension", "writefile", "readfile", "edit", "fts3_tokenizer", "sqlite_log"};

template <std::size_t Size>
bool listed(const std::array<std::string_view, Size>& names, const char* name) {
  if (name == nullptr) return false;
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return std::find(names.begin(), names.end(), lower) != names.end();
}

bool pragma_reads(const char* name, const char* argument) {
  return argument == nullptr ? listed(kPlainPragmas, name) || listed(kNamingPragmas, name)
                             : listed(kNamingPragmas, name);
}

// What the authorizer noted while a statement was prepared.
struct Notes {
  bool denied = false;
  // The one pragma that reads although sqlite3_stmt_readonly() says otherwise.
  bool asks_journal_mode = false;
};

bool allowed(Notes& notes, int action, const char* first, const char* second) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return true;
    case SQLITE_FUNCTION:
      return !listed(kRefusedFunctions, second);
    case SQLITE_UPDATE: {
      // SQLite asks this when it declares json_each() and its like in memory. A statement that
      // means it is caught by sqlite3_stmt_readonly(), and by the defensive mode before that.
      constexpr std::array<std::string_view, 1> kSchema = {"sqlite_master"};
      return listed(kSchema, first);
    }
    case SQLITE_PRAGMA: {
      constexpr std::array<std::string_view, 1> kJournalMode = {"journal_mode"};
      notes.asks_journal_mode = notes.asks_journal_mode || listed(kJournalMode, first);
      return pragma_reads(first, second);
    }
    default:
      return false;
  }
}

// sqlite3's authorizer; `context` is a Notes.
int authorize(void* context, int action, const char* first, const char* second, const char*,
              const char*) {
  Notes& notes = *static_cast<Notes*>(context);
  if (allowed(notes, action, first, second)) return SQLITE_OK;
  notes.denied = true;
  return SQLITE_DENY;
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

[[noreturn]] void throw_read_only() {
  throw Error(ErrorCode::usage, "running", "the query",
              "it is not a statement that only reads; queries on the mirror are read-only",
              "use SELECT, EXPLAIN or a reading PRAGMA; copy the mirror to change something");
}

// Throws what `code` of SQLite means for `database`; `message` is SQLite's own text.
[[noreturn]] void throw_sqlite(int code, const std::string& message, const std::string& database) {
  switch (code & 0xff) {
    case SQLITE_AUTH:
      throw_read_only();
    case SQLITE_READONLY:  // of the -wal and -shm: what would write never gets as far as this
    case SQLITE_PERM:
    case SQLITE_CORRUPT:
      throw Error(ErrorCode::mirror, "reading mirror", database, "it is damaged (" + message + ")",
                  kRecoveryHint);
    case SQLITE_NOTADB:
      throw Error(ErrorCode::mirror, "reading mirror", database,
                  "it is not an SQLite database, or its header is damaged", kRecoveryHint);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      throw Error(ErrorCode::mirror, "reading mirror", database, "it stayed locked for 5 seconds",
                  "find the program that holds it exclusively, or try again");
    case SQLITE_CANTOPEN:
      throw Error(ErrorCode::mirror, "opening mirror", database,
                  "SQLite cannot open it (" + message + ")",
                  "this user needs read permission on the file, its -wal and its -shm");
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      throw Error(ErrorCode::mirror, "reading mirror", database, message,
                  "check the disk, its free space and the permissions");
    default:
      throw Error(ErrorCode::usage, "running", "the query", message,
                  "'nexus-mirror schema' lists every table, view and column");
  }
}

void check_file(const std::filesystem::path& database) {
  std::error_code failure;
  const auto status = std::filesystem::status(database, failure);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(ErrorCode::mirror, "opening mirror", database.string(), "there is no such file",
                "run 'nexus-mirror sync' first, or correct [mirror] database");
  }
  if (failure) {
    throw Error(ErrorCode::mirror, "opening mirror", database.string(), failure.message(),
                "this user needs access to its folder");
  }
  if (status.type() != std::filesystem::file_type::regular) {
    throw Error(ErrorCode::mirror, "opening mirror", database.string(), "it is not a regular file",
                "correct [mirror] database");
  }
}

std::string hexadecimal(const unsigned char* bytes, std::size_t count) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

Value column_value(sqlite3_stmt* statement, int index) {
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, index)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, index);
    case SQLITE_NULL:
      return std::monostate{};
    default:
      break;
  }
  const bool text = sqlite3_column_type(statement, index) == SQLITE_TEXT;
  const void* bytes = sqlite3_column_blob(statement, index);
  const auto count = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
  if (bytes == nullptr) return std::string();
  if (text) return std::string(static_cast<const char*>(bytes), count);
  return hexadecimal(static_cast<const unsigned char*>(bytes), count);
}

void bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, index, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    sqlite3_bind_double(statement, index, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
  } else {
    sqlite3_bind_null(statement, index);
  }
}

void bind_all(sqlite3_stmt* statement, const Parameters& parameters) {
  std::vector<bool> used(parameters.size(), false);
  for (int index = 1; index <= sqlite3_bind_parameter_count(statement); ++index) {
    const char* name = sqlite3_bind_parameter_name(statement, index);
    const std::string wanted = name != nullptr ? name + 1 : std::to_string(index);
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const auto& each) { return each.first == wanted; });
    if (found == parameters.end()) {
      throw Error(
          ErrorCode::usage, "running", "the query",
          "its parameter " + (name != nullptr ? std::string(name) : "?" + wanted) + " has no value",
          "give it with --param " + wanted + "=VALUE");
    }
    used[static_cast<std::size_t>(found - parameters.begin())] = true;
    bind(statement, index, found->second);
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    throw Error(ErrorCode::usage, "running", "the query",
                "it has no parameter :" + parameters[i].first, "write :NAME where the value goes");
  }
}

}  // namespace

struct Reader::Connection {
  explicit Connection(const std::filesystem::path& path)
      : name(path.string()), database(path.string(), SQLite::OPEN_READONLY, kBusyTimeoutMs) {
    int keep = 1;
    sqlite3_file_control(handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    sqlite3_db_config(handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_set_authorizer(handle(), authorize, &notes);
  }

  sqlite3* handle() { return database.getHandle(); }

  [[noreturn]] void fail(int code) {
    if (notes.denied) throw_read_only();
    throw_sqlite(code, sqlite3_errmsg(handle()), name);
  }

  // Null for a text that holds no statement. `rest` becomes what follows the statement.
  Statement prepare(std::string_view sql, std::string_view& rest) {
    notes = {};
    rest = {};
    if (sql.empty()) return nullptr;
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    const int code =
        sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), 0, &raw, &tail);
    Statement statement(raw);
    if (code != SQLITE_OK) fail(code);
    if (statement && sqlite3_stmt_readonly(raw) == 0 && !notes.asks_journal_mode) throw_read_only();
    if (tail != nullptr) rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
    return statement;
  }

  bool holds_statement(std::string_view sql) {
    if (sql.empty()) return false;
    sqlite3_stmt* raw = nullptr;
    const int code =
        sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), 0, &raw, nullptr);
    return Statement(raw) != nullptr || code != SQLITE_OK;
  }

  std::string name;
  SQLite::Database database;
  Notes notes;  // of the statement prepared last
};

Reader::Reader(const std::filesystem::path& database) {
  check_file(database);
  try {
    connection_ = std::make_unique<Connection>(database);
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error.getErrorCode(), error.what(), database.string());
  }
  const int version = schema_version();
  const bool is_mirror =
      rows("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name IN ('syncs', 'projects')")
          .size() == 2;
  if (!is_mirror || version < 1) {
    throw Error(ErrorCode::mirror, "opening mirror", database.string(),
                "it is an SQLite database, but no nexus-mirror",
                "run 'nexus-mirror sync' first, or correct [mirror] database");
  }
  if (version > latest_schema_version()) {
    throw Error(ErrorCode::mirror, "opening mirror", database.string(),
                "a newer nexus-mirror wrote it (schema " + std::to_string(version) +
                    ", this one knows up to " + std::to_string(latest_schema_version()) + ")",
                "install the newer version");
  }
}

Reader::~Reader() = default;

void Reader::query(std::string_view sql, const Parameters& parameters,
                   const std::function<void(const std::vector<std::string>&)>& columns,
                   const std::function<bool(const Row&)>& row) {
  constexpr std::size_t kMaxSql = 1U << 20;
  if (sql.size() > kMaxSql || sql.find('\0') != std::string_view::npos) {
    throw Error(ErrorCode::usage, "running", "the query",
                sql.size() > kMaxSql ? "it is longer than 1 MiB" : "it holds a NUL character");
  }
  std::string_view rest;
  const Statement statement = connection_->prepare(sql, rest);
  if (!statement) throw Error(ErrorCode::usage, "running", "the query", "it holds no statement");
  if (connection_->holds_statement(rest)) {
    throw Error(ErrorCode::usage, "running", "the query", "it holds more than one statement",
                "run them one by one");
  }
  bind_all(statement.get(), parameters);

  std::vector<std::string> names;
  const int count = sqlite3_column_count(statement.get());
  for (int i = 0; i < count; ++i) names.emplace_back(sqlite3_column_name(statement.get(), i));
  columns(names);
  Row values(static_cast<std::size_t>(count));
  for (;;) {
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_DONE) return;
    if (code != SQLITE_ROW) connection_->fail(code);
    for (int i = 0; i < count; ++i) {
      values[static_cast<std::size_t>(i)] = column_value(statement.get(), i);
    }
    if (!row(values)) return;
  }
}

std::vector<Row> Reader::rows(std::string_view sql, const Parameters& parameters) {
  std::vector<Row> all;
  query(
      sql, parameters, [](const std::vector<std::string>&) {},
      [&](const Row& row) {
        all.push_back(row);
        return true;
      });
  return all;
}

int Reader::schema_version() {
  return static_cast<int>(std::get<std::int64_t>(rows("PRAGMA user_version").at(0).at(0)));
}

}  // namespace nexus_mirror::store
