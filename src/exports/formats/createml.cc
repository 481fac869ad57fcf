// Format `createml`: the JSON of Apple's Create ML for object detection. Boxes by their centre, in
// pixels; an image without annotations has an empty list.
#include <array>
#include <cmath>
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/formats.h"
#include "exports/formats/split_files.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

constexpr std::array<std::string_view, 4> kKeys{R"("x":)", R"(,"y":)", R"(,"width":)",
                                                R"(,"height":)"};

class CreatemlWriter : public Writer {
 public:
  explicit CreatemlWriter(const WriterContext& context)
      : context_(context), files_(context, ".json", "[") {}

  void write(const Image& image, std::span<const Annotation> annotations) override {
    OutputFile& file = files_.of(image);
    std::string_view& separator = separators_[is_for_validation(context_.settings, image)];
    entry_ = separator;
    separator = ",\n";
    entry_ += R"({"image":)";
    text::append_string(entry_, image.name);
    entry_ += R"(,"annotations":[)";
    std::int64_t written = 0;
    for (const Annotation& annotation : annotations) {
      const std::string_view reason = append_annotation(image, annotation, written > 0);
      if (reason.empty()) {
        ++written;
      } else {
        context_.tally.skip(annotation.id, reason);
      }
    }
    entry_ += "]}";
    file.write(entry_);
    file.annotations += written;
    file.skipped += image.skipped + std::ssize(annotations) - written;
  }

  void finish() override { files_.close("\n]\n"); }

 private:
  // Returns why nothing was appended, "" when the annotation was.
  std::string_view append_annotation(const Image& image, const Annotation& annotation,
                                     bool follows) {
    if (!annotation.box) return kWithoutExtent;
    const Box box = in_pixels(*annotation.box, image);
    const std::array<double, 4> values{(box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2,
                                       box.xmax - box.xmin, box.ymax - box.ymin};
    for (const double value : values) {
      if (!std::isfinite(value)) return kOutOfRange;
    }
    entry_ += follows ? R"(,{"label":)" : R"({"label":)";
    text::append_string(entry_, annotation.category->name);
    entry_ += R"(,"coordinates":{)";
    for (std::size_t i = 0; i < values.size(); ++i) {
      text::append_number(entry_.append(kKeys[i]), values[i]);
    }
    entry_ += "}}";
    return {};
  }

  const WriterContext context_;
  SplitFiles files_;
  std::array<std::string_view, 2> separators_{"\n", "\n"};  // before the next entry, by set
  std::string entry_;  // of the image at hand; a member to keep its room
};

}  // namespace

const Format createml{"createml",
                      [](const Project&) {
                        return accepting({BoundType::rectangle}, true,
                                         ClassIds::tag_index_plus_one);
                      },
                      [](const WriterContext& context) -> std::unique_ptr<Writer> {
                        return std::make_unique<CreatemlWriter>(context);
                      }};

}  // namespace nexus_mirror::exports::formats
