#include "store/change_log.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "store/change_feed.h"
#include "text/json_writer.h"
#include "text/signed_link.h"

namespace nexus_mirror::store {
namespace {

using objects::Cell;
using objects::Field;
using objects::FieldKind;
using objects::RowBatch;
using text::JsonWriter;

// Whether `text` is a list or object as the mirror stores them: embedded, it reads back the same.
bool embeds(std::string_view text) {
  if (!text.starts_with('{') && !text.starts_with('[')) return false;
  constexpr int kDeepest = 64;  // as deep as a document that is taken in
  bool in_string = false, escaped = false;
  int depth = 0;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || (!in_string && c == ' ')) return false;
    if (!in_string && (c == '{' || c == '[') && ++depth > kDeepest) return false;
    if (!in_string && (c == '}' || c == ']')) --depth;
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = in_string && c == '\\' && !escaped;
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::BaseReaderHandler<> nothing;
  return !rapidjson::Reader()
              .Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
                  stream, nothing)
              .IsError();
}

bool holds_json(const Field* field, std::string_view text) {
  if (field == nullptr) return true;  // extra
  return field->json() || (field->kind == FieldKind::any && embeds(text));
}

void write_cell(JsonWriter& out, const Field* field, const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      out.value(nullptr);
      return;
    case Cell::Type::integer:
      out.value(cell.integer);
      return;
    case Cell::Type::real:
      // A column of the type REAL makes 3.0 of 3 by itself.
      if (field != nullptr && objects::sql_type(field->kind) == "REAL") {
        out.value(cell.real);
      } else {
        out.real(cell.real);
      }
      return;
    case Cell::Type::text:
      break;
  }
  std::string_view text = cell.text();
  if (field != nullptr && field->kind == FieldKind::link) text = text::link_base(text);
  if (!text.empty() && holds_json(field, text)) {
    out.raw(text);
  } else {
    out.value(text);
  }
}

// A list of names where no item has more than one, else of objects.
void write_list(JsonWriter& out, const RowBatch& rows, std::size_t index, std::size_t list) {
  const objects::ChildList& child = rows.table().children[list];
  const objects::ChildRows& items = rows.children(list);
  const bool names_only = items.columns == 2;  // name and extra
  out.begin_array();
  for (std::size_t i = items.begin_of(index); i < items.end_of(index); ++i) {
    const Cell* item = items.item(i);
    if (names_only && item[1].null()) {
      write_cell(out, objects::item_field(child, 0), item[0]);
      continue;
    }
    out.begin_object();
    for (std::size_t c = 0; c < items.columns; ++c) {
      const Field* field = objects::item_field(child, c);
      if (field == nullptr && item[c].null()) continue;
      const std::string_view name = field != nullptr ? field->column : "extra";
      out.key(name);
      write_cell(out, field, item[c]);
    }
    out.end_object();
  }
  out.end_array();
}

std::string row_json(const RowBatch& rows, std::size_t index,
                     const std::vector<std::size_t>& columns) {
  JsonWriter out;
  const auto fields = rows.table().fields;
  out.begin_object();
  for (const std::size_t column : columns) {
    if (column >= rows.columns()) {
      const std::size_t list = column - rows.columns();
      out.key(rows.table().children[list].key);
      write_list(out, rows, index, list);
      continue;
    }
    const Field* field = column < fields.size() ? &fields[column] : nullptr;
    const std::string_view name = field != nullptr ? field->column : "extra";
    out.key(name);
    write_cell(out, field, rows.row(index)[column]);
  }
  out.end_object();
  return out.take();
}

// But for when a link dies: that is no difference.
std::vector<std::size_t> all_columns(const RowBatch& rows) {
  const int expiry = rows.table().column(rows.table().link_expiry);
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < rows.columns() + rows.table().children.size(); ++i) {
    if (static_cast<int>(i) != expiry) columns.push_back(i);
  }
  return columns;
}

// The key without the project, its parts joined by '/'.
std::string entity_id(const RowBatch& rows, std::size_t index) {
  std::string id;
  const objects::Table& table = rows.table();
  for (const std::string_view name : table.key) {
    if (name == table.project && table.key.size() > 1) continue;
    const Cell& cell = rows.row(index)[table.at(name)];
    if (cell.null()) continue;
    if (!id.empty()) id += '/';
    id +=
        cell.type == Cell::Type::integer ? std::to_string(cell.integer) : std::string(cell.text());
  }
  return id;
}

Cell project_of(const RowBatch& rows, std::size_t index) {
  const int column = rows.table().column(rows.table().project);
  return column < 0 ? Cell() : rows.row(index)[column];
}

}  // namespace

ChangeLog::ChangeLog(Database& database)
    : database_(database),
      insert_(database.prepare(
          "INSERT INTO changes(sync_id, at, entity, entity_id, project_id, op, before, after) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?)")) {}

void ChangeLog::inserted(const SyncMoment& moment, const RowBatch& rows, std::size_t index) {
  const std::string id = entity_id(rows, index);
  write(moment, rows.table(), Cell::of(std::string_view(id)), project_of(rows, index), "insert", "",
        row_json(rows, index, all_columns(rows)));
}

void ChangeLog::updated(const SyncMoment& moment, const RowBatch& before, const RowBatch& after,
                        std::size_t index, const std::vector<std::size_t>& changed) {
  const std::string id = entity_id(after, index);
  write(moment, after.table(), Cell::of(std::string_view(id)), project_of(after, index), "update",
        row_json(before, 0, changed), row_json(after, index, changed));
}

void ChangeLog::deleted(const SyncMoment& moment, const RowBatch& before) {
  const std::string id = entity_id(before, 0);
  write(moment, before.table(), Cell::of(std::string_view(id)), project_of(before, 0), "delete",
        row_json(before, 0, all_columns(before)), "");
}

void ChangeLog::loaded(const SyncMoment& moment, const objects::Table& table,
                       const std::string& project_id, std::int64_t rows) {
  JsonWriter json;
  json.begin_object();
  json.member("rows", rows);
  json.end_object();
  write(moment, table, Cell(), Cell::of(std::string_view(project_id)), "load", "", json.text());
}

void ChangeLog::content_changed(const SyncMoment& moment, const std::string& asset_id,
                                const std::string& project_id, const std::string& before,
                                const std::string& after) {
  const auto json_of = [](const std::string& sha256) {
    if (sha256.empty()) return std::string();
    JsonWriter json;
    json.begin_object();
    json.member("sha256", sha256);
    json.end_object();
    return json.take();
  };
  write(moment, objects::files, Cell::of(std::string_view(asset_id)),
        Cell::of(std::string_view(project_id)), after.empty() ? "delete" : "update",
        json_of(before), json_of(after));
}

std::int64_t ChangeLog::end_of_sync(std::int64_t sync_id) {
  Statement last = database_.prepare(
      "SELECT ifnull(max(seq), 0) FROM changes WHERE sync_id = "
      "(SELECT max(sync_id) FROM changes WHERE sync_id <= ?)");
  last.bind(1, sync_id).step();
  return last.integer(0);
}

std::optional<std::int64_t> ChangeLog::oldest_sync() {
  Statement select = database_.prepare("SELECT min(sync_id) FROM changes");
  return select.step() ? select.optional_integer(0) : std::nullopt;
}

void ChangeLog::forget(std::int64_t seq) {
  database_.prepare("DELETE FROM changes WHERE seq <= ?").bind(1, seq).run();
  database_.prepare("UPDATE consumers SET seq = ?1 WHERE name = ?2 AND seq < ?1")
      .bind(1, seq)
      .bind(2, kPruned)
      .run();
}

void ChangeLog::write(const SyncMoment& moment, const objects::Table& table, const Cell& id,
                      const Cell& project, std::string_view op, const std::string& before,
                      const std::string& after) {
  ResetGuard guard(insert_);
  moment.sync_id == 0 ? insert_.bind_null(1) : insert_.bind(1, moment.sync_id);
  insert_.bind(2, moment.now_ms).bind(3, table.name).bind(4, id).bind(5, project);
  insert_.bind(6, op);
  before.empty() ? insert_.bind_null(7) : insert_.bind(7, std::string_view(before));
  after.empty() ? insert_.bind_null(8) : insert_.bind(8, std::string_view(after));
  insert_.step();
}

}  // namespace nexus_mirror::store
