// Words that more than one table, view, setting or format speaks of, each list said once.
#pragma once

#include <string_view>

namespace nexus_mirror::objects {

// In the spelling of NEXUS_API.md ("Objects on the wire").
inline constexpr std::string_view kAssetStatuses[] = {"Annotated", "Review", "Completed", "Tofix",
                                                      "None"};
inline constexpr std::string_view kBoundTypes[] = {"Rectangle", "Polygon", "Classification",
                                                   "Keypoints", "Bitmask3d"};
inline constexpr std::string_view kProjectTypes[] = {"ObjectDetection", "InstanceSegmentation",
                                                     "Classification", "Keypoint"};

// The names of the export formats (CONTRACT.md 5), the lossless one first.
inline constexpr std::string_view kLosslessFormat = "ndjson";
inline constexpr std::string_view kExportFormats[] = {
    kLosslessFormat, "coco",           "polygon_coco",           "keypoints_coco",
    "coco_rle",      "csv_fourcorner", "csv_widthheight",        "csv_classification",
    "pascal_voc",    "yolo_darknet",   "yolo_keras_pytorch",     "yolo",
    "createml",      "tfrecord",       "classification_tfrecord"};

}  // namespace nexus_mirror::objects
