#include "cli/daemon_command.h"

#include "daemon/service.h"
#include "log/log.h"

namespace nexus_mirror::cli {

ExitCode run_daemon(const DaemonOptions& /*options*/, Session& session) {
  try {
    daemon::serve([&session] { return session.load(); }, session.env);
    return ExitCode::done;
  } catch (const Error& error) {
    log::error(error.what());  // in the log's format, like all else that a service says
    return exit_code(error.code());
  }
}

}  // namespace nexus_mirror::cli
