// The conditions that a client puts to assets as JSON text: `filter` and `metadataQuery`.
#pragma once

#include <rapidjson/document.h>

#include <string_view>

#include "emulator/kind.h"

namespace nexus_mirror::emulator {

// An expression in the manner of JsonLogic, as the official SDK's documentation shows them:
// {"and": [{"=": [{"var": "status"}, "Annotated"]}, ...]}. Known are and, or, not (or !), = (or
// ==),
// !=, <, <=, >, >= and in. A `var` is a key of the asset, of its metadata, or customMetadata.<key>.
// A list equals what is one of its elements. Immutable.
class AssetQuery {
 public:
  enum class Subject {
    asset,     // `filter`
    metadata,  // `metadataQuery`: a `var` is a key of the custom metadata; an object without an
               // operator, {"camera": "front"}, asks for equality of all its members
  };
  // Throws Error(http_status 400) when `text` is no such expression.
  AssetQuery(std::string_view text, Subject subject);

  // Whether the asset, a JSON object in the spelling of any dialect, fulfils it. Throws
  // Error(http_status 400) likewise.
  bool matches(std::string_view asset) const;

 private:
  using Value = rapidjson::Value;
  bool truth(const Value& expression, const Value& asset) const;
  const Value& operand(const Value& expression, const Value& asset) const;
  const Value& variable(std::string_view name, const Value& asset) const;

  const Subject subject_;
  rapidjson::Document expression_;
};

}  // namespace nexus_mirror::emulator
