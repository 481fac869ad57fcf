// What people and programs see of a sync, or of an export, while it runs.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "cli/command_context.h"
#include "cli/progress_events.h"
#include "cli/progress_screen.h"
#include "cli/sync_progress.h"
#include "log/diversion.h"

namespace nexus_mirror::cli {

// lines: on a terminal, drawn in place, and what is logged meanwhile is kept for its end, each
// trouble once; events: JSON lines on stderr; none: the log alone.
enum class ReportStyle { lines, events, none };

// `wanted` is what --progress and --no-progress say, nothing where they do not. Of a log that is no
// text, or that is to tell all, and of what is no terminal nothing is drawn.
ReportStyle report_style(std::optional<ReportStyle> wanted, const CommandContext& context);

// The observer of a sync. Its clock is Env's, and a thread of its own draws.
class SyncReport final : public SyncProgress {
 public:
  SyncReport(ReportStyle style, CommandContext& context);
  ~SyncReport() override;  // ends the drawing; what was kept and not taken is logged now

  void projects_expected(const std::vector<sync::ExpectedProject>& projects) override;
  void resumed(std::int64_t projects, std::int64_t rows) override;
  void trouble(const std::string& project, const std::string& message) override;

  // Ends the drawing. Nothing is told to the observer any more.
  void finish();
  // Warnings and errors that were kept, in their order, each once. After finish().
  std::vector<std::string> take_troubles();
  // The last lines where these are events: `result`, and its error where none was told.
  void end(const sync::SyncResult& result);
  // The same for what did not even begin.
  void end(const Error& error);

  ReportStyle style() const { return style_; }

 private:
  void keep(log::Level level, std::string_view text, const std::function<void()>& write);
  void run(const std::stop_token& stop);
  void tick();
  void start_once();

  const ReportStyle style_;
  CommandContext& context_;
  ProgressScreen screen_;
  ProgressEvents events_;
  std::mutex mutex_;  // guards what follows
  bool started_ = false;
  std::optional<ProgressPicture::Phase> told_phase_;  // of the last progress event
  std::vector<std::string> troubles_;
  std::set<std::string> told_;  // troubles
  std::optional<log::Diversion> diversion_;
  std::jthread thread_;
};

}  // namespace nexus_mirror::cli
