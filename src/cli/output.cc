#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "env/file.h"
#include "error/scarcity.h"
#include "text/ascii.h"
#include "text/number.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::size_t kBufferSize = 1U << 16;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::size_t environment_size(const char* name, std::size_t otherwise) {
  const std::string_view text = environment(name);
  const auto size = text::parse_number<std::size_t>(text);
  return size && *size > 0 ? *size : otherwise;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = text::lower(environment(name));
    if (value.empty()) continue;
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

Terminal detect_terminal(int fd) {
  Terminal terminal;
  terminal.is_terminal = ::isatty(fd) == 1;
  if (!terminal.is_terminal) return terminal;
  terminal.moves_cursor = environment("TERM") != "dumb";
  terminal.utf8 = locale_is_utf8();
  struct winsize size = {};
  const bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0;
  terminal.width = known && size.ws_col > 0 ? size.ws_col : environment_size("COLUMNS", 80);
  terminal.height = known && size.ws_row > 0 ? size.ws_row : environment_size("LINES", 24);
  return terminal;
}

Output::Output(int fd, std::string name, Terminal terminal)
    : fd_(fd), name_(std::move(name)), terminal_(terminal) {
  buffer_.reserve(kBufferSize);
}

void Output::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferSize) flush();
}

void Output::flush() {
  const int error = env::write_stream(fd_, buffer_);
  buffer_.clear();
  if (error == EPIPE) throw OutputClosed{};
  if (error != 0) {
    throw OutputFailed("writing " + name_ + ": " + reason_of_errno(error));
  }
}

}  // namespace nexus_mirror::cli
