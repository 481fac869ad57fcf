#include "cli/files_command.h"

#include "cli/project_filter.h"
#include "content/content_folder.h"
#include "env/signals.h"
#include "files/sweep.h"
#include "files/verification.h"
#include "store/file_list.h"
#include "sync/sync.h"
#include "text/counted.h"
#include "text/json_writer.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

std::string files_text(std::int64_t files, std::int64_t bytes) {
  return text::counted(files, "file") + ", " + text::rough_size(static_cast<std::uint64_t>(bytes));
}

std::string verify_text(const files::Verification& result) {
  return files_text(result.files, result.bytes) + " read, " +
         std::to_string(result.damaged.size()) + " damaged" +
         (result.unreadable > 0 ? ", " + std::to_string(result.unreadable) + " could not be read\n"
                                : "\n");
}

std::string verify_json(const files::Verification& result) {
  text::JsonWriter json;
  json.begin_object();
  json.member("files", result.files);
  json.member("bytes", result.bytes);
  json.member("damaged", result.damaged);
  json.member("unreadable", result.unreadable);
  json.end_object();
  return json.take() + "\n";
}

std::string gc_json(const files::RemovedContent& removed, bool dry_run) {
  text::JsonWriter json;
  json.begin_object();
  json.member("files", removed.files);
  json.member("bytes", removed.bytes);
  json.member("dry_run", dry_run);
  json.end_object();
  return json.take() + "\n";
}

}  // namespace

std::vector<std::string> file_columns() {
  return {"entity", "entity_id", "project_id", "filename", "status",
          "bytes",  "sha256",    "path",       "error"};
}

ExitCode run_files(const FilesOptions& options, CommandContext& context) {
  const Config config = context.load();
  store::Database mirror(config.mirror, store::Use::query);
  std::vector<std::string> project_ids;
  if (!options.projects.empty()) project_ids = matching_projects(mirror, options.projects);
  const auto writer = make_row_writer(options.format, context.out, {{}, {"path"}});
  writer->begin(file_columns());
  store::for_each_file(mirror, project_ids, options.missing, [&](const store::ListedFile& file) {
    writer->row({file.entity, file.entity_id, file.project_id, store::value_of(file.filename),
                 file.status, store::value_of(file.bytes), store::value_of(file.sha256),
                 store::value_of(file.path), store::value_of(file.error)});
  });
  writer->end();
  return ExitCode::done;
}

ExitCode run_files_verify(const FilesVerifyOptions& options, CommandContext& context) {
  env::Signals signals;
  const Config config = context.load();
  signals.listen();
  files::VerifyRequest request;
  request.percent = options.percent;
  const files::Verification result =
      files::verify_content(config, request, context.env, signals.stop_token());
  for (const std::string& sha256 : result.damaged) {
    context.notice("verifying " + content::content_path(config.content_dir(), sha256).string() +
                   ": it is not what it was; the next sync fetches it anew");
  }
  for (const std::string& reason : result.unreadable_reasons) context.notice(reason);
  context.out.write(options.json ? verify_json(result) : verify_text(result));
  if (result.stopped) {
    throw Error(ErrorCode::interrupted, "verifying", "files", "asked to stop");
  }
  return result.damaged.empty() && result.unreadable == 0 ? ExitCode::done : ExitCode::partial;
}

ExitCode run_files_gc(const FilesGcOptions& options, CommandContext& context) {
  const Config config = context.load();
  files::RemovedContent removed;
  if (options.dry_run) {
    removed = files::find_unused(config, context.env.now_ms());
  } else {
    const auto lock = sync::lock_mirror(config);
    // One that is not there is not made.
    { const store::Database there(config.mirror, store::Use::query); }
    store::Store mirror(config.mirror, store::Access::write);
    removed = files::remove_unused(config, true, context.env.now_ms(), mirror);
  }
  context.out.write(options.json ? gc_json(removed, options.dry_run)
                                 : files_text(removed.files, removed.bytes) +
                                       (options.dry_run ? " would go\n" : " removed\n"));
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
