#include "store/table_writer.h"

#include <sqlite3.h>

namespace nexus_mirror::store {
namespace {

using objects::Cell;
using objects::ChildList;
using objects::Kind;
using objects::RowBatch;
using objects::Table;

std::string columns_sql(const Table& table) {
  std::string sql;
  for (const objects::Field& field : table.fields) sql.append(field.column).append(", ");
  if (table.has_extra) return sql + "extra";
  return sql.substr(0, sql.size() - 2);
}

std::string placeholders(std::size_t count) {
  std::string sql = "?";
  for (std::size_t i = 1; i < count; ++i) sql += ", ?";
  return sql;
}

std::string key_sql(const Table& table) {
  std::string sql;
  for (const std::string_view column : table.key) {
    if (!sql.empty()) sql += " AND ";
    if (!table.primary_key && column == "artifact_id") {
      sql += "ifnull(artifact_id, '') = ifnull(?, '')";  // the spelling of index insights_key
    } else {
      sql.append(column).append(" = ?");
    }
  }
  return sql;
}

std::string update_sql(const Table& table) {
  std::string sql = "UPDATE " + std::string(table.name) + " SET ";
  for (const objects::Field& field : table.fields) sql.append(field.column).append(" = ?, ");
  if (table.has_extra) {
    sql += "extra = ?";
  } else {
    sql.erase(sql.size() - 2);
  }
  return sql + " WHERE rowid = ?";
}

std::string parent_column(const ChildList& list) {
  return std::string(list.table->fields[0].column);
}

std::string item_columns_sql(const ChildList& list) {
  std::string sql;
  for (std::size_t i = 0; const objects::Field* field = objects::item_field(list, i); ++i) {
    sql.append(field->column).append(", ");
  }
  return sql + "extra";
}

std::string_view link_base(const Cell& cell) {
  const std::string_view url = cell.text();
  return url.substr(0, url.find('?'));
}

// Whether the query of `url` is a signature, so that it says nothing about the file.
bool signed_anew(const Cell& stored, const Cell& offered) {
  const auto has_signature = [](std::string_view url) {
    return url.find("ignature=") != std::string_view::npos;
  };
  return link_base(stored) == link_base(offered) && has_signature(stored.text()) &&
         has_signature(offered.text());
}

}  // namespace

TableWriter::TableWriter(sqlite3* database, const Table& table)
    : database_(database),
      table_(table),
      columns_(table.fields.size() + (table.has_extra ? 1 : 0)),
      current_(table) {
  const std::string name(table.name), columns = columns_sql(table);
  insert_ = Statement(database, "INSERT INTO " + name + "(" + columns + ") VALUES(" +
                                    placeholders(columns_) + ") ON CONFLICT DO NOTHING");
  find_ = Statement(database,
                    "SELECT rowid, " + columns + " FROM " + name + " WHERE " + key_sql(table));
  load_ = Statement(database, "SELECT rowid, " + columns + " FROM " + name + " WHERE rowid = ?");
  update_ = Statement(database, update_sql(table));
  remove_ = Statement(database, "DELETE FROM " + name + " WHERE rowid = ?");
  for (const std::string_view column : table.key) {
    key_.push_back(static_cast<std::size_t>(table.column(column)));
  }
  for (const ChildList& list : table.children) {
    const std::string child(list.table->name), parent = parent_column(list);
    const std::string items = item_columns_sql(list);
    const std::size_t count = objects::item_columns(list);
    ChildStatements& statements = children_.emplace_back();
    statements.insert = Statement(database, "INSERT INTO " + child + "(" + parent + ", " + items +
                                                (list.ordered ? ", position" : "") + ") VALUES(" +
                                                placeholders(count + (list.ordered ? 2 : 1)) + ")");
    statements.remove = Statement(database, "DELETE FROM " + child + " WHERE " + parent + " = ?");
    statements.select =
        Statement(database, "SELECT " + items + " FROM " + child + " WHERE " + parent +
                                " = ? ORDER BY " + (list.ordered ? "position" : items));
  }
}

std::int64_t TableWriter::insert(const RowBatch& rows, std::size_t index) {
  const Cell* row = rows.row(index);
  {
    ResetGuard guard(insert_);
    for (std::size_t i = 0; i < columns_; ++i) insert_.bind(static_cast<int>(i) + 1, row[i]);
    insert_.step();
  }
  if (sqlite3_changes(database_) == 0) return 0;
  const std::int64_t rowid = sqlite3_last_insert_rowid(database_);
  for (std::size_t list = 0; list < children_.size(); ++list) insert_items(rows, index, list);
  return rowid;
}

void TableWriter::insert_items(const RowBatch& rows, std::size_t index, std::size_t list) {
  const objects::ChildRows& child = rows.children(list);
  Statement& insert = children_[list].insert;
  const bool ordered = table_.children[list].ordered;
  const std::size_t begin = child.begin_of(index), end = child.end_of(index);
  for (std::size_t i = begin; i < end; ++i) {
    const Cell* item = child.item(i);
    int parameter = 1;
    insert.bind(parameter++, rows.row(index)[0]);
    for (std::size_t c = 0; c < child.columns; ++c) insert.bind(parameter++, item[c]);
    if (ordered) insert.bind(parameter, static_cast<std::int64_t>(i - begin));
    insert.run();
  }
}

void TableWriter::remove_items(std::size_t list, Cell parent) {
  children_[list].remove.bind(1, parent).run();
}

std::int64_t TableWriter::find(const RowBatch& rows, std::size_t index) {
  ResetGuard guard(find_);
  for (std::size_t i = 0; i < key_.size(); ++i) {
    find_.bind(static_cast<int>(i) + 1, rows.row(index)[key_[i]]);
  }
  if (!find_.step()) return 0;
  read_current(find_);
  return find_.integer(0);
}

std::int64_t TableWriter::load(std::int64_t rowid) {
  ResetGuard guard(load_);
  load_.bind(1, rowid);
  if (!load_.step()) return 0;
  read_current(load_);
  return rowid;
}

void TableWriter::read_current(Statement& statement) {
  current_.reset();
  current_.add_row();
  for (std::size_t i = 0; i < columns_; ++i) {
    const Cell cell = statement.column(static_cast<int>(i) + 1);
    current_.last(i) = cell.type == Cell::Type::text ? current_.text(cell.text()) : cell;
  }
  for (std::size_t list = 0; list < children_.size(); ++list) {
    Statement& select = children_[list].select;
    ResetGuard guard(select);
    select.bind(1, current_.last(0));
    while (select.step()) {
      Cell* item = current_.add_item(list);
      for (std::size_t c = 0; c < current_.children(list).columns; ++c) {
        const Cell cell = select.column(static_cast<int>(c));
        item[c] = cell.type == Cell::Type::text ? current_.text(cell.text()) : cell;
      }
    }
  }
}

Difference TableWriter::compare(const RowBatch& rows, std::size_t index, std::int64_t renew_before,
                                std::vector<std::size_t>& changed) const {
  changed.clear();
  bool renew = false;
  const Cell* offered = rows.row(index);
  const Cell* stored = current_.row(0);
  for (std::size_t i = 0; i < columns_; ++i) {
    if (offered[i] == stored[i]) continue;
    const bool link = i < table_.fields.size() && table_.fields[i].kind == Kind::link;
    if (!link) {
      changed.push_back(i);
      continue;
    }
    // The expiry goes with its link, in the column after it.
    const bool same = signed_anew(stored[i], offered[i]);
    const Cell& expiry = stored[i + 1];
    if (!same) {
      changed.push_back(i);
      if (!(offered[i + 1] == expiry)) changed.push_back(i + 1);
    } else {
      renew = renew || (!expiry.null() && expiry.integer <= renew_before);
    }
    ++i;
  }
  for (std::size_t list = 0; list < children_.size(); ++list) {
    const objects::ChildRows& ours = current_.children(list);
    const objects::ChildRows& theirs = rows.children(list);
    const std::size_t begin = theirs.begin_of(index), count = theirs.end_of(index) - begin;
    const bool same = count == ours.end_of(0) &&
                      std::equal(ours.cells.begin(), ours.cells.end(), theirs.item(begin));
    if (!same) changed.push_back(columns_ + list);
  }
  if (!changed.empty()) return Difference::update;
  return renew ? Difference::renew_link : Difference::none;
}

void TableWriter::update(const RowBatch& rows, std::size_t index, std::int64_t rowid,
                         bool keep_links, const std::vector<std::size_t>& changed) {
  const Cell* row = rows.row(index);
  {
    ResetGuard guard(update_);
    for (std::size_t i = 0; i < columns_; ++i) {
      const bool link = i < table_.fields.size() && table_.fields[i].kind == Kind::link;
      if (link && keep_links && signed_anew(current_.row(0)[i], row[i])) {
        update_.bind(static_cast<int>(i) + 1, current_.row(0)[i]);
        ++i;
        update_.bind(static_cast<int>(i) + 1, current_.row(0)[i]);
      } else {
        update_.bind(static_cast<int>(i) + 1, row[i]);
      }
    }
    update_.bind(static_cast<int>(columns_) + 1, rowid);
    update_.step();
  }
  for (const std::size_t column : changed) {
    if (column < columns_) continue;
    remove_items(column - columns_, row[0]);
    insert_items(rows, index, column - columns_);
  }
}

void TableWriter::remove(std::int64_t rowid) {
  for (std::size_t list = 0; list < children_.size(); ++list) {
    remove_items(list, current_.row(0)[0]);
  }
  remove_.bind(1, rowid).run();
}

}  // namespace nexus_mirror::store
