// What would fail when the program runs with a configuration that reads well.
#include <unistd.h>

#include <utility>

#include "config/file_text.h"
#include "config/loader.h"
#include "config/usable.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;
using config::Loaded;
using config::TextPosition;

class Checker {
 public:
  Checker(Loaded& loaded, config::Credentials credentials)
      : loaded_(loaded), credentials_(credentials) {}

  void run() {
    const Config& config = loaded_.config;
    for (std::size_t i = 0; i < config.workspaces.size(); ++i) check_workspace(i);
    const TextPosition database = loaded_.position("mirror", 0, "database");
    check_file_to_write(database, config.mirror.database);
    check_folder(database, config.mirror.database.parent_path(), "the database's folder ");
    check_folder(loaded_.position("mirror", 0, "export_dir"), config.mirror.export_dir,
                 "export_dir ");
    check_overlaps();
    check_program();
  }

 private:
  void add(TextPosition position, std::string message, bool warning = false) {
    loaded_.problems.push_back({position, std::move(message), warning});
  }

  void check_workspace(std::size_t index) {
    const WorkspaceConfig& workspace = loaded_.config.workspaces[index];
    const auto at = [&](std::string_view key) { return loaded_.position("workspace", index, key); };
    const bool from_env = !workspace.secret_key_env.empty();
    const bool from_file = !workspace.secret_key_file.empty();
    const bool unseen = credentials_ == config::Credentials::out_of_sight && !from_env &&
                        !from_file && !workspace.secret_credential.empty();
    const auto places = static_cast<int>(from_env) + static_cast<int>(from_file) +
                        static_cast<int>(!workspace.secret_credential.empty()) +
                        static_cast<int>(!workspace.secret_key.empty());
    try {
      // Of several places nobody knows which is meant; that is said already.
      if (!unseen && places <= 1) resolve_secret_key(workspace);
    } catch (const Error& error) {
      add(at(from_env    ? "secret_key_env"
             : from_file ? "secret_key_file"
                         : "secret_credential"),
          error.what());
    }
    if (!from_env && from_file) warn_of_readers(at("secret_key_file"), workspace.secret_key_file);
    check_readable(at("ca_file"), "ca_file", workspace.ca_file);
    check_readable(at("client_certificate"), "client_certificate", workspace.client_certificate);
    check_readable(at("client_key"), "client_key", workspace.client_key);
    if (!workspace.client_key.empty()) warn_of_readers(at("client_key"), workspace.client_key);
  }

  void warn_of_readers(TextPosition position, const fs::path& file) {
    try {
      if (!config::read_file(file).others_can_read) return;
    } catch (const std::system_error&) {
      return;  // reported as unreadable
    }
    add(position, "others can read " + file.string() + "; run chmod 600 " + file.string(), true);
  }

  void check_readable(TextPosition position, const std::string& key, const fs::path& file) {
    if (file.empty()) return;
    try {
      if (config::read_file(file).text.empty()) {
        add(position, key + " " + file.string() + " is empty");
      }
    } catch (const std::system_error& error) {
      add(position, key + " " + file.string() + " cannot be read: " + config::read_failure(error));
    }
  }

  void check_file_to_write(TextPosition position, const fs::path& file) {
    std::error_code ignored;
    const fs::file_status status = fs::status(file, ignored);
    if (fs::is_directory(status)) {
      add(position, "database " + file.string() + " is a folder; name a file in it");
    } else if (fs::exists(status) && !config::may(file, R_OK | W_OK)) {
      add(position, "database " + file.string() + " cannot be written to by this user");
    }
  }

  void check_folder(TextPosition position, const fs::path& folder, const std::string& what) {
    const std::string problem = config::folder_problem(folder);
    if (!problem.empty()) add(position, what + folder.string() + problem);
  }

  void check_overlaps() {
    for (config::Overlap& overlap : config::overlaps(loaded_.config)) {
      add(loaded_.position(overlap.section, 0, overlap.key), std::move(overlap.message));
    }
  }

  void check_program() {
    const auto& command = loaded_.config.hooks.on_change;
    if (command.empty()) return;
    const std::string problem = config::program_problem(command.front());
    if (!problem.empty()) {
      add(loaded_.position("hooks", 0, "on_change"), "on_change: " + problem);
    }
  }

  Loaded& loaded_;
  const config::Credentials credentials_;
};

}  // namespace

std::vector<config::Problem> config::find_problems(const std::filesystem::path& file,
                                                   Credentials credentials) {
  Loaded loaded = load(file);
  // A file that could not even be read names nothing to look for.
  if (loaded.problems.empty() || !loaded.config.workspaces.empty())
    Checker(loaded, credentials).run();
  sort_by_position(loaded.problems);
  return std::move(loaded.problems);
}

std::vector<std::string> check_config(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  for (const config::Problem& problem : config::find_problems(file)) {
    lines.push_back(config::problem_text(file, problem));
  }
  return lines;
}

}  // namespace nexus_mirror
