#include "config/file_text.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "env/file.h"
#include "env/user.h"
#include "error/scarcity.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::config {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

// Where this machine has run out of something, that is no fault of the file's.
[[noreturn]] void fail(int error, const std::filesystem::path& path) {
  if (is_scarcity(error)) {
    throw Error(ErrorCode::machine, "reading", path.string(),
                std::generic_category().message(error), scarcity_remedy(error));
  }
  throw std::system_error(error, std::generic_category());
}

}  // namespace

FileText read_file(const std::filesystem::path& path) {
  const env::Descriptor file = env::open_stream(env::readable_path(path));
  if (!file) fail(file.error(), path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(errno, path);
  if (S_ISDIR(status.st_mode)) fail(EISDIR, path);
  FileText read;
  read.others_can_read = S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
  std::string block(16384, '\0');
  for (std::size_t length = block.size(); length == block.size();) {
    if (const int error = env::read_some(file, block, length); error != 0) fail(error, path);
    read.text.append(block, 0, length);
    if (read.text.size() > kLargestFile) fail(EMSGSIZE, path);
  }
  return read;
}

std::string read_failure(const std::system_error& error) {
  switch (error.code().value()) {
    case ENOENT:
    case ENOTDIR:
      return "no such file";
    case EINTR:
      return "asked to stop before anybody wrote it";
    case EISDIR:
      return "is a folder, not a file";
    case EMSGSIZE:
      return "is larger than 1 MiB";
    case EACCES:
      return "this user may not read it";
    default:
      return error.code().message();
  }
}

}  // namespace nexus_mirror::config
