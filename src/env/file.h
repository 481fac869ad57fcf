// Files and folders: everything in the program that makes, writes, renames or removes one comes
// through here, so that a test can have any change to the disk fail. SQLite has a seam of its own.
//
// As POSIX does it: calls return 0 or an errno, and who calls says in words what was being done.
// None throws, but for want of memory. Any thread may call; one at a time per Descriptor.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace nexus_mirror::env {

// The owner of a file descriptor, of a file or of anything else, which closes it.
class Descriptor {
 public:
  Descriptor() = default;
  // Takes `fd` over as the call that made it returned it; below 0, error() is errno.
  explicit Descriptor(int fd) : fd_(fd), error_(fd < 0 ? errno : 0) {}
  static Descriptor failed(int error);
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), error_(other.error_) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }       // -1 when there is none
  int error() const { return error_; }  // why there is none; 0 when none was asked for
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
  int error_ = 0;
};

// open(2), always with O_CLOEXEC and without waiting: at the other end of a FIFO there may be
// nobody for ever. `mode` is for files that come to be, and the umask bites it.
[[nodiscard]] Descriptor open(const std::filesystem::path& path, int flags, mode_t mode = 0);

// To read a file that may be a FIFO of somebody's who writes it: waits for them; EINTR when SIGINT
// or SIGTERM comes that this thread has blocked.
[[nodiscard]] Descriptor open_stream(const std::filesystem::path& path);

// Whether it is a file with bytes of its own: no folder, FIFO, socket or device.
bool is_regular(const Descriptor& file);

// A file in `folder` without a name, which is gone with its descriptor, to write and read, 0600.
[[nodiscard]] Descriptor open_nameless(const std::filesystem::path& folder);

// Fills `bytes` as far as the file goes; `count` is how many there were, fewer only at its end.
[[nodiscard]] int read_some(const Descriptor& file, std::span<char> bytes, std::size_t& count);

// The same of what stands at `at`, wherever the file is being read or written.
[[nodiscard]] int read_at(const Descriptor& file, std::uint64_t at, std::span<char> bytes,
                          std::size_t& count);

[[nodiscard]] int write_all(const Descriptor& file, std::string_view bytes);
// The same for what is no file on a disk and may be somebody else's: standard output, a pipe, a
// file in memory. No FileCall.
[[nodiscard]] int write_stream(int fd, std::string_view bytes);

// Closes what was written, and is where some file systems say that it did not fit after all. The
// descriptor is gone either way.
[[nodiscard]] int close(Descriptor& file);

// To exactly these bits, whatever the umask is. The first follows a symbolic link.
[[nodiscard]] int set_mode(const std::filesystem::path& path, mode_t mode);
[[nodiscard]] int set_mode(const Descriptor& file, mode_t mode);

// To the disk: the bytes of a file; the names in a folder; all there is on the file system that
// holds `folder`, which is one call where there are a million files.
[[nodiscard]] int flush(const Descriptor& file);
[[nodiscard]] int flush_folder(const std::filesystem::path& folder);
[[nodiscard]] int flush_filesystem(const std::filesystem::path& folder);

// Puts `from` in the place of `to`, at once.
[[nodiscard]] int rename(const std::filesystem::path& from, const std::filesystem::path& to);
// Each takes the other's place, at once; EINVAL or ENOSYS where the file system cannot.
[[nodiscard]] int exchange(const std::filesystem::path& one, const std::filesystem::path& other);

[[nodiscard]] int remove_file(const std::filesystem::path& path);
[[nodiscard]] int remove_folder(const std::filesystem::path& path);  // an empty one
// Whatever is there, with all that is in it; nothing is no failure. Follows no symbolic link, also
// none that takes a folder's place meanwhile. Ends at the first thing that cannot be removed.
[[nodiscard]] int remove_tree(const std::filesystem::path& path);

// EEXIST when something is there. The umask bites `mode`.
[[nodiscard]] int make_folder(const std::filesystem::path& folder, mode_t mode);
// `folder` and those above it that are missing, 0777 less the umask; EEXIST when something that is
// no folder is in the way.
[[nodiscard]] int make_folders(const std::filesystem::path& folder);
// The same with exactly `mode` for those that are made, whatever the umask is, as far as the file
// system has such bits.
[[nodiscard]] int make_folders(const std::filesystem::path& folder, mode_t mode);

// A symbolic link `link` that leads to `target`; EEXIST when something is there.
[[nodiscard]] int make_link(const std::filesystem::path& target, const std::filesystem::path& link);

// Bytes that a user who is not root may still write on the file system that holds `folder`; none
// where it can hold no further file.
[[nodiscard]] int free_space(const std::filesystem::path& folder, std::uint64_t& bytes);

// The seam. For tests: the program sets none.

// What changes the disk, or says that a change did not get there.
enum class FileCall {
  create,  // open() with O_CREAT, O_TRUNC or O_TMPFILE, and each try of open_nameless()
  write,   // one write_all(), however many bytes
  close,   // close(), not the end of a Descriptor
  set_mode,
  flush,        // of all three kinds
  rename,       // and exchange()
  remove,       // of one file or folder: remove_tree() is as many as it finds
  make_folder,  // of one: make_folders() is as many as are missing
  make_link,
};

// What a call comes to instead of what it does; it does nothing then, but for close().
struct FileFault {
  int error = 0;      // the errno; 0 = none, the call is carried out
  bool half = false;  // write: the first half of the bytes is written before it fails
};

class FileFaults {
 public:
  virtual ~FileFaults() = default;
  // Asked in the thread of the call, just before it; may end the process. `path` is what would
  // change; of a rename and an exchange the second path; of a descriptor where its file is now.
  virtual FileFault before(FileCall call, const std::filesystem::path& path) = 0;
  // What free_space() is to say instead of the truth.
  virtual std::optional<std::uint64_t> free_space() { return std::nullopt; }
  // The errno with which opening `path` to read is to fail; 0 = it is opened.
  virtual int reading(const std::filesystem::path& /*path*/) { return 0; }
};

// Has every call of the process ask `faults`, which outlives them, or none (nullptr).
void set_file_faults(FileFaults* faults);

}  // namespace nexus_mirror::env
