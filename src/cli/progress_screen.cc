#include "cli/progress_screen.h"

#include <algorithm>

#include "cli/text.h"
#include "env/takes_bytes.h"
#include "error/on_the_way_out.h"

namespace nexus_mirror::cli {

ProgressScreen::ProgressScreen(int fd, Terminal terminal)
    : fd_(fd),
      output_(fd, "standard error", terminal),
      drawing_(terminal.is_terminal && terminal.moves_cursor) {}

ProgressScreen::~ProgressScreen() {
  on_the_way_out([this] { finish(); });
}

bool ProgressScreen::draws() {
  const std::lock_guard lock(mutex_);
  return drawing_;
}

void ProgressScreen::show(const std::function<std::vector<std::string>(const Terminal&)>& lines) {
  const std::lock_guard lock(mutex_);
  if (!drawing_ || !env::takes_bytes(fd_, 0)) return;  // with Ctrl-S the sync goes on
  // Its size may have changed; one that is none by now is a test's.
  Terminal terminal = detect_terminal(fd_);
  if (!terminal.is_terminal) terminal = output_.terminal();
  std::vector<std::string> next = lines(terminal);
  if (next == shown_) return;
  // A terminal that became narrower has broken them.
  std::size_t rows = 0;
  for (const std::string& line : shown_) {
    rows += std::max<std::size_t>(1, (display_width(line) + terminal.width - 1) / terminal.width);
  }
  std::string text = rows == 0 ? "" : "\x1b[" + std::to_string(rows) + "A";
  for (const std::string& line : next) text += "\r\x1b[K" + line + "\n";
  put(text + "\x1b[J");
  shown_ = std::move(next);
}

void ProgressScreen::above(const std::function<void()>& write) {
  const std::lock_guard lock(mutex_);
  erase();
  write();
}

void ProgressScreen::finish() {
  const std::lock_guard lock(mutex_);
  erase();
  drawing_ = false;
}

void ProgressScreen::erase() {
  if (!drawing_ || shown_.empty()) return;
  if (env::takes_bytes(fd_, 0)) put("\x1b[" + std::to_string(shown_.size()) + "A\r\x1b[J");
  shown_.clear();
}

void ProgressScreen::put(const std::string& text) {
  try {
    output_.write(text);
    output_.flush();
  } catch (const OutputClosed&) {
    drawing_ = false;
  } catch (const OutputFailed&) {
    drawing_ = false;
  }
}

}  // namespace nexus_mirror::cli
