#include "cli/sync_command.h"

#include <algorithm>
#include <optional>

#include "cli/json_text.h"
#include "cli/sync_report.h"
#include "cli/sync_summary.h"
#include "env/signals.h"
#include "log/log.h"
#include "store/hook_troubles.h"
#include "update/run_update.h"

namespace nexus_mirror::cli {
namespace {

void write_result(const sync::SyncResult& result, Output& out) {
  text::JsonWriter json;
  json.begin_object();
  json.key("sync_id");
  result.sync_id == 0 ? json.value(nullptr) : json.value(result.sync_id);
  json.member("mode", unless_empty(result.mode));
  json.member("result", unless_empty(name_of(result.result)));
  json.member("error", unless_empty(result.error));
  json.member("whole", result.whole);
  json.member("started_at", result.started_at);
  json.member("finished_at", result.finished_at);
  json.member("requests", result.requests);
  json.member("bytes_received", result.bytes_received);
  write_rows(json, result.rows);
  json.begin_array("projects");
  for (const sync::ProjectResult& project : result.projects) {
    json.begin_object();
    json.member("id", unless_empty(project.id));
    json.member("name", unless_empty(project.name));
    json.member("result", unless_empty(name_of(project.outcome)));
    json.member("error", unless_empty(project.error));
    write_rows(json, project.rows);
    json.end_object();
  }
  json.end_array();
  json.begin_array("exports");  // of which there may be millions
  result.exports.for_each([&](std::string_view path) {
    json.value(path);
    out.write(json.take());
  });
  json.end_array();
  json.end_object();
  out.write(json.take() + "\n");
}

std::optional<ReportStyle> wanted_style(const SyncOptions& options) {
  if (options.progress_json) return ReportStyle::events;
  return options.no_progress ? std::optional(ReportStyle::none) : std::nullopt;
}

// Those of the result that nobody has told yet, each once: an error of the result has what was
// logged in it.
void add_own_errors(const sync::SyncResult& result, std::vector<std::string>& told) {
  const auto add = [&](const std::string& error) {
    const bool is_told = std::any_of(told.begin(), told.end(), [&](const std::string& trouble) {
      return error.find(trouble) != std::string::npos;
    });
    if (!error.empty() && !is_told) told.push_back(error);
  };
  for (const sync::WorkspaceResult& workspace : result.workspaces) {
    if (workspace.own_error) add(workspace.error);
  }
  if (result.exit != ExitCode::done) add(result.error);
}

// Those of earlier syncs, which nothing that was logged by this one tells.
void add_hook_troubles(store::Database& mirror, const sync::SyncResult& result,
                       std::vector<std::string>& told) {
  for (const store::HookTrouble& trouble : store::hook_troubles(mirror)) {
    if (trouble.sync_id == result.sync_id) continue;
    told.push_back(trouble.project_name + ": the hook failed after sync " +
                   std::to_string(trouble.sync_id) + ": " + trouble.problem +
                   "; 'nexus-mirror hooks test' tries it");
  }
}

void tell_people(const Config& config, const SyncOptions& options, const sync::SyncResult& result,
                 SyncReport& report, CommandContext& context) {
  SummaryFacts facts;
  facts.dry_run = options.dry_run;
  const RowsProgress rows = report.picture().rows;
  facts.rows_before = rows.done - rows.came;
  facts.database = config.mirror.database;
  facts.export_dir = config.mirror.export_dir;
  facts.troubles = report.take_troubles();
  if (result.result != sync::Outcome::interrupted) add_own_errors(result, facts.troubles);
  if (result.sync_id != 0) {
    store::Database mirror(config.mirror, store::Use::query);
    facts.changes = store::ChangeFeed(mirror).kinds_of_sync(result.sync_id);
    add_hook_troubles(mirror, result, facts.troubles);
  }
  Output err(context.console.err_fd, "standard error", detect_terminal(context.console.err_fd));
  try {
    write_summary(result, facts, err);
    err.flush();
  } catch (const OutputClosed&) {
  } catch (const OutputFailed&) {
  }
}

// How it went, on stderr.
void tell(const Config& config, const SyncOptions& options, const sync::SyncResult& result,
          SyncReport& report, CommandContext& context) {
  if (report.style() == ReportStyle::lines) {
    return tell_people(config, options, result, report, context);
  }
  log::info(update::summary(result, options.dry_run),
            {{"sync_id", result.sync_id},
             {"requests", result.requests},
             {"bytes_received", result.bytes_received},
             {"projects", static_cast<std::int64_t>(result.projects.size())}});
  if (report.style() == ReportStyle::events) return;
  for (const sync::WorkspaceResult& workspace : result.workspaces) {
    if (workspace.own_error && workspace.error != result.error) context.notice(workspace.error);
  }
  if (result.exit != ExitCode::done && !result.error.empty()) context.notice(result.error);
}

update::UpdateRequest request_of(const SyncOptions& options) {
  update::UpdateRequest request;
  request.sync.projects = options.projects;
  request.sync.full = options.full;
  request.sync.quick = options.quick;
  request.sync.dry_run = options.dry_run;
  request.sync.allow_mass_delete = options.allow_mass_delete;
  request.files = !options.no_files;
  request.exports = !options.no_export;
  request.adopt = options.adopt;
  return request;
}

ExitCode sync_and_tell(const Config& config, const SyncOptions& options, SyncReport& report,
                       const std::stop_token& stop, CommandContext& context) {
  const sync::SyncResult result =
      update::run_update(config, request_of(options), context.env, report, stop);
  report.finish();
  tell(config, options, result, report, context);
  report.end(result);
  if (options.json) write_result(result, context.out);
  return result.exit;
}

}  // namespace

ExitCode run_sync(const SyncOptions& options, CommandContext& context) {
  env::Signals signals;
  const ReportStyle style = report_style(wanted_style(options), context);
  std::optional<SyncReport> report;  // with a thread, so not before root goes on as somebody else
  try {
    const Config config = context.load(Keep::secrets);
    signals.listen();
    report.emplace(style, context);
    return sync_and_tell(config, options, *report, signals.stop_token(), context);
  } catch (const Error& error) {
    if (style != ReportStyle::events) throw;
    if (!report) report.emplace(style, context);
    report->finish();
    report->end(error);
    return exit_code(error.code());
  }
}

}  // namespace nexus_mirror::cli
