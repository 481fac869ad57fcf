// Format `yolo_keras_pytorch`: a line per image, `file xmin,ymin,xmax,ymax,class ...`, whole pixels
// kept inside the image. Readers part the line at blanks, so no name has one.
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/lines.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

class YoloKerasPytorch : public FilePerSet {
 public:
  explicit YoloKerasPytorch(const WriterContext& context) : FilePerSet(context, ".txt") {}

  OutputFile& start(Set& set, const Image& image) {
    line_ = image.name;
    return *set.file;
  }

  std::string_view add(Set& /*set*/, const Image& image, const Annotation& annotation) {
    if (!annotation.box) return reasons::kWithoutExtent;
    const auto inside = clipped(*annotation.box);
    if (!inside) return reasons::kOutside;
    const WholePixels pixels = whole_pixels(*inside, image);
    line_ += ' ';
    for (const std::int64_t value : {pixels.xmin, pixels.ymin, pixels.xmax, pixels.ymax}) {
      text::append_number(line_, value);
      line_ += ',';
    }
    text::append_number(line_, annotation.category->line);
    return {};
  }

  void complete(Set& set, const Image& image) {
    set.file->write(line_ += '\n');
    place(image_path(image), image);
  }

  void finish() { write_file("classes.txt", class_lines(context_.project)); }

  static Traits traits(const Project& /*project*/) { return accepting_boxes(true, ClassIds::line); }

 private:
  std::string line_;  // of the image at hand; a member to keep its room
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::yolo_keras_pytorch = format_of<YoloKerasPytorch>(NameRule::without_blanks);

}  // namespace nexus_mirror::exports
