#include "cli/export_command.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "cli/past_export_command.h"
#include "cli/past_moment.h"
#include "cli/project_filter.h"
#include "cli/server_export_command.h"
#include "cli/sync_report.h"
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
#include "text/joined.h"
#include "update/export_changes.h"

namespace nexus_mirror::cli {
namespace {

namespace fs = std::filesystem;

// Those of the mirror that --project means; without it all that were ever fetched whole.
std::vector<std::string> chosen_projects(const Config& config, const ExportOptions& options) {
  store::Database mirror(config.mirror, store::Use::query);
  if (!options.projects.empty()) return matching_projects(mirror, options.projects);
  std::vector<std::string> ids;
  for (const store::KnownProject& project : store::all_projects(mirror)) ids.push_back(project.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

// The folder whose files are told of together: a format's of a project, or where the file lies.
fs::path told_folder(std::string_view file, const fs::path& export_dir) {
  const fs::path path(file), below = path.lexically_relative(export_dir);
  auto part = below.begin();
  const fs::path project = part == below.end() ? fs::path() : *part++;
  if (part == below.end() || *part != "annotations") return path.parent_path();
  const fs::path annotations = *part++;
  if (part == below.end()) return path.parent_path();
  return export_dir / project / annotations / *part;
}

// How many files each folder got; with -v their paths, of which there may be as many as images.
void tell_written(const env::PathList& written, const Config& config, CommandContext& context) {
  if (log::enabled(log::Level::debug)) {
    return written.for_each(
        [&](std::string_view file) { context.out.write(printable(file) + "\n"); });
  }
  std::map<std::string, std::int64_t> folders;
  written.for_each([&](std::string_view file) {
    ++folders[told_folder(file, config.mirror.export_dir).string()];
  });
  for (const auto& [folder, files] : folders) {
    context.out.write(printable(folder) + ": " + text::counted(files, "file") + " written\n");
  }
}

// Says what was written also where a stop comes between.
exports::ExportReport write_exports(const Config& config, store::Store& store,
                                    exports::ExportRequest& request, const std::stop_token& stop,
                                    CommandContext& context) {
  SyncReport shown(report_style({}, context), context);
  request.step = [&](const exports::ExportStep& step) {
    shown.exporting(update::progress_of(step));
  };
  exports::ExportReport report;
  const auto tell = [&] {
    shown.finish();
    for (const std::string& trouble : shown.take_troubles()) log::warning(trouble);
    tell_written(report.written, config, context);
  };
  try {
    exports::run_exports(config, store, context.env, request, stop, report);
  } catch (...) {
    tell();
    for (const exports::ProjectError& failure : report.failures) {
      context.notice(failure.error.what());
    }
    throw;
  }
  tell();
  return report;
}

// What a sync has not brought to its end is no data set.
void tell_unfinished(const Config& config, const std::vector<std::string>& ids,
                     const CommandContext& context) {
  constexpr std::size_t kMost = 5;
  store::Database mirror(config.mirror, store::Use::query);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < ids.size() && i < kMost; ++i) {
    const auto project = store::find_project(mirror, ids[i]);
    names.push_back(name_or_id(project ? project->name : "", ids[i]));
  }
  const std::size_t more = ids.size() - names.size();
  context.notice("exporting " + text::joined(names, ", ") +
                 (more > 0 ? " and " + std::to_string(more) + " more" : std::string()) +
                 ": not exported, their last sync was cut short; run 'nexus-mirror sync' first");
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
  std::vector<std::string> unfinished;
  for (const std::string& id : chosen) {
    const bool whole = !options.projects.empty() || store.listings.is_whole(id);
    (whole ? request.project_ids : unfinished).push_back(id);
  }
  const exports::ExportReport report =
      write_exports(config, store, request, signals.stop_token(), context);
  ExitCode result = tell_report(report, request.formats, request.project_ids.size(), context);
  if (!unfinished.empty()) {
    tell_unfinished(config, unfinished, context);
    result = graver(result, ExitCode::partial);
  }
  std::set<std::string> failed;
  for (const exports::ProjectError& failure : report.failures) failed.insert(failure.project_id);
  log::info("exported " + text::counted(request.project_ids.size() - failed.size(), "project") +
            ", " + text::counted(report.written.size(), "file") + " written");
  return result;
}

}  // namespace nexus_mirror::cli
