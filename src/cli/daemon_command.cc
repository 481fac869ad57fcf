#include "cli/daemon_command.h"

#include "daemon/service.h"

namespace nexus_mirror::cli {

ExitCode run_daemon(const DaemonOptions& /*options*/, Session& session) {
  daemon::serve([&session] { return session.load(); }, session.env);
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
