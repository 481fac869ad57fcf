#include "store/annotation_counts.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/bloom_filter.h"
#include "store/statement.h"

namespace nexus_mirror::store {
namespace {

constexpr std::size_t kFewAgain = 1000, kMostAgain = 20'000;  // assets: 4 MB
constexpr std::int64_t kRowsPerAgain = 64;                    // a lookup costs what so many rows do
constexpr std::size_t kMostFilterBytes = 2 << 20;
constexpr std::size_t kOpenAssets = 2048;  // that others may come between an asset's rows: 0.5 MB

// The one whose annotations there are, if it is one: its id need not be read with each of them.
std::optional<std::string> only_project(Database& database) {
  Statement select = database.prepare(
      "SELECT (SELECT min(project_id) FROM annotations), (SELECT max(project_id) FROM "
      "annotations)");
  if (!select.step() || select.null(0) || select.text(0) != select.text(1)) return std::nullopt;
  return std::string(select.text(0));
}

ProjectCount& count_of(AnnotationCounts& counts, std::string_view project) {
  const auto counted = counts.find(project);
  return counted != counts.end() ? counted->second
                                 : counts.emplace(project, ProjectCount()).first->second;
}

TagCount& count_of(ProjectCount& counted, std::string_view tag) {
  const auto borne = counted.tags.find(tag);
  return borne != counted.tags.end() ? borne->second
                                     : counted.tags.emplace(tag, TagCount()).first->second;
}

// Rows one after the other, in columns rowid, tag, asset_id and project_id.
class RowsAsTheyLie {
 public:
  RowsAsTheyLie(Database& database, std::size_t most_again)
      : database_(database),
        most_again_(most_again),
        met_(database.number("SELECT max(rowid) FROM assets"), kMostFilterBytes) {}

  // False once too many assets seem to come again.
  bool take(std::string_view project, const Statement& row) {
    if (counted_ == nullptr || project != project_) {
      counted_ = &count_of(counts_, project);
      project_ = project;
      number_ = numbers_.try_emplace(project_, numbers_.size()).first->second;
      std::memcpy(key_.data(), &number_, sizeof number_);
    }
    ++counted_->annotations;
    TagCount* const tag = row.null(1) ? nullptr : &count_of(*counted_, row.text(1));
    if (tag != nullptr) ++tag->annotations;
    if (row.null(2)) return true;
    OpenAsset& asset = open(row);
    if (tag != nullptr && !asset.again &&
        std::find(asset.tags.begin(), asset.tags.end(), tag) == asset.tags.end()) {
      asset.tags.push_back(tag);
      ++tag->assets;
    }
    return again_.size() <= most_again_;
  }

  // Of assets that seemed to come again only the rows before that have counted.
  AnnotationCounts finish() {
    Statement select = database_.prepare(
        "SELECT rowid, tag FROM annotations WHERE asset_id = ? AND +project_id = ? AND tag IS NOT "
        "NULL");
    for (const auto& [key, from] : again_) {
      select.bind(1, std::string_view(key.second)).bind(2, std::string_view(key.first));
      std::set<std::string, std::less<>> counted, since;
      while (select.step()) {
        (select.integer(0) < from ? counted : since).emplace(select.text(1));
      }
      select.reset();
      ProjectCount& project = count_of(counts_, key.first);
      for (const std::string& tag : since) {
        if (!counted.contains(tag)) ++count_of(project, tag).assets;
      }
    }
    return std::move(counts_);
  }

 private:
  struct OpenAsset {
    std::vector<const TagCount*> tags;  // that it has counted for
    bool again = false;
  };
  // The asset of the row, among those that came last; the oldest of them makes room.
  OpenAsset& open(const Statement& row) {
    const std::string_view asset = row.text(2);
    key_.resize(sizeof number_);
    key_.append(asset);
    const auto [place, is_new] = open_.try_emplace(key_);
    if (!is_new) return place->second;
    place->second.again = met_.add(key_);
    if (place->second.again) again_.try_emplace({project_, std::string(asset)}, row.integer(0));
    in_order_.push_back(&place->first);
    if (in_order_.size() > kOpenAssets) {
      open_.erase(*in_order_.front());
      in_order_.pop_front();
    }
    return place->second;
  }

  Database& database_;
  const std::size_t most_again_;
  BloomFilter met_;  // assets, each with its project
  AnnotationCounts counts_;
  std::unordered_map<std::string, OpenAsset> open_;
  std::deque<const std::string*> in_order_;  // the keys of open_
  // Project and asset, and the rowid from which on its rows are looked at again.
  std::map<std::pair<std::string, std::string>, std::int64_t> again_;
  std::map<std::string, std::uint64_t> numbers_;  // of projects
  // Of the row before.
  std::string project_;
  std::uint64_t number_ = 0;
  std::string key_ = std::string(sizeof number_, '\0');  // the project's number, and the asset
  ProjectCount* counted_ = nullptr;
};

}  // namespace

std::optional<AnnotationCounts> counts_as_rows_lie(Database& database,
                                                   std::optional<std::string_view> project,
                                                   std::size_t most_again) {
  const std::optional<std::string> only = project ? std::nullopt : only_project(database);
  const bool one = project || only;
  Statement select =
      database.prepare("SELECT rowid, tag, asset_id" + std::string(one ? "" : ", project_id") +
                       " FROM annotations NOT INDEXED " +
                       (project ? "WHERE project_id = ?1 " : "") + "ORDER BY rowid");
  if (project) select.bind(1, *project);
  RowsAsTheyLie rows(database, most_again);
  while (select.step()) {
    const std::string_view of = project ? *project : only ? *only : select.text(3);
    if (!rows.take(of, select)) return std::nullopt;
  }
  return rows.finish();
}

// To sort by the asset alone takes half of what GROUP BY project, tag and asset does.
AnnotationCounts counts_of_sorted_rows(Database& database,
                                       std::optional<std::string_view> project) {
  const std::optional<std::string> only = project ? std::string(*project) : only_project(database);
  Statement select =
      database.prepare("SELECT tag, asset_id" + std::string(only ? "" : ", project_id") +
                       " FROM annotations NOT INDEXED " + (only ? "WHERE project_id = ?1 " : "") +
                       "ORDER BY asset_id");
  if (only) select.bind(1, std::string_view(*only));
  AnnotationCounts counts;
  std::string asset;
  std::int64_t place = 0;  // of `asset`; none has 0
  while (select.step()) {
    const std::string_view next = select.text(1);
    if (place == 0 || next != asset) {
      asset = next;
      ++place;
    }
    ProjectCount& counted = count_of(counts, only ? *only : select.text(2));
    ++counted.annotations;
    if (select.null(0)) continue;
    TagCount& borne = count_of(counted, select.text(0));
    ++borne.annotations;
    if (select.null(1) || borne.newest_asset == place) continue;
    borne.newest_asset = place;
    ++borne.assets;
  }
  return counts;
}

AnnotationCounts counts_of_annotations(Database& database,
                                       std::optional<std::string_view> project) {
  const auto rows = database.number("SELECT max(rowid) FROM annotations") / kRowsPerAgain;
  const std::size_t most =
      std::clamp(static_cast<std::size_t>(std::max<std::int64_t>(rows, 0)), kFewAgain, kMostAgain);
  if (auto counts = counts_as_rows_lie(database, project, most)) return *std::move(counts);
  return counts_of_sorted_rows(database, project);
}

}  // namespace nexus_mirror::store
