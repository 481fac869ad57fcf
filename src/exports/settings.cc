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
      all.push_back(
          {format, block.split_ratio, block.seed, block.normalized, block.statuses, block.groups});
    }
  };
  if (config.exports.empty()) add(ExportConfig{});
  for (const ExportConfig& block : config.exports) {
    if (text::matches(block.projects, project_id, project_name)) add(block);
  }
  return all;
}

std::string settings_json(const FormatSettings& settings) {
  text::JsonWriter json(text::Escapes::codes);
  json.begin_object();
  json.raw_member("groups", text::json_array(sorted(settings.groups)));
  json.member("normalized", settings.normalized);
  json.member("seed", settings.seed);
  json.member("split_ratio", settings.split_ratio);
  json.raw_member("statuses", text::json_array(sorted(settings.statuses)));
  json.end_object();
  return json.take();
}

}  // namespace nexus_mirror::exports
