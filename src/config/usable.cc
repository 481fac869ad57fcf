#include "config/usable.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace nexus_mirror::config {
namespace {

namespace fs = std::filesystem;

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

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && may(path, X_OK);
}

// Why the system would not start a program that may be run; empty = nothing that can be seen.
std::string start_problem(const fs::path& program) {
  std::ifstream file(program, std::ios::binary);
  std::string line;
  if (!std::getline(file, line)) return {};
  if (!line.starts_with("#!")) {
    const bool is_binary = line.find('\0') != std::string::npos || line.starts_with(
                                                                       "\x7f"
                                                                       "ELF");
    if (is_binary) return {};
    return program.string() + " does not begin with a line like #!/bin/sh, and cannot be started";
  }
  if (!line.ends_with('\r')) return {};
  return "the first line of " + program.string() +
         " ends as on Windows, so that its #! finds nothing; write the file with LF line ends";
}

}  // namespace

bool may(const fs::path& path, int what) {
  return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
}

std::string folder_problem(const fs::path& folder) {
  fs::path existing = folder;
  std::error_code failure;
  while (!fs::exists(existing, failure) && !failure && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  if (failure) return " cannot be reached: " + failure.message();
  if (!fs::is_directory(existing, failure)) {
    return " cannot be used: " + existing.string() + " is not a folder";
  }
  if (may(existing, W_OK | X_OK)) return {};
  if (existing == folder) return " cannot be written to by this user";
  return " cannot be created: " + existing.string() + " cannot be written to by this user";
}

std::string program_problem(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    return is_program(program) ? start_problem(program)
                               : program + " is no program that this user can run";
  }
  const char* path = std::getenv("PATH");
  const std::string folders = path == nullptr ? "/usr/bin:/bin" : path;
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const fs::path found = fs::path(folders.substr(begin, end - begin)) / program;
    if (is_program(found)) return start_problem(found);
    begin = end + 1;
  }
  return "there is no program " + program + " in PATH";
}

std::vector<Overlap> overlaps(const Config& config) {
  std::vector<Overlap> found;
  const fs::path& exports = config.mirror.export_dir;
  const fs::path& database = config.mirror.database;
  const fs::path inside = path_inside(database, exports);
  const std::string name = inside.string();
  if (name == ".") {
    found.push_back({"mirror", "export_dir",
                     "export_dir " + exports.string() + " is the database; name a folder"});
  } else if (inside.has_parent_path() || name == "index.json" || name == "by-name" ||
             name == ".nexus-mirror") {
    found.push_back({"mirror", "database",
                     "database " + database.string() +
                         " lies where exports are written (export_dir " + exports.string() +
                         "); give it a folder of its own"});
  }
  const FilesConfig& files = config.files;
  const bool keeps = !files.dir.empty() || !files.images.empty() || !files.models.empty();
  const fs::path content = config.content_dir();
  const auto holds = [](const fs::path& folder, const fs::path& path) {
    return !path_inside(path, folder).empty();
  };
  if (!keeps || (!holds(exports, content) && !holds(content, exports))) return found;
  found.push_back({files.dir.empty() ? "mirror" : "files", files.dir.empty() ? "export_dir" : "dir",
                   "[files] dir " + content.string() + " and [mirror] export_dir " +
                       exports.string() +
                       " lie in one another; give each a folder that is not the other's"});
  return found;
}

}  // namespace nexus_mirror::config
