// Hexadecimal digits. Any thread may call anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus_mirror::text {

enum class HexDigits { lower, upper };

// The digit of `value`'s last four bits.
constexpr char hex_digit(std::uint64_t value, HexDigits digits = HexDigits::lower) {
  constexpr std::string_view kLower = "0123456789abcdef", kUpper = "0123456789ABCDEF";
  return (digits == HexDigits::lower ? kLower : kUpper)[value & 15];
}

// Appends the last `count` digits of `value`, zeros in front: two are a byte.
inline void append_hex(std::string& text, std::uint64_t value, int count,
                       HexDigits digits = HexDigits::lower) {
  for (int shift = 4 * (count - 1); shift >= 0; shift -= 4) {
    text += hex_digit(value >> shift, digits);
  }
}

// Two digits a byte, in lower case.
inline std::string hexadecimal(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) append_hex(text, static_cast<unsigned char>(byte), 2);
  return text;
}

// What the digit stands for, in either case; nullopt when it is none.
constexpr std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

}  // namespace nexus_mirror::text
