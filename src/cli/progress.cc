#include "cli/progress.h"

#include <algorithm>
#include <cmath>

#include "cli/text.h"
#include "error/on_the_way_out.h"
#include "text/quantity.h"
#include "text/utf8.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::int64_t kRedrawMs = 100;
constexpr std::size_t kMostLines = 8;  // of projects, however high the terminal is

// Rows per second; 0 while there is nothing to tell from.
std::int64_t rate(std::int64_t rows, std::int64_t elapsed_ms) {
  return rows <= 0 || elapsed_ms <= 0 ? 0 : rows * 1000 / elapsed_ms;
}

// "0:07", "12:45", "3:02:10".
std::string clock(std::int64_t seconds) {
  const auto two = [](std::int64_t value) {
    std::string digits = std::to_string(value);
    if (value < 10) digits.insert(0, 1, '0');
    return digits;
  };
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) return std::to_string(minutes) + ":" + two(seconds % 60);
  return std::to_string(minutes / 60) + ":" + two(minutes % 60) + ":" + two(seconds % 60);
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

// What a terminal without UTF-8 can show.
std::string ascii(const std::string& text) {
  std::string shown;
  std::string_view rest = text;
  while (!rest.empty()) {
    const char32_t c = text::take_code_point(rest);
    shown += c < 0x80 ? static_cast<char>(c) : '?';
  }
  return shown;
}

}  // namespace

ProgressDisplay::ProgressDisplay(int fd, Terminal terminal, std::size_t projects)
    : output_(fd, "standard error", terminal),
      drawing_(terminal.is_terminal),
      projects_(projects) {}

ProgressDisplay::~ProgressDisplay() {
  on_the_way_out([this] { finish(); });
}

void ProgressDisplay::update(const std::string& id, const std::string& name, std::int64_t done,
                             std::optional<std::int64_t> total, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (!started_ms_) started_ms_ = now_ms;
  auto [place, is_new] = under_way_.try_emplace(id);
  ProjectLine& project = place->second;
  if (is_new) {
    order_.push_back(id);
    project.first_done = done;
    project.started_ms = now_ms;
  }
  project.name = name;
  project.done = done;
  project.total = total;
  if (!drawn_ms_ || now_ms - *drawn_ms_ >= kRedrawMs) draw(now_ms);
}

void ProgressDisplay::finish_project(const std::string& id, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const auto place = under_way_.find(id);
  if (place != under_way_.end()) {
    finished_rows_ += std::max<std::int64_t>(0, place->second.done - place->second.first_done);
    under_way_.erase(place);
    order_.erase(std::find(order_.begin(), order_.end(), id));
  }
  ++finished_;
  if (!started_ms_) started_ms_ = now_ms;
  if (!drawn_ms_ || now_ms - *drawn_ms_ >= kRedrawMs) draw(now_ms);
}

void ProgressDisplay::update_files(std::int64_t done, std::int64_t total, std::int64_t bytes,
                                   std::int64_t total_bytes, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (!started_ms_) started_ms_ = now_ms;
  const std::int64_t began = files_ ? files_->started_ms : now_ms;
  files_ = FilesLine{done, total, bytes, total_bytes, began};
  if (!drawn_ms_ || now_ms - *drawn_ms_ >= kRedrawMs) draw(now_ms);
}

void ProgressDisplay::clear() {
  const std::lock_guard lock(mutex_);
  erase();
  drawn_ms_.reset();
}

void ProgressDisplay::finish() {
  const std::lock_guard lock(mutex_);
  erase();
  drawing_ = false;
}

void ProgressDisplay::erase() {
  if (!drawing_ || lines_ == 0) return;
  try {
    output_.write("\x1b[" + std::to_string(lines_) + "A\r\x1b[J");
    output_.flush();
  } catch (const OutputClosed&) {
    drawing_ = false;
  } catch (const OutputFailed&) {
    drawing_ = false;
  }
  lines_ = 0;
}

void ProgressDisplay::draw(std::int64_t now_ms) {
  if (!drawing_) return;
  const std::size_t height = output_.terminal().height;
  const std::size_t room = std::min(kMostLines, height > 3 ? height - 3 : 0);
  std::string text = lines_ == 0 ? "" : "\x1b[" + std::to_string(lines_) + "A";
  lines_ = 0;
  const auto add = [&](const std::string& line) {
    text += "\r\x1b[K" + line + "\n";
    ++lines_;
  };
  for (std::size_t i = 0; i < order_.size() && i < room; ++i) {
    add(project_line(under_way_.at(order_[i]), now_ms));
  }
  if (files_) add(files_line(*files_, now_ms));
  add(summary_line(now_ms));
  text += "\x1b[J";  // lines of projects that are through
  drawn_ms_ = now_ms;
  try {
    output_.write(text);
    output_.flush();
  } catch (const OutputClosed&) {
    drawing_ = false;
  } catch (const OutputFailed&) {
    drawing_ = false;
  }
}

std::string ProgressDisplay::project_line(const ProjectLine& project, std::int64_t now_ms) const {
  const std::int64_t speed = rate(project.done - project.first_done, now_ms - project.started_ms);
  std::string figures = std::to_string(project.done);
  if (project.total && *project.total > 0) {
    const std::int64_t total = std::max(*project.total, project.done);
    figures.append(1, '/').append(std::to_string(total));
    figures.append(right(std::to_string(project.done * 100 / total), 4)).append(1, '%');
    figures = right(figures, 20) + right(std::to_string(speed), 7) + "/s";
    if (speed > 0) figures += " ETA " + clock((total - project.done + speed - 1) / speed);
  } else {
    figures = right(figures + " rows", 20) + right(std::to_string(speed), 7) + "/s";
  }
  // One column less than there is: a full line would wrap on some terminals.
  const Terminal& terminal = output_.terminal();
  const std::size_t width = terminal.width - 1;
  constexpr std::size_t kEtaWidth = 12;  // " ETA 1:02:03"
  const std::size_t figures_width = std::max(figures.size(), std::size_t{29} + kEtaWidth);
  constexpr std::size_t kLongestName = 40;
  const std::size_t room = width > figures_width + 1 ? width - figures_width - 1 : 0;
  const std::size_t name_width = std::min(room, kLongestName);
  const std::string_view ellipsis = terminal.utf8 ? "…" : "...";
  std::string name = printable(project.name);
  if (!terminal.utf8) name = ascii(name);
  name = fit(name, name_width, ellipsis);
  name.append(name_width - std::min(name_width, display_width(name)), ' ');
  return fit(name + " " + figures, width, ellipsis);
}

std::string ProgressDisplay::files_line(const FilesLine& files, std::int64_t now_ms) const {
  const std::int64_t elapsed = now_ms - files.started_ms;
  const auto size = [](std::int64_t bytes) {
    return text::rough_size(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
  };
  const std::int64_t total = std::max(files.total, files.done);
  std::string line = "files " + std::to_string(files.done) + "/" + std::to_string(total);
  if (total > 0) line += right(std::to_string(files.done * 100 / total), 4) + "%";
  line += "  " + size(files.bytes);
  if (files.total_bytes > files.bytes) line += " of " + size(files.total_bytes);
  line += ", " + size(rate(files.bytes, elapsed)) + "/s";
  // By bytes where the server says how many come, for files are of all sizes.
  const bool by_bytes = files.total_bytes > files.bytes && files.bytes > 0;
  const std::int64_t left = by_bytes ? files.total_bytes - files.bytes : total - files.done;
  const std::int64_t came = by_bytes ? files.bytes : files.done;
  if (came > 0 && left > 0 && elapsed > 0) {
    const double seconds =
        static_cast<double>(left) * static_cast<double>(elapsed) / static_cast<double>(came) / 1000;
    line += " ETA " + clock(static_cast<std::int64_t>(std::ceil(seconds)));
  }
  const Terminal& terminal = output_.terminal();
  return fit(line, terminal.width - 1, terminal.utf8 ? "…" : "...");
}

std::string ProgressDisplay::summary_line(std::int64_t now_ms) const {
  std::int64_t rows = finished_rows_;
  for (const auto& [id, project] : under_way_) {
    rows += std::max<std::int64_t>(0, project.done - project.first_done);
  }
  std::string line = std::to_string(finished_);
  if (projects_ > 0) line += " of " + std::to_string(projects_);
  line += " projects done, " + std::to_string(under_way_.size()) + " active, " +
          std::to_string(rows) + " rows, " + std::to_string(rate(rows, now_ms - *started_ms_)) +
          "/s";
  const Terminal& terminal = output_.terminal();
  return fit(line, terminal.width - 1, terminal.utf8 ? "…" : "...");
}

}  // namespace nexus_mirror::cli
