// The top level of a JSON object as spans of its own text, so that a record can be taken apart and
// put together again without a byte of its values changing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::emulator {

struct JsonMember {
  enum class Type { null, boolean, number, string, array, object };
  std::string key;
  Type type = Type::null;
  std::size_t key_begin = 0;       // of the key's opening quote
  std::size_t begin = 0, end = 0;  // of the value
  std::string scalar;              // a string unescaped, a number or boolean as written
};

class JsonMembers {
 public:
  // Throws Error(config) when `text` is not one JSON object; the error names the byte.
  explicit JsonMembers(std::string_view text);

  const JsonMember* find(std::string_view key) const;  // the first of that name, or nullptr
  const std::vector<JsonMember>& all() const { return members_; }

  // The unescaped string or the number's text; empty when absent or of another type.
  std::string scalar(std::string_view key) const;

 private:
  std::vector<JsonMember> members_;
};

// `text`, a JSON object, without its member `key`, other bytes unchanged.
std::string without_member(std::string_view text, std::string_view key);

// The strings of a JSON array; other elements are left out.
std::vector<std::string> strings_of_array(std::string_view text);

}  // namespace nexus_mirror::emulator
