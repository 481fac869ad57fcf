// The folder in which content is kept, once each, by what it is (CONTRACT.md 8):
//
//   <dir>/.nexus-mirror           the id of the mirror that it belongs to
//   <dir>/sha256/ab/<64 digits>   content, 0444, never changed
//   <dir>/partial/...             content on its way (content_store.h)
//
// Here is what only reads it. Any thread may call anything.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "content/content_digest.h"
#include "env/file.h"

namespace nexus_mirror::content {

inline constexpr const char* kContent = "sha256";
inline constexpr const char* kContentOwner = ".nexus-mirror";

// Whether `text` is a SHA-256 as content is called by: nothing else makes a path.
bool is_content_name(std::string_view text);

// Where the content of this SHA-256 lies, be it there or not.
std::filesystem::path content_path(const std::filesystem::path& dir, std::string_view sha256);

// Bytes of the regular file at the content's place; nullopt where there is none.
std::optional<std::uint64_t> content_bytes(const std::filesystem::path& dir,
                                           std::string_view sha256);

// Whether the content is a JPEG without its end (is_cut_jpeg()): opens it, and reads both its ends.
// Throws Error(machine) where it cannot be read.
bool holds_cut_jpeg(const std::filesystem::path& dir, std::string_view sha256);

// Hashes a file from its begin to its end. `go_on` is asked at each MiB; once it says false the
// result is none. Throws Error(machine) where it cannot be read.
std::optional<ContentHashes> hash_file(const std::filesystem::path& file,
                                       const std::function<bool()>& go_on);

// Tells `take` of each content that lies in the folder, in the order of their names' first two
// digits. Throws Error(machine) where a folder cannot be read; no folder at all is an empty one.
void for_each_content(
    const std::filesystem::path& dir,
    const std::function<void(const std::string& sha256, std::uint64_t bytes)>& take);

// Removes the content and says how many bytes that gave back; 0 where it was not there. Throws
// Error(machine).
std::uint64_t remove_content(const std::filesystem::path& dir, std::string_view sha256);

// Whose the folder is: the mirror's id in it, empty where nobody has taken it. Throws
// Error(machine).
std::string content_owner(const std::filesystem::path& dir);

// Whether the folder is this mirror's: false where nobody has taken it, or it is not there. Throws
// Error: usage where it is another mirror's, machine where it cannot be read.
bool belongs_to(const std::filesystem::path& dir, std::string_view mirror_id);

// Throws Error(machine): what `error`, an errno of `doing` something to `path`, means.
[[noreturn]] void throw_file_error(int error, const std::string& doing,
                                   const std::filesystem::path& path);

}  // namespace nexus_mirror::content
