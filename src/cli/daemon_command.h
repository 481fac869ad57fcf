// `nexus-mirror daemon`: syncs on a schedule until told to stop.
#pragma once

#include "cli/session.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct DaemonOptions {};

// What ends it is in the log.
ExitCode run_daemon(const DaemonOptions& options, Session& session);

}  // namespace nexus_mirror::cli
