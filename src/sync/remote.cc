// What commands other than `sync` ask of the server.
#include <limits>

#include "log/log.h"
#include "sync/workspace_sync.h"

namespace nexus_mirror::sync {
namespace {

std::int64_t whole(const objects::Cell& cell) {
  return cell.type == objects::Cell::Type::integer ? cell.integer : -1;
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
  for (const WorkspaceConfig& workspace : config.workspaces) {
    WorkspaceSync sync(config, workspace, request, env, observer, stop);
    const SelectedProjects selected = sync.select(nullptr, result.rows);
    const nexus::Client client = sync.client();
    for (const objects::RowBatch& row : selected.projects) {
      const std::string id(row.row(0)[0].text());
      const nexus::Context context{id, nullptr};
      ++matched;
      try {
        nexus::ArtifactExports exports;
        std::vector<nexus::Unreadable> unreadable;
        const nexus::Endpoint& endpoint = nexus::endpoint_of(objects::artifacts);
        nexus::decode_exports(client.list(endpoint, id, {}, stop), context, exports, unreadable);
        for (const auto& named : exports.named) {
          const auto models = client.artifact_exports(id, named.artifact_id, stop);
          if (!models) continue;
          nexus::decode_models(*models, context, named.artifact_id, exports.models, unreadable);
        }
        result.rows +=
            writer->run([&](store::Store& mirror) { return mirror.tables.renew_links(exports.models); });
        result.projects.push_back({id, id, Outcome::ok, {}, {}});
      } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::mirror) throw;
        log::warning(error.what(), {{"project", id}});
        result.exit = ExitCode::partial;
      }
    }
  }
  if (matched == 0 && !patterns.empty()) {
    throw Error(ErrorCode::usage, "refreshing links of", "--project " + patterns.front(),
                "no project of the configured workspaces has this name or id");
  }
  writer.reset();
  if (after_passes) after_passes(result, store);
  return result;
}

std::vector<CountDifference> compare_counts(const Config& config, Env& env,
                                            const std::stop_token& stop) {
  static const auto name = static_cast<std::size_t>(objects::projects.column("name"));
  static const auto assets = static_cast<std::size_t>(objects::projects.column("total_assets"));
  static const auto annotations =
      static_cast<std::size_t>(objects::projects.column("total_annotations"));
  store::Store store(config.mirror, store::Access::dry_run);
  std::vector<CountDifference> differences;
  Observer nobody;
  for (const WorkspaceConfig& workspace : config.workspaces) {
    SyncRequest request;
    store::RowCounts none;
    WorkspaceSync sync(config, workspace, request, env, nobody, stop);
    const SelectedProjects selected = sync.select(nullptr, none);
    for (const objects::RowBatch& row : selected.projects) {
      const std::string id(row.row(0)[0].text()), title(row.row(0)[name].text());
      if (!store.tables.has_project(id)) differences.push_back({id, title, "projects", 0, 1});
      const auto check = [&](const objects::Table& table, std::size_t column) {
        const std::int64_t here = store.tables.count(table, id), there = whole(row.row(0)[column]);
        if (there < 0 || here == there) return;
        differences.push_back({id, title, std::string(table.name), here, there});
      };
      check(objects::assets, assets);
      check(objects::annotations, annotations);
    }
  }
  return differences;
}

}  // namespace nexus_mirror::sync
