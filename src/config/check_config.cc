// What would fail when the program runs with a configuration that reads well.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "config/file_text.h"
#include "config/loader.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;
using config::Loaded;
using config::TextPosition;

// With the rights that the program has now, as opposed to those of who started it.
bool may(const fs::path& path, int what) {
  return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
}

// What leads from `folder` to `path`, "." from one to itself; empty where that is not inside.
fs::path path_inside(const fs::path& path, const fs::path& folder) {
  std::error_code failure;
  const auto real = [&](const fs::path& one) {
    const fs::path found = fs::weakly_canonical(one, failure);
    return failure ? one.lexically_normal() : found;
  };
  const fs::path relative = real(path).lexically_relative(real(folder));
  return relative.empty() || *relative.begin() == ".." ? fs::path() : relative;
}

class Checker {
 public:
  explicit Checker(Loaded& loaded) : loaded_(loaded) {}

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
    try {
      resolve_secret_key(workspace);
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
    } else if (fs::exists(status) && !may(file, R_OK | W_OK)) {
      add(position, "database " + file.string() + " cannot be written to by this user");
    }
  }

  // `folder` exists and can be written to, or its nearest parent that exists can.
  void check_folder(TextPosition position, const fs::path& folder, const std::string& what) {
    fs::path existing = folder;
    std::error_code failure;
    while (!fs::exists(existing, failure) && !failure && existing.has_relative_path()) {
      existing = existing.parent_path();
    }
    const std::string shown = what + folder.string();
    if (failure) {
      add(position, shown + " cannot be reached: " + failure.message());
    } else if (!fs::is_directory(existing, failure)) {
      add(position, shown + " cannot be used: " + existing.string() + " is not a folder");
    } else if (!may(existing, W_OK | X_OK)) {
      add(position, existing == folder ? shown + " cannot be written to by this user"
                                       : shown + " cannot be created: " + existing.string() +
                                             " cannot be written to by this user");
    }
  }

  // Exports, the mirror and what is kept: none of them among the files of another, which would be
  // written over, or taken for what somebody left.
  void check_overlaps() {
    const Config& config = loaded_.config;
    const fs::path& exports = config.mirror.export_dir;
    const fs::path& database = config.mirror.database;
    const fs::path inside = path_inside(database, exports);
    const bool is_deep = inside.has_parent_path();
    const std::string name = inside.string();
    if (is_deep || name == "index.json" || name == "by-name" || name == ".nexus-mirror") {
      add(loaded_.position("mirror", 0, "database"),
          "database " + database.string() + " lies where exports are written (export_dir " +
              exports.string() + "); give it a folder of its own");
    }
    const FilesConfig& files = config.files;
    const bool keeps = !files.dir.empty() || !files.images.empty() || !files.models.empty();
    const fs::path content = config.content_dir();
    const auto holds = [](const fs::path& folder, const fs::path& path) {
      return !path_inside(path, folder).empty();
    };
    if (!keeps || (!holds(exports, content) && !holds(content, exports))) return;
    const TextPosition position = files.dir.empty() ? loaded_.position("mirror", 0, "export_dir")
                                                    : loaded_.position("files", 0, "dir");
    add(position, "[files] dir " + content.string() + " and [mirror] export_dir " +
                      exports.string() +
                      " lie in one another; give each a folder that is not the other's");
  }

  void check_program() {
    const auto& command = loaded_.config.hooks.on_change;
    if (command.empty()) return;
    const TextPosition position = loaded_.position("hooks", 0, "on_change");
    const std::string& program = command.front();
    if (program.find('/') != std::string::npos) {
      if (is_program(program)) return;
      return add(position, "on_change: " + program + " is no program that this user can run");
    }
    const char* path = std::getenv("PATH");
    const std::string folders = path == nullptr ? "/usr/bin:/bin" : path;
    for (std::size_t begin = 0; begin <= folders.size();) {
      const std::size_t end = std::min(folders.find(':', begin), folders.size());
      if (is_program(fs::path(folders.substr(begin, end - begin)) / program)) return;
      begin = end + 1;
    }
    add(position, "on_change: there is no program " + program + " in PATH");
  }

  static bool is_program(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && may(path, X_OK);
  }

  Loaded& loaded_;
};

}  // namespace

std::vector<std::string> check_config(const std::filesystem::path& file) {
  Loaded loaded = config::load(file);
  // A file that could not even be read names nothing to look for.
  if (loaded.problems.empty() || !loaded.config.workspaces.empty()) Checker(loaded).run();
  config::sort_by_position(loaded.problems);
  std::vector<std::string> lines;
  for (const config::Problem& problem : loaded.problems) {
    lines.push_back(config::problem_text(file, problem));
  }
  return lines;
}

}  // namespace nexus_mirror
