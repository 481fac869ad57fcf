#include "store/change_stat.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "objects/table.h"
#include "store/past/change_values.h"
#include "text/number.h"

namespace nexus_mirror::store {
namespace {

using objects::Field;
using objects::FieldKind;

// Columns of any text that hold one of a few words all the same.
constexpr std::array<std::string_view, 6> kWords = {"status",     "status_overview", "tag",
                                                    "bound_type", "format",          "access_type"};

const Field* field_of(std::string_view entity, std::string_view column) {
  const objects::Table* table = objects::find_table(entity);
  const int place = table == nullptr ? -1 : table->column(column);
  return place < 0 ? nullptr : &table->fields[static_cast<std::size_t>(place)];
}

bool classifies(const Field* field) {
  if (field == nullptr) return false;
  return field->kind == FieldKind::boolean || field->kind == FieldKind::enumeration ||
         std::find(kWords.begin(), kWords.end(), field->column) != kWords.end();
}

Value value_of_json(const Field* field, const std::optional<std::string>& json) {
  return json ? value_in_change(field, *json) : Value();
}

}  // namespace

void ChangeStat::add(const Change& change) {
  if (change.op == "update") return add_columns(change);
  std::int64_t count = 1;
  if (change.op == "load" && change.after) {
    for_each_member(*change.after, [&](std::string_view name, std::string_view value) {
      if (name == "rows") count = text::parse_number<std::int64_t>(value).value_or(count);
    });
  }
  lines_[{change.project_id, change.entity, change.op, {}, {}, {}}] += count;
}

void ChangeStat::add_columns(const Change& change) {
  std::map<std::string, std::string> before;
  for_each_member(change.before.value_or("{}"), [&](std::string_view name, std::string_view value) {
    if (classifies(field_of(change.entity, name))) before.emplace(name, value);
  });
  for_each_member(change.after.value_or("{}"), [&](std::string_view name, std::string_view value) {
    Line line{change.project_id, change.entity, change.op, std::string(name), {}, {}};
    if (classifies(field_of(change.entity, name))) {
      line.after = std::string(value);
      if (const auto was = before.find(line.column.value_or("")); was != before.end()) {
        line.before = was->second;
      }
    }
    ++lines_[std::move(line)];
  });
}

void ChangeStat::for_each(const std::function<void(const ChangeCount&)>& take) const {
  for (const auto& [line, count] : lines_) {
    const Field* field = line.column ? field_of(line.entity, *line.column) : nullptr;
    take({line.project_id, line.entity, line.op, line.column, value_of_json(field, line.before),
          value_of_json(field, line.after), count});
  }
}

}  // namespace nexus_mirror::store
