// Numbers as text and back, whatever the locale is. Any thread may call anything.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace nexus_mirror::text {

// Takes the number at the start of `text` away; nullopt, and `text` as it was, when there is none
// or it does not fit. No blanks, no plus; a minus where `Number` has a sign. `base` is for
// integers.
template <class Number>
std::optional<Number> take_number(std::string_view& text, int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  std::from_chars_result result{};
  if constexpr (std::floating_point<Number>) {
    result = std::from_chars(text.data(), end, number);
  } else {
    result = std::from_chars(text.data(), end, number, base);
  }
  if (result.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  return number;
}

// The number that `text` is as a whole, by the same rules.
template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  const auto number = take_number<Number>(text, base);
  return text.empty() ? number : std::nullopt;
}

template <std::integral Number>
void append_number(std::string& text, Number value, int base = 10) {
  char digits[72];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value, base).ptr);
}

// Reals, each in the shortest decimal form that reads back the same ("0.1", "1e-07"); "inf", "-inf"
// and "nan" for what is no number. The two differ in whole numbers:
// "3", and "0" for -0: where a number is a number, as in most JSON and in what people read.
void append_number(std::string& text, double value);
std::string number_text(double value);
// "3.0" and "-0.0": where "3" would come back as an integer, as from SQL.
void append_real(std::string& text, double value);
std::string real_text(double value);

}  // namespace nexus_mirror::text
