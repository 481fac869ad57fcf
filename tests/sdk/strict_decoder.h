// Decodes JSON into declared types and takes nothing else, as the official SDK does: what it could
// not decode is an error here. Keys that no type declares are let pass, as the SDK does.
#pragma once

#include <rapidjson/document.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::testing {

// A declaration is a line "Name: key type, key type, ..." or, of an enumeration,
// "Name = value value ..."; a line that begins with two blanks goes on with the one before. A type
// is
//   text int float bool any     `int` is a number without fraction; `float` takes it, too
//   [type]  {type}              a list; an object whose keys are free
//   Name                        another declaration
//   type?                       may be null or absent
//   type=                       may be absent, but not null
//   a|b                         either
class StrictDecoder {
 public:
  // Throws std::runtime_error for a declaration that is none or names an unknown type.
  explicit StrictDecoder(std::string_view declarations);

  // What is wrong with `text` as a `type`, with its place ("$.data[3].metadata.width: ..."); empty
  // when all is well.
  std::string error_in(std::string_view text, const std::string& type) const;

 private:
  struct Field {
    std::string key, type;
  };
  void declare(std::string_view line);
  void check_name(const std::string& type) const;
  std::string error(const rapidjson::Value& value, std::string_view type,
                    const std::string& place) const;
  std::string error_in_object(const rapidjson::Value& value, const std::string& name,
                              const std::string& place) const;

  std::map<std::string, std::vector<Field>> objects_;
  std::map<std::string, std::vector<std::string>> enumerations_;
};

}  // namespace nexus_mirror::testing
