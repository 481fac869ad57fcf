#include "exports/file_names.h"

#include <algorithm>
#include <array>

#include "text/ascii.h"
#include "text/caseless.h"
#include "text/digest.h"
#include "text/utf8.h"

namespace nexus_mirror::exports {
namespace {

constexpr std::size_t kLongestName = 255;  // bytes of a path component on the usual file systems
constexpr std::size_t kLongestFolder = 100;
constexpr std::size_t kIdStart = 14;  // "asset_" and eight digits of a UUID
constexpr std::size_t kLongestExtension = 16;

std::string_view stem_of(std::string_view filename) {
  const std::size_t dot = filename.rfind('.');
  const std::size_t slash = filename.find_last_of("/\\");
  if (dot == std::string_view::npos || dot == 0) return filename;
  if (slash != std::string_view::npos && dot <= slash + 1) return filename;
  return filename.substr(0, dot);
}

// Also what many readers of a list of names take for the end of a line.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

// Names that Windows gives to devices, also with an extension behind them.
bool is_reserved(std::string_view stem) {
  const std::string name = text::lower(stem.substr(0, stem.find('.')));
  constexpr std::array<std::string_view, 4> kDevices = {"con", "prn", "aux", "nul"};
  if (std::find(kDevices.begin(), kDevices.end(), name) != kDevices.end()) return true;
  return name.size() == 4 && text::is_digit(name[3]) && name[3] != '0' &&
         (name.starts_with("com") || name.starts_with("lpt"));
}

// Cut at a character's end.
void shorten(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  text.resize(most);
}

std::string cleaned(std::string_view text, bool& changed) {
  std::string result;
  constexpr char32_t kIllFormed = 0xFFFD;
  for (std::string_view rest = text; !rest.empty();) {
    const char32_t c = text::take_code_point(rest);
    const bool bad = c == '/' || c == '\\' || c == kIllFormed || is_control(c);
    changed = changed || bad;
    text::append_code_point(result, bad ? U'_' : c);
  }
  return result;
}

std::string clean_part(std::string_view name, bool& changed) {
  std::string stem = cleaned(name, changed);
  if (stem.starts_with('.')) {
    stem[0] = '_';
    changed = true;
  }
  if (stem.size() > 1 && stem[1] == ':' && text::is_letter(stem[0])) {
    stem[1] = '_';
    changed = true;
  }
  if (stem.empty() || is_reserved(stem)) {
    stem.insert(0, 1, '_');
    changed = true;
  }
  if (stem.size() > kLongestStem) {
    shorten(stem, kLongestStem);
    changed = true;
  }
  return stem;
}

std::string clean_stem(std::string_view filename, bool& changed) {
  return clean_part(stem_of(filename), changed);
}

// Unicode's White_Space, and the control characters that Python's str.split() adds to it.
bool is_blank(char32_t c) {
  if (c == 0x20 || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f)) return true;
  return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
         c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

std::string without_blanks(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const char32_t c = text::take_code_point(text);
    text::append_code_point(result, is_blank(c) ? U'_' : c);
  }
  return result;
}

// What the first darknet (github.com/pjreddie/darknet) replaces when it reads the boxes of an
// image; the case of letters counts, and only the first of each is replaced: that is to be the
// folder's or the extension's. AlexeyAB's darknet asks for whole folders and looks at the end
// alone.
constexpr std::array<std::string_view, 6> kOfDarknet = {"images", "raw",  ".jpg",
                                                        ".png",   ".JPG", ".JPEG"};

std::string for_darknet(std::string_view stem) {
  std::string result(stem);
  for (const std::string_view part : kOfDarknet) {
    for (auto at = result.find(part); at != std::string::npos; at = result.find(part, at)) {
      result[at] = part[0] == '.' ? '_' : text::upper(part[0]);
    }
  }
  return result;
}

}  // namespace

std::string safe_folder(std::string_view id) {
  std::string folder(id.substr(0, kLongestFolder));
  bool changed = id.size() > kLongestFolder || id.empty() || id == "by-name" || id == "index.json";
  for (char& c : folder) {
    if (text::is_letter_or_digit(c) || c == '_' || c == '-' || c == '.') continue;
    c = '_';
    changed = true;
  }
  if (folder.starts_with('.')) {
    folder[0] = '_';
    changed = true;
  }
  constexpr std::size_t kEnough = 12;
  return changed ? folder + "_" + text::sha256(id).substr(0, kEnough) : folder;
}

std::string safe_stem(std::string_view filename) {
  bool changed = false;
  return clean_stem(filename, changed);
}

bool has_safe_stem(std::string_view filename) {
  bool changed = false;
  clean_stem(filename, changed);
  return !changed;
}

bool is_safe_name(std::string_view filename) {
  if (filename.empty() || filename.size() > kLongestName) return false;
  constexpr char32_t kIllFormed = 0xFFFD;
  std::string part;
  const auto leads_up = [&] { return part.empty() || part == "." || part == ".."; };
  for (std::string_view rest = filename; !rest.empty();) {
    const char32_t c = text::take_code_point(rest);
    if (is_control(c) || c == kIllFormed) return false;
    if (c == '/' || c == '\\') {
      if (leads_up()) return false;  // an empty part: absolute, or two separators
      part.clear();
    } else {
      text::append_code_point(part, c);
    }
  }
  const bool drive = filename.size() > 1 && text::is_letter(filename[0]) && filename[1] == ':';
  return !leads_up() && !drive && !is_reserved(part);
}

std::string_view extension(std::string_view filename) {
  return filename.substr(stem_of(filename).size());
}

std::string safe_extension(std::string_view filename) {
  const std::string_view found = extension(filename);
  if (found.size() < 2 || found.size() > kLongestExtension) return {};
  const bool plain = std::all_of(found.begin() + 1, found.end(), text::is_letter_or_digit);
  return plain ? std::string(found) : std::string();
}

std::string safe_part(std::string_view name) {
  bool changed = false;
  std::string part = clean_part(name, changed);
  for (std::size_t end = part.size(); end > 0 && (part[end - 1] == '.' || part[end - 1] == ' ');
       --end) {
    part[end - 1] = '_';
  }
  return part;
}

std::string with_id(std::string_view stem, std::string_view asset_id, bool whole) {
  bool changed = false;
  std::string id = cleaned(asset_id, changed);
  constexpr std::size_t kLongestId = 50;
  if (!whole) {
    shorten(id, kIdStart);
  } else if (changed || id.size() > kLongestId) {
    id = text::sha256(asset_id).substr(0, kLongestId);
  }
  std::string result(stem);
  shorten(result, kLongestStem);
  return result + "_" + id;
}

std::string frame_suffix(std::int64_t frame) {
  constexpr std::size_t kDigits = 6;
  std::string digits = std::to_string(frame);
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return "_f" + digits;
}

std::string stem_key(std::string_view stem) { return text::caseless(stem); }

std::string name_key(std::string_view name) {
  std::string key;
  const auto drop_end = [&] {
    while (key.ends_with('.') || key.ends_with(' ')) key.pop_back();
  };
  for (const char c : text::caseless(name)) {
    const bool separator = c == '/' || c == '\\';
    if (separator) drop_end();
    key += separator ? '/' : c;
  }
  drop_end();
  return key;
}

std::string fitting(NameRule rule, std::string_view text) {
  switch (rule) {
    case NameRule::without_blanks:
      return without_blanks(text);
    case NameRule::darknet:
      return for_darknet(text);
    case NameRule::any:
      break;
  }
  return std::string(text);
}

bool fits(NameRule rule, std::string_view name, std::string_view stem) {
  return fitting(rule, stem) == stem && (rule == NameRule::darknet || fitting(rule, name) == name);
}

std::string slug(std::string_view name) {
  std::string result;
  for (const char c : text::lower(name)) {
    if (text::is_letter_or_digit(c)) {
      result += c;
    } else if (!result.empty() && result.back() != '-') {
      result += '-';
    }
  }
  if (result.size() > kLongestSlug) result.resize(kLongestSlug);
  if (result.ends_with('-')) result.pop_back();
  return result;
}

}  // namespace nexus_mirror::exports
