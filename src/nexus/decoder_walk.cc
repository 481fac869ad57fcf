#include "nexus/decoder_walk.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "text/json_writer.h"
#include "text/signed_link.h"

namespace nexus_mirror::nexus {
namespace {

using objects::Cell;
using objects::Field;
using objects::FieldKind;
using simdjson::SUCCESS;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr double kTwoTo63 = 9223372036854775808.0;

[[noreturn]] void mismatch(const Field& field, const char* expected) {
  throw RowError{std::string(field.column) + " is " + expected};
}

Cell integer_cell(const Field& field, const element& value) {
  std::int64_t integer;
  if (value.get(integer) == SUCCESS) return Cell::of(integer);
  double real;
  if (value.type() == element_type::DOUBLE && value.get(real) == SUCCESS &&
      std::trunc(real) == real && real >= -kTwoTo63 && real < kTwoTo63) {
    return Cell::of(static_cast<std::int64_t>(real));
  }
  mismatch(field, "no whole number");
}

// A REAL column of SQLite has no -0.0: what was sent would differ from what is stored for ever.
Cell stored_real(double real) { return Cell::of(real == 0 ? 0.0 : real); }

Cell real_cell(const Field& field, const element& value) {
  double real;
  if (value.get(real) == SUCCESS) return stored_real(real);
  mismatch(field, "no number");
}

Cell number_cell(const Field& field, const element& value) {
  std::int64_t integer;
  if (value.get(integer) == SUCCESS) return Cell::of(integer);
  return real_cell(field, value);
}

Cell boolean_cell(const Field& field, const element& value) {
  bool truth;
  if (value.get(truth) == SUCCESS) return Cell::of(std::int64_t{truth});
  std::int64_t number;
  if (value.get(number) == SUCCESS && (number == 0 || number == 1)) return Cell::of(number);
  mismatch(field, "neither true nor false");
}

bool less(const Cell& a, const Cell& b) {
  if (a.type != b.type) return a.type < b.type;
  switch (a.type) {
    case Cell::Type::null:
      return false;
    case Cell::Type::integer:
      return a.integer < b.integer;
    case Cell::Type::real:
      return a.real < b.real;
    case Cell::Type::text:
      return a.text() < b.text();
  }
  return false;
}

}  // namespace

void Decoder::Walk::object(const Node& node, const simdjson::dom::object& object,
                           bool keep_unknown) {
  std::size_t hint = 0;
  for (const auto pair : object) {
    const Node::Entry* entry = node.find(pair.key, hint);
    if (entry == nullptr) {
      if (keep_unknown && pair.key != "object" && !pair.value.is_null()) {
        extra_.add(path_, pair.key, pair.value);
      }
      continue;
    }
    if (entry->ignored || pair.value.is_null()) continue;
    if (entry->list >= 0) {
      items(*entry, pair.key, pair.value);
      continue;
    }
    if (entry->field >= 0) take(*entry, pair.key, pair.value);
    if (!entry->inside) continue;
    simdjson::dom::object inside;
    if (pair.value.get(inside) == SUCCESS) {
      path_.push_back(entry->key);
      this->object(*entry->inside, inside, keep_unknown && entry->field < 0);
      path_.pop_back();
    } else if (entry->field < 0 && keep_unknown) {
      extra_.add(path_, pair.key, pair.value);
    }
  }
}

void Decoder::Walk::take(const Node::Entry& entry, std::string_view key, const element& value) {
  const auto column = static_cast<std::size_t>(entry.field);
  const Field& field = decoder_.table_.fields[column];
  std::int8_t& rank = ranks_[column];
  Cell& stored = rows_.last(column);
  if (rank >= 0) {
    // Two spellings of one thing: the preferred one is stored, another value is kept as extra.
    const Cell other = cell(field, value);
    if (other == stored) return;
    if (rank <= entry.rank) {
      extra_.add(path_, key, value);
      return;
    }
    stored = other;
    rank = static_cast<std::int8_t>(entry.rank);
    return;
  }
  rank = static_cast<std::int8_t>(entry.rank);
  stored = cell(field, value);
}

Cell Decoder::Walk::cell(const Field& field, const element& value) {
  switch (field.kind) {
    case FieldKind::integer:
    case FieldKind::time:
    case FieldKind::expiry:
      return integer_cell(field, value);
    case FieldKind::real:
    case FieldKind::derived:
      return real_cell(field, value);
    case FieldKind::number:
      return number_cell(field, value);
    case FieldKind::boolean:
      return boolean_cell(field, value);
    case FieldKind::text:
    case FieldKind::enumeration:
    case FieldKind::link:
      return text_cell(field, value);
    case FieldKind::json:
      return rows_.text(json_text(value, Keys::ours));
    case FieldKind::formats:
      return rows_.text(formats_text(value, field.values));
    case FieldKind::user_json:
      return rows_.text(json_text(value, Keys::users));
    case FieldKind::any:
      break;
    case FieldKind::bound:
      bound_ = value;
      has_bound_ = true;
      return {};
  }
  switch (value.type()) {
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return number_cell(field, value);
    case element_type::STRING:
      return text_cell(field, value);
    default:
      return rows_.text(json_text(value, Keys::ours));
  }
}

Cell Decoder::Walk::text_cell(const Field& field, const element& value) {
  std::string_view text;
  if (value.get(text) != SUCCESS) mismatch(field, "no text");
  if (field.kind == FieldKind::link) return rows_.text(text);
  if (!field.values.empty()) {
    const std::string_view known = canonical(field.values, text);
    return known.data() == text.data() ? rows_.text(text) : Cell::of(known);
  }
  return rows_.text(text::without_signature(text));
}

void Decoder::Walk::items(const Node::Entry& entry, std::string_view key, const element& value) {
  simdjson::dom::array array;
  if (value.get(array) != SUCCESS) {
    extra_.add(path_, key, value);
    return;
  }
  if (entry.merge) {
    merges_.emplace_back(entry.list, array);
  } else {
    items_now(entry.list, array);
  }
}

void Decoder::Walk::items_now(int number, const simdjson::dom::array& array) {
  const auto& list = decoder_.table_.children[static_cast<std::size_t>(number)];
  const bool named = list.table->key.size() > 1;
  for (const element value : array) {
    if (named) {
      merge(static_cast<std::size_t>(number), value);
    } else if (value.is_object()) {
      item(number, rows_.add_item(static_cast<std::size_t>(number)), value);
    } else {
      throw RowError{"an item of " + std::string(list.key) + " is no object"};
    }
  }
}

void Decoder::Walk::merge(std::size_t list, const element& value) {
  std::string_view name;
  for (const char* key : {"name", "group"}) {
    if (name.empty() && value[key].get(name) != SUCCESS) name = {};
  }
  if (value.get(name) != SUCCESS && name.empty()) {
    throw RowError{"an item of " + std::string(decoder_.table_.children[list].key) +
                   " has no name"};
  }
  Cell* cells = named_item(static_cast<int>(list), name);
  if (value.is_object()) item(static_cast<int>(list), cells, value);
}

// Fills the cells of one item; keys that nobody knows go to the item's own extra.
void Decoder::Walk::item(int list, Cell* cells, const element& value) {
  const auto number = static_cast<std::size_t>(list);
  ExtraKeys extra;
  std::vector<std::string_view> path;
  simdjson::dom::object object;
  if (value.get(object) != SUCCESS) return;
  item_object(list, *decoder_.items_[number], cells, object, path, extra);
  if (!extra.empty()) cells[rows_.children(number).columns - 1] = rows_.text(extra.text());
}

void Decoder::Walk::item_object(int list, const Node& node, Cell* cells,
                                const simdjson::dom::object& object,
                                std::vector<std::string_view>& path, ExtraKeys& extra) {
  const auto& child = decoder_.table_.children[static_cast<std::size_t>(list)];
  std::size_t hint = 0;
  for (const auto pair : object) {
    if (pair.value.is_null()) continue;
    const Node::Entry* entry = node.find(pair.key, hint);
    simdjson::dom::object inside;
    if (entry != nullptr && entry->field >= 0) {
      const auto column = static_cast<std::size_t>(entry->field);
      cells[column] = cell(*objects::item_field(child, column), pair.value);
    } else if (entry != nullptr && entry->inside && pair.value.get(inside) == SUCCESS) {
      path.push_back(entry->key);
      item_object(list, *entry->inside, cells, inside, path, extra);
      path.pop_back();
    } else if (pair.key != "object") {
      extra.add(path, pair.key, pair.value);
    }
  }
}

// The item of the last row that is called `name`, added when there is none. A name twice is one.
Cell* Decoder::Walk::named_item(int list, std::string_view name) {
  const auto number = static_cast<std::size_t>(list);
  const std::size_t column = decoder_.names_[number];
  objects::ChildRows& child = rows_.children(number);
  const std::size_t last = rows_.size() - 1;
  for (std::size_t i = child.begin_of(last); i < child.end_of(last); ++i) {
    Cell* cells = child.cells.data() + i * child.columns;
    if (cells[column].text() == name) return cells;
  }
  Cell* cells = rows_.add_item(number);
  cells[column] = rows_.text(name);
  return cells;
}

void Decoder::Walk::finish(const Context& context) {
  const auto fields = decoder_.table_.fields;
  for (const auto& [list, array] : merges_) items_now(list, array);
  if (decoder_.project_) check_project(rows_.last(*decoder_.project_), context);
  for (const std::size_t column : decoder_.key_) {
    const Cell& cell = rows_.last(column);
    const Field& field = fields[column];
    if (cell.null() || (cell.type == Cell::Type::text && cell.size == 0)) {
      throw RowError{"it has no " + std::string(field.paths.substr(0, field.paths.find(' ')))};
    }
  }
  if (decoder_.bound_ && has_bound_) decode_bound(*decoder_.bound_);
  for (const LinkColumns& link : decoder_.links_) {
    if (!rows_.last(link.expiry).null()) continue;
    const auto expiry = text::link_expiry(rows_.last(link.url).text());
    if (expiry) rows_.last(link.expiry) = Cell::of(*expiry);
  }
  for (std::size_t list = 0; list < decoder_.table_.children.size(); ++list) sort_items(list);
  if (!extra_.empty()) rows_.last(fields.size()) = rows_.text(extra_.text());
}

void Decoder::Walk::check_project(Cell& project, const Context& context) {
  if (project.null()) {
    project = rows_.text(context.project_id);
  } else if (project.text() != context.project_id && context.projects != nullptr &&
             context.projects->contains(project.text())) {
    throw RowError{"it was listed in project " + context.project_id + " but belongs to " +
                   std::string(project.text())};
  }
}

// Lists without a position keep no order, so the mirror gives them one: equal lists compare equal.
void Decoder::Walk::sort_items(std::size_t list) {
  if (decoder_.table_.children[list].ordered) return;
  objects::ChildRows& child = rows_.children(list);
  const std::size_t last = rows_.size() - 1;
  const std::size_t begin = child.begin_of(last), count = child.end_of(last) - begin;
  if (count < 2) return;
  std::vector<std::vector<Cell>> sorted(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Cell* cells = child.item(begin + i);
    sorted[i].assign(cells, cells + child.columns);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less);
  });
  for (std::size_t i = 0; i < count; ++i) {
    std::copy(sorted[i].begin(), sorted[i].end(),
              child.cells.begin() + static_cast<std::ptrdiff_t>((begin + i) * child.columns));
  }
}

// Stores the list number for number, and the extent of its points.
void Decoder::Walk::decode_bound(const Bound& columns) {
  const bool keypoints = rows_.last(columns.type).text() == "Keypoints";
  simdjson::dom::array points;
  if (bound_.get(points) != SUCCESS) {
    rows_.last(columns.column) = rows_.text(json_text(bound_, Keys::ours));
    return;
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double low[2] = {kInfinity, kInfinity}, high[2] = {-kInfinity, -kInfinity};
  text::JsonWriter json;
  json.begin_array();
  for (const element point : points) {
    simdjson::dom::array numbers;
    if (point.get(numbers) != SUCCESS) throw RowError{"bound holds something else than points"};
    double xyv[3] = {0, 0, 1};
    std::size_t count = 0;
    json.begin_array();
    for (const element number : numbers) {
      double real;
      if (number.get(real) != SUCCESS) throw RowError{"bound holds a point that is no number"};
      if (number.type() == element_type::DOUBLE) {
        json.real(real);
      } else {
        json.raw(json_text(number, Keys::ours));
      }
      if (count < 3) xyv[count] = real;
      ++count;
    }
    json.end_array();
    if (count < 2 || (keypoints && !(xyv[2] > 0))) continue;
    for (int axis = 0; axis < 2; ++axis) {
      low[axis] = std::min(low[axis], xyv[axis]);
      high[axis] = std::max(high[axis], xyv[axis]);
    }
  }
  json.end_array();
  rows_.last(columns.column) = rows_.text(json.text());
  if (low[0] > high[0]) return;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    rows_.last(columns.low[axis]) = stored_real(low[axis]);
    rows_.last(columns.high[axis]) = stored_real(high[axis]);
  }
}

}  // namespace nexus_mirror::nexus
