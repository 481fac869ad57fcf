// Where a command's data goes.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nexus_mirror::cli {

// The reader of our output has gone (a closed pipe): the command ends, quietly.
struct OutputClosed {};

// The output cannot be written: a full disk, an I/O error.
class OutputFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a descriptor is connected to.
struct Terminal {
  bool is_terminal = false;
  bool moves_cursor = true;  // lines can be written over; not with TERM=dumb
  std::size_t width = 80;    // columns, at least 1; only of a terminal
  std::size_t height = 24;   // lines
  bool utf8 = true;          // may characters beyond ASCII be shown
};

// Looks at `fd` and, where it does not say, at $COLUMNS, $LINES, $LC_ALL, $LC_CTYPE and $LANG;
// and at $TERM.
Terminal detect_terminal(int fd);

// A buffered descriptor, which stays the caller's. Everything that writes throws OutputClosed or
// OutputFailed; what is still in the buffer when it is destroyed is lost: call flush(). One thread
// at a time.
class Output {
 public:
  // `name` stands in error messages: "standard output".
  Output(int fd, std::string name, Terminal terminal);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view bytes);
  void flush();
  const Terminal& terminal() const { return terminal_; }

 private:
  int fd_;
  std::string name_;
  Terminal terminal_;
  std::string buffer_;
};

}  // namespace nexus_mirror::cli
