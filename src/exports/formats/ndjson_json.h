// JSON that the mirror holds as text, back among the keys of a record.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

#include "exports/formats/ndjson_layout.h"

namespace nexus_mirror::exports {

// `text`, which a JSON column holds, as a document with its numbers as exact as they are there.
rapidjson::Document parse_json(std::string_view text);

// Appends `value`; of objects the keys that `order` names come first.
void append_json(const rapidjson::Value& value, const Layout& order, std::string& out);

// Appends `text`, the JSON of a column, with the keys that `order` names first.
void append_json(std::string_view text, const Layout& order, std::string& out);

// Appends the text of a column of FieldKind::any, which holds a string as it came, and what is
// neither string nor number as JSON.
void append_any(std::string_view text, std::string& out);

// Appends `value` in the shortest form that reads back the same, with a point or an exponent:
// columns of FieldKind::any and FieldKind::number tell 3.0 from 3. -0 is 0.0.
void append_real(double value, std::string& out);

}  // namespace nexus_mirror::exports
