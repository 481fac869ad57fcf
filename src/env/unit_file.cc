#include "env/unit_file.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <system_error>

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolders =
    "/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:"
    "/usr/lib/systemd/system:/lib/systemd/system";

// In which the first that has a file counts.
std::vector<fs::path> unit_folders() {
  const char* variable = std::getenv("SYSTEMD_UNIT_PATH");
  std::string list = variable == nullptr ? "" : variable;
  if (list.empty() || list.ends_with(':')) list += kFolders;
  std::vector<fs::path> folders;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) folders.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return folders;
}

std::string stripped(const std::string& text) {
  constexpr const char* kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

// Of each name the one that counts, in the order in which systemd reads them: by name.
std::map<std::string, fs::path> drop_ins(const std::string& unit) {
  std::map<std::string, fs::path> found;
  for (const fs::path& folder : unit_folders()) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder / (unit + ".d"), none)) {
      if (entry.path().extension() == ".conf") {
        found.try_emplace(entry.path().filename().string(), entry.path());
      }
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> UnitFile::values(std::string_view section, std::string_view key) const {
  std::vector<std::string> values;
  for (const Assignment& each : assignments_) {
    if (each.section != section || each.key != key) continue;
    each.value.empty() ? values.clear() : values.push_back(each.value);
  }
  return values;
}

std::string UnitFile::value(std::string_view section, std::string_view key) const {
  const auto all = values(section, key);
  return all.empty() ? std::string() : all.back();
}

void UnitFile::read(const fs::path& file) {
  std::ifstream in(file);
  std::string section, whole;
  for (std::string line; std::getline(in, line);) {
    line = stripped(line);
    // A comment may stand within a value that goes on.
    if (line.starts_with('#') || line.starts_with(';')) continue;
    whole += line;
    if (whole.ends_with('\\')) {
      whole.back() = ' ';
      continue;
    }
    line.clear();
    line.swap(whole);
    if (line.starts_with('[')) {
      section = line.substr(1, line.find(']') - 1);
    } else if (const std::size_t equals = line.find('='); equals != std::string::npos) {
      assignments_.push_back(
          {section, stripped(line.substr(0, equals)), stripped(line.substr(equals + 1))});
    }
  }
}

std::optional<UnitFile> find_unit(const std::string& name) {
  for (const fs::path& folder : unit_folders()) {
    const fs::path file = folder / name;
    std::error_code none;
    if (!fs::exists(file, none)) continue;
    if (!fs::is_regular_file(file, none)) return std::nullopt;  // masked
    UnitFile unit;
    unit.name_ = name;
    unit.file_ = file;
    unit.read(file);
    for (const auto& [drop_in, path] : drop_ins(name)) unit.read(path);
    return unit;
  }
  return std::nullopt;
}

bool is_wanted(const std::string& name) {
  for (const fs::path& folder : unit_folders()) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      if (entry.path().extension() != ".wants") continue;
      if (fs::is_symlink(entry.path() / name, none)) return true;
    }
  }
  return false;
}

}  // namespace nexus_mirror::env
