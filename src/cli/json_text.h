// What the commands write as JSON alike.
#pragma once

#include <optional>
#include <string_view>

#include "store/reader.h"
#include "store/row_counts.h"
#include "text/json_writer.h"

namespace nexus_mirror::cli {

// NULL, inf and nan are null.
void write_value(text::JsonWriter& json, const store::Value& value);

// `text` as the JSON value that it is; as a string where it is none.
void write_embedded(text::JsonWriter& json, std::string_view text);

// A text that says nothing when it is empty, which is null then.
inline std::optional<std::string_view> unless_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// The member "rows".
void write_rows(text::JsonWriter& json, const store::RowCounts& rows);

}  // namespace nexus_mirror::cli
