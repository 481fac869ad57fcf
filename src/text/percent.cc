#include "text/percent.h"

#include "text/ascii.h"
#include "text/hex.h"

namespace nexus_mirror::text {

namespace {

constexpr std::string_view kUnreserved = "-._~", kReserved = ":/?[]@!$&'()*+,;=";

void append_escape(std::string& encoded, char c) {
  encoded += '%';
  append_hex(encoded, static_cast<unsigned char>(c), 2, HexDigits::upper);
}

bool is_among(char c, std::string_view marks) { return marks.find(c) != std::string_view::npos; }

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_letter_or_digit(c) || is_among(c, kUnreserved)) {
      encoded += c;
    } else {
      append_escape(encoded, c);
    }
  }
  return encoded;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = i + 2 < text.size() ? hex_value(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_value(text[i + 2]) : std::nullopt;
    const bool escape = text[i] == '%' && low;
    decoded += escape ? static_cast<char>(*high << 4 | *low) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

std::string request_target(std::string_view path_and_query) {
  std::string target;
  target.reserve(path_and_query.size());
  for (std::size_t i = 0; i < path_and_query.size(); ++i) {
    const char c = path_and_query[i];
    const bool escape = c == '%' && i + 2 < path_and_query.size() &&
                        hex_value(path_and_query[i + 1]) && hex_value(path_and_query[i + 2]);
    if (escape || is_letter_or_digit(c) || is_among(c, kUnreserved) || is_among(c, kReserved)) {
      target += c;
    } else {
      append_escape(target, c);
    }
  }
  return target;
}

}  // namespace nexus_mirror::text
