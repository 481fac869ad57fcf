// Where a configuration is found, and what it comes to.
#include <cstdlib>

#include "config/loader.h"
#include "config/settings.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/error.h"
#include "text/counted.h"

namespace nexus_mirror {

std::filesystem::path find_config(const std::filesystem::path& command_line) {
  if (!command_line.empty()) return command_line;
  const char* named = std::getenv("NEXUS_MIRROR_CONFIG");
  if (named != nullptr && *named != '\0') return named;

  std::vector<std::filesystem::path> places = {"nexus-mirror.toml"};
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') {
    places.push_back(std::filesystem::path(home) / ".config/nexus-mirror/config.toml");
  }
  places.emplace_back("/etc/nexus-mirror/config.toml");
  for (const auto& place : places) {
    std::error_code ignored;  // a folder that this user may not look into holds nothing for them
    if (std::filesystem::exists(place, ignored)) return place;
  }
  throw Error(
      ErrorCode::config, "looking for the configuration", "",
      "there is none at ./nexus-mirror.toml, ~/.config/nexus-mirror/config.toml or "
      "/etc/nexus-mirror/config.toml",
      "nexus-mirror config init writes one; or name yours with --config or NEXUS_MIRROR_CONFIG");
}

Config load_config(const std::filesystem::path& file) {
  config::Loaded loaded = config::load(file);
  if (loaded.problems.empty()) return std::move(loaded.config);
  const config::Problem& first = loaded.problems.front();
  // "file:line:column" is the subject, the message the reason.
  const std::string text = config::problem_text(file, first);
  const std::string place = text.substr(0, text.size() - first.message.size() - 2);
  const std::size_t others = loaded.problems.size() - 1;
  std::string hint;
  if (first.position.line == 0) hint = "correct --config or NEXUS_MIRROR_CONFIG";
  if (others > 0) {
    hint = "and " + text::counted(others, "more problem") + "; run nexus-mirror config check";
  }
  throw Error(ErrorCode::config, "reading configuration", place, first.message, hint);
}

std::string print_config(const Config& config) {
  Config values = config;  // slots point into something that may be written to
  std::string text;
  for (const config::Section& section : config::sections()) {
    for (std::size_t i = 0; i < section.count(values); ++i) {
      text.append(text.empty() ? "" : "\n").append(section.repeated ? "[[" : "[");
      text.append(section.name).append(section.repeated ? "]]\n" : "]\n");
      for (const config::Setting& setting : config::settings_of(section.name)) {
        const std::string value = config::toml_value(setting, setting.slot(values, i));
        const bool left_out = value == "\"\"" && section.name == "workspace";
        if (!left_out) text.append(setting.key).append(" = ").append(value).append("\n");
      }
    }
  }
  return text;
}

}  // namespace nexus_mirror
