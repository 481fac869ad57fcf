// What a mistyped query was meant to say.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::store {

// What to do about SQL of the user's for which SQLite gives this reason: the table, view, column or
// keyword that was meant, or what else is likely. Empty where nobody knows. Any thread.
std::string query_hint(std::string_view reason, std::string_view sql);

}  // namespace nexus_mirror::store
