// Table asset_sets: which set of a split each exported asset is in.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/rows.h"
#include "store/session.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

// A row, without its project. `formats` is a JSON list.
struct AssetSet {
  std::string asset_id, formats, split;

  // With the project the key of the table: of two rows with the same the split differs.
  std::pair<std::string_view, std::string_view> key() const { return {asset_id, formats}; }
  auto operator<=>(const AssetSet&) const = default;
};

// By asset, then formats. The project's id must stay. Throws as `snapshot` does, like the next.
Rows<AssetSet> asset_sets(Snapshot& snapshot, std::string_view project_id);

// What a split may go by, but for the groups. Empty texts where the server named none.
struct AssetToSplit {
  std::string_view asset_id, filename, status;
  std::string_view custom_metadata;  // JSON
};

// All assets of a project, by id.
Rows<AssetToSplit> assets_to_split(Snapshot& snapshot, std::string_view project_id);

struct AssetSetChange {
  AssetSet row;
  bool gone = false;  // to be removed rather than put
};

// The table as the sync writes it. One thread; throws as Database does.
class AssetSets {
 public:
  explicit AssetSets(Session& session) : session_(session) {}

  // Of one project, in one transaction.
  void apply(const std::string& project_id, const std::vector<AssetSetChange>& changes);

 private:
  Session& session_;
};

}  // namespace nexus_mirror::store
