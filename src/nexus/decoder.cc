#include "nexus/decoder.h"

#include <map>
#include <mutex>

#include "nexus/decoder_walk.h"
#include "objects/columns.h"
#include "text/ascii.h"

namespace nexus_mirror::nexus {
namespace {

using objects::Field;
using objects::Table;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Calls `each` with the blank-separated words of `text` and their number.
template <typename Each>
void for_each_word(std::string_view text, const Each& each) {
  for (int number = 0; !text.empty(); ++number) {
    const auto end = std::min(text.find(' '), text.size());
    each(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string snake_case(std::string_view key) {
  std::string snake;
  for (const char c : key) {
    if (text::is_upper(c) && !snake.empty()) snake += '_';
    snake += text::lower(c);
  }
  return snake == key ? std::string() : snake;
}

}  // namespace

Decoder::Node::Entry& Decoder::Node::entry(std::string_view key) {
  for (Entry& entry : entries) {
    if (entry.key == key) return entry;
  }
  Entry entry;
  entry.key = key;
  entry.snake = snake_case(key);
  return entries.emplace_back(std::move(entry));
}

const Decoder::Node::Entry* Decoder::Node::find(std::string_view key, std::size_t& hint) const {
  const std::size_t count = entries.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = hint + i < count ? hint + i : hint + i - count;
    if (entries[at].key == key || (!entries[at].snake.empty() && entries[at].snake == key)) {
      hint = at + 1 < count ? at + 1 : 0;
      return &entries[at];
    }
  }
  return nullptr;
}

namespace {

// The entry at `path` below `root`, with all objects on the way.
template <typename Node>
auto& entry_at(Node& root, std::string_view path) {
  Node* node = &root;
  for (;;) {
    const auto dot = path.find('.');
    auto& entry = node->entry(path.substr(0, dot));
    if (dot == std::string_view::npos) return entry;
    if (!entry.inside) entry.inside = std::make_unique<Node>();
    node = entry.inside.get();
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

Decoder::Decoder(const Table& table) : table_(table), root_(std::make_unique<Node>()) {
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    for_each_word(table.fields[i].paths, [&](std::string_view path, int rank) {
      add_path(path, static_cast<int>(i), rank);
    });
  }
  for (std::size_t list = 0; list < table.children.size(); ++list) {
    const objects::ChildList& child = table.children[list];
    for (const bool merge : {false, true}) {
      for_each_word(merge ? child.merge_paths : child.paths, [&](std::string_view path, int rank) {
        auto& entry = entry_at(*root_, path);
        entry.rank = rank;
        entry.list = static_cast<int>(list);
        entry.merge = merge;
      });
    }
    const bool named = child.table->key.size() > 1;
    names_.push_back(named ? objects::item_column_at(child, child.table->key.back()) : kNone);
    auto& node = *items_.emplace_back(std::make_unique<Node>());
    for (std::size_t i = 0; const Field* field = objects::item_field(child, i); ++i) {
      for_each_word(field->paths, [&](std::string_view path, int rank) {
        auto& entry = entry_at(node, path);
        entry.field = static_cast<int>(i);
        entry.rank = rank;
      });
    }
  }
  for (const std::string_view path : table.ignored_paths) entry_at(*root_, path).ignored = true;
  root_->entry("object").ignored = true;
  for (const std::string_view column : table.key) {
    const std::size_t index = table.at(column);
    const bool optional = column == table.nullable_key;
    const bool on_the_wire = !table.fields[index].paths.empty();
    if (!optional && on_the_wire && column != "project_id") key_.push_back(index);
  }
  if (table.column("project_id") >= 0) project_ = table.at("project_id");
  find_columns_that_go_together();
}

void Decoder::find_columns_that_go_together() {
  if (!table_.link.empty()) {
    links_.push_back({table_.at(table_.link), table_.at(table_.link_expiry)});
  }
  for (std::size_t i = 0; i < table_.fields.size(); ++i) {
    const objects::FieldKind kind = table_.fields[i].kind;
    const auto column = [&](const char* name) { return table_.at(name); };
    if (kind == objects::FieldKind::bound) {
      bound_ = Bound{i,
                     column("bound_type"),
                     {column("xmin"), column("ymin")},
                     {column("xmax"), column("ymax")}};
    }
  }
}

Decoder::~Decoder() = default;

void Decoder::add_path(std::string_view path, int field, int rank) {
  auto& entry = entry_at(*root_, path);
  entry.field = field;
  entry.rank = rank;
}

const Decoder& Decoder::of(const Table& table) {
  static std::mutex mutex;
  static std::map<const Table*, std::unique_ptr<Decoder>> decoders;
  std::lock_guard lock(mutex);
  auto& decoder = decoders[&table];
  if (!decoder) decoder = std::make_unique<Decoder>(table);
  return *decoder;
}

bool Decoder::decode(const simdjson::dom::element& value, const Context& context,
                     objects::RowBatch& rows, std::vector<UnreadableRow>& unreadable) const {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    unreadable.push_back({"", "not an object"});
    return false;
  }
  rows.add_row();
  try {
    Walk walk(*this, rows);
    walk.object(*root_, object, table_.has_extra);
    walk.finish_row(context);
    return true;
  } catch (const RowError& problem) {
    rows.drop_row();
    std::string_view id;
    if (object["id"].get(id) != simdjson::SUCCESS) id = {};
    unreadable.push_back({std::string(id), problem.reason});
    return false;
  }
}

bool Decoder::decode_object(const Document& document, const Context& context,
                            objects::RowBatch& rows, std::vector<UnreadableRow>& unreadable) const {
  return decode(document.object(), context, rows, unreadable);
}

void Decoder::merge_list(const Document& document, std::size_t list, objects::RowBatch& rows,
                         std::vector<UnreadableRow>& unreadable) const {
  Walk walk(*this, rows);
  const std::size_t known = walk.item_count(list);
  const auto take = [&](const simdjson::dom::element& value) {
    if (auto reason = walk.add_item(list, value)) unreadable.push_back({"", std::move(*reason)});
  };
  document.for_each_row(take, unreadable);
  walk.sort_items(list, known);
}

void Decoder::decode_list(const Document& document, const Context& context, objects::RowBatch& rows,
                          std::vector<UnreadableRow>& unreadable) const {
  document.for_each_row(
      [&](const simdjson::dom::element& value) { decode(value, context, rows, unreadable); },
      unreadable);
}

}  // namespace nexus_mirror::nexus
