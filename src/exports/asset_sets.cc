// Two streams in the order of the table's key are laid side by side: the rows that there should be,
// made from the assets one by one, and those that there are. Only differences are written, some
// thousand in a transaction.
#include "exports/asset_sets.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "exports/format_list.h"
#include "exports/split.h"
#include "store/project_images.h"
#include "text/json.h"

namespace nexus_mirror::exports {
namespace {

using store::AssetSet;

// Formats that split in the same way.
struct SharedSplit {
  explicit SharedSplit(const SplitSettings& split) : settings(split), splitter(split) {}

  SplitSettings settings;
  Splitter splitter;
  std::vector<FormatSettings> formats;  // by name
};

std::vector<SharedSplit> shared_splits(std::vector<FormatSettings> formats) {
  std::sort(formats.begin(), formats.end(),
            [](const auto& a, const auto& b) { return a.format < b.format; });
  std::vector<SharedSplit> splits;
  for (FormatSettings& format : formats) {
    if (format.format == kNdjson || !format.split.any()) continue;
    auto shared = std::find_if(splits.begin(), splits.end(), [&](const SharedSplit& split) {
      return split.settings == format.split;
    });
    SharedSplit& split = shared == splits.end() ? splits.emplace_back(format.split) : *shared;
    split.formats.push_back(std::move(format));
  }
  return splits;
}

// The rows of one asset, by the text of their formats.
std::vector<AssetSet> rows_of(const std::vector<SharedSplit>& splits,
                              const store::AssetToSplit& asset,
                              const std::vector<std::string>& groups) {
  std::vector<AssetSet> rows;
  for (const SharedSplit& split : splits) {
    std::vector<std::string> names;
    for (const FormatSettings& format : split.formats) {
      if (selects(format, asset.status, groups)) names.push_back(format.format);
    }
    if (names.empty()) continue;
    const Split set =
        split.splitter.split_of({asset.asset_id, asset.filename, asset.custom_metadata, groups});
    rows.push_back(
        {std::string(asset.asset_id), text::json_array(names), std::string(name_of(set))});
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

// The rows that there are, against which others come in the same order.
class SetDifference {
 public:
  SetDifference(store::Snapshot& snapshot, store::AssetSets& sets, const std::string& project_id)
      : sets_(sets), project_id_(project_id), rows_(store::asset_sets(snapshot, project_id)) {
    step();
  }

  void take(const AssetSet& wanted) {
    while (there_ && there_->key() < wanted.key()) drop();
    const bool same_key = there_ && there_->key() == wanted.key();
    if (!same_key || there_->split != wanted.split) change({wanted, false});
    if (same_key) step();
  }

  void finish() {
    while (there_) drop();
    write();
  }

 private:
  void drop() {
    change({*there_, true});
    step();
  }
  void change(const store::AssetSetChange& change) {
    constexpr std::size_t kTogether = 10'000;
    changes_.push_back(change);
    if (changes_.size() >= kTogether) write();
  }
  void write() {
    if (!changes_.empty()) sets_.apply(project_id_, changes_);
    changes_.clear();
  }
  void step() {
    AssetSet row;
    there_ = rows_.next(row) ? std::optional(std::move(row)) : std::nullopt;
  }

  store::AssetSets& sets_;
  const std::string& project_id_;
  store::Rows<AssetSet> rows_;
  std::optional<AssetSet> there_;
  std::vector<store::AssetSetChange> changes_;
};

}  // namespace

void update_asset_sets(store::Snapshot& snapshot, store::AssetSets& sets,
                       const std::string& project_id, const std::vector<FormatSettings>& formats) {
  const std::vector<SharedSplit> splits = shared_splits(formats);
  SetDifference difference(snapshot, sets, project_id);
  if (!splits.empty()) {
    auto assets = store::assets_to_split(snapshot, project_id);
    auto names = store::groups_by_asset(snapshot, project_id);
    std::vector<std::string> groups;
    for (store::AssetToSplit asset; assets.next(asset);) {
      groups.clear();
      names.select(asset.asset_id);
      for (std::string_view name; names.next(name);) groups.emplace_back(name);
      for (const AssetSet& row : rows_of(splits, asset, groups)) difference.take(row);
    }
  }
  difference.finish();
}

}  // namespace nexus_mirror::exports
