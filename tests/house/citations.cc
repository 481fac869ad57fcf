#include "house/citations.h"

#include <algorithm>
#include <array>

namespace nexus_mirror::testing {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_word(char c) { return is_digit(c) || is_upper(c) || is_lower(c) || c == '_'; }

// What a path or a qualified name is made of.
bool is_part_of_token(char c) {
  return is_word(c) || c == '.' || c == '/' || c == ':' || c == '*' || c == '-' || c == '~';
}

// The place behind the literal that begins at `at` with a quotation mark.
std::size_t end_of_literal(std::string_view text, std::size_t at) {
  const char mark = text[at++];
  while (at < text.size() && text[at] != mark && text[at] != '\n') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

std::size_t end_of_raw_string(std::string_view text, std::size_t at) {
  const std::size_t open = text.find('(', at);
  const std::string end = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
  const std::size_t close = text.find(end, open);
  return close == text.npos ? text.size() : close + end.size();
}

// Whether the mark at `at` parts the digits of a number.
bool is_separator(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && (is_word(text[begin - 1]) || text[begin - 1] == '\'')) --begin;
  return begin < at && is_digit(text[begin]);
}

bool is_file(std::string_view token) {
  constexpr std::array<std::string_view, 7> kEndings = {".h",  ".cc",    ".md",   ".sh",
                                                        ".py", ".proto", ".cmake"};
  return token.find("://") == token.npos && token.find("...") == token.npos &&
         std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) {
           return token.size() > ending.size() && token.ends_with(ending) &&
                  token[token.size() - ending.size() - 1] != '/';
         });
}

bool is_path(std::string_view token, const std::set<std::string>& folders) {
  const std::size_t slash = token.find('/');
  return slash != token.npos && slash + 1 < token.size() && token.find("...") == token.npos &&
         token.find('*') == token.npos && folders.contains(std::string(token.substr(0, slash)));
}

bool is_name(std::string_view token, bool called, bool ticked) {
  const auto plain = [](char c) { return is_word(c) || c == ':' || c == '~'; };
  if (token.empty() || is_digit(token[0]) || !std::all_of(token.begin(), token.end(), plain)) {
    return false;
  }
  if (called || token.find("::") != token.npos) return token.find_first_not_of(":~") == 0;
  const bool small = std::any_of(token.begin(), token.end(), is_lower);
  const bool compound = token.find('_') != token.npos || is_upper(token[0]);
  return ticked && small && compound;
}

// The section that is cited behind the name of a Markdown file, "" when there is none. `rest` is
// what follows the name.
std::string cited_section(std::string_view rest) {
  if (rest.starts_with('`')) rest.remove_prefix(1);
  if (rest.size() > 1 && rest[0] == ' ' && is_digit(rest[1])) {
    std::size_t end = 1;
    while (end < rest.size() && (is_digit(rest[end]) || rest[end] == '.')) ++end;
    while (rest[end - 1] == '.') --end;
    return std::string(rest.substr(1, end - 1));
  }
  for (const std::string_view before : {", \"", " (\""}) {
    if (!rest.starts_with(before)) continue;
    const std::size_t begin = before.size();
    return std::string(rest.substr(begin, rest.find('"', begin) - begin));
  }
  return {};
}

}  // namespace

SourceText part(std::string_view text) {
  SourceText parts;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    const bool line = text.substr(at, 2) == "//", block = text.substr(at, 2) == "/*";
    if (line || block) {
      end = std::min(text.find(line ? "\n" : "*/", at + 2), text.size());
      parts.comments.append(text.substr(at + 2, end - at - 2)).append("\n");
      at = block ? std::min(end + 2, text.size()) : end;
      continue;
    }
    if (text[at] == '"') {
      const bool raw = at > 0 && text[at - 1] == 'R';
      end = raw ? end_of_raw_string(text, at) : end_of_literal(text, at);
    } else if (text[at] == '\'' && !is_separator(text, at)) {
      end = end_of_literal(text, at);
    }
    parts.code.append(text.substr(at, end - at));
    at = end;
  }
  return parts;
}

std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at) words.emplace(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::vector<Citation> citations_in(std::string_view prose, const std::set<std::string>& folders) {
  using enum Citation::Kind;
  std::vector<Citation> found;
  for (std::size_t at = 0; at < prose.size();) {
    if (!is_part_of_token(prose[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < prose.size() && is_part_of_token(prose[at])) ++at;
    std::string_view token = prose.substr(begin, at - begin);
    const bool called = prose.substr(at, 2) == "()";
    // What ends a sentence, or begins a path here, is no part of the name.
    while (!called && !token.empty() && (token.back() == '.' || token.back() == ':')) {
      token.remove_suffix(1);
    }
    if (token.ends_with('/')) token.remove_suffix(1);
    while (token.starts_with("./") || token.starts_with("../")) {
      token.remove_prefix(token.find('/') + 1);
    }
    const bool ticked =
        begin > 0 && prose[begin - 1] == '`' && at < prose.size() && prose[at] == '`';
    if (is_file(token)) {
      found.push_back({file, std::string(token)});
      const auto end = static_cast<std::size_t>(token.data() + token.size() - prose.data());
      const std::string cited = cited_section(prose.substr(end));
      const bool is_text = token.ends_with(".md");
      if (is_text && !cited.empty()) found.push_back({section, std::string(token), cited});
    } else if (is_path(token, folders)) {
      found.push_back({path, std::string(token)});
    } else if (called) {
      // Of `object.call()` the call.
      token.remove_prefix(token.find_last_of("./*-") + 1);  // npos + 1 = 0
      if (is_name(token, called, ticked)) found.push_back({name, std::string(token)});
    } else if (is_name(token, called, ticked)) {
      found.push_back({name, std::string(token)});
    }
  }
  return found;
}

}  // namespace nexus_mirror::testing
