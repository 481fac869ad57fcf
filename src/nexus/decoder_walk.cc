#include "nexus/decoder_walk.h"

#include <algorithm>
#include <cmath>
#include <limits>

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
    const bool snake = entry->key != pair.key;
    if (entry->field >= 0 || entry->list >= 0) {
      const int rank = 2 * entry->rank + (snake || snake_ > 0 ? 1 : 0);
      take(*entry, rank, keep_unknown, pair.key, pair.value);
    }
    if (!entry->inside) continue;
    simdjson::dom::object inside;
    if (pair.value.get(inside) == SUCCESS) {
      // Beside its twin in camelCase it stays apart, so that nothing in it takes another's place.
      const bool twin = snake && object[entry->key].error() == SUCCESS;
      path_.push_back(twin ? pair.key : std::string_view(entry->key));
      snake_ += snake ? 1 : 0;
      this->object(*entry->inside, inside, keep_unknown && entry->field < 0);
      snake_ -= snake ? 1 : 0;
      path_.pop_back();
    } else if (entry->field < 0 && entry->list < 0 && keep_unknown) {
      extra_.add(path_, pair.key, pair.value);
    }
  }
}

void Decoder::Walk::take(const Node::Entry& entry, int rank, bool keep, std::string_view key,
                         const element& value) {
  if (entry.list >= 0) {
    if (value.is_array()) {
      lists_.push_back({&entry, rank, keep, path_, key, value});
    } else {
      extra_.add(path_, key, value);
    }
    return;
  }
  const auto column = static_cast<std::size_t>(entry.field);
  if (rank > 0 || ranks_[column] >= 0) {
    waiting_.push_back({&entry, rank, keep, path_, key, value});
    return;
  }
  stored(column) = cell(field(column), value);
  ranks_[column] = 0;
}

void Decoder::Walk::take_waiting() {
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const Waiting& a, const Waiting& b) { return a.rank < b.rank; });
  for (const Waiting& said : waiting_) {
    const auto column = static_cast<std::size_t>(said.entry->field);
    if (ranks_[column] < 0) {
      stored(column) = cell(field(column), said.value);
      ranks_[column] = static_cast<std::int8_t>(said.rank);
    } else if (said.keep && !says(said, column)) {
      extra_.add(said.path, said.key, said.value);
    }
  }
  waiting_.clear();
}

// Whether `said` is what is stored. It may be of any type: it is not what the row is read by.
bool Decoder::Walk::says(const Waiting& said, std::size_t column) {
  if (field(column).kind == FieldKind::bound) return false;
  try {
    return cell(field(column), said.value) == stored(column);
  } catch (const RowError&) {
    return false;
  }
}

Cell& Decoder::Walk::stored(std::size_t column) {
  return item_ != nullptr ? item_[column] : rows_.last(column);
}

const Field& Decoder::Walk::field(std::size_t column) const {
  return child_ != nullptr ? *objects::item_field(*child_, column) : decoder_.table_.fields[column];
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
    case FieldKind::unordered:
      return rows_.text(unordered_text(value));
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

void Decoder::Walk::finish_row(const Context& context) {
  const auto fields = decoder_.table_.fields;
  take_waiting();
  take_lists();
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
  if (!extra_.empty()) rows_.last(fields.size()) = rows_.text(extra_.text());
}

// A row belongs to the project that lists it: under any other no listing would ever miss it. What
// it says instead stays, under the field's second spelling.
void Decoder::Walk::check_project(Cell& project, const Context& context) {
  if (context.project_id.empty() || project.text() == context.project_id) return;
  if (context.projects != nullptr && context.projects->contains(project.text())) {
    throw RowError{"it was listed in project " + context.project_id + " but belongs to " +
                   std::string(project.text())};
  }
  if (!project.text().empty()) extra_.add_text("project", project.text());
  project = rows_.text(context.project_id);
}

// Stores what was sent, and the extent of its points where it is a list of points.
void Decoder::Walk::decode_bound(const Bound& columns) {
  rows_.last(columns.column) = rows_.text(json_text(bound_, Keys::users));
  const bool keypoints = rows_.last(columns.type).text() == "Keypoints";
  simdjson::dom::array points;
  if (bound_.get(points) != SUCCESS) return;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double low[2] = {kInfinity, kInfinity}, high[2] = {-kInfinity, -kInfinity};
  for (const element point : points) {
    simdjson::dom::array numbers;
    if (point.get(numbers) != SUCCESS) return;
    double xyv[3] = {0, 0, 1};
    std::size_t count = 0;
    for (const element number : numbers) {
      if (count == 3 || number.get(xyv[count]) != SUCCESS) return;
      ++count;
    }
    if (count < 2) return;
    if (keypoints && !(xyv[2] > 0)) continue;
    for (int axis = 0; axis < 2; ++axis) {
      low[axis] = std::min(low[axis], xyv[axis]);
      high[axis] = std::max(high[axis], xyv[axis]);
    }
  }
  if (low[0] > high[0]) return;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    rows_.last(columns.low[axis]) = stored_real(low[axis]);
    rows_.last(columns.high[axis]) = stored_real(high[axis]);
  }
}

}  // namespace nexus_mirror::nexus
