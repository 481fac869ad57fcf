#include "exports/settings.h"

#include <algorithm>

#include "objects/enumerations.h"
#include "text/json_writer.h"
#include "text/match.h"

namespace nexus_mirror::exports {
namespace {

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> default_formats(std::string_view type) {
  if (type == objects::kInstanceSegmentation) return {"polygon_coco", "yolo"};
  if (type == objects::kKeypoint) return {"keypoints_coco", "yolo"};
  if (type == objects::kClassification) return {"csv_classification", "ndjson"};
  if (type == objects::kObjectDetection) return {"coco", "yolo"};
  return {"ndjson"};  // a type that nobody knows yet: the one format that says everything
}

std::vector<FormatSettings> settings_of(const Config& config, const std::string& project_id,
                                        const std::string& project_name, std::string_view type) {
  std::vector<FormatSettings> all;
  const auto add = [&](const ExportConfig& block) {
    const std::vector<std::string> formats =
        block.formats.empty() ? default_formats(type) : block.formats;
    for (const std::string& format : formats) {
      const bool given = std::any_of(all.begin(), all.end(),
                                     [&](const auto& one) { return one.format == format; });
      if (given) continue;
      all.push_back({format,
                     {block.split_ratio, block.test_ratio, block.sets, block.split_by, block.seed},
                     block.images,
                     block.normalized,
                     block.statuses,
                     block.groups});
    }
  };
  if (config.exports.empty()) add(ExportConfig{});
  for (const ExportConfig& block : config.exports) {
    if (text::matches(block.projects, project_id, project_name)) add(block);
  }
  return all;
}

bool selects(const FormatSettings& settings, std::string_view status,
             const std::vector<std::string>& groups) {
  const auto among = [](const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!settings.statuses.empty() && !among(settings.statuses, status)) return false;
  return settings.groups.empty() ||
         std::any_of(groups.begin(), groups.end(),
                     [&](const std::string& group) { return among(settings.groups, group); });
}

std::string settings_json(const FormatSettings& settings) {
  text::JsonWriter json(text::Escapes::codes);
  json.begin_object();
  json.raw_member("groups", text::json_array(sorted(settings.groups)));
  json.member("images", settings.images);
  json.member("normalized", settings.normalized);
  json.member("seed", settings.split.seed);
  json.begin_object("sets");
  json.raw_member("test", text::json_array(sorted(settings.split.sets.test)));
  json.raw_member("train", text::json_array(sorted(settings.split.sets.train)));
  json.raw_member("validate", text::json_array(sorted(settings.split.sets.validate)));
  json.end_object();
  json.member("split_by", settings.split.split_by);
  json.member("split_ratio", settings.split.split_ratio);
  json.raw_member("statuses", text::json_array(sorted(settings.statuses)));
  json.member("test_ratio", settings.split.test_ratio);
  json.end_object();
  return json.take();
}

}  // namespace nexus_mirror::exports
