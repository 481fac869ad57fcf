// Annotation exports that Nexus makes, downloaded and unpacked: `export --server`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "sync/server_requests.h"

namespace nexus_mirror::update {

struct ServerExportRequest {
  std::string format;                 // the server's name of it
  std::vector<std::string> projects;  // names, ids or globs; at least one
};

struct ServerExport {
  std::string project_id, project_name;
  std::filesystem::path folder;  // <export_dir>/<project_id>/server/<format>; empty when it failed
  std::int64_t files = 0, bytes = 0;
  std::string error;  // one line; empty when all went well
};

// Asks the server for an export of each project that is meant, one after the other, and unpacks
// them. split_ratio, seed and normalized go along as the project's [[export]] block says. With one
// project everything is thrown; of several, what fails with one alone is in its `error`. Throws
// Error: usage (a format that is no name, no such project), and what sync::ServerRequests,
// download() and exports::unpack() throw. The mirror's lock is held for moments only.
std::vector<ServerExport> export_on_server(const Config& config, const ServerExportRequest& request,
                                           Env& env, sync::JobObserver& observer,
                                           const std::stop_token& stop);

}  // namespace nexus_mirror::update
