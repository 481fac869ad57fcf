#include "cli/online.h"

#include "sync/sync.h"
#include "update/run_update.h"

namespace nexus_mirror::cli {

ExitCode refresh_links(const Config& config, const std::vector<std::string>& projects, Env& env,
                       const std::stop_token& stop) {
  sync::Observer nobody;
  return update::refresh_links(config, projects, env, nobody, stop).exit;
}

std::vector<CountDifference> compare_with_server(const Config& config, Env& env,
                                                 const std::stop_token& stop) {
  std::vector<CountDifference> differences;
  for (auto& found : sync::compare_counts(config, env, stop)) {
    differences.push_back({std::move(found.project_id), std::move(found.project_name),
                           std::move(found.kind), found.mirror, found.server});
  }
  return differences;
}

}  // namespace nexus_mirror::cli
