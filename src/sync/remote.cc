// What commands other than `sync` ask of the server.
#include <limits>
#include <set>

#include "error/exit_status.h"
#include "log/log.h"
#include "nexus/artifact_listing.h"
#include "objects/columns.h"
#include "sync/unmatched.h"
#include "sync/workspace_sync.h"

namespace nexus_mirror::sync {
namespace {

// Why a link of this project may be older than it could be; empty when none is.
std::string unseen_models(const nexus::ArtifactListing& listing) {
  if (listing.models_not_given) return listing.models_not_given->what();
  if (listing.models_out_of_sight) {
    return "reading models: the server lists an artifact that it then does not know; its links "
           "stay "
           "as they are";
  }
  for (const auto* const kind : {&listing.unreadable, &listing.unreadable_models}) {
    if (kind->empty()) continue;
    const nexus::UnreadableRow& row = kind->front();
    return "reading models: " + (row.id.empty() ? "a row without an id" : row.id) + ": " +
           row.reason + "; its links stay as they are";
  }
  return {};
}

}  // namespace

SyncResult refresh_links(const Config& config, const std::vector<std::string>& patterns, Env& env,
                         Observer& observer, const std::stop_token& stop,
                         const AfterPasses& after_passes) {
  const auto lock = lock_mirror(config);
  store::Store store(config.mirror, store::Access::write);
  // Every link is renewed: whoever asks for this wants all the time there is.
  store.set_now(env.now_ms());
  store.renew_links_before(std::numeric_limits<std::int64_t>::max());
  SyncRequest request;
  request.projects = patterns;
  SyncResult result;
  auto writer = std::make_unique<WriterThread>(store);
  std::size_t matched = 0;
  std::vector<store::KnownProject> known;
  for (const WorkspaceConfig& workspace : config.workspaces) {
    WorkspaceSync sync(config, workspace, request, env, observer, stop);
    const SelectedProjects selected = sync.select(nullptr, result.rows);
    known.insert(known.end(), selected.configured.begin(), selected.configured.end());
    const nexus::Client client = sync.client();
    const auto warn = [&result](const std::string& problem, const std::string& project) {
      log::warning(problem, {{"project", project}});
      result.exit = ExitCode::partial;
    };
    for (const ProjectResult& unreadable : selected.unreadable) {
      ++matched;
      warn(unreadable.error, unreadable.id);
    }
    for (const objects::RowBatch& row : selected.projects) {
      const std::string id = objects::text_of(row, 0, "id");
      ++matched;
      try {
        const nexus::ArtifactListing listing = nexus::list_artifacts(client, {id, nullptr}, stop);
        result.rows += writer->run(
            [&](store::Store& mirror) { return mirror.tables.renew_links(listing.models); });
        result.projects.push_back({id, id, Outcome::ok, {}, {}});
        if (const std::string why = unseen_models(listing); !why.empty()) warn(why, id);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::machine) throw;
        warn(error.what(), id);
      }
    }
  }
  if (matched == 0 && !patterns.empty()) {
    throw Error(ErrorCode::usage, "refreshing links of", "--project " + patterns.front(),
                "no project of the configured workspaces has this name or id",
                did_you_mean_project(patterns.front(), known,
                                     "nexus-mirror status lists those that the mirror has"));
  }
  writer.reset();
  if (after_passes) after_passes(result, store);
  return result;
}

namespace {

void compare_project(const objects::RowBatch& row, store::Store& store,
                     std::vector<CountDifference>& differences) {
  const std::string id = objects::text_of(row, 0, "id"), name = objects::text_of(row, 0, "name");
  if (!store.tables.has_project(id)) differences.push_back({id, name, "projects", 0, 1});
  const auto check = [&](const objects::Table& table, std::string_view column) {
    const std::int64_t here = store.tables.count(table, id);
    const std::int64_t there = objects::integer_of(row, 0, column).value_or(-1);
    if (there < 0 || here == there) return;
    differences.push_back({id, name, std::string(table.name), here, there});
  };
  check(objects::assets, "total_assets");
  check(objects::annotations, "total_annotations");
}

}  // namespace

CountComparison compare_counts(const Config& config, Env& env, const std::stop_token& stop) {
  store::Store store(config.mirror, store::Access::dry_run);
  CountComparison comparison;
  Observer nobody;
  std::set<std::string, std::less<>> compared;  // several keys may see one project
  for (const WorkspaceConfig& workspace : config.workspaces) {
    SyncRequest request;
    store::RowCounts none;
    try {
      WorkspaceSync sync(config, workspace, request, env, nobody, stop);
      for (const objects::RowBatch& row : sync.select(nullptr, none).projects) {
        if (!compared.insert(objects::text_of(row, 0, "id")).second) continue;
        compare_project(row, store, comparison.differences);
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::machine) throw;
      comparison.unread.push_back(error);
    }
  }
  if (comparison.unread.size() == config.workspaces.size()) {
    throw first_with(exit_code(comparison.unread, config.workspaces.size()), comparison.unread);
  }
  return comparison;
}

}  // namespace nexus_mirror::sync
