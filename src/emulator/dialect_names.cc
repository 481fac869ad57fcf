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
  ObjectKind kind;
  std::string_view parent;  // the key of the object around it, "" at the top
  std::string_view key, v1;
};

constexpr std::array<Rename, 18> kRenames = {{
    {ObjectKind::projects, "statistic", "totalAssets", "assetTotal"},
    {ObjectKind::projects, "statistic", "annotatedAssets", "assetAnnotated"},
    {ObjectKind::projects, "statistic", "totalAnnotations", "annotationTotal"},
    {ObjectKind::assets, "statistic", "totalAnnotations", "annotationTotal"},
    {ObjectKind::assets, "", "projectId", "project"},
    {ObjectKind::runs, "", "updateDate", "lastModifiedDate"},
    {ObjectKind::runs, "", "logIds", "logs"},
    {ObjectKind::runs, "status", "updateDate", "lastUpdated"},
    {ObjectKind::runlogs, "", "logs", "event"},
    {ObjectKind::artifacts, "", "modelName", "modelType"},
    {ObjectKind::artifacts, "", "artifactName", "artifact"},
    {ObjectKind::deployments, "status", "updateDate", "updateData"},
    {ObjectKind::deployments, "scaling", "replicas", "numInstances"},
    {ObjectKind::operations, "withStatus", "Queued", "queued"},
    {ObjectKind::operations, "withStatus", "Running", "running"},
    {ObjectKind::operations, "withStatus", "Finished", "finished"},
    {ObjectKind::operations, "withStatus", "Cancelled", "cancelled"},
    {ObjectKind::operations, "withStatus", "Errored", "errored"},
}};

// Values that change their spelling: kind, parent, key, v2 value, v1 value.
struct EnumValue {
  ObjectKind kind;
  std::string_view parent, key, v2, v1;
};

constexpr std::array<EnumValue, 32> kEnumValues = {{
    {ObjectKind::projects, "", "type", "ObjectDetection", "object-detection"},
    {ObjectKind::projects, "", "type", "InstanceSegmentation", "instance-segmentation"},
    {ObjectKind::projects, "", "type", "Classification", "classification"},
    {ObjectKind::projects, "", "type", "Keypoint", "keypoint"},
    {ObjectKind::users, "", "accessType", "Owner", "owner"},
    {ObjectKind::users, "", "accessType", "Collaborator", "collaborator"},
    {ObjectKind::users, "", "accessType", "Labeller", "labeller"},
    {ObjectKind::assets, "", "status", "Annotated", "annotated"},
    {ObjectKind::assets, "", "status", "Review", "review"},
    {ObjectKind::assets, "", "status", "Completed", "completed"},
    {ObjectKind::assets, "", "status", "Tofix", "tofix"},
    {ObjectKind::assets, "", "status", "None", "none"},
    {ObjectKind::annotations, "", "boundType", "Rectangle", "rectangle"},
    {ObjectKind::annotations, "", "boundType", "Polygon", "polygon"},
    {ObjectKind::annotations, "", "boundType", "Classification", "classification"},
    {ObjectKind::annotations, "", "boundType", "Keypoints", "keypoints"},
    {ObjectKind::annotations, "", "boundType", "Bitmask3d", "bitmask-3d"},
    {ObjectKind::runs, "status", "overview", "Creating", "creating"},
    {ObjectKind::runs, "status", "overview", "Running", "running"},
    {ObjectKind::runs, "status", "overview", "Finished", "finished"},
    {ObjectKind::runs, "status", "overview", "Errored", "errored"},
    {ObjectKind::runs, "status", "overview", "Cancelled", "cancelled"},
    {ObjectKind::models, "", "status", "Queued", "queued"},
    {ObjectKind::models, "", "status", "Running", "running"},
    {ObjectKind::models, "", "status", "Finished", "finished"},
    {ObjectKind::models, "", "status", "Cancelled", "cancelled"},
    {ObjectKind::models, "", "status", "Errored", "errored"},
    {ObjectKind::models, "", "format", "TensorFlow", "tensorflow"},
    {ObjectKind::models, "", "format", "TFLite", "tflite"},
    {ObjectKind::models, "", "format", "ONNX", "onnx"},
    {ObjectKind::models, "", "format", "PyTorch", "pytorch"},
    {ObjectKind::models, "", "format", "CoreML", "coreml"},
}};

}  // namespace

bool is_documented(std::string_view key) { return documented_keys().count(key) > 0; }

bool is_free_form(ObjectKind kind, std::string_view parent, std::string_view key) {
  if (kind == ObjectKind::sequences && parent == "attributes" && key == "items") return true;
  static constexpr std::array<std::string_view, 8> kFreeForm = {
      "customMetadata", "pl",          "value",     "default",
      "options",        "aggregation", "chunkData", "itemCountWithRole"};
  return std::find(kFreeForm.begin(), kFreeForm.end(), key) != kFreeForm.end();
}

std::optional<std::string_view> v1_name(ObjectKind kind, std::string_view parent,
                                        std::string_view key) {
  for (const Rename& rename : kRenames) {
    if (rename.kind == kind && rename.parent == parent && rename.key == key) return rename.v1;
  }
  return std::nullopt;
}

std::string_view v1_value(ObjectKind kind, std::string_view parent, std::string_view key,
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
