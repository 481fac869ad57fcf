#include "emulator/dialect_names.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "text/ascii.h"

namespace nexus_mirror::emulator {
namespace {

// Every key of NEXUS_API.md's objects.
const std::unordered_set<std::string_view>& documented_keys() {
  static const std::unordered_set<std::string_view> keys = {
      "id",
      "object",
      "name",
      "owner",
      "tier",
      "createDate",
      "workspaceId",
      "type",
      "localization",
      "tags",
      "groups",
      "statistic",
      "tagsCount",
      "count",
      "totalAssets",
      "annotatedAssets",
      "totalAnnotations",
      "accessType",
      "email",
      "nickname",
      "picture",
      "projectId",
      "filename",
      "status",
      "url",
      "metadata",
      "fileSize",
      "mimeType",
      "height",
      "width",
      "customMetadata",
      "group",
      "reviewedAssets",
      "toFixedAssets",
      "completedAssets",
      "assetId",
      "tag",
      "boundType",
      "bound",
      "frame",
      "sequence",
      "ontologyId",
      "attributes",
      "value",
      "aggregation",
      "chunkData",
      "index",
      "color",
      "description",
      "version",
      "required",
      "options",
      "default",
      "length",
      "items",
      "ord",
      "role",
      "itemCountWithRole",
      "updateDate",
      "title",
      "flowId",
      "execution",
      "accelerator",
      "checkpoint",
      "strategy",
      "evaluationInterval",
      "metric",
      "limit",
      "features",
      "preview",
      "matrix",
      "advancedEvaluation",
      "usingSlidingWindow",
      "overview",
      "message",
      "logIds",
      "logs",
      "ev",
      "t",
      "pl",
      "flowTitle",
      "runId",
      "dataset",
      "dataType",
      "numClasses",
      "averageAnnotations",
      "settings",
      "splitRatio",
      "shuffle",
      "seed",
      "model",
      "batchSize",
      "trainingSteps",
      "maxDetectionPerClass",
      "solver",
      "learningRate",
      "momentum",
      "artifact",
      "isTraining",
      "step",
      "totalLoss",
      "classificationLoss",
      "localizationLoss",
      "regularizationLoss",
      "displayName",
      "artifactName",
      "isDeployed",
      "modelName",
      "exportOptions",
      "format",
      "optimizations",
      "quantization",
      "defaultOptimizations",
      "exports",
      "files",
      "md5",
      "artifactId",
      "download",
      "method",
      "expiryDate",
      "versionTag",
      "region",
      "historyVersions",
      "instanceId",
      "resources",
      "scaling",
      "replicas",
      "mode",
      "kind",
      "progress",
      "unit",
      "withStatus",
      "conditions",
      "condition",
      "opLink",
      "nextPage",
      "prevPage",
      "data",
      "opId",
      "code",
  };
  return keys;
}

struct Rename {
  Kind kind;
  std::string_view parent;  // the key of the object around it, "" at the top
  std::string_view key, v1;
};

constexpr std::array<Rename, 17> kRenames = {{
    {Kind::projects, "statistic", "totalAssets", "asset_total"},
    {Kind::projects, "statistic", "annotatedAssets", "asset_annotated"},
    {Kind::projects, "statistic", "totalAnnotations", "annotation_total"},
    {Kind::assets, "statistic", "totalAnnotations", "annotation_total"},
    {Kind::assets, "", "projectId", "project"},
    {Kind::runs, "", "updateDate", "last_modified_date"},
    {Kind::runs, "", "logIds", "logs"},
    {Kind::runs, "status", "updateDate", "last_updated"},
    {Kind::runlogs, "", "logs", "event"},
    {Kind::artifacts, "", "modelName", "model_type"},
    {Kind::deployments, "status", "updateDate", "update_data"},
    {Kind::deployments, "scaling", "replicas", "num_instances"},
    {Kind::operations, "withStatus", "Queued", "queued"},
    {Kind::operations, "withStatus", "Running", "running"},
    {Kind::operations, "withStatus", "Finished", "finished"},
    {Kind::operations, "withStatus", "Cancelled", "cancelled"},
    {Kind::operations, "withStatus", "Errored", "errored"},
}};

// Values that change their spelling: kind, parent, key, v2 value, v1 value.
struct EnumValue {
  Kind kind;
  std::string_view parent, key, v2, v1;
};

constexpr std::array<EnumValue, 32> kEnumValues = {{
    {Kind::projects, "", "type", "ObjectDetection", "object-detection"},
    {Kind::projects, "", "type", "InstanceSegmentation", "instance-segmentation"},
    {Kind::projects, "", "type", "Classification", "classification"},
    {Kind::projects, "", "type", "Keypoint", "keypoint"},
    {Kind::users, "", "accessType", "Owner", "owner"},
    {Kind::users, "", "accessType", "Collaborator", "collaborator"},
    {Kind::users, "", "accessType", "Labeller", "labeller"},
    {Kind::assets, "", "status", "Annotated", "annotated"},
    {Kind::assets, "", "status", "Review", "review"},
    {Kind::assets, "", "status", "Completed", "completed"},
    {Kind::assets, "", "status", "Tofix", "tofix"},
    {Kind::assets, "", "status", "None", "none"},
    {Kind::annotations, "", "boundType", "Rectangle", "rectangle"},
    {Kind::annotations, "", "boundType", "Polygon", "polygon"},
    {Kind::annotations, "", "boundType", "Classification", "classification"},
    {Kind::annotations, "", "boundType", "Keypoints", "keypoints"},
    {Kind::annotations, "", "boundType", "Bitmask3d", "bitmask-3d"},
    {Kind::runs, "status", "overview", "Creating", "creating"},
    {Kind::runs, "status", "overview", "Running", "running"},
    {Kind::runs, "status", "overview", "Finished", "finished"},
    {Kind::runs, "status", "overview", "Errored", "errored"},
    {Kind::runs, "status", "overview", "Cancelled", "cancelled"},
    {Kind::models, "", "status", "Queued", "queued"},
    {Kind::models, "", "status", "Running", "running"},
    {Kind::models, "", "status", "Finished", "finished"},
    {Kind::models, "", "status", "Cancelled", "cancelled"},
    {Kind::models, "", "status", "Errored", "errored"},
    {Kind::models, "", "format", "TensorFlow", "tensorflow"},
    {Kind::models, "", "format", "TFLite", "tflite"},
    {Kind::models, "", "format", "ONNX", "onnx"},
    {Kind::models, "", "format", "PyTorch", "pytorch"},
    {Kind::models, "", "format", "CoreML", "coreml"},
}};

}  // namespace

bool is_documented(std::string_view key) { return documented_keys().count(key) > 0; }

bool is_free_form(std::string_view key) {
  static constexpr std::array<std::string_view, 8> kFreeForm = {
      "customMetadata", "pl",          "value",     "default",
      "options",        "aggregation", "chunkData", "itemCountWithRole"};
  return std::find(kFreeForm.begin(), kFreeForm.end(), key) != kFreeForm.end();
}

std::optional<std::string_view> v1_name(Kind kind, std::string_view parent, std::string_view key) {
  for (const Rename& rename : kRenames) {
    if (rename.kind == kind && rename.parent == parent && rename.key == key) return rename.v1;
  }
  return std::nullopt;
}

std::string_view v1_value(Kind kind, std::string_view parent, std::string_view key,
                          std::string_view value) {
  for (const EnumValue& entry : kEnumValues) {
    if (entry.kind == kind && entry.parent == parent && entry.key == key && entry.v2 == value) {
      return entry.v1;
    }
  }
  return value;
}

std::string snake_case(std::string_view camel_case) {
  std::string result;
  for (const char c : camel_case) {
    if (text::is_upper(c)) result += '_';
    result += text::lower(c);
  }
  return result;
}

}  // namespace nexus_mirror::emulator
