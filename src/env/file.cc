#include "env/file.h"

#include <dirent.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include "env/file_share.h"

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;

std::atomic<FileFaults*> file_faults{nullptr};

// Until a program listens its signals wait (signals.h).
bool stop_is_waiting() {
  sigset_t waiting;
  return ::sigpending(&waiting) == 0 &&
         (::sigismember(&waiting, SIGINT) == 1 || ::sigismember(&waiting, SIGTERM) == 1);
}

FileFault fault_of(FileCall call, const fs::path& path) {
  FileFaults* const faults = file_faults.load(std::memory_order_acquire);
  return faults == nullptr ? FileFault{} : faults->before(call, path);
}

int reading_fault(const fs::path& path) {
  FileFaults* const faults = file_faults.load(std::memory_order_acquire);
  return faults == nullptr ? 0 : faults->reading(path);
}

FileFault fault_of(FileCall call, const Descriptor& file) {
  FileFaults* const faults = file_faults.load(std::memory_order_acquire);
  if (faults == nullptr) return {};
  std::error_code unknown;
  return faults->before(call,
                        fs::read_symlink("/proc/self/fd/" + std::to_string(file.get()), unknown));
}

// `change` makes a system call and returns what that does: 0, or -1 and errno.
template <typename Subject, typename Change>
int carry_out(FileCall call, const Subject& subject, const Change& change) {
  if (const int error = fault_of(call, subject).error; error != 0) return error;
  return change() == 0 ? 0 : errno;
}

Descriptor open_folder(const fs::path& folder) { return open(folder, O_RDONLY | O_DIRECTORY); }

int remove_entry(int parent, const char* name, const fs::path& path);

int remove_entries(Descriptor folder, const fs::path& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(folder.get()), &::closedir);
  if (!listing) return errno;
  const int fd = folder.release();  // which is the listing's now
  for (errno = 0; const dirent* entry = ::readdir(listing.get()); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (const int error = remove_entry(fd, entry->d_name, path / name); error != 0) return error;
  }
  return errno;
}

// By descriptors: whoever puts a link in the place of a folder meanwhile loses the link only.
int remove_entry(int parent, const char* name, const fs::path& path) {
  Descriptor folder(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const bool is_folder = static_cast<bool>(folder);
  const bool is_other = folder.error() == ENOTDIR || folder.error() == ELOOP;
  if (!is_folder && !is_other) return folder.error() == ENOENT ? 0 : folder.error();
  if (is_folder) {
    if (const int error = remove_entries(std::move(folder), path); error != 0) return error;
  }
  const int error = carry_out(FileCall::remove, path, [&] {
    return ::unlinkat(parent, name, is_folder ? AT_REMOVEDIR : 0);
  });
  return error == ENOENT ? 0 : error;
}

// `make` makes one folder and returns 0 or an errno.
template <typename Make>
int make_missing(const fs::path& folder, const Make& make) {
  std::error_code unknown;
  if (fs::is_directory(folder, unknown)) return 0;
  if (folder.has_parent_path() && folder != folder.root_path()) {
    if (const int error = make_missing(folder.parent_path(), make); error != 0) return error;
  }
  const int error = make(folder);
  // Somebody else may have been faster.
  return error == EEXIST && fs::is_directory(folder, unknown) ? 0 : error;
}

}  // namespace

void set_file_faults(FileFaults* faults) { file_faults.store(faults, std::memory_order_release); }

Descriptor Descriptor::failed(int error) {
  Descriptor none;
  none.error_ = error;
  return none;
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  reset();
  fd_ = std::exchange(other.fd_, -1);
  error_ = other.error_;
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Descriptor open(const fs::path& path, int flags, mode_t mode) {
  const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  if (changes) {
    const FileFault fault = fault_of(FileCall::create, path);
    if (fault.error != 0) return Descriptor::failed(fault.error);
  } else if (const int error = reading_fault(path); error != 0) {
    return Descriptor::failed(error);
  }
  return Descriptor(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, mode));
}

Descriptor open_stream(const fs::path& path) {
  constexpr int kLookEveryMs = 100;
  Descriptor file = open(path, O_RDONLY);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return file;
  if (S_ISFIFO(status.st_mode)) {
    pollfd writer{file.get(), POLLIN, 0};
    while (::poll(&writer, 1, kLookEveryMs) == 0) {
      if (stop_is_waiting()) return Descriptor::failed(EINTR);
    }
  }
  const int flags = ::fcntl(file.get(), F_GETFL);
  if (flags < 0 || ::fcntl(file.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
    return Descriptor::failed(errno);
  }
  return file;
}

bool is_regular(const Descriptor& file) {
  struct stat status {};
  return file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
}

Descriptor open_nameless(const fs::path& folder) {
  constexpr mode_t kMode = 0600;
  Descriptor file = open(folder, O_TMPFILE | O_RDWR, kMode);
  if (file) return file;
  // Not every file system can.
  std::string name = (folder / "scratch_XXXXXX").string();
  const FileFault fault = fault_of(FileCall::create, name);
  if (fault.error != 0) return Descriptor::failed(fault.error);
  file = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
  // One that keeps its name takes room in the folder until that is cleared, and does no harm.
  if (file) std::ignore = remove_file(name);
  return file;
}

namespace {

// `read_more` reads what it can into the rest that it is given.
template <typename ReadMore>
int fill(std::span<char> bytes, std::size_t& count, const ReadMore& read_more) {
  count = 0;
  while (count < bytes.size()) {
    const ssize_t more = read_more(bytes.subspan(count));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return errno;
    if (more == 0) break;
    count += static_cast<std::size_t>(more);
  }
  return 0;
}

}  // namespace

int read_some(const Descriptor& file, std::span<char> bytes, std::size_t& count) {
  return fill(bytes, count,
              [&](std::span<char> rest) { return ::read(file.get(), rest.data(), rest.size()); });
}

int read_at(const Descriptor& file, std::uint64_t at, std::span<char> bytes, std::size_t& count) {
  return fill(bytes, count, [&](std::span<char> rest) {
    return ::pread(file.get(), rest.data(), rest.size(), static_cast<off_t>(at + count));
  });
}

int write_all(const Descriptor& file, std::string_view bytes) {
  const FileFault fault = fault_of(FileCall::write, file);
  if (fault.error == 0) return write_stream(file.get(), bytes);
  if (fault.half) std::ignore = write_stream(file.get(), bytes.substr(0, bytes.size() / 2));
  return fault.error;
}

int write_stream(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return EIO;  // which POSIX leaves open: no reason to ask for ever
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int close(Descriptor& file) {
  const FileFault fault = fault_of(FileCall::close, file);
  const int error = ::close(file.release()) == 0 ? 0 : errno;
  return fault.error != 0 ? fault.error : error;
}

int set_mode(const fs::path& path, mode_t mode) {
  return carry_out(FileCall::set_mode, path, [&] { return ::chmod(path.c_str(), mode); });
}

int set_mode(const Descriptor& file, mode_t mode) {
  return carry_out(FileCall::set_mode, file, [&] { return ::fchmod(file.get(), mode); });
}

int flush(const Descriptor& file) {
  return carry_out(FileCall::flush, file, [&] { return ::fsync(file.get()); });
}

int flush_folder(const fs::path& folder) {
  const Descriptor file = open_folder(folder);
  return file ? flush(file) : file.error();
}

int flush_filesystem(const fs::path& folder) {
  const Descriptor file = open_folder(folder);
  if (!file) return file.error();
  return carry_out(FileCall::flush, folder, [&] { return ::syncfs(file.get()); });
}

int rename(const fs::path& from, const fs::path& to) {
  return carry_out(FileCall::rename, to, [&] { return ::rename(from.c_str(), to.c_str()); });
}

int exchange(const fs::path& one, const fs::path& other) {
  return carry_out(FileCall::rename, other, [&] {
    return ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
  });
}

int remove_file(const fs::path& path) {
  return carry_out(FileCall::remove, path, [&] { return ::unlink(path.c_str()); });
}

int remove_folder(const fs::path& path) {
  return carry_out(FileCall::remove, path, [&] { return ::rmdir(path.c_str()); });
}

int remove_tree(const fs::path& path) { return remove_entry(AT_FDCWD, path.c_str(), path); }

int make_folder(const fs::path& folder, mode_t mode) {
  return carry_out(FileCall::make_folder, folder, [&] { return ::mkdir(folder.c_str(), mode); });
}

int make_folders(const fs::path& folder) {
  constexpr mode_t kMode = 0777;
  return make_missing(folder, [](const fs::path& path) { return make_folder(path, kMode); });
}

int make_folders(const fs::path& folder, mode_t mode) {
  return make_missing(folder, [mode](const fs::path& path) {
    if (const int error = make_folder(path, mode); error != 0) return error;
    // A folder of one's own may be given any bits, but where the file system has none.
    const int error = set_mode(path, mode);
    if (error == 0 || error == EPERM || error == EOPNOTSUPP) return 0;
    std::ignore = remove_folder(path);  // or the next call would take it for done
    return error;
  });
}

int make_link(const fs::path& target, const fs::path& link) {
  return carry_out(FileCall::make_link, link,
                   [&] { return ::symlink(target.c_str(), link.c_str()); });
}

int make_hard_link(const fs::path& file, const fs::path& link) {
  return carry_out(FileCall::make_link, link, [&] { return ::link(file.c_str(), link.c_str()); });
}

int share_bytes(const Descriptor& from, const Descriptor& to) {
  return carry_out(FileCall::write, to, [&] { return ::ioctl(to.get(), FICLONE, from.get()); });
}

int copy_bytes(const Descriptor& from, const Descriptor& to, const std::function<bool()>& go_on) {
  std::vector<char> block(std::size_t{1} << 20);
  for (std::size_t count = block.size(); count == block.size();) {
    if (go_on && !go_on()) return ECANCELED;
    if (const int error = read_some(from, block, count); error != 0) return error;
    if (const int error = write_all(to, {block.data(), count}); error != 0) return error;
  }
  return 0;
}

int free_space(const fs::path& folder, std::uint64_t& bytes) {
  if (auto* const faults = file_faults.load(std::memory_order_acquire); faults != nullptr) {
    if (const auto said = faults->free_space()) {
      bytes = *said;
      return 0;
    }
  }
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) return errno;
  const bool names_left = status.f_favail > 0 || status.f_files == 0;  // some count none
  bytes = names_left ? static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize : 0;
  return 0;
}

}  // namespace nexus_mirror::env
