// JSON values of the server as the text that the mirror stores: one spelling for one value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "objects/table.h"

namespace simdjson::dom {
class element;
}

namespace nexus_mirror::nexus {

enum class Keys {
  // Known keys in the spelling of NEXUS_API.md, `object` left out. Of two spellings of one key that
  // differ the other one stays beside it.
  ours,
  users,  // as they came
};

// `value` without blanks, keys sorted by bytes, numbers in their shortest exact form, a signed
// link inside without its query (it is a secret, and differs at each call).
std::string json_text(const simdjson::dom::element& value, Keys keys);

// The same with Keys::ours; a list is sorted by the names of its items, then their text.
std::string unordered_text(const simdjson::dom::element& value);

// A list of format names or of {"format": ...} as a list of the latter; names in the spelling of
// `formats` where they are among them.
std::string formats_text(const simdjson::dom::element& value, objects::Enumeration formats);

// The spelling of `text` in `values` that is the same when folded (text::folded()); else `text`.
std::string_view canonical(objects::Enumeration values, std::string_view text);

// "total_loss" as "totalLoss"; `key` itself when it has no underscore between lower-case letters
// and digits or has any capital.
std::string camel_case(std::string_view key);

// Keys that nobody knew, at the path where they stood; nested objects are made as needed.
class ExtraKeys {
 public:
  ExtraKeys();
  ~ExtraKeys();
  ExtraKeys(const ExtraKeys&) = delete;
  ExtraKeys& operator=(const ExtraKeys&) = delete;

  bool empty() const;
  void clear();
  // `path` are the keys from the root down to the object that held `key`.
  void add(const std::vector<std::string_view>& path, std::string_view key,
           const simdjson::dom::element& value);
  void add(const std::vector<std::string_view>& path, std::string_view key,
           const std::vector<simdjson::dom::element>& list);
  // `text` at `key` of the root, unless something stands there.
  void add_text(std::string_view key, std::string_view text);
  std::string text() const;

 private:
  struct Node;
  Node* root_;
};

}  // namespace nexus_mirror::nexus
