// An Output whose bytes a test can read back.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "cli/output.h"

namespace nexus_mirror::testing {

class CapturedOutput {
 public:
  explicit CapturedOutput(cli::Terminal terminal = {})
      : fd_(::memfd_create("output", MFD_CLOEXEC)), output_(fd_, "the test's output", terminal) {}
  ~CapturedOutput() { ::close(fd_); }
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;

  int fd() const { return fd_; }
  cli::Output& output() { return output_; }

  // Everything written so far.
  std::string text() {
    output_.flush();
    std::string all(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    const ssize_t count = ::pread(fd_, all.data(), all.size(), 0);
    all.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return all;
  }

 private:
  int fd_;
  cli::Output output_;
};

// A terminal of `width` columns.
inline cli::Terminal terminal_of(std::size_t width, bool utf8 = true) {
  cli::Terminal terminal;
  terminal.is_terminal = true;
  terminal.width = width;
  terminal.utf8 = utf8;
  return terminal;
}

}  // namespace nexus_mirror::testing
