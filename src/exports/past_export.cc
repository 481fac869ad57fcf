#include "exports/past_export.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <tuple>

#include "content/content_folder.h"
#include "env/file.h"
#include "env/replace_file.h"
#include "exports/project_export.h"
#include "exports/whole_folder.h"
#include "store/mirror_state.h"
#include "store/past/past_files.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;

// In each folder that a call has made, so that the next may replace it.
constexpr const char* kMadeBy = ".nexus-mirror-at";
// What the export writes down on its way, which goes at its end.
constexpr const char* kRecords = ".records";

[[noreturn]] void refuse(const fs::path& to, const std::string& reason) {
  throw Error(ErrorCode::usage, "exporting to", to.string(), reason,
              "name a folder with --to that is new, empty, or made by an earlier --at");
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end() || (end != folder.begin() && end->empty());
}

fs::path whole_path(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::weakly_canonical(fs::absolute(path), error);
  if (error) whole = fs::absolute(path).lexically_normal();
  return whole.filename().empty() ? whole.parent_path() : whole;
}

// It is replaced whole: nothing of anybody else's may be in it.
void check_target(const Config& config, const fs::path& to) {
  const fs::path exports = whole_path(config.mirror.export_dir);
  if (is_within(to, exports)) refuse(to, "it lies in the export directory");
  for (const fs::path& kept :
       {exports, whole_path(config.content_dir()), whole_path(config.mirror.database)}) {
    if (is_within(kept, to)) refuse(to, kept.string() + " lies in it");
    if (is_within(to, kept)) refuse(to, "it lies in " + kept.string());
  }
  std::error_code error;
  const auto status = fs::symlink_status(to, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) refuse(to, "it is no folder");
  const bool empty = fs::is_empty(to, error);
  if (error) refuse(to, error.message());
  if (!empty && !fs::is_regular_file(to / kMadeBy, error)) {
    refuse(to, "it holds files that no --at has made");
  }
}

void write_owner(const fs::path& folder, const std::string& mirror_id) {
  const auto made = env::replace_file(folder / kMadeBy, folder / (kMadeBy + std::string(".new")),
                                      mirror_id + "\n", 0644);
  if (made.error != 0) throw_io(made.error, made.doing, made.path);
}

}  // namespace

void show_past_images(const ExportContext& context, store::Snapshot& snapshot,
                      const std::string& project_id) {
  const fs::path content = context.config.content_dir();
  store::Database records(context.config.mirror, store::Use::write);
  store::show_past_files(snapshot, context.past->as_of, project_id, records,
                         [&](const std::string& sha256) -> std::optional<std::int64_t> {
                           std::error_code error;
                           const auto bytes =
                               fs::file_size(content::content_path(content, sha256), error);
                           if (error) return std::nullopt;
                           return static_cast<std::int64_t>(bytes);
                         });
}

ExportReport export_past(const Config& config, const PastRequest& request, Env& env,
                         const std::stop_token& stop) {
  if (request.to.empty()) refuse("''", "it is no name of a folder");
  const fs::path to = whole_path(request.to);
  check_target(config, to);
  std::ignore = env::make_folders(to.parent_path());
  WholeFolder folder(to, "exporting");
  const std::string mirror_id = store::mirror_id_at(config.mirror);

  Config own = config;
  own.mirror.export_dir = folder.path();
  own.mirror.database = folder.path() / kRecords / "mirror.db";
  own.files.dir = config.content_dir();
  own.export_model_links = false;
  ExportRequest exported;
  exported.project_ids = request.project_ids;
  exported.formats = request.formats;
  exported.everything = true;
  exported.step = request.step;
  const PastSource past{config.mirror, request.as_of};
  ExportReport report;
  {
    store::make_records(own.mirror, mirror_id);
    store::Store store(own.mirror, store::Access::write);
    ExportSteps steps(exported, past.mirror);
    ExportContext context{own, store, env, exported, stop, steps, &past};
    export_projects(context, report);
  }
  // What has no room, or no disk, takes the place of nothing.
  for (const ProjectError& failure : report.failures) {
    if (failure.error.code() == ErrorCode::machine) throw Error(failure.error);
  }
  if (const int error = env::remove_tree(folder.path() / kRecords); error != 0) {
    throw_io(error, "removing", folder.path() / kRecords);
  }
  write_owner(folder.path(), mirror_id);
  folder.put_in_place();
  return report;
}

}  // namespace nexus_mirror::exports
