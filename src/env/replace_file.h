// Something new in the place of what is there: whoever looks, and whoever comes after a kill or a
// power cut, sees the old or the new, and either whole.
//
// Each makes the new beside, under a name in the same folder or one on the same file system; what a
// kill left under it is written over, and a failure leaves it to the caller. None throws, but for
// want of memory. Any thread; one at a time per target.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace nexus_mirror::env {

// What a replacement came to: nothing, or the step that failed and the file that it was about.
struct Replacement {
  int error = 0;           // an errno; 0 = it is in place and on the disk
  const char* doing = "";  // "writing", "flushing", "putting in place": begins a message
  std::filesystem::path path = {};
};

// A file of `bytes` with exactly the permissions `mode`, staged as `beside`.
[[nodiscard]] Replacement replace_file(const std::filesystem::path& target,
                                       const std::filesystem::path& beside, std::string_view bytes,
                                       mode_t mode);

// The same where nothing is yet: what is at `target` stays, and the error is EEXIST then, whoever
// was faster. Nobody but `mode` allows can read a byte at any moment. `beside` is gone after a
// failure.
[[nodiscard]] Replacement create_file(const std::filesystem::path& target,
                                      const std::filesystem::path& beside, std::string_view bytes,
                                      mode_t mode);

// A symbolic link `link` that leads to `target`, staged as `beside`, which is gone after a failure.
// Not flushed: it says nothing that could not be said again. Returns 0 or an errno.
[[nodiscard]] int replace_link(const std::filesystem::path& link,
                               const std::filesystem::path& beside,
                               const std::filesystem::path& target);

// The folder `staged`, full and with its permissions, beside `target` as whose neighbour it was
// filled. What was at `target` is at `staged` afterwards, or gone. On a file system that cannot
// exchange two folders there is neither for a moment.
[[nodiscard]] Replacement replace_folder(const std::filesystem::path& target,
                                         const std::filesystem::path& staged);

}  // namespace nexus_mirror::env
