// Where a page's cursor stands, in the order of preference.
#pragma once

#include <array>
#include <string_view>

namespace nexus_mirror::nexus {

inline constexpr std::array<std::string_view, 2> kCursorKeys = {"nextPage", "next_page"};

}  // namespace nexus_mirror::nexus
