#include "cli/past_export_command.h"

#include <algorithm>

#include "cli/project_filter.h"
#include "env/signals.h"
#include "error/exit_status.h"
#include "exports/past_export.h"
#include "log/log.h"
#include "objects/table.h"
#include "store/past/past.h"
#include "store/project_row.h"
#include "store/snapshot.h"
#include "text/counted.h"
#include "text/moment.h"

namespace nexus_mirror::cli {
namespace {

// Those of then that --project means; without it all that had been fetched whole.
std::vector<std::string> projects_of_then(const Config& config, const store::AsOf& as_of,
                                          const std::vector<std::string>& patterns) {
  store::Database mirror(config.mirror, store::Use::query);
  mirror.begin_reading();
  store::Past past(mirror, as_of);
  past.fill({"projects"});
  past.hide_exports();
  if (!patterns.empty()) return matching_projects(mirror, patterns);
  std::vector<std::string> ids;
  for (const store::KnownProject& project : store::all_projects(mirror)) {
    const bool whole = store::was_fetched_whole(mirror, project.id, objects::assets) &&
                       store::was_fetched_whole(mirror, project.id, objects::annotations);
    if (whole) ids.push_back(project.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

ExitCode run_past_export(const Config& config, const store::AsOf& as_of,
                         const PastExportOptions& options, CommandContext& context) {
  env::Signals signals;
  signals.listen();
  exports::PastRequest request{as_of, options.to, {}, options.formats};
  request.project_ids = projects_of_then(config, request.as_of, options.projects);
  const exports::ExportReport report =
      exports::export_past(config, request, context.env, signals.stop_token());
  const ExitCode result = tell_report(report, options.formats, request.project_ids.size(), context);
  log::info("exported " + text::counted(request.project_ids.size(), "project") + " as of sync " +
                std::to_string(request.as_of.sync_id) + " (" +
                text::moment_text(request.as_of.ended, context.zone) + ") to " + options.to + ", " +
                text::counted(report.written.size(), "file") + " written",
            {});
  return result;
}

ExitCode tell_report(const exports::ExportReport& report, const std::vector<std::string>& formats,
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
  for (const Error& trouble : report.troubles) {
    context.notice(trouble.what());
    result = graver(result, exit_code(trouble.code()));
  }
  return result;
}

}  // namespace nexus_mirror::cli
