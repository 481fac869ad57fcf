#include "store/reader.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "nexus_mirror/error.h"
#include "store/past/past.h"
#include "store/query_hint.h"
#include "store/sqlite_error.h"
#include "text/ascii.h"
#include "text/hex.h"

namespace nexus_mirror::store {
namespace {

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
  return name != nullptr &&
         std::find(names.begin(), names.end(), text::lower(std::string_view(name))) != names.end();
}

bool pragma_reads(const char* name, const char* argument) {
  return argument == nullptr ? listed(kPlainPragmas, name) || listed(kNamingPragmas, name)
                             : listed(kNamingPragmas, name);
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using RawStatement = std::unique_ptr<sqlite3_stmt, Finalize>;

[[noreturn]] void throw_read_only() {
  throw Error(ErrorCode::usage, "running", "the query",
              "it is not a statement that only reads; queries on the mirror are read-only",
              "use SELECT, EXPLAIN or a reading PRAGMA; copy the mirror to change something");
}

std::string hexadecimal(const unsigned char* bytes, std::size_t count) {
  std::string text;
  text.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) text::append_hex(text, bytes[i], 2);
  return text;
}

Value value_at(sqlite3_stmt* statement, int index) {
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

struct Reader::Prepared {
  RawStatement statement;  // null for a text that holds none
  std::string_view rest;   // what follows it
};

bool Reader::allowed(Notes& notes, int action, const char* first, const char* second) {
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

bool Reader::is_past(const char* table, const char* schema) {
  if (past_ == nullptr || table == nullptr) return true;
  const std::string name = text::lower(std::string_view(table));
  if (looks_) {
    notes_.read.insert(name);
    return true;
  }
  if (schema == nullptr || std::string_view(schema) != "main" || !past_->hides(name)) return true;
  notes_.present = name;
  return false;
}

int Reader::authorize(void* reader, int action, const char* first, const char* second,
                      const char* schema, const char*) {
  Reader& self = *static_cast<Reader*>(reader);
  if (self.past_ != nullptr && self.past_->inside()) return SQLITE_OK;
  if (allowed(self.notes_, action, first, second)) {
    if (action != SQLITE_READ || self.is_past(first, schema)) return SQLITE_OK;
    return SQLITE_DENY;
  }
  self.notes_.denied = true;
  return SQLITE_DENY;
}

Reader::Reader(const MirrorFile& file) : database_(file, Use::query) {
  sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_set_authorizer(database_.handle(), authorize, this);
}

Reader::~Reader() = default;

void Reader::go_back(const AsOf& as_of) {
  // What runs here is the program's own.
  sqlite3_set_authorizer(database_.handle(), nullptr, nullptr);
  database_.begin_reading();
  past_ = std::make_unique<Past>(database_, as_of);
  sqlite3_set_authorizer(database_.handle(), authorize, this);
}

// Which tables a statement reads is known once it is prepared, and only they are taken back; it is
// prepared once more then. The authorizer is not told of a table of whose columns none but those of
// a USING are read: whatever the text names is taken back, too.
Reader::Prepared Reader::prepare_user_sql(std::string_view sql) {
  if (past_ == nullptr) return prepare(sql);
  looks_ = true;
  bool explains = false;
  try {
    const Prepared first = prepare(sql);
    explains = first.statement && sqlite3_stmt_isexplain(first.statement.get()) != 0;
  } catch (...) {
    looks_ = false;
    throw;
  }
  looks_ = false;
  std::set<std::string> names = notes_.read;
  const std::string lower = text::lower(sql);
  for (const std::string& name : past_->names()) {
    if (lower.find(name) != lower.npos) names.insert(name);
  }
  past_->fill(names);
  if (!explains) refuse_present(sql);
  return prepare(sql);
}

// The tables of now that the statement would open are the last word on what it reads.
void Reader::refuse_present(std::string_view sql) {
  const Prepared explained = prepare("EXPLAIN " + std::string(sql));
  if (!explained.statement) return;
  const std::map<std::int64_t, std::string> hidden = past_->hidden_pages();
  while (sqlite3_step(explained.statement.get()) == SQLITE_ROW) {
    constexpr int kOpcode = 1, kPage = 3, kSchema = 4;
    const auto* opcode =
        reinterpret_cast<const char*>(sqlite3_column_text(explained.statement.get(), kOpcode));
    if (opcode == nullptr || std::string_view(opcode) != "OpenRead") continue;
    if (sqlite3_column_int(explained.statement.get(), kSchema) != 0) continue;
    const auto found = hidden.find(sqlite3_column_int64(explained.statement.get(), kPage));
    if (found == hidden.end()) continue;
    notes_.present = found->second;
    fail(SQLITE_AUTH);
  }
}

void Reader::fail(int code) {
  if (!notes_.present.empty()) {
    throw Error(ErrorCode::usage, "running", "the query",
                "it reads main." + notes_.present + ", which is as it is now, and the rest is not",
                "with --at write " + notes_.present + " alone");
  }
  if (notes_.denied || (code & 0xff) == SQLITE_AUTH) throw_read_only();
  throw_sqlite({code, sqlite3_system_errno(database_.handle()), sqlite3_errmsg(database_.handle()),
                database_.path(), Use::query, false, true});
}

Reader::Prepared Reader::prepare(std::string_view sql) {
  notes_ = {};
  if (sql.empty()) return {};
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(database_.handle(), sql.data(), static_cast<int>(sql.size()),
                                      0, &raw, &tail);
  Prepared prepared{RawStatement(raw), {}};
  if (code != SQLITE_OK) fail(code);
  if (raw != nullptr && sqlite3_stmt_readonly(raw) == 0 && !notes_.asks_journal_mode) {
    throw_read_only();
  }
  if (tail != nullptr) prepared.rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  return prepared;
}

bool Reader::holds_statement(std::string_view sql) {
  if (sql.empty()) return false;
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.handle(), sql.data(), static_cast<int>(sql.size()),
                                      0, &raw, nullptr);
  return RawStatement(raw) != nullptr || code != SQLITE_OK;
}

// Of a name that is not there, the one that was meant.
Reader::Prepared Reader::prepare_explained(std::string_view sql) {
  try {
    return prepare_user_sql(sql);
  } catch (const Error& error) {
    const std::string hint = query_hint(error.reason(), sql);
    if (error.code() != ErrorCode::usage || hint.empty()) throw;
    throw Error(ErrorCode::usage, error.doing(), error.subject(), error.reason(), hint);
  }
}

void Reader::query(std::string_view sql, const Parameters& parameters,
                   const std::function<void(const std::vector<std::string>&)>& columns,
                   const std::function<bool(const Row&)>& row) {
  constexpr std::size_t kMaxSql = 1U << 20;
  if (sql.size() > kMaxSql || sql.find('\0') != std::string_view::npos) {
    throw Error(ErrorCode::usage, "running", "the query",
                sql.size() > kMaxSql ? "it is longer than 1 MiB" : "it holds a NUL character");
  }
  const auto [statement, rest] = prepare_explained(sql);
  if (!statement)
    throw Error(ErrorCode::usage, "running", "the query", "it holds no statement",
                "write SQL, like SELECT name FROM projects");
  if (holds_statement(rest)) {
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
    if (code != SQLITE_ROW) fail(code);
    for (int i = 0; i < count; ++i) {
      values[static_cast<std::size_t>(i)] = value_at(statement.get(), i);
    }
    if (!row(values)) return;
  }
}

}  // namespace nexus_mirror::store
