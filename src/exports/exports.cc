#include "exports/exports.h"

#include "exports/format_list.h"
#include "exports/index.h"
#include "exports/project_export.h"
#include "log/log.h"

namespace nexus_mirror::exports {
namespace {

// Runs one project; what fails with it alone goes into the report.
void export_project(ExportContext& context, const std::string& id, ExportReport& report) {
  try {
    const std::vector<std::string> written = ProjectExport(context, id).run();
    report.written.insert(report.written.end(), written.begin(), written.end());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) {
      throw Error(ErrorCode::interrupted, "exporting", "project " + id, "asked to stop",
                  "the next sync or export goes on");
    }
    if (error.code() == ErrorCode::machine) throw;
    report.failures.push_back({id, error});
  } catch (const std::filesystem::filesystem_error& error) {
    report.failures.push_back({id, Error(ErrorCode::exports, "exporting", "project " + id,
                                         error.what(), "look at [mirror] export_dir")});
  }
}

}  // namespace

ExportReport run_exports(const Config& config, store::Store& store, Env& env,
                         const ExportRequest& request, const std::stop_token& stop) {
  ExportContext context{config, store, env, request, stop};
  ExportReport report;
  for (const std::string& id : request.project_ids) export_project(context, id, report);
  store::Snapshot snapshot(config.mirror);
  for (std::string& file : write_index(snapshot, config.mirror.export_dir, env.now_ms())) {
    report.written.push_back(std::move(file));
  }
  return report;
}

}  // namespace nexus_mirror::exports
