#include "config/file_text.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "env/file.h"
#include "env/user.h"

namespace nexus_mirror::config {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

[[noreturn]] void fail(int error) { throw std::system_error(error, std::generic_category()); }

}  // namespace

FileText read_file(const std::filesystem::path& path) {
  const env::Descriptor file = env::open_stream(env::readable_path(path));
  if (!file) fail(file.error());
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(errno);
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  FileText read;
  read.others_can_read = S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
  std::string block(16384, '\0');
  for (std::size_t length = block.size(); length == block.size();) {
    if (const int error = env::read_some(file, block, length); error != 0) fail(error);
    read.text.append(block, 0, length);
    if (read.text.size() > kLargestFile) fail(EFBIG);
  }
  return read;
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
