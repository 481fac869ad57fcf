#include "exports/format_run.h"

#include <rapidjson/document.h>

#include <algorithm>

#include "exports/reasons.h"
#include "exports/split.h"
#include "objects/enumerations.h"
#include "text/json.h"

namespace nexus_mirror::exports {
namespace {

std::string_view type_name(std::size_t type) {
  return type < std::size(objects::kBoundTypes) ? objects::kBoundTypes[type] : "unknown";
}

std::map<std::int64_t, std::string> classes_of(const std::string& text) {
  std::map<std::int64_t, std::string> classes;
  rapidjson::Document json;
  json.Parse(text.data(), text.size());
  if (!json.IsArray()) return classes;
  for (const auto& item : json.GetArray()) {
    classes[item["id"].GetInt64()] = item["name"].GetString();
  }
  return classes;
}

}  // namespace

void LeftOut::add(Groups& groups, std::string_view id, std::string_view reason) {
  auto place = groups.find(reason);
  if (place == groups.end()) place = groups.emplace(std::string(reason), Group{}).first;
  Group& group = place->second;
  ++group.count;
  if (group.ids.size() < kMostIds) group.ids.emplace_back(id);
}

void LeftOut::skip(std::string_view annotation_id, std::string_view reason) {
  add(skipped_, annotation_id, reason);
}

void LeftOut::leave_out(std::string_view asset_id, std::string_view reason) {
  add(left_out_, asset_id, reason);
}

std::int64_t LeftOut::images() const {
  std::int64_t count = 0;
  for (const auto& [reason, group] : left_out_) count += group.count;
  return count;
}

std::string LeftOut::json(const Groups& groups) {
  std::string json = "[";
  for (const auto& [reason, group] : groups) {
    if (json.size() > 1) json += ',';
    json += "{\"count\":";
    text::append_number(json, group.count);
    json += ",\"ids\":" + text::json_array(group.ids) + ",\"reason\":";
    text::append_string(json, reason);
    json += '}';
  }
  return json + "]";
}

FormatRun::FormatRun(const Format& format, const Project& project, const FormatSettings& settings,
                     FileSet& files)
    : settings_(settings),
      traits_(format.traits(project)),
      context_{project, settings, files, left_out_},
      writer_(format.make(context_)) {}

bool FormatRun::selects(const ImageRow& row) const {
  const auto among = [](const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!settings_.statuses.empty() && !among(settings_.statuses, row.status)) return false;
  return settings_.groups.empty() ||
         std::any_of(row.groups.begin(), row.groups.end(),
                     [&](const std::string& group) { return among(settings_.groups, group); });
}

void FormatRun::take(const ImageRow& row) {
  if (!selects(row)) return;
  ++images_;
  Image image = row.image;
  image.split = split_of(image.asset_id, settings_.seed, settings_.split_ratio);
  image.skipped = 0;
  const auto skip = [&](std::string_view id, std::string_view reason) {
    left_out_.skip(id, reason);
    ++image.skipped;
  };
  for (const std::string_view id : row.unknown) skip(id, reasons::kUnknownTag);
  const bool unknown_size = traits_.needs_size && (image.width == 0 || image.height == 0);
  accepted_.clear();
  for (const Annotation& annotation : row.annotations) {
    const auto type = static_cast<std::size_t>(annotation.type);
    if (!traits_.accepts[type]) {
      skip(annotation.id, reasons::bound_type(type_name(type)));
    } else if (unknown_size) {
      skip(annotation.id, reasons::kUnknownSize);
    } else {
      accepted_.push_back(annotation);
    }
  }
  if (unknown_size) return left_out_.leave_out(image.asset_id, reasons::kUnknownSize);
  writer_->write(image, accepted_);
}

void FormatRun::orphan(std::string_view annotation_id) {
  // Whether the settings would select its asset cannot be told; without settings they would.
  if (!settings_.statuses.empty() || !settings_.groups.empty()) return;
  left_out_.skip(annotation_id, reasons::kUnknownAsset);
}

std::string classes_json(const Project& project, ClassIds ids) {
  std::string json = "[";
  for (const Category& category : project.categories) {
    if (json.size() > 1) json += ',';
    json += "{\"id\":";
    text::append_number(json, ids == ClassIds::line ? category.line : category.tag_index + 1);
    json += ",\"name\":";
    text::append_string(json, category.name);
    json += '}';
  }
  return json + "]";
}

bool renumbers(const std::string& before, const std::string& after) {
  const auto old_classes = classes_of(before), new_classes = classes_of(after);
  std::map<std::string, std::int64_t> new_ids;
  for (const auto& [id, name] : new_classes) new_ids[name] = id;
  return std::any_of(old_classes.begin(), old_classes.end(), [&](const auto& old) {
    const auto same_name = new_ids.find(old.second);
    if (same_name != new_ids.end()) return same_name->second != old.first;
    return new_classes.contains(old.first);
  });
}

}  // namespace nexus_mirror::exports
