#include "cli/export_command.h"

#include <algorithm>
#include <set>

#include "cli/past_export_command.h"
#include "cli/past_moment.h"
#include "cli/project_filter.h"
#include "cli/server_export_command.h"
#include "cli/text.h"
#include "env/signals.h"
#include "error/exit_status.h"
#include "exports/export_owner.h"
#include "exports/exports.h"
#include "log/log.h"
#include "store/project_row.h"
#include "store/store.h"
#include "sync/sync.h"
#include "text/counted.h"

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

// Says what was written also where a stop comes between.
exports::ExportReport write_exports(const Config& config, store::Store& store,
                                    const exports::ExportRequest& request,
                                    const std::stop_token& stop, CommandContext& context) {
  exports::ExportReport report;
  const auto tell_written = [&] {
    report.written.for_each(
        [&](std::string_view file) { context.out.write(printable(file) + "\n"); });
  };
  try {
    exports::run_exports(config, store, context.env, request, stop, report);
  } catch (...) {
    tell_written();
    for (const exports::ProjectError& failure : report.failures) {
      context.notice(failure.error.what());
    }
    throw;
  }
  tell_written();
  return report;
}

ExitCode run_export_at(const ExportOptions& options, CommandContext& context) {
  const Config config = context.load();
  store::AsOf as_of;
  {
    store::Database mirror(config.mirror, store::Use::query);
    as_of = read_as_of("--at", options.at, mirror, context);
  }
  return run_past_export(config, as_of, {options.to, options.projects, options.formats}, context);
}

}  // namespace

ExitCode run_export(const ExportOptions& options, CommandContext& context) {
  if (options.server_format) {
    return run_server_export({*options.server_format, options.projects}, context);
  }
  if (!options.at.empty()) return run_export_at(options, context);
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
      write_exports(config, store, request, signals.stop_token(), context);
  const ExitCode result = tell_report(report, request.formats, request.project_ids.size(), context);
  std::set<std::string> failed;
  for (const exports::ProjectError& failure : report.failures) failed.insert(failure.project_id);
  log::info("exported " + text::counted(request.project_ids.size() - failed.size(), "project") +
                ", " + text::counted(report.written.size(), "file") + " written",
            {});
  return result;
}

}  // namespace nexus_mirror::cli
