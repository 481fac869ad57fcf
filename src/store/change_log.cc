#include "store/change_log.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <numeric>

namespace nexus_mirror::store {
namespace {

using objects::Cell;
using objects::Field;
using objects::Kind;
using objects::RowBatch;
using Buffer = rapidjson::StringBuffer;
using Writer = rapidjson::Writer<Buffer>;

rapidjson::SizeType size(std::string_view text) {
  return static_cast<rapidjson::SizeType>(text.size());
}

bool holds_json(const Field* field, std::string_view text) {
  if (field == nullptr) return true;  // extra
  switch (field->kind) {
    case Kind::json:
    case Kind::formats:
    case Kind::user_json:
    case Kind::bound:
      return true;
    case Kind::any:
      return text.starts_with('{') || text.starts_with('[');
    default:
      return false;
  }
}

void write_cell(Writer& out, const Field* field, const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      out.Null();
      return;
    case Cell::Type::integer:
      out.Int64(cell.integer);
      return;
    case Cell::Type::real: {
      char text[32];
      const auto end = std::to_chars(text, text + sizeof text, cell.real).ptr;
      out.RawValue(text, static_cast<std::size_t>(end - text), rapidjson::kNumberType);
      return;
    }
    case Cell::Type::text:
      break;
  }
  std::string_view text = cell.text();
  if (field != nullptr && field->kind == Kind::link) text = text.substr(0, text.find('?'));
  if (!text.empty() && holds_json(field, text)) {
    out.RawValue(text.data(), text.size(), rapidjson::kObjectType);
  } else {
    out.String(text.data(), size(text));
  }
}

// A list of names, or of objects where the items have more than a name.
void write_list(Writer& out, const RowBatch& rows, std::size_t index, std::size_t list) {
  const objects::ChildList& child = rows.table().children[list];
  const objects::ChildRows& items = rows.children(list);
  const bool names_only = items.columns == 2;  // name and extra
  out.StartArray();
  for (std::size_t i = items.begin_of(index); i < items.end_of(index); ++i) {
    const Cell* item = items.item(i);
    if (names_only) {
      write_cell(out, objects::item_field(child, 0), item[0]);
      continue;
    }
    out.StartObject();
    for (std::size_t c = 0; c < items.columns; ++c) {
      const Field* field = objects::item_field(child, c);
      if (field == nullptr && item[c].null()) continue;
      const std::string_view name = field != nullptr ? field->column : "extra";
      out.Key(name.data(), size(name));
      write_cell(out, field, item[c]);
    }
    out.EndObject();
  }
  out.EndArray();
}

std::string row_json(const RowBatch& rows, std::size_t index,
                     const std::vector<std::size_t>& columns) {
  Buffer buffer;
  Writer out(buffer);
  const auto fields = rows.table().fields;
  out.StartObject();
  for (const std::size_t column : columns) {
    if (column >= rows.columns()) {
      const std::size_t list = column - rows.columns();
      const std::string_view key = rows.table().children[list].key;
      out.Key(key.data(), size(key));
      write_list(out, rows, index, list);
      continue;
    }
    const Field* field = column < fields.size() ? &fields[column] : nullptr;
    const std::string_view name = field != nullptr ? field->column : "extra";
    out.Key(name.data(), size(name));
    write_cell(out, field, rows.row(index)[column]);
  }
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<std::size_t> all_columns(const RowBatch& rows) {
  std::vector<std::size_t> columns(rows.columns() + rows.table().children.size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  return columns;
}

// The key without the project, its parts joined by '/'.
std::string entity_id(const RowBatch& rows, std::size_t index) {
  std::string id;
  for (const std::string_view name : rows.table().key) {
    if (name == "project_id") continue;
    const Cell& cell = rows.row(index)[rows.table().column(name)];
    if (cell.null()) continue;
    if (!id.empty()) id += '/';
    id +=
        cell.type == Cell::Type::integer ? std::to_string(cell.integer) : std::string(cell.text());
  }
  return id;
}

Cell project_of(const RowBatch& rows, std::size_t index) {
  if (&rows.table() == &objects::projects) return rows.row(index)[0];
  const int column = rows.table().column("project_id");
  return column < 0 ? Cell() : rows.row(index)[column];
}

}  // namespace

ChangeLog::ChangeLog(sqlite3* database)
    : insert_(database,
              "INSERT INTO changes(sync_id, at, entity, entity_id, project_id, op, before, after) "
              "VALUES(?, ?, ?, ?, ?, ?, ?, ?)") {}

void ChangeLog::inserted(std::int64_t sync_id, std::int64_t at, const RowBatch& rows,
                         std::size_t index) {
  const std::string id = entity_id(rows, index);
  write(sync_id, at, rows.table(), Cell::of(std::string_view(id)), project_of(rows, index),
        "insert", "", row_json(rows, index, all_columns(rows)));
}

void ChangeLog::updated(std::int64_t sync_id, std::int64_t at, const RowBatch& before,
                        const RowBatch& after, std::size_t index,
                        const std::vector<std::size_t>& changed) {
  const std::string id = entity_id(after, index);
  write(sync_id, at, after.table(), Cell::of(std::string_view(id)), project_of(after, index),
        "update", row_json(before, 0, changed), row_json(after, index, changed));
}

void ChangeLog::deleted(std::int64_t sync_id, std::int64_t at, const RowBatch& before) {
  const std::string id = entity_id(before, 0);
  write(sync_id, at, before.table(), Cell::of(std::string_view(id)), project_of(before, 0),
        "delete", row_json(before, 0, all_columns(before)), "");
}

void ChangeLog::loaded(std::int64_t sync_id, std::int64_t at, const objects::Table& table,
                       const std::string& project_id, std::int64_t rows) {
  write(sync_id, at, table, Cell(), Cell::of(std::string_view(project_id)), "load", "",
        "{\"rows\":" + std::to_string(rows) + "}");
}

void ChangeLog::write(std::int64_t sync_id, std::int64_t at, const objects::Table& table,
                      const Cell& id, const Cell& project, std::string_view op,
                      const std::string& before, const std::string& after) {
  ResetGuard guard(insert_);
  sync_id == 0 ? insert_.bind_null(1) : insert_.bind(1, sync_id);
  insert_.bind(2, at).bind(3, table.name).bind(4, id).bind(5, project);
  insert_.bind(6, op);
  before.empty() ? insert_.bind_null(7) : insert_.bind(7, std::string_view(before));
  after.empty() ? insert_.bind_null(8) : insert_.bind(8, std::string_view(after));
  insert_.step();
}

}  // namespace nexus_mirror::store
