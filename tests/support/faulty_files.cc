#include "support/faulty_files.h"

#include <signal.h>

#include <cerrno>

namespace nexus_mirror::testing {

using env::FileCall;

const char* name_of(FileCall call) {
  switch (call) {
    case FileCall::create:
      return "create";
    case FileCall::write:
      return "write";
    case FileCall::close:
      return "close";
    case FileCall::set_mode:
      return "set_mode";
    case FileCall::flush:
      return "flush";
    case FileCall::rename:
      return "rename";
    case FileCall::remove:
      return "remove";
    case FileCall::make_folder:
      return "make_folder";
    case FileCall::make_link:
      break;
  }
  return "make_link";
}

FaultyFiles::FaultyFiles(NthCall<FileCall> plan, int error)
    : PlannedCalls(std::move(plan)), error_(error) {
  env::set_file_faults(this);
}

FaultyFiles::~FaultyFiles() { env::set_file_faults(nullptr); }

env::FileFault FaultyFiles::before(FileCall call, const std::filesystem::path& path) {
  const auto fault = next(call, name_of(call), path.string());
  if (!fault) return {};
  if (*fault == DiskFault::death) ::raise(SIGKILL);
  const int named = *fault == DiskFault::io_error ? EIO : ENOSPC;
  return {error_ != 0 ? error_ : named, *fault == DiskFault::short_write};
}

}  // namespace nexus_mirror::testing
