#include "store/asset_sets.h"

namespace nexus_mirror::store {

Rows<AssetSet> asset_sets(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT asset_id, formats, split FROM asset_sets WHERE project_id = ? "
      "ORDER BY asset_id, formats");
  query.bind(1, project_id);
  return {std::move(query), [](const Statement& columns, AssetSet& row) {
            row.asset_id = columns.text(0);
            row.formats = columns.text(1);
            row.split = columns.text(2);
          }};
}

Rows<AssetToSplit> assets_to_split(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT id, filename, status, custom_metadata FROM assets WHERE project_id = ? ORDER BY id");
  query.bind(1, project_id);
  return {std::move(query), [](const Statement& columns, AssetToSplit& row) {
            row = {columns.text(0), columns.text(1), columns.text(2), columns.text(3)};
          }};
}

void AssetSets::apply(const std::string& project_id, const std::vector<AssetSetChange>& changes) {
  Session::Transaction transaction(session_);
  Statement& put = session_.statement(
      "INSERT INTO asset_sets(project_id, asset_id, formats, split) VALUES(?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET split = excluded.split");
  Statement& remove = session_.statement(
      "DELETE FROM asset_sets WHERE project_id = ? AND asset_id = ? AND formats = ?");
  for (const AssetSetChange& change : changes) {
    Statement& statement = change.gone ? remove : put;
    statement.bind(1, std::string_view(project_id)).bind(2, std::string_view(change.row.asset_id));
    statement.bind(3, std::string_view(change.row.formats));
    if (!change.gone) statement.bind(4, std::string_view(change.row.split));
    statement.run();
  }
  transaction.commit();
}

}  // namespace nexus_mirror::store
