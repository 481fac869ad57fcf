// Format `image_folder`: pictures in folders of their classes, <set>/<class>/<image>, as
// torchvision's ImageFolder and Ultralytics' classify read them, which number classes by the
// folders' names. What the folders say is in images.csv, too, images that are not here among it.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "exports/formats/class_folders.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/lines.h"
#include "text/ascii.h"
#include "text/csv.h"

namespace nexus_mirror::exports::formats {
namespace {

// torchvision passes over files of other extensions, or refuses a folder with none of these.
constexpr std::array<std::string_view, 9> kLoadable = {".jpg", ".jpeg", ".png",  ".ppm", ".bmp",
                                                       ".pgm", ".tif",  ".tiff", ".webp"};

bool is_loadable(std::string_view extension) {
  const std::string lower = text::lower(extension);
  return std::find(kLoadable.begin(), kLoadable.end(), lower) != kLoadable.end();
}

// No Notation: which folder an image goes to is known when all its annotations are.
class ImageFolder final : public Writer {
 public:
  explicit ImageFolder(const WriterContext& context)
      : context_(context),
        folders_(class_folders(context.project)),
        list_(context.files.create("images.csv")) {
    list_->write("file,label\n");
  }

  void write(const Image& image, std::span<const Annotation> annotations) override {
    list_->skipped += image.skipped;
    if (annotations.empty()) {
      return context_.tally.leave_out(image.asset_id, reasons::kWithoutClass);
    }
    const Category& category = *annotations.front().category;
    const auto differs = [&](const Annotation& one) { return one.category != &category; };
    if (std::any_of(annotations.begin(), annotations.end(), differs)) {
      return leave_out(image, annotations);
    }
    const std::string_view extension = loadable_extension(image, kLoadable);
    if (!is_loadable(extension)) {
      list_->skipped += std::ssize(annotations);
      return context_.tally.leave_out(image.asset_id, reasons::kNotLoadable);
    }
    list_->annotations += std::ssize(annotations);
    const std::string path = std::string(short_name(set_of(image))) + "/" +
                             folders_[static_cast<std::size_t>(category.line)] + "/" +
                             std::string(image.stem).append(extension);
    row_.clear();
    text::append_csv_field(row_, path);
    text::append_csv_field(row_.append(1, ','), category.name);
    list_->write(row_ += '\n');
    if (context_.settings.images) context_.files.place(path, image);
  }

  void finish() override { list_->close(); }

  static Traits traits(const Project& /*project*/) {
    return accepting({BoundType::classification}, false, ClassIds::tag_index_plus_one);
  }

 private:
  void leave_out(const Image& image, std::span<const Annotation> annotations) {
    list_->skipped += std::ssize(annotations);
    for (const Annotation& annotation : annotations) {
      context_.tally.skip(annotation.id, reasons::kSeveralClasses);
    }
    context_.tally.leave_out(image.asset_id, reasons::kSeveralClasses);
  }

  Split set_of(const Image& image) const {
    return has_set(context_.settings.split, image.split) ? image.split : Split::train;
  }

  const WriterContext context_;
  const std::vector<std::string> folders_;  // by Category::line
  const std::unique_ptr<OutputFile> list_;
  std::string row_;  // of the image at hand; a member to keep its room
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::image_folder = {formats::ImageFolder::traits,
                                      [](const WriterContext& context) -> std::unique_ptr<Writer> {
                                        return std::make_unique<formats::ImageFolder>(context);
                                      }};

}  // namespace nexus_mirror::exports
