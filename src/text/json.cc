#include "text/json.h"

#include <optional>

#include "text/hex.h"
#include "text/json_writer.h"
#include "text/utf8.h"

namespace nexus_mirror::text {
namespace {

constexpr std::size_t kUnitEscape = 6;  // \uXXXX

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void append_escaped(std::string& json, char c, Escapes escapes) {
  constexpr std::string_view kControls = "\b\t\n\f\r", kLetters = "btnfr";
  const auto at = kControls.find(c);
  json += '\\';
  if (c == '"' || c == '\\') {
    json += c;
  } else if (at != std::string_view::npos && (c == '\n' || escapes == Escapes::letters)) {
    json += kLetters[at];
  } else {
    json += 'u';
    append_hex(json, static_cast<unsigned char>(c), 4,
               escapes == Escapes::letters ? HexDigits::upper : HexDigits::lower);
  }
}

// The code unit of the escape \uXXXX at the start of `text`; nullopt when none stands there.
std::optional<unsigned> escaped_unit(std::string_view text) {
  if (text.size() < kUnitEscape || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  std::string_view digits = text.substr(2, 4);
  const auto unit = take_number<unsigned>(digits, 16);
  return digits.empty() ? unit : std::nullopt;
}

bool is_surrogate(unsigned unit) { return unit >= 0xd800 && unit <= 0xdfff; }
bool is_high(unsigned unit) { return is_surrogate(unit) && unit < 0xdc00; }

}  // namespace

bool replace_half_surrogates(std::string& json) {
  const std::string_view text = json;
  bool any = false;
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string_view::npos;) {
    const auto unit = escaped_unit(text.substr(at));
    if (!unit) {
      at += 2;
      continue;
    }
    const std::size_t begin = at;
    at += kUnitEscape;
    if (!is_surrogate(*unit)) continue;
    const auto next = escaped_unit(text.substr(at));
    if (is_high(*unit) && next && is_surrogate(*next) && !is_high(*next)) {
      at += kUnitEscape;
      continue;
    }
    json.replace(begin + 2, 4, "fffd");
    any = true;
  }
  return any;
}

void append_string(std::string& json, std::string_view text, Escapes escapes) {
  json += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    json.append(text, 0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char32_t code_point = take_code_point(text);
    if (code_point < 0x80) {
      append_escaped(json, static_cast<char>(code_point), escapes);
    } else {
      append_code_point(json, code_point);
    }
  }
  json += '"';
}

std::string json_array(const std::vector<std::string>& texts) {
  JsonWriter json;
  json.value(texts);
  return json.take();
}

}  // namespace nexus_mirror::text
