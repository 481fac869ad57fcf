#include "config/first_config.h"

#include <algorithm>
#include <cstdlib>

#include "config/loader.h"
#include "config/settings.h"
#include "text/joined.h"
#include "text/quantity.h"

namespace nexus_mirror::config {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& file, const fs::path& folder) {
  const fs::path relative = file.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// "key = value", the values of a column of such lines under one another.
std::string line(std::string_view key, const std::string& value, std::size_t width) {
  std::string text(key);
  text.resize(std::max(width, text.size()), ' ');
  return text + " = " + value + "\n";
}

std::string key_lines(const WorkspaceConfig& workspace, std::size_t width) {
  if (!workspace.secret_credential.empty()) {
    return "# The key comes from systemd: LoadCredential= of nexus-mirror.service names its "
           "file.\n" +
           line("secret_credential", toml_text(workspace.secret_credential), width);
  }
  if (!workspace.secret_key_file.empty()) {
    return "# The key stands in a file of its own, which nobody else may read.\n" +
           line("secret_key_file", toml_text(workspace.secret_key_file.string()), width);
  }
  return "# The key is taken from this environment variable.\n" +
         line("secret_key_env", toml_text(workspace.secret_key_env), width);
}

}  // namespace

void choose_places(const fs::path& file, FirstChoices& choices) {
  const std::string home = variable("HOME"), data = variable("XDG_DATA_HOME");
  fs::path folder;
  if (is_below(file, "/etc")) {
    folder = "/var/lib/nexus-mirror";
  } else if (!home.empty() && is_below(file, fs::path(home) / ".config")) {
    folder =
        (data.starts_with('/') ? fs::path(data) : fs::path(home) / ".local/share") / "nexus-mirror";
  }
  choices.database = (folder / "mirror.db").string();
  choices.export_dir = (folder / "exports").string();
}

std::string first_config(const FirstChoices& choices) {
  const WorkspaceConfig& workspace = choices.workspace;
  std::string text =
      "# nexus-mirror: configuration. All settings: man nexus-mirror.toml\n"
      "# Relative paths begin at this file's folder. After a change: nexus-mirror config check\n"
      "\n"
      "[mirror]\n"
      "# The mirror, one SQLite file, and the folder that annotation files are written to.\n";
  text += line("database", toml_text(choices.database), 10);
  text += line("export_dir", toml_text(choices.export_dir), 10);
  if (choices.mode != MirrorConfig().mode) {
    text += "# Members of the mirror's group may query it.\n" +
            line("mode", toml_text(text::exact_mode(choices.mode)), 10);
  }
  const std::size_t width = workspace.secret_credential.empty() ? 15 : 17;
  text += "\n# One block for each workspace; all go into the same mirror.\n[[workspace]]\n";
  text += line("name", toml_text(workspace.name), width);
  text += line("endpoint", toml_text(workspace.endpoint), width);
  text += key_lines(workspace, width);
  text += "# Which projects to mirror: names, ids or globs such as \"Factory *\".\n";
  text += line("projects", "[" + text::joined(workspace.projects, ", ", toml_text) + "]", width);
  text +=
      "\n[sync]\n"
      "# How often the daemon syncs.\n"
      "#interval = \"15m\"\n"
      "\n[files]\n"
      "# Projects whose images, and whose models, are kept here as well; [\"*\"] = all.\n"
      "#images = []\n"
      "#models = []\n"
      "\n# Which formats are exported, and how they are split. Without it each project gets what\n"
      "# suits its type.\n"
      "#[[export]]\n"
      "#formats     = [\"coco\", \"yolo\"]\n"
      "#split_ratio = 0.2\n";
  return text;
}

std::string first_config_problem(const fs::path& file, const FirstChoices& choices) {
  const Loaded loaded = load_text(file, first_config(choices));
  return loaded.problems.empty() ? std::string() : loaded.problems.front().message;
}

}  // namespace nexus_mirror::config
