#include "cli/server_export_command.h"

#include "cli/job_line.h"
#include "env/signals.h"
#include "log/log.h"
#include "update/server_export.h"

namespace nexus_mirror::cli {

ExitCode run_server_export(const ServerExportOptions& options, CommandContext& context) {
  if (options.projects.empty()) {
    throw Error(ErrorCode::usage, "exporting on the server", "--server " + options.format,
                "--project is missing", "name the project; each export is a job on the server");
  }
  env::Signals signals;
  const Config config = context.load(Keep::secrets);
  signals.listen();
  JobLine line(context.console.err_fd, detect_terminal(context.console.err_fd));
  const auto exports = update::export_on_server(config, {options.format, options.projects},
                                                context.env, line, signals.stop_token());
  line.clear();
  ExitCode result = ExitCode::done;
  for (const update::ServerExport& each : exports) {
    if (!each.error.empty()) {
      context.notice(each.error);
      result = ExitCode::partial;
      continue;
    }
    log::info("unpacked the server's export", {{"project", each.project_name},
                                               {"folder", each.folder.native()},
                                               {"files", each.files},
                                               {"bytes", each.bytes}});
    context.out.write(each.folder.string() + "\n");
  }
  return result;
}

}  // namespace nexus_mirror::cli
