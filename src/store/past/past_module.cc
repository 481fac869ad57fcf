#include "store/past/past_module.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "store/past/past_plan.h"
#include "store/past/past_table.h"
#include "text/json.h"
#include "text/number.h"

namespace nexus_mirror::store {
namespace {

// What SQLite holds of a virtual table.
struct Shown : sqlite3_vtab {
  sqlite3* connection = nullptr;
  PastTables* tables = nullptr;
  PastTable* table = nullptr;
  std::multimap<std::string, sqlite3_stmt*> spare;  // prepared, waiting for their next use
};

// A walk through rows of now and rows of then: one behind the other, or merged by rowid.
struct Walk : sqlite3_vtab_cursor {
  struct RowStream {
    std::string sql;
    sqlite3_stmt* statement = nullptr;
    bool at_row = false;
    std::int64_t rowid = 0;  // of that row
    bool was = true;         // there
  };
  RowStream now, then;
  std::string plan;  // that they are prepared for
  bool ordered = false;
  std::vector<int> place;  // of each column in the statements; 0 = not selected

  RowStream* current = nullptr;  // whose row is at hand
};

Shown& shown(sqlite3_vtab* table) { return *static_cast<Shown*>(table); }
Walk& walk(sqlite3_vtab_cursor* cursor) { return *static_cast<Walk*>(cursor); }

// No exception passes through C.
template <class Body>
int guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return SQLITE_NOMEM;
  }
}

int failed(Shown& table, int code) {
  sqlite3_free(table.zErrMsg);
  table.zErrMsg = sqlite3_mprintf("%s", sqlite3_errmsg(table.connection));
  return code;
}

int connect(sqlite3* connection, void* tables, int count, const char* const* arguments,
            sqlite3_vtab** made, char** message) {
  return guarded([&] {
    auto* all = static_cast<PastTables*>(tables);
    PastTable* table = count > 2 ? all->find(arguments[2]) : nullptr;
    if (table == nullptr) {
      *message = sqlite3_mprintf("the mirror has no such table of then");
      return SQLITE_ERROR;
    }
    std::string sql = "CREATE TABLE x(";
    for (std::size_t i = 0; i < table->columns.size(); ++i) {
      const bool is_field = i < table->table.fields.size();
      const std::string_view type =
          is_field ? objects::sql_type(table->table.fields[i].kind) : std::string_view("TEXT");
      // Outside of STRICT tables ANY would make numbers of texts.
      sql.append(i == 0 ? "" : ", ").append(table->columns[i]).append(" ");
      sql.append(type == "ANY" ? "" : type);
    }
    const int code = sqlite3_declare_vtab(connection, (sql + ")").c_str());
    if (code != SQLITE_OK) return code;
    sqlite3_vtab_config(connection, SQLITE_VTAB_INNOCUOUS);  // views may read it
    auto shown = std::make_unique<Shown>();
    shown->connection = connection;
    shown->tables = all;
    shown->table = table;
    *made = shown.release();
    return SQLITE_OK;
  });
}

int create(sqlite3* connection, void* tables, int count, const char* const* arguments,
           sqlite3_vtab** made, char** message) {  // another function: the module is no table
  return connect(connection, tables, count, arguments, made, message);
}

int disconnect(sqlite3_vtab* table) {
  for (const auto& [sql, statement] : shown(table).spare) sqlite3_finalize(statement);
  delete static_cast<Shown*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab* of, sqlite3_index_info* info) {
  return guarded([&] {
    const PastPlan plan = choose_plan(*shown(of).table, info);
    info->idxStr = sqlite3_mprintf("%s", plan.text().c_str());
    info->needToFreeIdxStr = 1;
    return info->idxStr == nullptr ? SQLITE_NOMEM : SQLITE_OK;
  });
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** made) {
  return guarded([&] {
    *made = new Walk();
    return SQLITE_OK;
  });
}

void put_back(Shown& table, Walk::RowStream& rows) {
  if (rows.statement == nullptr) return;
  sqlite3_reset(rows.statement);
  table.spare.emplace(std::move(rows.sql), std::exchange(rows.statement, nullptr));
  rows = {};
}

int close(sqlite3_vtab_cursor* cursor) {
  Shown& table = shown(cursor->pVtab);
  const int code = guarded([&] {
    put_back(table, walk(cursor).now);
    put_back(table, walk(cursor).then);
    return SQLITE_OK;
  });
  delete static_cast<Walk*>(cursor);
  return code;
}

int step(Shown& table, Walk::RowStream& rows) {
  if (rows.statement == nullptr) return SQLITE_OK;
  const int code = sqlite3_step(rows.statement);
  rows.at_row = code == SQLITE_ROW;
  if (rows.at_row) {
    rows.rowid = sqlite3_column_int64(rows.statement, 0);
    rows.was = sqlite3_column_int(rows.statement, 1) != 0;
  }
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : failed(table, code);
}

// Finds whose row comes next; what a row of then stands for, or hides, is passed over.
int choose(Shown& table, Walk& rows) {
  for (;;) {
    Walk::RowStream& now = rows.now;
    Walk::RowStream& then = rows.then;
    rows.current = now.at_row ? &now : then.at_row ? &then : nullptr;
    if (!rows.ordered || !then.at_row) return SQLITE_OK;
    const bool hidden = now.at_row && now.rowid == then.rowid;
    if (!hidden && now.at_row && now.rowid < then.rowid) return SQLITE_OK;
    rows.current = &then;
    if (!hidden && then.was) return SQLITE_OK;
    const int code = step(table, hidden ? now : then);
    if (code != SQLITE_OK) return code;
  }
}

int take_statement(Shown& table, const std::string& sql, Walk::RowStream& rows) {
  if (rows.statement != nullptr && rows.sql == sql) {
    sqlite3_reset(rows.statement);
    return SQLITE_OK;
  }
  put_back(table, rows);
  if (const auto spare = table.spare.find(sql); spare != table.spare.end()) {
    rows.statement = spare->second;
    table.spare.erase(spare);
  } else {
    const PastTables::Inside inside(*table.tables);
    const int code = sqlite3_prepare_v3(table.connection, sql.c_str(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &rows.statement, nullptr);
    if (code != SQLITE_OK) return failed(table, code);
  }
  rows.sql = sql;
  return SQLITE_OK;
}

// An index finds a value of its column's own type alone; of any other the rows are all gone
// through, since SQLite compares them by itself as well.
bool fits(const PastTable& table, int column, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_NULL) return true;
  if (column < 0) return type == SQLITE_INTEGER;
  const std::string_view declared =
      objects::sql_type(table.table.fields[static_cast<std::size_t>(column)].kind);
  return type == (declared == "TEXT" ? SQLITE_TEXT : SQLITE_INTEGER);
}

// The values of an IN as JSON; nothing where one of them is no text.
std::optional<std::string> texts_of(sqlite3_value* list) {
  std::vector<std::string> texts;
  sqlite3_value* value = nullptr;
  for (int code = sqlite3_vtab_in_first(list, &value); code == SQLITE_OK;
       code = sqlite3_vtab_in_next(list, &value)) {
    if (sqlite3_value_type(value) == SQLITE_NULL) continue;
    if (sqlite3_value_type(value) != SQLITE_TEXT) return std::nullopt;
    texts.emplace_back(reinterpret_cast<const char*>(sqlite3_value_text(value)),
                       static_cast<std::size_t>(sqlite3_value_bytes(value)));
  }
  return text::json_array(texts);
}

int start(Shown& table, const PastPlan& plan, sqlite3_value** arguments, const std::string& list,
          Walk::RowStream& rows) {
  for (int i = 0; i < static_cast<int>(plan.equal.size()); ++i) {
    if (i == plan.list) {
      sqlite3_bind_text64(rows.statement, i + 1, list.data(), list.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8);
    } else {
      sqlite3_bind_value(rows.statement, i + 1, arguments[i]);
    }
  }
  return step(table, rows);
}

// The statements of a plan; a join asks for the same one again and again.
int take_plan(Shown& table, const PastPlan& plan, std::string_view text, Walk& rows) {
  if (rows.plan == text) {
    sqlite3_reset(rows.now.statement);
    sqlite3_reset(rows.then.statement);
    return SQLITE_OK;
  }
  rows.ordered = plan.ordered;
  rows.place.assign(table.table->columns.size(), 0);
  for (int i = 0, next = 2; i < static_cast<int>(rows.place.size()); ++i) {
    if (uses(plan.used, static_cast<std::size_t>(i))) {
      rows.place[static_cast<std::size_t>(i)] = next++;
    }
  }
  rows.plan.clear();
  int code = take_statement(table, select_sql(*table.table, plan, true), rows.now);
  if (code == SQLITE_OK && table.table->has_then_rows) {
    code = take_statement(table, select_sql(*table.table, plan, false), rows.then);
  }
  if (code == SQLITE_OK) rows.plan = text;
  return code;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char* text, int count,
           sqlite3_value** arguments) {
  Shown& table = shown(cursor->pVtab);
  return guarded([&] {
    Walk& rows = walk(cursor);
    PastPlan plan = PastPlan::of(text);
    std::string asked = text;
    std::optional<std::string> list = std::string();
    bool all_fit = true;
    for (int i = 0; i < count; ++i) {
      if (i == plan.list) {
        list = texts_of(arguments[i]);
        all_fit = all_fit && list;
      } else {
        all_fit =
            all_fit && fits(*table.table, plan.equal[static_cast<std::size_t>(i)], arguments[i]);
      }
    }
    if (!all_fit) {
      plan.equal.clear();
      plan.list = -1;
      asked = plan.text();
    }
    int code = take_plan(table, plan, asked, rows);
    if (code == SQLITE_OK) code = start(table, plan, arguments, list.value_or(""), rows.now);
    if (code == SQLITE_OK && table.table->has_then_rows) {
      code = start(table, plan, arguments, list.value_or(""), rows.then);
    }
    return code == SQLITE_OK ? choose(table, rows) : code;
  });
}

int next(sqlite3_vtab_cursor* cursor) {
  Shown& table = shown(cursor->pVtab);
  const int code = step(table, *walk(cursor).current);
  return code == SQLITE_OK ? choose(table, walk(cursor)) : code;
}

int eof(sqlite3_vtab_cursor* cursor) { return walk(cursor).current == nullptr ? 1 : 0; }

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* result, int index) {
  Walk& rows = walk(cursor);
  const int place = rows.place[static_cast<std::size_t>(index)];
  if (place > 0) {
    sqlite3_result_value(result, sqlite3_column_value(rows.current->statement, place));
  }
  return SQLITE_OK;
}

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = walk(cursor).current->rowid;
  return SQLITE_OK;
}

constexpr sqlite3_module make_module() {
  sqlite3_module module{};
  module.iVersion = 1;
  module.xCreate = create;
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xDestroy = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = eof;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}
constexpr sqlite3_module kModule = make_module();

}  // namespace

const sqlite3_module& past_module() { return kModule; }

}  // namespace nexus_mirror::store
