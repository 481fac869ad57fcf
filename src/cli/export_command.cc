#include "cli/export_command.h"

#include <algorithm>
#include <set>

#include "cli/past_moment.h"
#include "cli/project_filter.h"
#include "cli/server_export_command.h"
#include "cli/text.h"
#include "env/signals.h"
#include "error/exit_status.h"
#include "exports/export_owner.h"
#include "exports/exports.h"
#include "exports/past_export.h"
#include "log/log.h"
#include "store/past/past.h"
#include "store/project_row.h"
#include "store/store.h"
#include "sync/sync.h"
#include "text/moment.h"

namespace nexus_mirror::cli {
namespace {

// Those of the mirror that --project means; without it all that were ever fetched whole.
std::vector<std::string> chosen_projects(const Config& config, const ExportOptions& options) {
  store::Database mirror(config.mirror, store::Use::query);
  if (!options.projects.empty()) return matching_projects(mirror, options.projects);
  std::vector<std::string> ids;
  for (const store::KnownProject& project : store::all_projects(mirror)) ids.push_back(project.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Tells what failed, and what nothing suits.
ExitCode tell(const exports::ExportReport& report, const std::vector<std::string>& formats,
              std::size_t projects, CommandContext& context) {
  ExitCode result = ExitCode::done;
  for (const std::string& format : formats) {
    const auto misfits = std::count_if(report.misfits.begin(), report.misfits.end(),
                                       [&](const auto& one) { return one.format == format; });
    if (misfits == 0 || misfits != static_cast<std::ptrdiff_t>(projects)) continue;
    context.notice("exporting " + format + ": no project suits it; name another --format");
    result = graver(result, ExitCode::usage);
  }
  for (const exports::ProjectError& failure : report.failures) {
    context.notice(failure.error.what());
    result = graver(result, exit_code(failure.error.code()));
  }
  return result;
}

// Those of then that --project means; without it all that had been fetched whole.
std::vector<std::string> projects_of_then(const Config& config, const store::AsOf& as_of,
                                          const std::vector<std::string>& patterns) {
  store::Snapshot snapshot(config.mirror);
  store::Past past(snapshot.database(), as_of);
  past.fill({"projects"});
  past.hide_exports();
  if (!patterns.empty()) return matching_projects(snapshot.database(), patterns);
  std::vector<std::string> ids;
  for (const store::KnownProject& project : store::all_projects(snapshot.database())) {
    const bool whole = store::was_fetched_whole(snapshot, project.id, objects::assets) &&
                       store::was_fetched_whole(snapshot, project.id, objects::annotations);
    if (whole) ids.push_back(project.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

ExitCode run_past_export(const ExportOptions& options, CommandContext& context) {
  env::Signals signals;
  const Config config = context.load();
  signals.listen();
  exports::PastRequest request;
  {
    store::Database mirror(config.mirror, store::Use::query);
    request.as_of = read_as_of("--at", options.at, mirror, context);
  }
  request.to = options.to;
  request.formats = options.formats;
  request.project_ids = projects_of_then(config, request.as_of, options.projects);
  const exports::ExportReport report =
      exports::export_past(config, request, context.env, signals.stop_token());
  const ExitCode result = tell(report, options.formats, request.project_ids.size(), context);
  log::info("exported " + std::to_string(request.project_ids.size()) + " projects as of sync " +
                std::to_string(request.as_of.sync_id) + " (" +
                text::moment_text(request.as_of.ended, context.zone) + ") to " + options.to + ", " +
                std::to_string(report.written.size()) + " files written",
            {});
  return result;
}

}  // namespace

ExitCode run_export(const ExportOptions& options, CommandContext& context) {
  if (options.server_format) {
    return run_server_export({*options.server_format, options.projects}, context);
  }
  if (!options.at.empty()) return run_past_export(options, context);
  env::Signals signals;
  const Config config = context.load();
  signals.listen();
  exports::refuse_foreign(config.mirror);
  const std::vector<std::string> chosen = chosen_projects(config, options);
  const auto lock = sync::lock_mirror(config);
  store::Store store(config.mirror, store::Access::write);
  store.set_now(context.env.now_ms());
  store.while_it_takes_long([&signals] { return !signals.stop_token().stop_requested(); });
  store.make_indexes();
  exports::ExportRequest request;
  request.formats = options.formats;
  request.everything = true;
  request.force = options.force;
  for (const std::string& id : chosen) {
    if (options.projects.empty() && !store.listings.is_whole(id)) {
      log::warning("its last sync was cut short: not exported; run 'nexus-mirror sync' first",
                   {{"project", id}});
      continue;
    }
    request.project_ids.push_back(id);
  }
  const exports::ExportReport report =
      exports::run_exports(config, store, context.env, request, signals.stop_token());
  report.written.for_each(
      [&](std::string_view file) { context.out.write(printable(file) + "\n"); });
  ExitCode result = tell(report, request.formats, request.project_ids.size(), context);
  std::set<std::string> failed;
  for (const exports::ProjectError& failure : report.failures) failed.insert(failure.project_id);
  if (report.by_name) {
    context.notice(report.by_name->what());
    result = graver(result, exit_code(report.by_name->code()));
  }
  log::info("exported " + std::to_string(request.project_ids.size() - failed.size()) +
                " projects, " + std::to_string(report.written.size()) + " files written",
            {});
  return result;
}

}  // namespace nexus_mirror::cli
