// What reading commands ask of the server: the only functions of theirs that need the network.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

// Fetches new model download links for the projects that `projects` (names, ids, globs; empty =
// all configured) mean and stores them in the mirror. Returns partial when some project failed
// (each is logged). Throws Error.
ExitCode refresh_links(const Config& config, const std::vector<std::string>& projects, Env& env,
                       const std::stop_token& stop);

// A count that the mirror and the server do not agree on.
struct CountDifference {
  std::string project_id;
  std::string project_name;
  std::string kind;  // a table name
  std::int64_t mirror = 0;
  std::int64_t server = 0;
};

// Compares the mirror's counts with the server's own, for all configured projects; writes nothing.
// Throws Error.
std::vector<CountDifference> compare_with_server(const Config& config, Env& env,
                                                 const std::stop_token& stop);

}  // namespace nexus_mirror::cli
