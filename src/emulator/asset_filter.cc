#include "emulator/asset_filter.h"

#include <algorithm>
#include <map>

#include "emulator/asset_query.h"
#include "emulator/dialect.h"
#include "text/ascii.h"
#include "text/json_writer.h"

namespace nexus_mirror::emulator {
namespace {

struct GroupCount {
  std::size_t total = 0, annotated = 0, reviewed = 0, to_fixed = 0, completed = 0;
};

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

void count(const std::string& status, GroupCount& counts) {
  ++counts.total;
  const std::string folded_status = text::folded(status);
  if (folded_status != "none" && !folded_status.empty()) ++counts.annotated;
  if (folded_status == "review") ++counts.reviewed;
  if (folded_status == "tofix") ++counts.to_fixed;
  if (folded_status == "completed") ++counts.completed;
}

void write_group(const std::string& group, const GroupCount& counts, Dialect dialect,
                 text::JsonWriter& json) {
  json.begin_object();
  json.member("group", group);
  json.begin_object("statistic");
  json.member(spell(dialect, "totalAssets"), counts.total);
  json.member(spell(dialect, "annotatedAssets"), counts.annotated);
  json.member(spell(dialect, "reviewedAssets"), counts.reviewed);
  json.member(spell(dialect, "toFixedAssets"), counts.to_fixed);
  json.member(spell(dialect, "completedAssets"), counts.completed);
  json.end_object();
  if (dialect != Dialect::v2) json.member("object", "asset_group");
  json.end_object();
}

}  // namespace

std::optional<std::vector<std::size_t>> filtered_assets(const ProjectRecords& project,
                                                        const Query& query) {
  const std::vector<std::string> groups = query.all("group");
  const std::optional<std::string> status = query.first("status");
  const std::optional<std::string> filename = query.first("filename");
  std::vector<AssetQuery> conditions;
  conditions.reserve(2);
  if (const auto text = query.first("filter"); text && !text->empty()) {
    conditions.emplace_back(*text, AssetQuery::Subject::asset);
  }
  if (const auto text = query.first("metadataQuery"); text && !text->empty()) {
    conditions.emplace_back(*text, AssetQuery::Subject::metadata);
  }
  if (groups.empty() && !status && !filename && conditions.empty()) return std::nullopt;

  const std::string wanted_status = text::folded(status.value_or(""));
  const RecordList& assets = project.list(ObjectKind::assets);
  std::vector<std::size_t> positions;
  Facets scratch;
  Record row;
  for (std::size_t i = 0; i < assets.size(); ++i) {
    const Facets& facets = assets.facets_at(i, scratch);
    if (status && text::folded(facets.status) != wanted_status) continue;
    if (filename && facets.filename != *filename) continue;
    const bool in_group = groups.empty() || std::any_of(facets.groups.begin(), facets.groups.end(),
                                                        [&groups](const std::string& group) {
                                                          return contains(groups, group);
                                                        });
    if (!in_group) continue;
    const bool fulfils = std::all_of(
        conditions.begin(), conditions.end(),
        [&](const AssetQuery& condition) { return condition.matches(assets.at(i, row).text); });
    if (fulfils) positions.push_back(i);
  }
  return positions;
}

std::optional<std::size_t> asset_with_filename(const ProjectRecords& project,
                                               std::string_view filename) {
  const RecordList& assets = project.list(ObjectKind::assets);
  Facets scratch;
  for (std::size_t i = 0; i < assets.size(); ++i) {
    if (assets.facets_at(i, scratch).filename == filename) return i;
  }
  return std::nullopt;
}

std::string asset_groups_text(const ProjectRecords& project, const std::vector<std::string>& wanted,
                              Dialect dialect) {
  std::map<std::string, GroupCount> counts;
  const RecordList& assets = project.list(ObjectKind::assets);
  Facets scratch;
  for (std::size_t i = 0; i < assets.size(); ++i) {
    const Facets& facets = assets.facets_at(i, scratch);
    for (const std::string& group : facets.groups) count(facets.status, counts[group]);
  }
  std::vector<std::string> groups = project.groups;
  for (const auto& [group, unused] : counts) {
    if (!contains(groups, group)) groups.push_back(group);
  }
  text::JsonWriter json;
  json.begin_array();
  for (const std::string& group : groups) {
    if (!wanted.empty() && !contains(wanted, group)) continue;
    write_group(group, counts[group], dialect, json);
  }
  json.end_array();
  return json.take();
}

}  // namespace nexus_mirror::emulator
