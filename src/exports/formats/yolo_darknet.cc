// Format `yolo_darknet`: labels, lists of images and the files that a darknet training is started
// with, to be run in the folder of obj.data. The lists lead to `./JPEGImages/<stem>` with the
// image's extension, for darknet finds the labels of an image by putting `labels` for that folder
// and `.txt` for the extension: the first darknet looks for the name alone, and for `images` and
// others anywhere in the path, so names are given that have none of these; AlexeyAB's, from which
// today's come, looks for `/JPEGImages/` with both its slashes.
//
// Without a set to validate valid.txt lists the same images as train.txt, so that a training that
// measures itself (darknet's -map) runs with obj.data as it is.
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/lines.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

class YoloDarknet : public FilePerImage {
 public:
  explicit YoloDarknet(const WriterContext& context) : FilePerImage(context, ".txt") {}

  Set begin(const ImageSet& which) {
    Set set{"labels/"};
    const bool validates =
        which.split == Split::validate ||
        (which.split == Split::train && !has_set(context_.settings.split, Split::validate));
    if (which.split == Split::train) set.lists.push_back(context_.files.create("train.txt"));
    if (validates) set.lists.push_back(context_.files.create("valid.txt"));
    if (which.split == Split::test) set.lists.push_back(context_.files.create("test.txt"));
    return set;
  }

  std::string_view add(Set& /*set*/, const Image& /*image*/, const Annotation& annotation) {
    if (!annotation.box) return reasons::kWithoutExtent;
    const auto inside = clipped(*annotation.box);
    if (!inside) return reasons::kOutside;
    append_yolo_box(text_, annotation.category->line, *inside);
    text_ += '\n';
    return {};
  }

  void complete(Set& set, const Image& image) {
    FilePerImage::complete(set, image);
    const std::string path = "JPEGImages/" + std::string(image.stem).append(extension_of(image));
    for (const auto& list : set.lists) list->write("./" + path + '\n');
    place(path, image);
  }

  void finish() {
    write_file("obj.names", class_lines(context_.project));
    std::string data = "classes = ";
    text::append_number(data, std::ssize(context_.project.categories));
    data += "\ntrain = train.txt\nvalid = valid.txt\nnames = obj.names\nbackup = backup/\n";
    write_file("obj.data", data);
  }

  static Traits traits(const Project& /*project*/) {
    return accepting_boxes(false, ClassIds::line);
  }
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::yolo_darknet = format_of<YoloDarknet>(NameRule::darknet);

}  // namespace nexus_mirror::exports
