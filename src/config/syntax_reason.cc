#include "config/syntax_reason.h"

#include <algorithm>

#include "config/settings.h"
#include "config/spelling.h"
#include "nexus_mirror/error.h"
#include "text/utf8.h"

namespace nexus_mirror::config {
namespace {

constexpr const char* kSetting = "a setting is written key = value, on a line of its own";
constexpr const char* kCommentSign = "a comment begins with '#'";

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// Where the parser stopped: what is on the line before that, and from there on.
struct ParserStop {
  std::string_view before, rest;
  char next() const { return rest.empty() ? '\n' : rest.front(); }
};

ParserStop stop_at(std::string_view text, TextPosition position) {
  for (std::uint32_t line = 1; line < position.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::string_view rest = line;
  for (std::uint32_t column = 1; column < position.column && !rest.empty(); ++column) {
    text::take_code_point(rest);
  }
  return {line.substr(0, line.size() - rest.size()), rest};
}

bool is_repeated(std::string_view section) {
  const auto known = sections();
  return std::any_of(known.begin(), known.end(),
                     [&](const Section& each) { return each.name == section && each.repeated; });
}

std::string of_encoding(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
      has(text.substr(0, 64), std::string_view("\0", 1))) {
    return "the file is no UTF-8 text but UTF-16, or no text at all; save it as UTF-8";
  }
  return "here is a character that is no UTF-8; save the file as UTF-8";
}

std::string of_text(std::string_view description, const ParserStop& place) {
  if (has(description, "escape sequence")) {
    return "a backslash begins an escape; write it twice, or put the text in 'single quotes'";
  }
  if (has(place.before, "\"\"\"") || has(place.before, "'''")) {
    return "the three closing quotes are missing";
  }
  if (place.rest.empty()) return "closing quote missing?";
  return "here is a control character that cannot be seen; delete it";
}

std::string of_value(const ParserStop& place) {
  constexpr std::string_view kCurly[] = {"\u201c", "\u201d", "\u201e",
                                         "\u2018", "\u2019", "\u00ab"};
  for (const std::string_view quote : kCurly) {
    if (place.rest.starts_with(quote)) return "typographic quotes; use plain ones: \"...\"";
  }
  for (const std::string_view word : {"yes", "no", "on", "off"}) {
    if (place.rest.starts_with(word))
      return "a switch is true or false; a text stands in \"quotes\"";
  }
  if (place.next() == '(') return "a list stands in square brackets: [\"a\", \"b\"]";
  return "a text stands in quotes: \"...\"";
}

std::string of_number(std::string_view description) {
  if (has(description, "leading zero")) return "a number has no leading zero; a mode is \"0640\"";
  return "a number is digits alone; a duration, a size and any text stand in quotes: \"15m\"";
}

std::string of_header(std::string_view description, const ParserStop& place) {
  if (has(description, "blank")) return "the section between the brackets has no name";
  if (place.before.starts_with("[[") || place.next() == ']') {
    return "the brackets do not match: [[workspace]] has two on each side, [mirror] one";
  }
  if (has(description, "expected ']'")) return "the closing ']' of the section is missing";
  return "a section stands on a line of its own, its settings below it";
}

// "... cannot redefine existing table 'x'" and its like.
std::string of_second(std::string_view description) {
  const std::size_t end = description.rfind('\''), begin = description.find('\'');
  const std::string name(begin < end ? description.substr(begin + 1, end - begin - 1) : "");
  if (is_repeated(name)) {
    return "a section that may be there several times has two brackets each time: [[" + name + "]]";
  }
  if (has(description, "table")) {
    return "section " + in_quotes(name) +
           " is there already; put all of its settings below the first";
  }
  return "key " + in_quotes(name) + " is there already in this section; keep one of them";
}

std::string of_setting(std::string_view description, const ParserStop& place) {
  if (has(description, "expected value")) return "the value behind '=' is missing";
  if (has(description, "expected '='")) {
    return place.next() == ':'
               ? "'=' stands between a key and its value, not ':'"
               : std::string("'=' is missing between a key of one word and its value");
  }
  if (place.next() == ';' || place.rest.starts_with("//")) return kCommentSign;
  if (place.next() == ',') {
    return "several values stand in square brackets, and no comma is in a number";
  }
  if (place.next() == '"') return "opening quote missing, or more behind the value?";
  return std::string("there is more behind the value; ") + kSetting;
}

std::string of_line(const ParserStop& place) {
  if (place.next() == ';' || place.next() == '/') return kCommentSign;
  if (place.next() == '{') return "this looks like JSON; the configuration is TOML: key = value";
  if (place.next() == '<') return "this looks like a web page; the configuration is TOML";
  if (place.next() == '=') return "the key before '=' is missing";
  return kSetting;
}

}  // namespace

std::string syntax_reason(std::string_view description, std::string_view text,
                          TextPosition position) {
  const ParserStop place = stop_at(text, position);
  const auto in = [&](std::string_view what) {
    return has(description, "parsing " + std::string(what) + ":");
  };
  if (has(description, "not representable in 64 bits")) {
    return "a number is too large; text stands in quotes";
  }
  if (has(description, "invalid utf-8") || has(description, "\\u0000")) return of_encoding(text);
  if (has(description, "after '\\r'")) return "lines end with CR alone; save the file with LF";
  if (has(description, "space or tab")) return "a blank here is no plain one; type it anew";
  if (has(description, "redefine")) return of_second(description);
  if (in("string") || in("literal string")) return of_text(description, place);
  if (in("boolean")) return "a switch is true or false, in small letters";
  if (in("value")) return of_value(place);
  if (has(description, "integer:")) return of_number(description);
  if (in("floating-point")) return "a decimal has digits on both sides of its point: 0.5";
  if (in("date") || in("time") || in("date-time"))
    return "no date is wanted; a text stands in quotes";
  if (in("array")) {
    return has(description, "end-of-file")
               ? "the ']' at the end of the list is missing"
               : "a comma between two entries of the list, or the ']' at its end, is missing";
  }
  if (in("inline table")) {
    return has(description, "dangling") ? "no comma stands before '}'"
                                        : "a table in braces stands on one line and ends with '}'";
  }
  if (in("table header")) return of_header(description, place);
  if (in("key-value pair")) return of_setting(description, place);
  if (in("root table") || in("key")) return of_line(place);
  return one_line(std::string(description));
}

}  // namespace nexus_mirror::config
