// Letters and digits of ASCII, whatever the locale is; bytes above 127 are neither. Any thread may
// call anything.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::text {

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }

// The letter in the other case; any other character as it is.
constexpr char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

std::string lower(std::string_view text);

bool equal_ignoring_case(std::string_view a, std::string_view b);

// Lower case, without '-' and '_'. Two names that are folded alike are one name in two spellings:
// "TotalLoss", "total_loss" and "total-loss".
std::string folded(std::string_view text);

}  // namespace nexus_mirror::text
