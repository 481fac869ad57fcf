#include "cli/sync_summary.h"

#include <algorithm>

#include "cli/text.h"
#include "text/counted.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

using objects::Outcome;

constexpr std::size_t kMostProjects = 20;  // lines of what changed
constexpr std::size_t kMostTroubles = 20;
constexpr std::size_t kName = 20;  // columns of a project's name

std::string size(std::int64_t bytes) {
  return text::rough_size(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
}

// "0.8s", "14s", "3m 20s".
std::string lasted(std::int64_t ms) {
  if (ms >= 10'000) return text::rough_duration(std::chrono::milliseconds(ms));
  const std::int64_t tenths = std::max<std::int64_t>(ms, 0) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "s";
}

std::string counts_text(std::int64_t inserted, std::int64_t updated, std::int64_t deleted) {
  std::string text;
  const auto add = [&](char sign, std::int64_t rows) {
    if (rows > 0) text.append(text.empty() ? "" : " ").append(1, sign).append(grouped(rows));
  };
  add('+', inserted);
  add('~', updated);
  add('-', deleted);
  return text;
}

// `words` behind `head`, broken where the terminal ends and set in below the first.
void write_line(const std::string& head, const std::vector<std::string>& words,
                const std::string& separator, Output& out) {
  const std::size_t width = out.terminal().is_terminal ? out.terminal().width : 100;
  const std::size_t indent = display_width(head);
  std::string line = head;
  std::size_t used = indent;
  bool first = true;
  for (const std::string& word : words) {
    const std::size_t needed = display_width(word) + (first ? 0 : separator.size());
    if (!first && used + needed >= width) {
      out.write(line + "\n");
      line.assign(indent, ' ');
      used = indent;
      first = true;
    }
    line += (first ? "" : separator) + word;
    used += first ? display_width(word) : needed;
    first = false;
  }
  out.write(line + "\n");
}

// As the terminal can show it.
std::string shown(const std::string& text, const Terminal& terminal) {
  const std::string whole = printable(text);
  return terminal.utf8 ? whole : ascii(whole);
}

std::string padded(const std::string& text, std::size_t width, const Terminal& terminal) {
  std::string cell = fit(shown(text, terminal), width, terminal.utf8 ? "…" : "...");
  cell.append(width - std::min(width, display_width(cell)), ' ');
  return cell;
}

struct ProjectWords {
  std::string name;
  std::vector<std::string> words;
};

std::vector<ProjectWords> words_of(const sync::SyncResult& result, const SummaryFacts& facts) {
  std::vector<ProjectWords> projects;
  std::string last_id;
  for (const store::KindChanges& kind : facts.changes) {
    if (kind.project_id.empty()) continue;  // the workspace's own row
    if (projects.empty() || last_id != kind.project_id) {
      projects.push_back({name_or_id(kind.project_name, kind.project_id), {}});
    }
    last_id = kind.project_id;
    projects.back().words.push_back(kind.entity + " " +
                                    counts_text(kind.inserted, kind.updated, kind.deleted));
  }
  if (!facts.dry_run) return projects;
  for (const sync::ProjectResult& project : result.projects) {
    const std::string counts =
        counts_text(project.rows.inserted, project.rows.updated, project.rows.deleted);
    if (!counts.empty())
      projects.push_back({name_or_id(project.name, project.id), {counts + " rows"}});
  }
  return projects;
}

void write_changes(const sync::SyncResult& result, const SummaryFacts& facts, Output& out) {
  const std::vector<ProjectWords> projects = words_of(result, facts);
  std::size_t longest = 8;  // what the lines below have
  for (const ProjectWords& project : projects) {
    longest = std::max(longest, std::min(display_width(printable(project.name)), kName));
  }
  for (std::size_t i = 0; i < projects.size() && i < kMostProjects; ++i) {
    write_line(padded(projects[i].name, longest, out.terminal()) + "  ", projects[i].words, ", ",
               out);
  }
  if (projects.size() > kMostProjects) {
    out.write("and " + text::counted(projects.size() - kMostProjects, "more project") +
              ": nexus-mirror changes --stat --since " + std::to_string(result.sync_id - 1) + "\n");
  }
}

void write_head(const sync::SyncResult& result, const SummaryFacts& facts, Output& out) {
  std::string head = facts.dry_run ? "dry run" : "sync " + std::to_string(result.sync_id);
  head.append(" ").append(name_of(result.result));
  const std::int64_t changed = result.rows.inserted + result.rows.updated + result.rows.deleted;
  if (result.result == Outcome::interrupted) {
    const std::int64_t kept = facts.rows_before + changed;
    head += kept == 0 ? ", nothing had changed so far; run it again"
                      : "; " + grouped(kept, "row") + (kept == 1 ? " is" : " are") +
                            " kept, run it again";
    return write_line("", {head}, "", out);
  }
  const bool none = changed == 0;
  if (none) head += ", nothing changed";
  std::vector<std::string> words = {head, lasted(result.finished_at - result.started_at)};
  if (!result.projects.empty()) words.push_back(text::counted(result.projects.size(), "project"));
  words.push_back(grouped(result.requests, "request"));
  words.push_back(size(result.bytes_received));
  write_line("", words, ", ", out);
}

void write_files(const sync::FilesResult& files, Output& out) {
  std::vector<std::string> words;
  if (files.fetched > 0) {
    words.push_back(grouped(files.fetched) + " fetched (" + size(files.bytes) + ")");
  }
  if (files.failed > 0) words.push_back(grouped(files.failed) + " failed");
  if (files.missing > 0) words.push_back(grouped(files.missing) + " missing");
  if (!words.empty()) write_line("files     ", words, ", ", out);
}

}  // namespace

void write_summary(const sync::SyncResult& result, const SummaryFacts& facts, Output& out) {
  if (result.result != Outcome::interrupted) write_changes(result, facts, out);
  write_files(result.files, out);
  if (result.exports.size() > 0) {
    const auto written = static_cast<std::int64_t>(result.exports.size());
    write_line("exports   ",
               {grouped(written, "file") + " written",
                "in " + shown(facts.export_dir.string(), out.terminal())},
               " ", out);
  }
  if (!facts.dry_run && result.sync_id == 1) {
    write_line("mirror    ", {shown(facts.database.string(), out.terminal())}, "", out);
  }
  write_head(result, facts, out);  // where who comes back to the terminal looks
  if (facts.troubles.empty()) return;
  out.write("needs a hand:\n");
  for (std::size_t i = 0; i < facts.troubles.size() && i < kMostTroubles; ++i) {
    // Whole, however long: a remedy in it is to be copied.
    out.write("- " + shown(facts.troubles[i], out.terminal()) + "\n");
  }
  if (facts.troubles.size() > kMostTroubles) {
    out.write("and " + text::counted(facts.troubles.size() - kMostTroubles, "more trouble") +
              "; -v shows all while they come\n");
  }
}

}  // namespace nexus_mirror::cli
