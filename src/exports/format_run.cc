#include "exports/format_run.h"

#include <algorithm>

#include "exports/json_file.h"
#include "exports/reasons.h"
#include "exports/split.h"
#include "objects/enumerations.h"
#include "text/json_writer.h"

namespace nexus_mirror::exports {
namespace {

std::string_view type_name(std::size_t type) {
  return type < std::size(objects::kBoundTypes) ? objects::kBoundTypes[type] : "unknown";
}

std::map<std::int64_t, std::string> classes_of(const std::string& text) {
  std::map<std::int64_t, std::string> classes;
  const rapidjson::Document json = read_json(text);
  if (!json.IsArray()) return classes;
  for (const auto& item : json.GetArray()) {
    const auto id = number_of(item, "id");
    if (id) classes[*id] = text_of(item, "name").value_or("");
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
  text::JsonWriter json(text::Escapes::codes);
  json.begin_array();
  for (const auto& [reason, group] : groups) {
    json.begin_object();
    json.member("count", group.count);
    json.raw_member("ids", text::json_array(group.ids));
    json.member("reason", reason);
    json.end_object();
  }
  json.end_array();
  return json.take();
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
  text::JsonWriter json(text::Escapes::codes);
  json.begin_array();
  for (const Category& category : project.categories) {
    json.begin_object();
    json.member("id", ids == ClassIds::line ? category.line : category.tag_index + 1);
    json.member("name", category.name);
    json.end_object();
  }
  json.end_array();
  return json.take();
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
