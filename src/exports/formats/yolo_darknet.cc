// Format `yolo_darknet`: labels, lists of images and the files that a darknet training is started
// with, to be run in the folder of obj.data. The lists lead to `./JPEGImages/<stem>` with the
// image's extension, for darknet finds the labels of an image by putting `labels` for that folder
// and `.txt` for the extension: the first darknet looks for the name alone and would take `images`
// as well, AlexeyAB's, from which today's come, for `/JPEGImages/` with both its slashes.
//
// Without a split valid.txt lists all images, as train.txt does, so that a training that measures
// itself (darknet's -map) runs with obj.data as it is.
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/formats.h"
#include "exports/formats/lines.h"
#include "exports/formats/split_files.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

class DarknetWriter : public Writer {
 public:
  explicit DarknetWriter(const WriterContext& context)
      : context_(context),
        train_(context.files.create("train.txt")),
        validate_(context.files.create("valid.txt")) {}

  void write(const Image& image, std::span<const Annotation> annotations) override {
    const std::string stem(image.stem);
    const auto file = context_.files.create("labels/" + stem + ".txt");
    labels_.clear();
    for (const Annotation& annotation : annotations) {
      const auto inside = annotation.box ? clipped(*annotation.box) : std::nullopt;
      if (!inside) {
        context_.tally.skip(annotation.id, annotation.box ? kOutside : kWithoutExtent);
        continue;
      }
      append_yolo_box(labels_, annotation.category->line, *inside);
      labels_ += '\n';
      ++file->annotations;
    }
    file->skipped = image.skipped + std::ssize(annotations) - file->annotations;
    file->write(labels_);
    file->close();
    list(image, "./JPEGImages/" + stem + std::string(extension_of(image)) + '\n');
  }

  void finish() override {
    train_->close();
    validate_->close();
    write_file("obj.names", class_lines(context_.project));
    std::string data = "classes = ";
    text::append_number(data, std::ssize(context_.project.categories));
    data += "\ntrain = train.txt\nvalid = valid.txt\nnames = obj.names\nbackup = backup/\n";
    write_file("obj.data", data);
  }

 private:
  void list(const Image& image, const std::string& line) {
    const bool split = context_.settings.split_ratio > 0;
    const bool validates = is_for_validation(context_.settings, image);
    if (!validates) train_->write(line);
    if (validates || !split) validate_->write(line);
  }

  void write_file(const std::string& path, std::string_view text) {
    const auto file = context_.files.create(path);
    file->write(text);
    file->close();
  }

  const WriterContext context_;
  std::unique_ptr<OutputFile> train_, validate_;
  std::string labels_;  // of the image at hand; a member to keep its room
};

}  // namespace

const Format yolo_darknet{
    "yolo_darknet",
    [](const Project&) { return accepting({BoundType::rectangle}, false, ClassIds::line); },
    [](const WriterContext& context) -> std::unique_ptr<Writer> {
      return std::make_unique<DarknetWriter>(context);
    }};

}  // namespace nexus_mirror::exports::formats
