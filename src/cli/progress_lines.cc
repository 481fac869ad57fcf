#include "cli/progress_lines.h"

#include <algorithm>

#include "cli/text.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

using Phase = ProgressPicture::Phase;
using Doing = sync::ExportProgress::Doing;

constexpr std::size_t kMostProjects = 12;  // lines, however high the terminal is
constexpr std::size_t kLongestName = 40;   // columns

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

std::string eta(const std::optional<std::int64_t>& seconds) {
  return seconds && *seconds > 0 ? "ETA " + clock(*seconds) : std::string();
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string share(std::int64_t done, std::int64_t total) {
  if (total <= 0) return {};
  return std::to_string(std::min<std::int64_t>(done * 100 / total, 100)) + "%";
}

std::string size(std::int64_t bytes) {
  return text::rough_size(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
}

// "3 of 30 projects".
std::string part_of(std::int64_t done, std::int64_t total, const std::string& nouns) {
  return grouped(done) + " of " + grouped(std::max(total, done)) + " " + nouns;
}

// One column less than there is: a full line would wrap on some terminals.
std::size_t room_of(const Terminal& terminal) {
  return std::max<std::size_t>(terminal.width, 2) - 1;
}

// `name` on the left, as far as `figures` leave room.
std::string named_line(const std::string& name, const std::string& figures,
                       const Terminal& terminal) {
  const std::size_t width = room_of(terminal);
  constexpr std::size_t kUsual = 41;  // of figures with a time left, so that names end alike
  const std::size_t taken = std::max(figures.size(), kUsual) + 1;
  const std::size_t room = std::min(width > taken ? width - taken : 0, kLongestName);
  const std::string_view ellipsis = terminal.utf8 ? "…" : "...";
  std::string shown = printable(name);
  if (!terminal.utf8) shown = ascii(shown);
  shown = fit(shown, room, ellipsis);
  shown.append(room - std::min(room, display_width(shown)), ' ');
  return fit(shown + " " + figures, width, ellipsis);
}

std::string project_line(const ProjectProgress& project, const Terminal& terminal) {
  const RowsProgress& rows = project.rows;
  const std::string pace = right(grouped(rate(rows.came, rows.elapsed_ms)), 9) + "/s";
  if (!rows.total || *rows.total <= 0) {
    return named_line(name_or_id(project.name, project.id),
                      right(grouped(rows.done, "row"), 20) + pace, terminal);
  }
  const std::int64_t total = std::max(*rows.total, rows.done);
  std::string figures = right(grouped(rows.done) + "/" + grouped(total), 17) +
                        right(share(rows.done, total), 5) + pace;
  const std::string left = eta(seconds_left(rows.came, total - rows.done, rows.elapsed_ms));
  return named_line(name_or_id(project.name, project.id),
                    left.empty() ? figures : figures + " " + left, terminal);
}

std::string export_line(const sync::ExportProgress& exports, const Terminal& terminal) {
  const std::string figures = right(grouped(exports.done) + "/" + grouped(exports.total), 17) +
                              right(share(exports.done, exports.total), 5);
  const char* what = exports.doing == Doing::writing    ? " images' annotations"
                     : exports.doing == Doing::renaming ? " files put in place"
                                                        : " pictures placed";
  return named_line(exports.project_name, figures + what, terminal);
}

std::vector<std::string> rows_parts(const ProgressPicture& picture) {
  const RowsProgress& rows = picture.rows;
  std::vector<std::string> parts = {part_of(picture.finished, picture.projects, "projects")};
  parts.push_back(rows.total ? part_of(rows.done, *rows.total, "rows") : grouped(rows.done, "row"));
  parts.push_back(grouped(rate(rows.came, rows.elapsed_ms)) + "/s");
  return parts;
}

std::vector<std::string> files_parts(const ProgressPicture& picture) {
  const sync::FilesProgress& files = *picture.files;
  std::string bytes = size(files.bytes);
  if (files.total_bytes > files.bytes) bytes += " of " + size(files.total_bytes);
  return {part_of(files.files, files.total, "files"), bytes,
          size(rate(files.bytes, picture.files_ms)) + "/s"};
}

std::vector<std::string> whole_parts(const ProgressPicture& picture) {
  switch (picture.phase) {
    case Phase::starting:
      return {"asking the server"};
    case Phase::rows:
      return rows_parts(picture);
    case Phase::files:
      return files_parts(picture);
    case Phase::exports:
      return {part_of(picture.exports->images_done, picture.exports->images_all,
                      "images' annotations")};
  }
  return {};
}

std::string whole_share(const ProgressPicture& picture) {
  if (picture.phase == Phase::rows && picture.rows.total) {
    return share(picture.rows.done, *picture.rows.total);
  }
  if (picture.phase == Phase::files) return share(picture.files->files, picture.files->total);
  if (picture.phase != Phase::exports) return {};
  return share(picture.exports->images_done, picture.exports->images_all);
}

std::string whole_line(const ProgressPicture& picture, const Terminal& terminal) {
  static constexpr const char* kNames[] = {"sync", "rows", "files", "exports"};
  std::string line = kNames[static_cast<std::size_t>(picture.phase)];
  std::vector<std::string> parts = {whole_share(picture), eta(seconds_left(picture))};
  if (picture.waits_ms > 1000) {
    parts.push_back("waiting " + clock(picture.waits_ms / 1000) + " for the server");
  }
  for (std::string& part : whole_parts(picture)) parts.push_back(std::move(part));
  if (picture.troubles > 0) parts.push_back(grouped(picture.troubles, "trouble"));
  const std::size_t width = room_of(terminal);
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (line.size() + 2 + part.size() > width) break;
    line += "  " + part;
  }
  return fit(line, width, terminal.utf8 ? "…" : "...");
}

}  // namespace

std::vector<std::string> progress_lines(const ProgressPicture& picture, const Terminal& terminal) {
  // The line of the whole, and the one that the cursor is on.
  const std::size_t room = terminal.height > 2 ? terminal.height - 2 : 0;
  std::vector<std::string> lines;
  if (picture.phase == Phase::rows) {
    const std::size_t most = std::min({room, kMostProjects, picture.under_way.size()});
    for (std::size_t i = 0; i < most; ++i) {
      lines.push_back(project_line(picture.under_way[i], terminal));
    }
  } else if (picture.phase == Phase::exports && room > 0) {
    lines.push_back(export_line(*picture.exports, terminal));
  }
  lines.push_back(whole_line(picture, terminal));
  return lines;
}

}  // namespace nexus_mirror::cli
