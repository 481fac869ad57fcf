#include "exports/formats/ndjson_record.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "exports/formats/ndjson_json.h"
#include "text/json.h"
#include "text/signed_link.h"

namespace nexus_mirror::exports {
namespace {

using objects::Cell;
using objects::ChildList;
using objects::Field;
using objects::FieldKind;
using objects::Table;
using rapidjson::Value;
using store::WireRows;

// The field of its name in an item that has one.
constexpr std::size_t kName = 0;

const Value* member(const Value* object, const std::string& name) {
  if (object == nullptr) return nullptr;
  const auto found = object->FindMember(name.c_str());
  return found == object->MemberEnd() ? nullptr : &found->value;
}

void open_key(std::string_view name, std::string& out) {
  if (out.back() != '{') out += ',';
  text::append_string(out, name);
  out += ':';
}

void append_text(const Field& field, const Layout& order, std::string_view text, std::string& out) {
  switch (field.kind) {
    case FieldKind::json:
    case FieldKind::unordered:
    case FieldKind::formats:
    case FieldKind::user_json:
    case FieldKind::bound:
      append_json(text, order, out);
      return;
    case FieldKind::any:
      append_any(text, out);
      return;
    case FieldKind::link:
      text::append_string(out, text::link_base(text));
      return;
    default:
      text::append_string(out, text);
  }
}

void append_cell(const Field& field, const Layout& order, const Cell& cell, std::string& out) {
  switch (cell.type) {
    case Cell::Type::integer:
      if (field.kind == FieldKind::boolean) {
        out += cell.integer != 0 ? "true" : "false";
      } else {
        text::append_number(out, cell.integer);
      }
      return;
    case Cell::Type::real:
      append_real(cell.real, out);
      return;
    case Cell::Type::text:
      append_text(field, order, cell.text(), out);
      return;
    case Cell::Type::null:
      out += "null";
      return;
  }
}

bool is_list(const Key& key) {
  return key.holds == Key::Holds::names || key.holds == Key::Holds::items ||
         key.holds == Key::Holds::counts;
}

// Appends those keys that no key of `layout` has taken in; whether there were any.
bool append_extra(const Value& extra, const Layout& layout, std::string& out) {
  bool any = false;
  for (const auto& left : extra.GetObject()) {
    const std::string_view name(left.name.GetString(), left.name.GetStringLength());
    const bool merged = std::any_of(layout.begin(), layout.end(), [&](const Key& key) {
      return key.name == name && (left.value.IsObject() ? key.holds == Key::Holds::keys
                                                        : left.value.IsArray() && is_list(key));
    });
    if (merged) continue;
    open_key(name, out);
    append_json(left.value, {}, out);
    any = true;
  }
  return any;
}

}  // namespace

WireRecordWriter::WireRecordWriter(store::Snapshot& snapshot, const Table& table,
                                   std::string_view order, std::string_view object)
    : object_(object),
      id_(static_cast<std::size_t>(table.column("id"))),
      project_(static_cast<std::size_t>(table.column(table.project))),
      layout_(layout_of(table, order)) {
  for (const ChildList& list : table.children) {
    lists_.push_back(
        {store::WireRows(snapshot, list), layout_of_items(list), !list.merge_paths.empty()});
  }
}

void WireRecordWriter::append(const WireRows& row, std::string& out) {
  const std::string_view extra = row.extra();
  if (extra.empty()) {
    append_object(row, layout_, nullptr, out);
  } else {
    const rapidjson::Document document = parse_json(extra);
    append_object(row, layout_, document.IsObject() ? &document : nullptr, out);
  }
}

bool WireRecordWriter::append_object(const WireRows& row, const Layout& layout, const Value* extra,
                                     std::string& out) {
  bool any = false;
  out += '{';
  for (const Key& key : layout) {
    const std::size_t before = out.size();
    const Value* more = member(extra, key.name);
    open_key(key.name, out);
    const Said said = append_value(row, key, more, out);
    any = any || said == Said::value;
    if (said == Said::nothing || (said == Said::filler && more != nullptr)) out.resize(before);
  }
  if (extra != nullptr) any = append_extra(*extra, layout, out) || any;
  out += '}';
  return any;
}

WireRecordWriter::Said WireRecordWriter::append_value(const WireRows& row, const Key& key,
                                                      const Value* extra, std::string& out) {
  switch (key.holds) {
    case Key::Holds::object:
      text::append_string(out, object_);
      return Said::value;
    case Key::Holds::keys: {
      const bool objects = extra != nullptr && extra->IsObject();
      return append_object(row, key.keys, objects ? extra : nullptr, out) ? Said::value
                                                                          : Said::nothing;
    }
    case Key::Holds::column: {
      const Cell cell = row.cell(key.index);
      append_cell(*row.fields()[key.index], key.keys, cell, out);
      if (!cell.null()) return Said::value;
      return key.stays ? Said::filler : Said::nothing;
    }
    case Key::Holds::names:
    case Key::Holds::items:
    case Key::Holds::counts:
      break;
  }
  return append_list(row, key, extra, out);
}

WireRecordWriter::Said WireRecordWriter::append_list(const WireRows& row, const Key& key,
                                                     const Value* extra, std::string& out) {
  List& list = lists_[key.index];
  list.items.select(row.cell(id_).text(), row.cell(project_).text());
  out += '[';
  const std::size_t begin = out.size();
  while (list.items.next()) {
    const std::size_t before = out.size();
    if (before > begin) out += ',';
    const std::size_t item = out.size();
    append_item(list, key.holds, out);
    if (out.size() == item) out.resize(before);
  }
  if (extra != nullptr && extra->IsArray()) {  // items that are none
    for (const Value& odd : extra->GetArray()) {
      if (out.size() > begin) out += ',';
      append_json(odd, {}, out);
    }
  }
  const bool empty = out.size() == begin;
  out += ']';
  if (!empty) return Said::value;
  // A list of names is always there, one of objects only where there are some.
  return key.holds == Key::Holds::names ? Said::filler : Said::nothing;
}

// Appends nothing when the item says nothing in a list of this kind.
void WireRecordWriter::append_item(const List& list, Key::Holds as, std::string& out) {
  const WireRows& item = list.items;
  const std::string_view extra = item.extra();
  const bool bare = as == Key::Holds::names && (list.counted || extra.empty());
  if (bare) {
    text::append_string(out, item.cell(kName).text());
    return;
  }
  std::optional<rapidjson::Document> document;
  if (!extra.empty()) document = parse_json(extra);
  const Value* more = document && document->IsObject() ? &*document : nullptr;
  if (as != Key::Holds::items && more == nullptr) {
    bool counted = false;
    for (std::size_t i = 0; i < item.fields().size(); ++i) {
      counted = counted || (i != kName && !item.cell(i).null());
    }
    if (!counted) return;
  }
  append_object(item, list.layout, more, out);
}

}  // namespace nexus_mirror::exports
