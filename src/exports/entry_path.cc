#include "exports/entry_path.h"

#include <algorithm>

#include "text/ascii.h"

namespace nexus_mirror::exports {
namespace {

constexpr std::size_t kLongestComponent = 255;  // bytes, what Linux file systems take
constexpr std::size_t kLongestPath = 3000;      // leaves room for the folder within PATH_MAX
constexpr std::size_t kDeepest = 64;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Parts between any of `separators`, without empty ones and ".".
std::vector<std::string> parts_of(std::string_view name, std::string_view separators) {
  std::vector<std::string> parts;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of(separators), name.size());
    const std::string_view part = name.substr(0, end);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return parts;
}

std::string_view problem_of(std::string_view name) {
  if (name.empty()) return "an entry has no name";
  if (name.front() == '/' || name.front() == '\\') return "an entry's name is absolute";
  if (name.size() > 1 && text::is_letter(name[0]) && name[1] == ':') {
    return "an entry names a drive";
  }
  if (std::any_of(name.begin(), name.end(), is_control)) {
    return "an entry's name has control characters";
  }
  if (name.size() > kLongestPath) return "an entry's name is too long";
  const auto parts = parts_of(name, "/\\");
  if (std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    return "an entry leads outside the folder";
  }
  return {};
}

}  // namespace

EntryPath entry_path(std::string_view name) {
  EntryPath path;
  path.reason = problem_of(name);
  if (!path.reason.empty()) return path;
  path.components = parts_of(name, "/");
  const auto too_long = [](const std::string& part) { return part.size() > kLongestComponent; };
  if (path.components.size() > kDeepest ||
      std::any_of(path.components.begin(), path.components.end(), too_long)) {
    path.reason = "an entry's name is too long";
  }
  return path;
}

}  // namespace nexus_mirror::exports
