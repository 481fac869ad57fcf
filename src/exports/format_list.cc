#include "exports/format_list.h"

#include "exports/formats/formats.h"
#include "objects/enumerations.h"

namespace nexus_mirror::exports {
namespace {

constexpr const Format* kFormats[] = {
    &formats::coco,
    &formats::polygon_coco,
    &formats::keypoints_coco,
    &formats::coco_rle,
    &formats::csv_fourcorner,
    &formats::csv_widthheight,
    &formats::csv_classification,
    &formats::pascal_voc,
    &formats::createml,
    &formats::yolo_darknet,
    &formats::yolo_keras_pytorch,
    &formats::yolo,
    &formats::tfrecord,
    &formats::classification_tfrecord,
};
static_assert(std::size(kFormats) + 1 == std::size(objects::kExportFormats));

}  // namespace

std::vector<std::string> format_names() {
  return {std::begin(objects::kExportFormats), std::end(objects::kExportFormats)};
}

const Format* find_format(std::string_view name) {
  for (const Format* format : kFormats) {
    if (format->name == name) return format;
  }
  return nullptr;
}

}  // namespace nexus_mirror::exports
