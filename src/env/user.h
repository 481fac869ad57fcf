// Whom the process acts for: who owns a file, how root goes on as that user (CONTRACT.md 6), and
// what to do about files of somebody else that are in the way.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nexus_mirror::env {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;          // that of the user's account; without one that of the file
  std::string name = {};  // empty: the system has no account of this number
  std::string home = "/";
};

// "nexus-mirror (uid 998)", "uid 1234".
std::string text_of(const User& user);

// The owner of the file that `path` leads to; where there is none yet, of the nearest folder above
// that is there. nullopt where that cannot be looked at. Any thread.
std::optional<User> owner_of(const std::filesystem::path& path);

// The user whose account has this name; nullopt where there is none. Any thread.
std::optional<User> user_named(const std::string& name);

// Who this process acts as now, by the effective user.
User current_user();

bool is_root();  // by the effective user, whose rights count

// Turns the process, which is root's, into one of `user` with the groups of its account, or with
// its group alone where it has none: all threads, for good. Returns 0 or an errno; after a failure
// the process is in between and ends. What of `keep` root may read and `user` may not is read
// before and stays in memory for readable_path(), out of reach of the user's other processes.
// Once, before there are other threads than such as wait.
[[nodiscard]] int go_on_as(const User& user, const std::vector<std::filesystem::path>& keep);

// The user of the call above; nullptr when there was none. Any thread.
const User* gone_on_as();

// Where to read what was at `path`: a file in memory when go_on_as() kept it, else `path`. Any
// thread.
std::filesystem::path readable_path(const std::filesystem::path& path);

// What to do about `error`, an errno of a change to `path`, when the reason is that something of
// another user lies in a folder of ours, as a run of root's leaves it: names the highest such file
// or folder and the command for root. Otherwise `hint`. Any thread.
std::string remedy_for(int error, const std::filesystem::path& path, std::string hint = {});

}  // namespace nexus_mirror::env
