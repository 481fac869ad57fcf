// UTF-8, well-formed or not. Any thread may call anything.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::text {

// Takes the code point at the start of `text` (not empty) and moves `text` past it. An ill-formed
// sequence gives U+FFFD and loses its longest prefix that could have begun a character (Unicode's
// "maximal subpart"), at least one byte.
char32_t take_code_point(std::string_view& text);

void append_code_point(std::string& text, char32_t code_point);

// `text` with each ill-formed sequence replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace nexus_mirror::text
