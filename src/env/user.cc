#include "env/user.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "env/file.h"
#include "error/scarcity.h"

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;

constexpr off_t kLargestKept = 16 << 20;  // bytes; certificates of all authorities are 256 KiB

// Written once, by go_on_as().
std::optional<User> changed_to;
std::map<fs::path, Descriptor> kept;

User user_of(uid_t uid, gid_t gid) {
  User user{uid, gid};
  std::vector<char> text(1024);
  struct passwd account {};
  struct passwd* found = nullptr;
  while (::getpwuid_r(uid, &account, text.data(), text.size(), &found) == ERANGE) {
    text.resize(text.size() * 2);
  }
  if (found == nullptr) return user;
  user.gid = account.pw_gid;
  user.name = account.pw_name;
  if (*account.pw_dir != '\0') user.home = account.pw_dir;
  return user;
}

bool set_groups(const User& user) {
  if (user.name.empty()) return ::setgroups(0, nullptr) == 0;
  return ::initgroups(user.name.c_str(), user.gid) == 0;
}

// The system calls of glibc reach all threads.
int set_user(const User& user) {
  if (!set_groups(user) || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0) {
    return errno;
  }
  // Where the way back is open (capabilities that outlive the change) nothing was gained.
  if (::setresuid(0, 0, 0) == 0) return EPERM;
  // The user's other processes may not look into one that knows what root has read.
  return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
}

// An ordinary file of sensible size; else an empty Descriptor.
Descriptor open_to_keep(const fs::path& path) {
  Descriptor file = open(path, O_RDONLY);
  struct stat status {};
  const bool fits = file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                    status.st_size <= kLargestKept;
  return fits ? std::move(file) : Descriptor();
}

// `memory` has the rest of `file`, for this user alone.
int copy_to_memory(const Descriptor& file, Descriptor& memory) {
  memory = Descriptor(::memfd_create("kept", MFD_CLOEXEC));
  if (!memory) return memory.error();
  if (::fchmod(memory.get(), 0600) != 0) return errno;
  std::array<char, 16384> block;
  for (std::size_t count = block.size(); count == block.size();) {
    if (const int error = read_some(file, block, count); error != 0) return error;
    const std::string_view bytes(block.data(), count);
    if (const int error = write_stream(memory.get(), bytes); error != 0) return error;
  }
  return 0;
}

// As a word of a shell's command: names of exports come from outside.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";
  if (text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

// The number of whoever owns what is at `path`, a link itself; nullopt when there is nothing.
std::optional<uid_t> owner_at(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_uid;
}

}  // namespace

std::string text_of(const User& user) {
  const std::string number = "uid " + std::to_string(user.uid);
  return user.name.empty() ? number : user.name + " (" + number + ")";
}

std::optional<User> owner_of(const fs::path& path) {
  struct stat status {};
  for (fs::path at = path; ::stat(at.c_str(), &status) != 0; at = at.parent_path()) {
    if (errno != ENOENT || !at.has_relative_path() || !at.has_parent_path()) return std::nullopt;
  }
  return user_of(status.st_uid, status.st_gid);
}

std::optional<User> user_named(const std::string& name) {
  std::vector<char> text(1024);
  struct passwd account {};
  struct passwd* found = nullptr;
  while (::getpwnam_r(name.c_str(), &account, text.data(), text.size(), &found) == ERANGE) {
    text.resize(text.size() * 2);
  }
  if (found == nullptr) return std::nullopt;
  return user_of(account.pw_uid, account.pw_gid);
}

User current_user() { return user_of(::geteuid(), ::getegid()); }

bool is_root() { return ::geteuid() == 0; }

int go_on_as(const User& user, const std::vector<fs::path>& keep) {
  std::map<fs::path, Descriptor> opened;
  for (const fs::path& path : keep) {
    if (Descriptor file = open_to_keep(path)) opened.insert_or_assign(path, std::move(file));
  }
  if (const int error = set_user(user); error != 0) return error;
  changed_to = user;
  for (const auto& [path, file] : opened) {
    if (::access(path.c_str(), R_OK) == 0) continue;
    if (const int error = copy_to_memory(file, kept[path]); error != 0) return error;
  }
  return 0;
}

const User* gone_on_as() { return changed_to ? &*changed_to : nullptr; }

fs::path readable_path(const fs::path& path) {
  const auto found = kept.find(path);
  if (found == kept.end()) return path;
  return "/proc/self/fd/" + std::to_string(found->second.get());
}

std::string remedy_for(int error, const fs::path& path, std::string hint) {
  if (is_scarcity(error)) return scarcity_remedy(error);
  if ((error != EACCES && error != EPERM) || is_root()) return hint;
  const uid_t us = ::geteuid();
  fs::path highest;
  uid_t other = us;
  // Below what is in the way there may be nothing yet, or something of ours.
  std::error_code unknown;
  for (fs::path at = fs::absolute(path, unknown); at.has_relative_path(); at = at.parent_path()) {
    const std::optional<uid_t> owner = owner_at(at);
    const bool foreign = owner && *owner != us;
    if (!foreign && !highest.empty()) break;
    if (foreign) {
      highest = at;
      other = *owner;
    }
  }
  if (highest.empty() || owner_at(highest.parent_path()) != us) return hint;
  const User owner = user_of(us, ::getegid());
  const std::string name = owner.name.empty()
                               ? std::to_string(owner.uid) + ":" + std::to_string(owner.gid)
                               : owner.name + ":";
  // -h: a link that takes its place before root comes leads root nowhere.
  return highest.string() + " belongs to " + text_of(user_of(other, 0)) +
         ": as root, run chown -hR " + name + " " + shell_word(highest.string());
}

}  // namespace nexus_mirror::env
