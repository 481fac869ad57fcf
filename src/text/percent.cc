#include "text/percent.h"

#include "text/ascii.h"
#include "text/hex.h"

namespace nexus_mirror::text {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kMarks = "-._~";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_letter_or_digit(c) || kMarks.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += '%';
      append_hex(encoded, static_cast<unsigned char>(c), 2, HexDigits::upper);
    }
  }
  return encoded;
}

}  // namespace nexus_mirror::text
