#include "support/decoded_rows.h"

#include <gtest/gtest.h>

#include <regex>

#include "nexus/json_text.h"
#include "text/number.h"

namespace nexus_mirror::testing {
namespace {

using objects::Cell;

std::string shown(const Cell& cell) {
  std::string text;
  if (cell.type == Cell::Type::integer) text = std::to_string(cell.integer);
  if (cell.type == Cell::Type::real) text = text::real_text(cell.real);
  if (cell.type == Cell::Type::text) text = cell.text();
  return text;
}

std::string items_text(const objects::RowBatch& rows, std::size_t index, std::size_t list) {
  const auto& child = rows.children(list);
  std::string text;
  for (std::size_t i = child.begin_of(index); i < child.end_of(index); ++i) {
    if (!text.empty()) text += "; ";
    std::string item;
    for (std::size_t c = 0; c < child.columns; ++c) {
      const Cell& cell = child.item(i)[c];
      if (cell.null()) continue;
      const auto* field = objects::item_field(rows.table().children[list], c);
      const std::string name(field != nullptr ? field->column : "extra");
      item += (item.empty() ? "" : " ") + name + "=" + shown(cell);
    }
    text += item;
  }
  return text;
}

}  // namespace

Values values_of(const objects::RowBatch& rows, std::size_t index) {
  Values values;
  const auto fields = rows.table().fields;
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    const Cell& cell = rows.row(index)[i];
    const std::string column(i < fields.size() ? fields[i].column : "extra");
    if (cell.type == Cell::Type::integer) values[column] = cell.integer;
    if (cell.type == Cell::Type::real) values[column] = cell.real;
    if (cell.type == Cell::Type::text) values[column] = std::string(cell.text());
  }
  for (std::size_t list = 0; list < rows.table().children.size(); ++list) {
    const std::string text = items_text(rows, index, list);
    if (!text.empty()) values[std::string(rows.table().children[list].key)] = text;
  }
  return values;
}

Decoded decode(const objects::Table& table, const std::string& json,
               const nexus::Context& context) {
  const auto document = nexus::Document::parse(json, "reading", "a test");
  const auto& decoder = nexus::Decoder::of(table);
  objects::RowBatch rows(table);
  Decoded decoded;
  if (json.find_first_not_of(" \n") == json.find('[')) {
    decoder.decode_list(document, context, rows, decoded.unreadable);
  } else {
    decoder.decode_object(document, context, rows, decoded.unreadable);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) decoded.rows.push_back(values_of(rows, i));
  return decoded;
}

Values decode_one(const objects::Table& table, const std::string& json) {
  const Decoded decoded = decode(table, json);
  for (const auto& problem : decoded.unreadable) {
    ADD_FAILURE() << problem.id << ": " << problem.reason << " in " << json;
  }
  return decoded.rows.empty() ? Values() : decoded.rows.front();
}

objects::RowBatch batch_of(const objects::Table& table, const std::string& json,
                           const std::string& project) {
  const auto document = nexus::Document::parse(json, "reading", "a test");
  objects::RowBatch rows(table);
  std::vector<nexus::UnreadableRow> unreadable;
  nexus::Decoder::of(table).decode_list(document, {project, nullptr}, rows, unreadable);
  EXPECT_TRUE(unreadable.empty()) << json;
  return rows;
}

std::string camel_keys(const std::string& json) {
  static const std::regex key("\"([A-Za-z0-9_]+)\"(\\s*:)");
  std::string camel;
  auto begin = std::sregex_iterator(json.begin(), json.end(), key);
  std::size_t at = 0;
  for (auto match = begin; match != std::sregex_iterator(); ++match) {
    const auto start = static_cast<std::size_t>(match->position());
    camel += json.substr(at, start - at) + "\"" + nexus::camel_case(match->str(1)) + "\"" +
             match->str(2);
    at = start + static_cast<std::size_t>(match->length());
  }
  return camel + json.substr(at);
}

void expect_row_of_both(const objects::Table& table, const std::string& v1, const Values& row,
                        const std::string& v2) {
  // The project that lists it is the one that it says.
  const auto project = row.find("project_id");
  const std::string lister = project == row.end() ? "proj" : std::get<std::string>(project->second);
  const auto decoded = [&](const std::string& json) {
    const Decoded rows = decode(table, json, {lister, nullptr});
    EXPECT_TRUE(rows.unreadable.empty()) << json;
    return rows.rows.empty() ? Values() : rows.rows.front();
  };
  EXPECT_EQ(decoded(v1), row) << table.name << ", as documented";
  EXPECT_EQ(decoded(camel_keys(v1)), row) << table.name << ", camelCase";
  if (v2.empty()) return;
  EXPECT_EQ(decoded(v2), row) << table.name << ", version 2";
}

}  // namespace nexus_mirror::testing
