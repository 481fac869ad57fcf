// Whatever changes the disk goes through env/file, and SQLite, where a test can have it fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/places.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string, std::less<>>;

// Calls of the system and the C library. Members of classes may be called alike.
const Names kSystem = {"creat",    "mkstemp",   "mkostemp",  "mkdtemp",   "tmpfile",  "rename",
                       "renameat", "renameat2", "unlink",    "unlinkat",  "rmdir",    "mkdir",
                       "mkdirat",  "mkfifo",    "mknod",     "chmod",     "fchmod",   "fchmodat",
                       "chown",    "fchown",    "lchown",    "fchownat",  "symlink",  "symlinkat",
                       "link",     "linkat",    "ftruncate", "fallocate", "fsync",    "fdatasync",
                       "syncfs",   "utimensat", "futimens",  "setxattr",  "fsetxattr"};
// The same, of which functions of ours may have the names: only with :: or std::.
const Names kCommon = {"remove", "truncate", "sync", "posix_fallocate", "copy_file_range"};
// After fs:: or filesystem::, and whatever begins with create_, remove or copy.
const Names kFilesystem = {"rename", "resize_file", "permissions", "last_write_time"};
const Names kStreams = {"ofstream", "fstream", "filebuf"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// What stands before the word at `begin`: "." for a member, "env" for env::, "::" for a bare ::.
std::string qualifier_of(std::string_view code, std::size_t begin) {
  const std::string_view before = code.substr(0, begin);
  if (before.ends_with('.') || before.ends_with("->")) return ".";
  if (!before.ends_with("::")) return {};
  std::size_t end = begin - 2, first = end;
  while (first > 0 && is_word(code[first - 1])) --first;
  return first == end ? "::" : std::string(code.substr(first, end - first));
}

bool is_change(std::string_view name, const std::string& qualifier, std::string_view arguments) {
  static const std::regex writes("\"[rbtex]*[wa+][rwabtex+]*\"\\s*[,)]");
  if (qualifier == "fs" || qualifier == "filesystem") {
    return kFilesystem.contains(name) || name.starts_with("create_") ||
           name.starts_with("remove") || name.starts_with("copy");
  }
  const bool global = qualifier == "::" || qualifier == "std";
  if (!global && !qualifier.empty()) return false;
  if (name == "open" || name == "openat") {
    return arguments.find("O_CREAT") != arguments.npos ||
           arguments.find("O_TRUNC") != arguments.npos ||
           arguments.find("O_TMPFILE") != arguments.npos;
  }
  if (name == "fopen" || name == "freopen") {
    return std::regex_search(std::string(arguments), writes);
  }
  return kSystem.contains(name) || (global && kCommon.contains(name));
}

// The calls in `source` that change the disk past env/file.
std::vector<std::string> changes_in(const std::string& source) {
  static const std::regex no_code("//[^\\n]*|#\\s*include[^\\n]*");
  const std::string code = std::regex_replace(source, no_code, "");
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin < code.size();) {
    std::size_t end = begin;
    while (end < code.size() && is_word(code[end])) ++end;
    const std::string_view name = std::string_view(code).substr(begin, end - begin);
    const std::size_t next = std::min(code.find_first_not_of(" \n", end), code.size());
    const std::string_view rest = std::string_view(code).substr(next);
    const std::string_view arguments = rest.substr(0, rest.find(';'));
    const bool called = arguments.starts_with('(');
    if (kStreams.contains(name) ||
        (called && is_change(name, qualifier_of(code, begin), arguments))) {
      found.push_back(std::string(name) + std::string(arguments.substr(0, 60)));
    }
    begin = std::max(end, begin + 1);
  }
  return found;
}

TEST(LayersFilesTest, NothingChangesTheDiskPastEnvFile) {
  const fs::path source = testing::in_source("src");
  int files = 0, users = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    const fs::path file = fs::relative(entry.path(), source);
    const std::string layer = file.begin()->string();
    if (file.extension() != ".cc" && file.extension() != ".h") continue;
    // `docs` is no part of the program and the emulator shares nothing with it.
    if (layer == "env" || layer == "docs" || layer == "emulator") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    ++files;
    users += text.find("#include \"env/file.h\"") != std::string::npos ? 1 : 0;
    for (const std::string& call : changes_in(text)) {
      ADD_FAILURE() << "src/" << file.string() << " changes the disk past env/file: " << call;
    }
  }
  EXPECT_GT(files, 150);
  EXPECT_GT(users, 5);
}

TEST(LayersFilesTest, AChangeIsKnownHoweverItIsWritten) {
  for (const char* call : {
           "::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);",
           "  const int fd = open(path, O_WRONLY |\n      O_TRUNC);",
           "Descriptor file(::openat(folder, name, O_RDWR | O_TMPFILE, mode));",
           "::mkostemp(name.data(), O_CLOEXEC);",
           "mkstemp(name);",
           "if (::rename(a, b) != 0) fail();",
           "std::rename(a, b);",
           "::renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);",
           "!unlink(path);",
           "::unlinkat(fd, name, 0);",
           "return ::rmdir(path);",
           "::mkdir(path, 0755)",
           "::chmod (path, mode)",
           "::fchmod(fd, mode)",
           "::symlink(target, link)",
           "= ::link(a, b);",
           "::linkat(a, b, c, d, 0);",
           "::ftruncate(fd, 0);",
           "::truncate(path, 0);",
           "::fsync(fd)",
           "::fdatasync(fd)",
           "::syncfs(fd)",
           "std::remove(path);",
           "std::ofstream out(path);",
           "std::fstream file;",
           "std::fopen(path, \"wb\");",
           "::fopen(path,\n \"r+\");",
           "fs::create_directories(folder, error);",
           "std::filesystem::create_directory(folder);",
           "fs::remove_all(folder);",
           "std::filesystem::remove(file, error);",
           "fs::rename(a, b);",
           "fs::permissions(folder, fs::perms(0755), error);",
           "fs::create_symlink(a, b);",
           "fs::copy_file(a, b);",
           "fs::resize_file(file, 0);",
       }) {
    EXPECT_EQ(changes_in(call).size(), 1U) << call;
  }
  for (const char* call : {
           "#include <fstream>",
           "// as ::rename( does",
           "env::rename(from, to);",
           "env::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);",
           "nexus_mirror::env::remove_file(path)",
           "::open(path, O_RDONLY | O_CLOEXEC)",
           "std::ifstream in(file);",
           "std::fopen(path, \"rb\")",
           "std::fopen(path.c_str(), \"rb\"); say(\"was\");",
           "rows.truncate(count);",
           "void truncate(std::size_t count);",
           "staging->rename(path);",
           "void Daemon::sync(const DueSync& due) {",
           "fs::read_symlink(link, error)",
           "fs::is_symlink(link)",
           "\"run chmod 600\"",
       }) {
    EXPECT_TRUE(changes_in(call).empty()) << call;
  }
}

}  // namespace
}  // namespace nexus_mirror
