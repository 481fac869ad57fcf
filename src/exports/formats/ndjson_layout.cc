#include "exports/formats/ndjson_layout.h"

#include <algorithm>
#include <utility>

#include "objects/row_batch.h"

namespace nexus_mirror::exports {
namespace {

using objects::ChildList;
using objects::Field;
using objects::Table;

std::string_view first_path(std::string_view paths) { return paths.substr(0, paths.find(' ')); }

// Takes the keys up to the brace that closes them, or the end, from the start of `order`.
Layout take_order(std::string_view& order) {
  Layout keys;
  while (!order.empty()) {
    const char next = order.front();
    if (next == '}') {
      order.remove_prefix(1);
      break;
    }
    if (next == ' ') {
      order.remove_prefix(1);
    } else if (next == '!') {
      order.remove_prefix(1);
      keys.back().stays = true;
    } else if (next == '{') {
      order.remove_prefix(1);
      keys.back().keys = take_order(order);
    } else {
      const std::size_t end = std::min(order.find_first_of(" !{}"), order.size());
      keys.push_back({.name = std::string(order.substr(0, end))});
      order.remove_prefix(end);
    }
  }
  return keys;
}

Key& key_named(Layout& keys, std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return found != keys.end() ? *found : keys.emplace_back(Key{.name = std::string(name)});
}

// Lets `holds` number `index` stand at `path`, unless what stands above it holds it already: the
// losses of an artifact are part of its metric.
void place(Layout& keys, std::string_view path, Key::Holds holds, std::size_t index) {
  Layout* level = &keys;
  for (;;) {
    const std::size_t dot = path.find('.');
    Key& key = key_named(*level, path.substr(0, dot));
    if (dot == std::string_view::npos) {
      key.holds = holds;
      key.index = index;
      return;
    }
    if (key.holds != Key::Holds::keys) return;
    level = &key.keys;
    path.remove_prefix(dot + 1);
  }
}

void place_fields(Layout& keys, const std::vector<const Field*>& fields) {
  std::vector<std::pair<std::ptrdiff_t, std::size_t>> by_depth;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view path = first_path(fields[i]->paths);
    // When a link dies is said by the server that signs it.
    if (path.empty() || fields[i]->kind == objects::FieldKind::expiry) continue;
    by_depth.emplace_back(std::count(path.begin(), path.end(), '.'), i);
  }
  std::stable_sort(by_depth.begin(), by_depth.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [depth, i] : by_depth) {
    place(keys, first_path(fields[i]->paths), Key::Holds::column, i);
  }
}

}  // namespace

Layout layout_of(const Table& table, std::string_view order) {
  Layout keys = take_order(order);
  std::vector<const Field*> fields;
  for (const Field& field : table.fields) fields.push_back(&field);
  place_fields(keys, fields);
  for (std::size_t i = 0; i < table.children.size(); ++i) {
    const ChildList& list = table.children[i];
    const bool named = list.table->key.size() > 1;
    place(keys, first_path(list.paths), named ? Key::Holds::names : Key::Holds::items, i);
    if (!list.merge_paths.empty()) {
      place(keys, first_path(list.merge_paths), Key::Holds::counts, i);
    }
  }
  const auto object =
      std::find_if(keys.begin(), keys.end(), [](const Key& key) { return key.name == "object"; });
  if (object != keys.end()) object->holds = Key::Holds::object;
  return keys;
}

Layout layout_of_items(const ChildList& list) {
  Layout keys;
  std::vector<const Field*> fields;
  for (std::size_t i = 0; const Field* field = objects::item_field(list, i); ++i) {
    fields.push_back(field);
  }
  place_fields(keys, fields);
  return keys;
}

}  // namespace nexus_mirror::exports
