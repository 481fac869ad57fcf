#include "cli/job_line.h"

#include "cli/text.h"
#include "error/on_the_way_out.h"
#include "log/log.h"

namespace nexus_mirror::cli {
namespace {

// "Running: 3 queued, 1 running, 12 finished"
std::string progress(const sync::JobState& state) {
  std::string text = state.status.empty() ? "state not known" : state.status;
  if (state.queued + state.running + state.finished == 0) return text;
  return text + ": " + std::to_string(state.queued) + " queued, " + std::to_string(state.running) +
         " running, " + std::to_string(state.finished) + " finished";
}

}  // namespace

JobLine::JobLine(int fd, Terminal terminal)
    : output_(fd, "standard error", terminal), drawing_(terminal.is_terminal) {}

JobLine::~JobLine() {
  on_the_way_out([this] { clear(); });
}

void JobLine::job(const sync::JobState& state) {
  const std::string now = progress(state);
  if (drawing_) {
    draw(state.project_name + "  " + now + "  " + state.job);
    return;
  }
  const std::string told = state.job + " " + now;
  if (told == told_) return;
  told_ = told;
  log::info(state.job + ": " + now, {{"project", state.project_name}});
}

void JobLine::clear() {
  if (drawing_ && drawn_) draw("");
  drawn_ = false;
}

void JobLine::draw(const std::string& text) {
  const Terminal& terminal = output_.terminal();
  std::string shown = printable(text);
  if (!terminal.utf8) {
    for (char& c : shown) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  try {
    // One column less than there is: a full line would wrap on some terminals.
    output_.write("\r\x1b[K" + fit(shown, terminal.width - 1, terminal.utf8 ? "…" : "..."));
    output_.flush();
    drawn_ = !text.empty();
  } catch (const OutputClosed&) {
    drawing_ = false;
  } catch (const OutputFailed&) {
    drawing_ = false;
  }
}

}  // namespace nexus_mirror::cli
