// The bytes of one file under another name, for as little as the disk can do it for. Part of
// env/file: the same seam, the same rules.
#pragma once

#include <filesystem>
#include <functional>

#include "env/file.h"

namespace nexus_mirror::env {

// A second name `link` of `file` itself (FileCall::make_link). EEXIST when something is there,
// EXDEV on another file system or mount, EMLINK when the file has all the names that it can have,
// EPERM for a file of somebody else's where the system forbids that.
[[nodiscard]] int make_hard_link(const std::filesystem::path& file,
                                 const std::filesystem::path& link);

// Gives `to`, which is empty, the bytes of `from` without a copy of them (a reflink;
// FileCall::write): EOPNOTSUPP, EXDEV, EINVAL or ENOTTY where the file system cannot.
[[nodiscard]] int share_bytes(const Descriptor& from, const Descriptor& to);

// The same by a copy, from where each stands to the end of `from` (FileCall::write). `go_on`, which
// may be empty, is asked before each MiB; once it says no the result is ECANCELED.
[[nodiscard]] int copy_bytes(const Descriptor& from, const Descriptor& to,
                             const std::function<bool()>& go_on);

}  // namespace nexus_mirror::env
