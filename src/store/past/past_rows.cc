#include "store/past/past_rows.h"

#include <algorithm>
#include <utility>

#include "objects/row_batch.h"
#include "store/column_sql.h"
#include "store/past/change_values.h"
#include "store/schema.h"
#include "text/joined.h"
#include "text/json.h"

namespace nexus_mirror::store {
namespace {

using objects::ChildList;
using objects::Field;
using objects::Table;

bool is_link(const Table& table, std::string_view column) {
  return !column.empty() && (column == table.link || column == table.link_expiry);
}

// Which index of `fields` a member of a change is; nothing for what the table does not have.
std::optional<std::size_t> place_of(const Table& table, std::string_view name) {
  const int column = table.column(name);
  if (column >= 0) return static_cast<std::size_t>(column);
  if (name == "extra" && table.has_extra) return table.fields.size();
  return std::nullopt;
}

void make_then_table(Database& database, const Table& table) {
  std::string sql = "CREATE TEMP TABLE then_" + std::string(table.name) +
                    "(row INTEGER PRIMARY KEY, was INTEGER NOT NULL";
  for (const Field& field : table.fields) {
    sql.append(", ").append(field.column).append(" ").append(objects::sql_type(field.kind));
  }
  database.execute(sql + (table.has_extra ? ", extra TEXT) STRICT" : ") STRICT"));
}

// Once its rows are in: sorted, that is.
void index_then_table(Database& database, const Table& table) {
  const std::string name = "then_" + std::string(table.name);
  int number = 0;
  for (const std::vector<std::string>& index : index_columns(table)) {
    database.execute("CREATE INDEX temp." + name + "_" + std::to_string(++number) + " ON " + name +
                     "(" + text::joined(index, ", ") + ")");
  }
}

}  // namespace

// The changes of one row on their way back.
struct PastRows::Change {
  std::string entity, project, id, op;
  std::optional<std::string> before;
};

// One table with its lists.
class PastRows::Undone {
 public:
  Undone(Database& database, const Table& table, PastLinks links)
      : table_(table), links_of_now_(links == PastLinks::now), columns_(table.columns()) {
    const std::string name(table.name);
    make_then_table(database, table);
    // Looked into for each row that is read: small, whatever the rows are.
    database.execute("CREATE TEMP TABLE then_" + name + "_rows(row INTEGER PRIMARY KEY)");
    changed_ = database.prepare("INSERT INTO temp.then_" + name + "_rows VALUES(?)");
    put_ = database.prepare("INSERT INTO temp.then_" + name + " VALUES(?, ?, " +
                            placeholders(columns_) + ")");
    find_ = database.prepare("SELECT rowid, " + columns_sql(table) + " FROM main." + name +
                             " WHERE " + key_sql());
    next_row_ = database.number("SELECT max(rowid) FROM main." + name);
    for (const ChildList& list : table.children) lists_.emplace_back(database, list);
  }

  // Begins with the row of this id as it is now.
  void begin(const Change& change) {
    project_ = change.project;
    id_ = change.id;
    row_ = find(change);
    now_ = row_ ? cells_ : Row(columns_);
    there_ = row_.has_value();
    items_.assign(lists_.size(), std::nullopt);
  }

  void undo(const Change& change) {
    if (change.op == "insert") {
      there_ = false;
      items_.assign(lists_.size(), std::string("[]"));
    } else if (change.op == "delete") {
      there_ = true;
      cells_.assign(columns_, Value());
      items_.assign(lists_.size(), std::string("[]"));
      take_back(change);
    } else if (there_) {
      take_back(change);
    }
  }

  void end() {
    if (row_ || there_) write();
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      if (items_[i]) lists_[i].write(id_, project_, there_ ? *items_[i] : "[]");
    }
    differs_ = true;
  }

  bool differs() const { return differs_; }

 private:
  // The items of one list of all rows.
  class UndoneItems {
   public:
    UndoneItems(Database& database, const ChildList& list) : list_(list), table_(*list.table) {
      const std::string name(table_.name);
      make_then_table(database, table_);
      database.execute("CREATE TEMP TABLE then_" + name +
                       "_of(parent TEXT, project_id TEXT, PRIMARY KEY(parent, project_id)) "
                       "STRICT, WITHOUT ROWID");
      of_ = database.prepare("INSERT OR IGNORE INTO temp.then_" + name + "_of VALUES(?, ?)");
      put_ = database.prepare("INSERT INTO temp.then_" + name + " VALUES(?, 1, " +
                              placeholders(table_.columns()) + ")");
      if (table_.storage != objects::Storage::key) {
        next_row_ = database.number("SELECT max(rowid) FROM main." + name);
      }
    }

    void write(const std::string& parent, const std::string& project, const std::string& items) {
      of_.bind(1, std::string_view(parent)).bind(2, std::string_view(project)).run();
      std::int64_t position = 0;
      for_each_item(items, [&](std::string_view item) {
        Row row(table_.columns());
        row[table_.at(table_.project)] = project;
        row[table_.at(table_.parent_key)] = parent;
        if (list_.ordered) row[table_.at("position")] = position++;
        if (item.starts_with('{')) {
          for_each_member(item, [&](std::string_view name, std::string_view value) {
            const auto place = place_of(table_, name);
            if (place) row[*place] = value_in_change(field_at(*place), value);
          });
        } else {
          row[table_.at("name")] = value_in_change(&table_.fields[table_.at("name")], item);
        }
        put_.bind(1, ++next_row_);
        for (std::size_t i = 0; i < row.size(); ++i)
          bind_value(put_, static_cast<int>(i) + 2, row[i]);
        put_.run();
      });
    }

   private:
    const Field* field_at(std::size_t place) const {
      return place < table_.fields.size() ? &table_.fields[place] : nullptr;
    }

    const ChildList& list_;
    const Table& table_;
    Statement of_, put_;
    std::int64_t next_row_ = 0;
  };

  std::string key_sql() const {
    return text::joined(table_.key, " AND ", [&](std::string_view column) {
      const std::string name(column);
      return column == table_.nullable_key ? "ifnull(" + name + ", '') = ?" : name + " = ?";
    });
  }

  // A change names its row by the parts of the key without the project, joined by '/'. Ids have no
  // slash, and of two parts the second may be missing.
  std::optional<std::int64_t> find(const Change& change) {
    const ResetGuard guard(find_);
    std::string_view rest = change.id;
    std::vector<std::string> parts;
    const bool compound = !table_.nullable_key.empty();
    const std::size_t slash = compound ? rest.find('/') : rest.npos;
    parts.emplace_back(rest.substr(0, slash));
    if (compound) parts.emplace_back(slash == rest.npos ? "" : rest.substr(slash + 1));
    std::size_t part = 0;
    for (std::size_t i = 0; i < table_.key.size(); ++i) {
      const bool project = table_.key[i] == table_.project && table_.key.size() > 1;
      find_.bind(static_cast<int>(i) + 1,
                 std::string_view(project ? change.project : parts[part++]));
    }
    if (!find_.step()) return std::nullopt;
    cells_.clear();
    for (std::size_t i = 0; i < columns_; ++i) {
      cells_.push_back(column_value(find_, static_cast<int>(i) + 1));
    }
    return find_.integer(0);
  }

  void take_back(const Change& change) {
    if (!change.before) return;
    for_each_member(*change.before, [&](std::string_view name, std::string_view value) {
      if (links_of_now_ && is_link(table_, name)) return;
      if (const auto place = place_of(table_, name)) {
        const Field* field = *place < table_.fields.size() ? &table_.fields[*place] : nullptr;
        cells_[*place] = value_in_change(field, value);
        return;
      }
      for (std::size_t i = 0; i < table_.children.size(); ++i) {
        if (table_.children[i].key == name) items_[i] = std::string(value);
      }
    });
  }

  void write() {
    if (row_) changed_.bind(1, *row_).run();
    put_.bind(1, row_ ? *row_ : ++next_row_).bind(2, std::int64_t{there_});
    for (std::size_t i = 0; i < columns_; ++i) {
      const bool link =
          links_of_now_ && i < table_.fields.size() && is_link(table_, table_.fields[i].column);
      const Value none;
      const Value& value = !there_ ? none : link ? now_[i] : cells_[i];
      bind_value(put_, static_cast<int>(i) + 3, value);
    }
    put_.run();
  }

  const Table& table_;
  const bool links_of_now_;
  const std::size_t columns_;
  Statement put_, changed_, find_;
  std::int64_t next_row_ = 0;
  std::vector<UndoneItems> lists_;
  bool differs_ = false;

  // Of the row at hand.
  std::string id_, project_;
  std::optional<std::int64_t> row_;  // rowid of now
  Row now_, cells_;
  bool there_ = false;
  std::vector<std::optional<std::string>> items_;  // of each list, JSON; none = as it is now
};

PastRows::PastRows(Database& database, std::int64_t seq, std::string project_id, PastLinks links)
    : database_(database), seq_(seq), project_id_(std::move(project_id)), links_(links) {
  find_unloaded();
}

PastRows::~PastRows() = default;

// A kind without a complete listing counts as empty, and so does one whose first came later.
void PastRows::find_unloaded() {
  std::vector<std::string> listed;
  for (const Table* table : objects::all_tables()) {
    if (table->listed && table->logged == objects::Logged::rows) listed.emplace_back(table->name);
  }
  database_.execute(
      "CREATE TEMP TABLE then_unloaded(entity TEXT, project_id TEXT, "
      "PRIMARY KEY(entity, project_id)) STRICT, WITHOUT ROWID");
  const std::string names = text::json_array(listed);
  Statement fill = database_.prepare(
      "INSERT OR IGNORE INTO temp.then_unloaded "
      "SELECT entity, project_id FROM main.changes WHERE seq > ?1 AND +op = 'load' "
      "UNION ALL SELECT e.value, p.id FROM json_each(?2) e, main.projects p WHERE NOT EXISTS("
      "SELECT 1 FROM main.loads l WHERE l.project_id = p.id AND l.entity = e.value)");
  fill.bind(1, seq_).bind(2, std::string_view(names)).run();
  Statement all = database_.prepare("SELECT entity, project_id FROM temp.then_unloaded");
  while (all.step()) unloaded_.emplace(all.text(0), all.text(1));
}

bool PastRows::unloaded(const Table& table) {
  const auto first = unloaded_.lower_bound({std::string(table.name), ""});
  return first != unloaded_.end() && first->first == table.name;
}

bool PastRows::differs(const Table& table) const {
  const auto found = undone_.find(table.parent != nullptr ? table.parent : &table);
  return found != undone_.end() && found->second->differs();
}

PastRows::Undone& PastRows::undone(const Table& table) {
  std::unique_ptr<Undone>& undone = undone_[&table];
  if (undone == nullptr) undone = std::make_unique<Undone>(database_, table, links_);
  return *undone;
}

void PastRows::undo(const std::set<const Table*>& tables) {
  std::vector<std::string> names;
  for (const Table* table : tables) {
    if (undone_.contains(table)) continue;
    undone(*table);
    names.emplace_back(table->name);
  }
  if (names.empty()) return;
  // Of all projects the changes since are read as they lie, whatever their kind: hence the plus.
  const std::string columns =
      "SELECT entity, ifnull(project_id, ''), entity_id, op, before, seq FROM main.changes WHERE ";
  const std::string which =
      "seq > ?1 AND +entity IN (SELECT value FROM json_each(?2)) "
      "AND +op IN ('insert', 'update', 'delete') ";
  Statement select = database_.prepare(
      (project_id_.empty() ? columns + which
                           : columns + "project_id = ?3 AND " + which + "UNION ALL " + columns +
                                 "project_id IS NULL AND " + which) +
      "ORDER BY 1, 2, 3, 6 DESC");
  const std::string list = text::json_array(names);
  select.bind(1, seq_).bind(2, std::string_view(list));
  if (!project_id_.empty()) select.bind(3, std::string_view(project_id_));
  Undone* row = nullptr;
  Change change, last;
  while (select.step()) {
    change = {std::string(select.text(0)), std::string(select.text(1)), std::string(select.text(2)),
              std::string(select.text(3)), select.optional_text(4)};
    if (unloaded_.contains({change.entity, change.project})) continue;
    const bool same = row != nullptr && change.id == last.id && change.project == last.project &&
                      change.entity == last.entity;
    if (!same) {
      if (row != nullptr) row->end();
      row = &undone(*objects::find_table(change.entity));
      row->begin(change);
    }
    row->undo(change);
    std::swap(last, change);
  }
  if (row != nullptr) row->end();
  for (const std::string& name : names) {
    const Table& table = *objects::find_table(name);
    index_then_table(database_, table);
    for (const ChildList& child : table.children) index_then_table(database_, *child.table);
  }
}

}  // namespace nexus_mirror::store
