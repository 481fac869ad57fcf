#include "cli/sync_report.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/progress_lines.h"
#include "cli/text.h"
#include "env/thread.h"
#include "error/on_the_way_out.h"
#include "log/guard.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::chrono::milliseconds kDrawEvery{200}, kEventEvery{1000};
constexpr std::size_t kMostTroubles = 1000;

}  // namespace

ReportStyle report_style(std::optional<ReportStyle> wanted, const CommandContext& context) {
  if (wanted) return *wanted;
  const Terminal terminal = detect_terminal(context.console.err_fd);
  const bool people = terminal.is_terminal && log::style() == log::Style::text;
  return people && !log::enabled(log::Level::debug) ? ReportStyle::lines : ReportStyle::none;
}

SyncReport::SyncReport(ReportStyle style, CommandContext& context)
    : SyncProgress(context.env),
      style_(style),
      context_(context),
      screen_(context.console.err_fd,
              style == ReportStyle::lines ? detect_terminal(context.console.err_fd) : Terminal{}),
      events_(context.console.err_fd) {
  if (style_ == ReportStyle::none) return;
  if (style_ == ReportStyle::lines) {
    diversion_.emplace([this](log::Level level, std::string_view text,
                              const std::function<void()>& write) { keep(level, text, write); });
  }
  try {
    thread_ = start_thread<std::jthread>("shows progress",
                                         [this](const std::stop_token& stop) { run(stop); });
  } catch (const Error&) {  // the sync itself may still have what it needs
  }
}

SyncReport::~SyncReport() {
  on_the_way_out([this] {
    finish();
    for (const std::string& trouble : take_troubles()) log::warning(trouble);
  });
}

// What people are told at the end is not told before; and what they did not ask for not at all.
void SyncReport::keep(log::Level level, std::string_view text,
                      const std::function<void()>& /*write*/) {
  if (level < log::Level::warning) return;
  const std::lock_guard lock(mutex_);
  if (troubles_.size() < kMostTroubles && told_.emplace(text).second) troubles_.emplace_back(text);
}

void SyncReport::run(const std::stop_token& stop) {
  const auto pause = style_ == ReportStyle::events ? kEventEvery : kDrawEvery;
  while (context_.env.sleep(pause, stop)) {
    log::guard("showing", "progress", [this] { tick(); });
  }
}

void SyncReport::tick() {
  const ProgressPicture now = picture();
  if (style_ == ReportStyle::lines) {
    screen_.show([&](const Terminal& terminal) { return progress_lines(now, terminal); });
    return;
  }
  if (now.phase == ProgressPicture::Phase::starting) return;
  start_once();
  events_.progress(now);
  const std::lock_guard lock(mutex_);
  told_phase_ = now.phase;
}

void SyncReport::start_once() {
  if (style_ != ReportStyle::events) return;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(started_, true)) return;
  }
  events_.start(picture());
}

void SyncReport::projects_expected(const std::vector<sync::ExpectedProject>& projects) {
  SyncProgress::projects_expected(projects);
  start_once();
}

void SyncReport::resumed(std::int64_t projects, std::int64_t rows) {
  if (style_ != ReportStyle::lines) return;
  screen_.above([&] {
    context_.notice("goes on at " + grouped(rows, "row") + " of " + grouped(projects, "project") +
                    ", where a sync was cut short");
  });
}

void SyncReport::trouble(const std::string& project, const std::string& message) {
  SyncProgress::trouble(project, message);
  if (style_ != ReportStyle::events) return;
  start_once();
  events_.error(project, message);
  const std::lock_guard lock(mutex_);
  told_.insert(message);
}

void SyncReport::finish() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  diversion_.reset();
  screen_.finish();
}

std::vector<std::string> SyncReport::take_troubles() {
  const std::lock_guard lock(mutex_);
  return std::exchange(troubles_, {});
}

void SyncReport::end(const sync::SyncResult& result) {
  if (style_ != ReportStyle::events) return;
  start_once();
  const ProgressPicture last = picture();
  const std::lock_guard lock(mutex_);  // no other thread speaks any more
  // Also what took less than a second.
  if (last.phase != ProgressPicture::Phase::starting && told_phase_ != last.phase) {
    events_.progress(last);
  }
  const bool is_told = std::any_of(told_.begin(), told_.end(), [&](const std::string& message) {
    return result.error.find(message) != std::string::npos;
  });
  if (!result.error.empty() && !is_told) events_.error({}, result.error);
  events_.end(result);
}

void SyncReport::end(const Error& error) {
  sync::SyncResult result;
  result.result = sync::Outcome::failed;
  result.error = error.what();
  result.exit = exit_code(error.code());
  end(result);
}

}  // namespace nexus_mirror::cli
