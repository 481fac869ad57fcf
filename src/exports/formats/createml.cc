// Format `createml`: the JSON of Apple's Create ML for object detection. Boxes by their centre, in
// pixels; an image without annotations has an empty list.
#include <array>
#include <cmath>
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

constexpr std::array<std::string_view, 4> kKeys{R"("x":)", R"(,"y":)", R"(,"width":)",
                                                R"(,"height":)"};

class Createml : public FilePerSet {
 public:
  explicit Createml(const WriterContext& context) : FilePerSet(context, ".json", "[", "\n]\n") {}

  OutputFile& start(Set& set, const Image& image) {
    entry_ = set.has_images ? ",\n" : "\n";
    set.has_images = true;
    entry_ += R"({"image":)";
    text::append_string(entry_, image.name);
    entry_ += R"(,"annotations":[)";
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
    entry_ += entry_.ends_with('[') ? R"({"label":)" : R"(,{"label":)";
    text::append_string(entry_, annotation.category->name);
    entry_ += R"(,"coordinates":{)";
    for (std::size_t i = 0; i < values.size(); ++i) {
      text::append_number(entry_.append(kKeys[i]), values[i]);
    }
    entry_ += "}}";
    return {};
  }

  void complete(Set& set, const Image& /*image*/) { set.file->write(entry_ += "]}"); }

  static Traits traits(const Project& /*project*/) {
    return accepting({BoundType::rectangle}, true, ClassIds::tag_index_plus_one);
  }

 private:
  std::string entry_;  // of the image at hand; a member to keep its room
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::createml = format_of<Createml>();

}  // namespace nexus_mirror::exports
