#include "cli/daemon_command.h"

#include "daemon/service.h"
#include "log/log.h"

namespace nexus_mirror::cli {

ExitCode run_daemon(const DaemonOptions& /*options*/, CommandContext& context) {
  try {
    daemon::serve([&context] { return context.load(Keep::secrets); }, context.env, context.zone);
    return ExitCode::done;
  } catch (const Error& error) {
    log::error(error.what());  // in the log's format, like all else that a service says
    return exit_code(error.code());
  }
}

}  // namespace nexus_mirror::cli
