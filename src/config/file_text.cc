#include "config/file_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace nexus_mirror::config {
namespace {

constexpr std::size_t largest_file = 1 << 20;

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;  // constant after construction
};

[[noreturn]] void fail(int error) { throw std::system_error(error, std::generic_category()); }

}  // namespace

FileText read_file(const std::filesystem::path& path) {
  const Descriptor file(path);
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail(errno);
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  FileText read;
  read.others_can_read = S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
  std::string block(16384, '\0');
  while (true) {
    const ssize_t length = ::read(file.get(), block.data(), block.size());
    if (length == 0) return read;
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) fail(errno);
    read.text.append(block, 0, static_cast<std::size_t>(length));
    if (read.text.size() > largest_file) fail(EFBIG);
  }
}

std::string read_failure(const std::system_error& error) {
  switch (error.code().value()) {
    case ENOENT:
    case ENOTDIR:
      return "no such file";
    case EISDIR:
      return "is a folder, not a file";
    case EFBIG:
      return "is larger than 1 MiB";
    case EACCES:
      return "this user may not read it";
    default:
      return error.code().message();
  }
}

}  // namespace nexus_mirror::config
