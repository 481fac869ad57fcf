// Words that more than one table, view, setting or format speaks of, each list said once.
#pragma once

#include <string_view>

namespace nexus_mirror::objects {

// In the spelling of NEXUS_API.md ("Objects on the wire").
inline constexpr std::string_view kAssetStatuses[] = {"Annotated", "Review", "Completed", "Tofix",
                                                      "None"};
inline constexpr std::string_view kBoundTypes[] = {"Rectangle", "Polygon", "Classification",
                                                   "Keypoints", "Bitmask3d"};
inline constexpr std::string_view kObjectDetection = "ObjectDetection";
inline constexpr std::string_view kInstanceSegmentation = "InstanceSegmentation";
inline constexpr std::string_view kClassification = "Classification";
inline constexpr std::string_view kKeypoint = "Keypoint";
inline constexpr std::string_view kProjectTypes[] = {kObjectDetection, kInstanceSegmentation,
                                                     kClassification, kKeypoint};

// Tables that a sync can do without ([sync] skip); what an annotation file is made from is not
// among them.
inline constexpr std::string_view kSkippableKinds[] = {
    "project_groups", "project_users", "ontologies", "sequences", "workflows",
    "runs",           "run_matrices",  "run_logs",   "insights",  "artifacts",
    "models",         "deployments",   "operations"};

// Of operations, of model exports and of annotation exports.
inline constexpr std::string_view kJobStates[] = {"Queued", "Running", "Finished", "Cancelled",
                                                  "Errored"};

// The names of the export formats (CONTRACT.md 5), the lossless one first.
inline constexpr std::string_view kLosslessFormat = "ndjson";
inline constexpr std::string_view kExportFormats[] = {
    kLosslessFormat,
#define NEXUS_MIRROR_FORMAT(name) #name,
#include "objects/export_formats.inc"
};

}  // namespace nexus_mirror::objects
