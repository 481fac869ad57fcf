// A TOML document as a plain tree with positions: what the rest of the configuration layer works
// on, so that the TOML library stays behind one source file.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nexus_mirror::config {

// Counted from 1, columns in characters; line 0 = the file as a whole.
struct TextPosition {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const TextPosition&) const = default;
};

// Something to tell about a file. `message` is one line and never holds a secret.
struct Problem {
  TextPosition position;
  std::string message;
  bool warning = false;  // worth knowing, stops nothing
};

struct Date {};  // any of TOML's dates and times: no setting has one
struct TomlEntry;
struct Node;
using Array = std::vector<Node>;
using TomlTable = std::vector<TomlEntry>;

struct Node {
  TextPosition position;
  std::variant<std::string, std::int64_t, double, bool, Date, Array, TomlTable> value;
};

struct TomlEntry {
  std::string key;
  TextPosition position;  // of the key
  Node value;
};

// Parses `text`; nullopt and one problem with the parser's reason when it is no TOML.
std::optional<TomlTable> parse_document(std::string_view text, std::vector<Problem>& problems);

// "text", "a whole number", "a list" ...
std::string_view type_name(const Node& node);

}  // namespace nexus_mirror::config
