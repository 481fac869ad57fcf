#include "exports/formats/lines.h"

#include <algorithm>
#include <array>
#include <utility>

#include "exports/file_names.h"
#include "exports/split.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace nexus_mirror::exports::formats {
namespace {

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }
bool is_line_separator(char32_t c) { return c == 0x2028 || c == 0x2029; }

}  // namespace

std::vector<std::string> class_names(const Project& project) {
  std::vector<std::string> names;
  for (const Category& category : project.categories) {
    std::string& name = names.emplace_back();
    for (std::string_view rest = category.name; !rest.empty();) {
      const char32_t c = text::take_code_point(rest);
      text::append_code_point(name, is_control(c) || is_line_separator(c) ? U' ' : c);
    }
  }
  return names;
}

std::string class_lines(const Project& project) {
  std::string lines;
  for (const std::string& name : class_names(project)) lines += name + '\n';
  return lines;
}

std::string_view short_name(Split split) {
  return split == Split::validate ? "val" : name_of(split);
}

std::string_view extension_of(const Image& image) {
  // A name that had to be cleaned begins with the stem, which may hold a dot of its own.
  if (image.name.starts_with(image.stem)) return image.name.substr(image.stem.size());
  return extension(image.name);
}

std::string_view loadable_extension(const Image& image,
                                    std::span<const std::string_view> loadable) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTypes = {
      {{"image/jpeg", ".jpg"},
       {"image/png", ".png"},
       {"image/bmp", ".bmp"},
       {"image/tiff", ".tif"},
       {"image/webp", ".webp"}}};
  const std::string_view extension = extension_of(image);
  const std::string lower = text::lower(extension);
  if (std::find(loadable.begin(), loadable.end(), lower) != loadable.end()) return extension;
  for (const auto& [type, its_own] : kTypes) {
    if (image.mime_type == type) return its_own;
  }
  return extension;
}

std::string image_path(const Image& image) { return "images/" + std::string(image.name); }

}  // namespace nexus_mirror::exports::formats
