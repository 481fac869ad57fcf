#include "exports/in_place.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "text/spread_hash.h"

namespace nexus_mirror::exports {
namespace {

// The names in a folder, whatever their order: how many, and two sums of hashes of 64 bits. Folders
// of a million files are told apart in a few bytes.
struct Names {
  std::uint64_t count = 0, one = 0, other = 0;

  void add(std::string_view name) {
    ++count;
    one += text::spread_hash(name);
    other += text::spread_hash(name, 0x9ae16a3b2f90404f);
  }
  bool operator==(const Names&) const = default;
};

// Of the files in a folder; none where it cannot be read, or holds what is neither file nor folder.
Names names_in(const std::string& folder) {
  struct Close {
    void operator()(DIR* open) const { ::closedir(open); }
  };
  const std::unique_ptr<DIR, Close> open(::opendir(folder.c_str()));
  Names names;
  if (!open) return names;
  while (const dirent* const entry = ::readdir(open.get())) {
    if (entry->d_type == DT_DIR) continue;
    if (entry->d_type != DT_REG) return {};
    names.add(entry->d_name);
  }
  return names;
}

// Whether none of the folders from below `root` to this one is a link.
bool is_plain(const std::string& root, const std::string& folder) {
  for (std::size_t end = 0; end != folder.npos && !folder.empty();) {
    end = folder.find('/', end + 1);
    struct stat status {};
    if (::lstat((root + folder.substr(0, end)).c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool are_in_place(const std::filesystem::path& root, const ListPaths& list, LinkedFolders linked) {
  const std::string begin = root.string() + "/";
  std::map<std::string, Names, std::less<>> folders;
  auto last = folders.end();  // mostly the next file's, too
  list([&](std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const bool nested = slash != path.npos;
    const std::string_view folder = nested ? path.substr(0, slash) : std::string_view();
    if (last == folders.end() || last->first != folder) {
      last = folders.try_emplace(std::string(folder)).first;
    }
    last->second.add(nested ? path.substr(slash + 1) : path);
    return true;
  });
  bool just_these = true;
  for (const auto& [folder, names] : folders) {
    if (linked == LinkedFolders::refused && !is_plain(begin, folder)) return false;
    just_these = just_these && names_in(begin + folder) == names;
  }
  if (just_these) return true;
  bool all = true;
  std::string whole = begin;
  list([&](std::string_view path) {
    whole.resize(begin.size());
    whole += path;
    struct stat status {};
    all = ::stat(whole.c_str(), &status) == 0;
    return all;
  });
  return all;
}

}  // namespace nexus_mirror::exports
