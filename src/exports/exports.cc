#include "exports/exports.h"

#include <optional>

#include "exports/by_name.h"
#include "exports/export_owner.h"
#include "exports/forgotten.h"
#include "exports/index.h"
#include "exports/project_export.h"
#include "log/log.h"
#include "store/export_index.h"
#include "store/mirror_state.h"
#include "text/counted.h"

namespace nexus_mirror::exports {
namespace {

// While exports are made. An export writes the rows of its files in the order of their paths, at
// the end of a table's key, and has 32 MiB for all that it does.
class LittleInMemory {
 public:
  explicit LittleInMemory(store::Store& store) : store_(store) {
    store_.keep_little_in_memory(true);
  }
  ~LittleInMemory() { store_.keep_little_in_memory(false); }
  LittleInMemory(const LittleInMemory&) = delete;
  LittleInMemory& operator=(const LittleInMemory&) = delete;

 private:
  store::Store& store_;
};

// Runs one project; what fails with it alone goes into the report. `renewed` counts those whose
// files are made anew since the rules have changed.
void export_project(ExportContext& context, const std::string& id, ExportReport& report,
                    int& renewed) {
  std::optional<ProjectExport> project;
  const auto tell = [&](const std::optional<Error>& error) {
    if (project) {
      for (const Error& trouble : project->troubles()) report.failures.push_back({id, trouble});
    }
    if (error) report.failures.push_back({id, *error});
  };
  try {
    project.emplace(context, id);
    project->run(report.written);
    for (const store::ExportMisfit& misfit : project->misfits()) {
      report.misfits.push_back({id, misfit.format});
    }
    renewed += project->by_other_rules() ? 1 : 0;
    tell(project->waits());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) return tell(error);
    tell(std::nullopt);
    throw Error(ErrorCode::interrupted, "exporting", "project " + id, "asked to stop",
                context.past == nullptr ? "the next sync or export goes on" : "run it again");
  } catch (const std::filesystem::filesystem_error& error) {
    tell(Error(ErrorCode::exports, "exporting", "project " + id, error.what(),
               "look at [mirror] export_dir"));
  }
}

// by-name and index.json, of what there is now; also where that is nothing since projects were
// forgotten.
void update_index(const ExportContext& context, bool also_empty, ExportReport& report) {
  const std::filesystem::path& export_dir = context.config.mirror.export_dir;
  try {
    store::Snapshot snapshot(context.config.mirror);
    const auto projects = store::read_export_index(snapshot);
    if (!projects.empty()) {
      const auto trouble = update_by_name(export_dir / "by-name", projects,
                                          store::project_links(snapshot), context.store.exports);
      if (trouble) report.troubles.push_back(*trouble);
    }
    for (const std::string& file :
         write_index(snapshot, export_dir, context.env.now_ms(), also_empty)) {
      report.written.add(file);
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    report.troubles.push_back(error);
  }
}

}  // namespace

int export_projects(ExportContext& context, ExportReport& report) {
  int renewed = 0;
  for (const std::string& id : context.request.project_ids) {
    export_project(context, id, report, renewed);
    context.steps.finish(id);
  }
  return renewed;
}

void run_exports(const Config& config, store::Store& store, Env& env, const ExportRequest& request,
                 const std::stop_token& stop, ExportReport& report) {
  // What the other mirror has written there since is nowhere written down.
  if (request.adopt) store.exports.mark_all(store::ExportMark::files);
  take_export_dir(config.mirror.export_dir,
                  store::mirror_id(store::Snapshot(config.mirror).database()), request.adopt);
  const std::vector<std::string> forgotten = remove_forgotten(config, store, report);
  const LittleInMemory little(store);
  ExportSteps steps(request, config.mirror);
  ExportContext context{config, store, env, request, stop, steps};
  if (const int renewed = export_projects(context, report); renewed > 0) {
    log::info("the rules by which exports are made have changed with this version: the files of " +
              text::counted(renewed, "project") +
              " were made anew; the README says what is different (\"Exports of an earlier "
              "version\")");
  }
  update_index(context, !forgotten.empty(), report);
  for (const std::string& id : forgotten) store.exports.settle_forgotten(id);
}

}  // namespace nexus_mirror::exports
