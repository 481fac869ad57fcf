// Format `yolo_keras_pytorch`: a line per image, `file xmin,ymin,xmax,ymax,class ...`, whole pixels
// kept inside the image. Readers part the line at blanks, so a name that has one cannot be said.
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/formats.h"
#include "exports/formats/lines.h"
#include "exports/formats/split_files.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

constexpr std::string_view kBlankInName = "file name with a blank";

class KerasWriter : public Writer {
 public:
  explicit KerasWriter(const WriterContext& context) : context_(context), files_(context, ".txt") {}

  void write(const Image& image, std::span<const Annotation> annotations) override {
    OutputFile& file = files_.of(image);
    const bool parted = has_blank(image.name);
    if (parted) context_.tally.leave_out(image.asset_id, kBlankInName);
    line_ = image.name;
    std::int64_t written = 0;
    for (const Annotation& annotation : annotations) {
      const std::string_view reason = parted ? kBlankInName : append_box(image, annotation);
      if (reason.empty()) {
        ++written;
      } else {
        context_.tally.skip(annotation.id, reason);
      }
    }
    line_ += '\n';
    if (!parted) file.write(line_);
    file.annotations += written;
    file.skipped += image.skipped + std::ssize(annotations) - written;
  }

  void finish() override {
    files_.close();
    const auto classes = context_.files.create("classes.txt");
    classes->write(class_lines(context_.project));
    classes->close();
  }

 private:
  // Returns why nothing was appended, "" when the box was.
  std::string_view append_box(const Image& image, const Annotation& annotation) {
    if (!annotation.box) return kWithoutExtent;
    const auto inside = clipped(*annotation.box);
    if (!inside) return kOutside;
    const WholePixels pixels = whole_pixels(*inside, image);
    line_ += ' ';
    for (const std::int64_t value : {pixels.xmin, pixels.ymin, pixels.xmax, pixels.ymax}) {
      text::append_number(line_, value);
      line_ += ',';
    }
    text::append_number(line_, annotation.category->line);
    return {};
  }

  const WriterContext context_;
  SplitFiles files_;
  std::string line_;  // of the image at hand; a member to keep its room
};

}  // namespace

const Format yolo_keras_pytorch{
    "yolo_keras_pytorch",
    [](const Project&) { return accepting({BoundType::rectangle}, true, ClassIds::line); },
    [](const WriterContext& context) -> std::unique_ptr<Writer> {
      return std::make_unique<KerasWriter>(context);
    }};

}  // namespace nexus_mirror::exports::formats
