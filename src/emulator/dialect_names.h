// Which names and values the two dialects have for the same thing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "emulator/kind.h"

namespace nexus_mirror::emulator {

// Whether NEXUS_API.md has that camelCase key, in whichever object.
bool is_documented(std::string_view key);

// Whether the keys below `key` are the user's own.
bool is_free_form(ObjectKind kind, std::string_view parent, std::string_view key);

// The key's name in v1, camelCase, when it is another word; `parent` is the key of the object
// around it, "" at the top.
std::optional<std::string_view> v1_name(ObjectKind kind, std::string_view parent,
                                        std::string_view key);

// The enumeration value's v1 spelling; `value` itself when it is none.
std::string_view v1_value(ObjectKind kind, std::string_view parent, std::string_view key,
                          std::string_view value);

// "createDate" becomes "create_date".
std::string snake_case(std::string_view camel_case);

}  // namespace nexus_mirror::emulator
