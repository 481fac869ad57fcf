// The CSV formats: a header line always, then a row per annotation. Quoting as RFC 4180 has it,
// lines end with LF. An image without a row cannot be said.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/formats.h"
#include "exports/formats/split_files.h"
#include "text/json.h"
#include "text/utf8.h"

namespace nexus_mirror::exports::formats {
namespace {

constexpr std::string_view kWithoutRow = "image without an annotation of this format";
constexpr std::string_view kUnknownSize = "image of unknown size";

using Coordinates = std::array<double, 4>;

Coordinates corners(const Box& box) { return {box.xmin, box.ymin, box.xmax, box.ymax}; }
Coordinates sides(const Box& box) {
  return {box.xmin, box.ymin, box.xmax - box.xmin, box.ymax - box.ymin};
}

void append_field(std::string& row, std::string_view field) {
  const std::string valid = text::valid_utf8(field);
  if (valid.find_first_of(",\"\r\n") == std::string::npos) {
    row += valid;
    return;
  }
  row += '"';
  for (const char c : valid) row.append(c == '"' ? 2 : 1, c);
  row += '"';
}

class CsvWriter : public Writer {
 public:
  // `columns` of a box; null: the rows have a name and a label only.
  CsvWriter(const WriterContext& context, std::string_view header,
            Coordinates (*columns)(const Box& box))
      : context_(context), columns_(columns), files_(context, ".csv", header) {}

  void write(const Image& image, std::span<const Annotation> annotations) override {
    OutputFile& file = files_.of(image);
    const bool sized = image.width > 0 && image.height > 0;
    const bool unknown_size = columns_ && !context_.settings.normalized && !sized;
    name_.clear();
    append_field(name_, image.name);
    rows_.clear();
    std::int64_t written = 0;
    for (const Annotation& annotation : annotations) {
      const std::string_view reason = unknown_size ? kUnknownSize : append_row(image, annotation);
      if (reason.empty()) {
        ++written;
      } else {
        context_.tally.skip(annotation.id, reason);
      }
    }
    if (written == 0) {
      const bool of_size = unknown_size && !annotations.empty();
      context_.tally.leave_out(image.asset_id, of_size ? kUnknownSize : kWithoutRow);
    }
    file.write(rows_);
    file.annotations += written;
    file.skipped += image.skipped + std::ssize(annotations) - written;
  }

  void finish() override { files_.close(); }

 private:
  // Returns why there is no row, "" when there is one.
  std::string_view append_row(const Image& image, const Annotation& annotation) {
    Coordinates values;
    if (columns_) {
      if (!annotation.box) return kWithoutExtent;
      values = columns_(context_.settings.normalized ? *annotation.box
                                                     : in_pixels(*annotation.box, image));
      const auto finite = [](double value) { return std::isfinite(value); };
      if (!std::all_of(values.begin(), values.end(), finite)) return kOutOfRange;
    }
    rows_ += name_;
    if (columns_) {
      for (const double value : values) text::append_number(rows_.append(1, ','), value);
    }
    append_field(rows_.append(1, ','), annotation.category->name);
    rows_ += '\n';
    return {};
  }

  const WriterContext context_;
  Coordinates (*const columns_)(const Box& box);
  SplitFiles files_;
  std::string name_, rows_;  // of the image at hand; members to keep their room
};

// Without a size a box can be written as 0..1, so the size is asked for by the writer where it is
// needed: Traits does not know the settings.
Traits box_traits(const Project&) {
  return accepting({BoundType::rectangle, BoundType::polygon}, false, ClassIds::tag_index_plus_one);
}

Traits classification_traits(const Project&) {
  return accepting({BoundType::classification}, false, ClassIds::tag_index_plus_one);
}

}  // namespace

const Format csv_fourcorner{
    "csv_fourcorner", box_traits, [](const WriterContext& context) -> std::unique_ptr<Writer> {
      return std::make_unique<CsvWriter>(context, "filename,xmin,ymin,xmax,ymax,label\n", corners);
    }};

const Format csv_widthheight{
    "csv_widthheight", box_traits, [](const WriterContext& context) -> std::unique_ptr<Writer> {
      return std::make_unique<CsvWriter>(context, "filename,x,y,width,height,label\n", sides);
    }};

const Format csv_classification{"csv_classification", classification_traits,
                                [](const WriterContext& context) -> std::unique_ptr<Writer> {
                                  return std::make_unique<CsvWriter>(context, "filename,label\n",
                                                                     nullptr);
                                }};

}  // namespace nexus_mirror::exports::formats
