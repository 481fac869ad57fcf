#include "cli/text.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

#include "text/ascii.h"
#include "text/hex.h"
#include "text/number.h"
#include "text/utf8.h"

namespace nexus_mirror::cli {
namespace {

// wcwidth() under a UTF-8 locale of its own, whatever the user's is.
class WidthLocale {
 public:
  WidthLocale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {}
  ~WidthLocale() {
    if (locale_ != locale_t{}) ::freelocale(locale_);
  }
  WidthLocale(const WidthLocale&) = delete;
  WidthLocale& operator=(const WidthLocale&) = delete;

  int width(char32_t code_point) const {
    if (code_point < 0x7f) return 1;
    int width = -1;
    if (locale_ != locale_t{}) {
      const locale_t before = ::uselocale(locale_);
      width = ::wcwidth(static_cast<wchar_t>(code_point));
      ::uselocale(before);
    }
    // Unknown to the C library: newer emoji are wide, the rest is most likely narrow.
    if (width < 0) width = code_point >= 0x1F000 && code_point < 0x20000 ? 2 : 1;
    return width;
  }

 private:
  locale_t locale_;
};

int code_point_width(char32_t code_point) {
  // Not one a thread: for its end glibc would ask for memory, and abort where there is none.
  static const WidthLocale locale;
  return locale.width(code_point);
}

bool must_escape(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
         c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void append_escaped(std::string& text, char32_t c) {
  if (c == '\n') {
    text += "\\n";
  } else if (c == '\r') {
    text += "\\r";
  } else if (c == '\t') {
    text += "\\t";
  } else {
    text += c < 0x80 ? "\\x" : "\\u";
    text::append_hex(text, c, c < 0x80 ? 2 : 4);
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const char32_t code_point = text::take_code_point(text);
    if (must_escape(code_point)) {
      append_escaped(shown, code_point);
    } else {
      text::append_code_point(shown, code_point);
    }
  }
  return shown;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    width += static_cast<std::size_t>(code_point_width(text::take_code_point(text)));
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width, std::string_view ellipsis) {
  if (display_width(text) <= width) return std::string(text);
  const std::size_t ellipsis_width = display_width(ellipsis);
  if (ellipsis_width > width) return std::string(width, '.');
  std::string kept;
  std::size_t used = 0;
  while (!text.empty()) {
    const char32_t code_point = text::take_code_point(text);
    used += static_cast<std::size_t>(code_point_width(code_point));
    if (used > width - ellipsis_width) break;
    text::append_code_point(kept, code_point);
  }
  return kept.append(ellipsis);
}

std::string ascii(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const char32_t c = text::take_code_point(text);
    shown += c < 0x80 ? static_cast<char>(c) : '?';
  }
  return shown;
}

std::string name_or_id(const std::string& name, const std::string& id) {
  return name.find_first_not_of(" \t\n") == std::string::npos ? id : name;
}

std::string stripped(std::string_view text) {
  constexpr const char* kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin));
}

std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return text::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.' || c == '/';
  });
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t sign = number < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > sign + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string grouped(std::int64_t number, std::string_view one) {
  return grouped(number).append(" ").append(one).append(number == 1 ? "" : "s");
}

std::string format_value(const store::Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value)) return text::real_text(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return {};
}

}  // namespace nexus_mirror::cli
