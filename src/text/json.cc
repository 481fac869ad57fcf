#include "text/json.h"

#include "text/hex.h"
#include "text/json_writer.h"
#include "text/utf8.h"

namespace nexus_mirror::text {
namespace {

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

}  // namespace

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
