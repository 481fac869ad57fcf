#include "exports/formats/yaml.h"

#include "text/hex.h"
#include "text/json.h"
#include "text/utf8.h"

namespace nexus_mirror::exports::formats {
namespace {

// Beyond what JSON escapes: DEL, C1 controls (NEL among them), line and paragraph separators, the
// byte order mark and noncharacters.
bool wants_escape(char32_t c) {
  return (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe ||
         c == 0xffff;
}

}  // namespace

void append_yaml_string(std::string& yaml, std::string_view text) {
  std::string json;
  text::append_string(json, text);
  for (std::string_view rest = json; !rest.empty();) {
    const char32_t c = text::take_code_point(rest);
    if (!wants_escape(c)) {
      text::append_code_point(yaml, c);
      continue;
    }
    text::append_hex(yaml += "\\u", c, 4);
  }
}

}  // namespace nexus_mirror::exports::formats
