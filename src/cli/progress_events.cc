#include "cli/progress_events.h"

#include "cli/json_text.h"
#include "env/takes_bytes.h"
#include "text/json_writer.h"

namespace nexus_mirror::cli {
namespace {

using Phase = ProgressPicture::Phase;
using Doing = sync::ExportProgress::Doing;

std::string_view phase_name(const ProgressPicture& picture) {
  switch (picture.phase) {
    case Phase::starting:
      return "starting";
    case Phase::rows:
      return "sync";
    case Phase::files:
      return "files";
    case Phase::exports:
      break;
  }
  switch (picture.exports->doing) {
    case Doing::writing:
      return "exports";
    case Doing::renaming:
      return "renaming";
    case Doing::placing:
      break;
  }
  return "placing";
}

// Rows, files or images a second, as the phase counts.
std::int64_t pace_of(const ProgressPicture& picture) {
  if (picture.phase == Phase::files) return rate(picture.files->files, picture.files_ms);
  if (picture.phase == Phase::exports) {
    return rate(picture.exports->images_done, picture.exports_ms);
  }
  return rate(picture.rows.came, picture.rows.elapsed_ms);
}

// Of what: the project, and how far it is in this phase.
void write_project(text::JsonWriter& json, const ProgressPicture& picture) {
  const bool exports = picture.phase == Phase::exports;
  const bool rows = picture.phase == Phase::rows && picture.latest;
  const std::string id = exports ? picture.exports->project_id : rows ? picture.latest->id : "";
  const std::string name = exports ? picture.exports->project_name
                           : rows  ? picture.latest->name
                                   : "";
  json.member("project_id", unless_empty(id));
  json.member("project", unless_empty(name));
  json.member("rows", exports ? std::optional(picture.exports->done)
                      : rows  ? std::optional(picture.latest->rows.done)
                              : std::nullopt);
  json.member("total", exports ? std::optional(picture.exports->total)
                       : rows  ? picture.latest->rows.total
                               : std::nullopt);
}

}  // namespace

ProgressEvents::ProgressEvents(int fd) : fd_(fd), output_(fd, "standard error", Terminal{}) {}

void ProgressEvents::start(const ProgressPicture& picture) {
  text::JsonWriter json;
  json.begin_object();
  json.member("event", "start");
  json.key("sync_id");
  picture.sync_id == 0 ? json.value(nullptr) : json.value(picture.sync_id);
  json.member("mode", unless_empty(picture.mode));
  json.member("projects", picture.projects);
  json.end_object();
  put(json.take());
}

void ProgressEvents::progress(const ProgressPicture& picture) {
  text::JsonWriter json;
  json.begin_object();
  json.member("event", "progress");
  json.member("phase", phase_name(picture));
  write_project(json, picture);
  json.member("rows_per_s", pace_of(picture));
  const sync::FilesProgress files = picture.files.value_or(sync::FilesProgress());
  json.member("files", files.files);
  json.member("files_total", files.total);
  json.member("bytes", files.bytes);
  json.member("bytes_total", files.total_bytes);
  json.member("bytes_per_s", rate(files.bytes, picture.files_ms));
  json.member("eta_s", seconds_left(picture));
  json.begin_object("whole");
  json.member("rows", picture.rows.done);
  json.member("total", picture.rows.total);
  json.member("projects", picture.projects);
  json.member("finished", picture.finished);
  json.end_object();
  json.end_object();
  put(json.take());
}

void ProgressEvents::error(std::string_view project, std::string_view message) {
  text::JsonWriter json;
  json.begin_object();
  json.member("event", "error");
  json.member("project", unless_empty(project));
  json.member("message", message);
  json.end_object();
  put(json.take());
}

void ProgressEvents::end(const sync::SyncResult& result) {
  text::JsonWriter json;
  json.begin_object();
  json.member("event", "end");
  json.member("result", name_of(result.result));
  json.member("exit", static_cast<int>(result.exit));
  json.member("rows", result.rows.inserted + result.rows.updated + result.rows.deleted);
  json.member("files", result.files.fetched);
  json.member("exports", result.exports.size());
  json.member("inserted", result.rows.inserted);
  json.member("updated", result.rows.updated);
  json.member("deleted", result.rows.deleted);
  json.end_object();
  put(json.take());
}

void ProgressEvents::put(const std::string& line) {
  const std::lock_guard lock(mutex_);
  constexpr int kPatienceMs = 3000;
  open_ = open_ && env::takes_bytes(fd_, kPatienceMs);
  if (!open_) return;
  try {
    output_.write(line + "\n");
    output_.flush();
  } catch (const OutputClosed&) {
    open_ = false;
  } catch (const OutputFailed&) {
    open_ = false;
  }
}

}  // namespace nexus_mirror::cli
