#include "cli/own_service.h"

#include <algorithm>
#include <sstream>
#include <system_error>

#include "config/secret_files.h"

namespace nexus_mirror::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

fs::path real(const fs::path& path) {
  std::error_code failure;
  const fs::path absolute = fs::absolute(path, failure);
  const fs::path found = fs::weakly_canonical(absolute, failure);
  return failure ? absolute.lexically_normal() : found;
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const fs::path relative = real(path).lexically_relative(real(folder));
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

fs::path config_of(const env::UnitFile& unit) {
  const std::vector<std::string> words = words_of(unit.value("Service", "ExecStart"));
  const auto option = std::find(words.begin(), words.end(), "--config");
  if (option == words.end() || option + 1 == words.end()) return {};
  return *(option + 1);
}

OwnService find_own_service(const fs::path& config_file) {
  OwnService service;
  service.unit = env::find_unit(config::kServiceUnits[0]);
  if (!service.unit) return service;
  const fs::path file = config_of(*service.unit);
  service.ours = !file.empty() && real(file) == real(config_file);
  service.user = service.unit->value("Service", "User");
  return service;
}

std::optional<UnitCredential> credential_of(const env::UnitFile& unit) {
  for (const std::string& value : unit.values("Service", "LoadCredential")) {
    const std::string name = value.substr(0, value.find(':'));
    const auto file = config::credential_file(unit, name);
    if (file) return UnitCredential{name, *file};
  }
  return std::nullopt;
}

std::string sandbox_problem(const env::UnitFile& unit, const fs::path& path) {
  if (unit.value("Service", "ProtectSystem") != "strict") return {};
  std::vector<fs::path> writable;
  for (const std::string& value : unit.values("Service", "StateDirectory")) {
    for (const std::string& word : words_of(value)) writable.push_back(fs::path("/var/lib") / word);
  }
  for (const std::string& value : unit.values("Service", "ReadWritePaths")) {
    for (std::string word : words_of(value)) {
      word.erase(0, word.find_first_not_of("-+"));
      if (!word.empty()) writable.emplace_back(word);
    }
  }
  const bool may = std::any_of(writable.begin(), writable.end(),
                               [&](const fs::path& folder) { return is_within(path, folder); });
  return may ? std::string() : " cannot be written to in the sandbox of " + unit.name();
}

}  // namespace nexus_mirror::cli
