#include "cli/progress_screen.h"

#include "cli/text.h"
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
  if (!drawing_) return;
  // Its size may have changed; one that is none by now is a test's.
  Terminal terminal = detect_terminal(fd_);
  if (!terminal.is_terminal) terminal = output_.terminal();
  std::vector<std::string> next = lines(terminal);
  if (next == shown_) return;
  std::string text = shown_.empty() ? "" : "\x1b[" + std::to_string(shown_.size()) + "A";
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
  put("\x1b[" + std::to_string(shown_.size()) + "A\r\x1b[J");
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
