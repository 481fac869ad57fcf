// The formats of CONTRACT.md 5 that are made image by image. `ndjson` is not among them: see
// ndjson.h.
#pragma once

#include "exports/writer.h"

namespace nexus_mirror::exports::formats {

extern const Format coco, polygon_coco, keypoints_coco, coco_rle;
extern const Format csv_fourcorner, csv_widthheight, csv_classification;
extern const Format pascal_voc, createml;
extern const Format yolo_darknet, yolo_keras_pytorch, yolo;
extern const Format tfrecord, classification_tfrecord;

}  // namespace nexus_mirror::exports::formats
