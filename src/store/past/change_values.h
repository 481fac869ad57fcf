// The JSON of a change, read back as what the tables held: the inverse of change_log.h.
//
// What stands there was written by the mirror, so it is taken apart without a tree: a value that is
// JSON in its column is its text, to the byte.
#pragma once

#include <functional>
#include <string_view>

#include "objects/table.h"
#include "store/value.h"

namespace nexus_mirror::store {

// Any thread may call these. They throw Error(machine, "reading", "a change of ...") for what the
// mirror never writes.

// Hands over each member of an object, in its order: its name and the text of its value.
void for_each_member(
    std::string_view json,
    const std::function<void(std::string_view name, std::string_view value)>& take);
// Hands over the text of each item of a list, in its order.
void for_each_item(std::string_view json, const std::function<void(std::string_view item)>& take);

// What the column of `field` (nullptr = `extra`) held where a change says `json`.
Value value_in_change(const objects::Field* field, std::string_view json);

}  // namespace nexus_mirror::store
