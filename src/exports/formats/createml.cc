// Format `createml`: the JSON of Apple's Create ML for object detection. Boxes by their centre, in
// pixels; an image without annotations has an empty list.
#include <array>
#include <cmath>
#include <string_view>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/lines.h"
#include "text/json_writer.h"

namespace nexus_mirror::exports::formats {
namespace {

class Createml : public FilePerSet {
 public:
  explicit Createml(const WriterContext& context) : FilePerSet(context, ".json", "[", "\n]\n") {}

  OutputFile& start(Set& set, const Image& image) {
    set.file->write(set.has_images ? ",\n" : "\n");
    set.has_images = true;
    entry_.clear();
    entry_.begin_object();
    entry_.member("image", image.name);
    entry_.begin_array("annotations");
    return *set.file;
  }

  std::string_view add(Set& /*set*/, const Image& image, const Annotation& annotation) {
    if (!annotation.box) return reasons::kWithoutExtent;
    const Box box = in_pixels(*annotation.box, image);
    const std::array<double, 4> values{(box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2,
                                       box.xmax - box.xmin, box.ymax - box.ymin};
    for (const double value : values) {
      if (!std::isfinite(value)) return reasons::kOutOfRange;
    }
    entry_.begin_object();
    entry_.member("label", annotation.category->name);
    entry_.begin_object("coordinates");
    entry_.member("x", to_millionth(values[0]));
    entry_.member("y", to_millionth(values[1]));
    entry_.member("width", to_millionth(values[2]));
    entry_.member("height", to_millionth(values[3]));
    entry_.end_object();
    entry_.end_object();
    return {};
  }

  void complete(Set& set, const Image& image) {
    entry_.end_array();
    entry_.end_object();
    set.file->write(entry_.text());
    place(image_path(image), image);
  }

  static Traits traits(const Project& /*project*/) {
    return accepting_boxes(true, ClassIds::tag_index_plus_one);
  }

 private:
  text::JsonWriter entry_{text::Escapes::codes};  // of the image at hand
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::createml = format_of<Createml>();

}  // namespace nexus_mirror::exports
