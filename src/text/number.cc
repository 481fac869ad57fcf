#include "text/number.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nexus_mirror::text {
namespace {

void append_shortest(std::string& text, double value) {
  if (std::isnan(value)) value = std::abs(value);  // "nan" has no sign
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

void append_number(std::string& text, double value) {
  append_shortest(text, value == 0 ? 0.0 : value);
}

std::string number_text(double value) {
  std::string text;
  append_number(text, value);
  return text;
}

void append_real(std::string& text, double value) {
  const std::size_t begin = text.size();
  append_shortest(text, value);
  const auto digits = text.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto makes_real = [](char c) { return c == '.' || c == 'e'; };
  if (std::isfinite(value) && std::none_of(digits, text.end(), makes_real)) text += ".0";
}

std::string real_text(double value) {
  std::string text;
  append_real(text, value);
  return text;
}

}  // namespace nexus_mirror::text
