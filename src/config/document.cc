#include "config/document.h"

#include <toml++/toml.h>

#include <array>

#include "config/syntax_reason.h"
#include "text/utf8.h"

namespace nexus_mirror::config {
namespace {

TextPosition position_of(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

// The parser counts a line break as a character of its line, and the end of the file as another
// one: where there is none such, the end of the line.
TextPosition within(std::string_view text, TextPosition position) {
  std::uint32_t line = 1;
  for (auto end = text.find('\n'); line < position.line && end != std::string_view::npos;
       end = text.find('\n')) {
    text.remove_prefix(end + 1);
    ++line;
  }
  text = text.substr(0, text.find('\n'));
  std::uint32_t columns = 1;
  while (columns < position.column && !text.empty()) {
    text::take_code_point(text);
    ++columns;
  }
  return {line, columns};
}

TomlTable copy_table(const toml::table& table);

Node copy_node(const toml::node& node) {
  Node copy{position_of(node.source()), Date{}};
  if (const auto* table = node.as_table()) {
    copy.value = copy_table(*table);
  } else if (const auto* array = node.as_array()) {
    Array elements;
    for (const toml::node& element : *array) elements.push_back(copy_node(element));
    copy.value = std::move(elements);
  } else if (const auto* text = node.as_string()) {
    copy.value = text->get();
  } else if (const auto* integer = node.as_integer()) {
    copy.value = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    copy.value = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    copy.value = boolean->get();
  }
  return copy;
}

TomlTable copy_table(const toml::table& table) {
  TomlTable entries;
  for (const auto& [key, value] : table) {
    entries.push_back({std::string(key.str()), position_of(key.source()), copy_node(value)});
  }
  return entries;
}

}  // namespace

std::optional<TomlTable> parse_document(std::string_view text, std::vector<Problem>& problems) {
  try {
    return copy_table(toml::parse(text));
  } catch (const toml::parse_error& error) {
    const TextPosition position = within(text, position_of(error.source()));
    problems.push_back(
        {position, "not valid TOML: " + syntax_reason(error.description(), text, position)});
    return std::nullopt;
  }
}

std::string_view type_name(const Node& node) {
  constexpr std::array<std::string_view, std::variant_size_v<decltype(Node::value)>> kNames = {
      "text", "a whole number", "a decimal number", "true or false", "a date", "a list", "a table"};
  return kNames[node.value.index()];
}

}  // namespace nexus_mirror::config
