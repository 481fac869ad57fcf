// The CSV formats: a header line always, then a row per annotation. Quoting as RFC 4180 has it,
// lines end with LF. An image without a row cannot be said.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/lines.h"
#include "text/csv.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

using Coordinates = std::array<double, 4>;

Coordinates corners(const Box& box) { return {box.xmin, box.ymin, box.xmax, box.ymax}; }
Coordinates sides(const Box& box) {
  return {box.xmin, box.ymin, box.xmax - box.xmin, box.ymax - box.ymin};
}

// What the formats differ in.
struct Columns {
  std::string_view header;
  Coordinates (*of_box)(const Box& box);  // null: the rows have a name and a label only
};

constexpr Columns kFourCorner{"filename,xmin,ymin,xmax,ymax,label\n", corners};
constexpr Columns kWidthHeight{"filename,x,y,width,height,label\n", sides};
constexpr Columns kClassification{"filename,label\n", nullptr};

// Nothing for an empty text: there is no other kind of nothing in these files.
void append_field(std::string& row, std::string_view field) {
  if (!field.empty()) text::append_csv_field(row, field);
}

class Csv : public FilePerSet {
 public:
  Csv(const WriterContext& context, const Columns& columns)
      : FilePerSet(context, ".csv", columns.header), columns_(columns) {}

  OutputFile& start(Set& set, const Image& image) {
    const bool sized = image.width > 0 && image.height > 0;
    unknown_size_ = columns_.of_box && !context_.settings.normalized && !sized;
    name_.clear();
    append_field(name_, image.name);
    rows_.clear();
    without_row_ = reasons::kWithoutRow;
    return *set.file;
  }

  std::string_view add(Set& /*set*/, const Image& image, const Annotation& annotation) {
    if (unknown_size_) return without_row_ = reasons::kUnknownSize;
    Coordinates values;
    if (columns_.of_box) {
      if (!annotation.box) return reasons::kWithoutExtent;
      values = columns_.of_box(context_.settings.normalized ? *annotation.box
                                                            : in_pixels(*annotation.box, image));
      const auto finite = [](double value) { return std::isfinite(value); };
      if (!std::all_of(values.begin(), values.end(), finite)) return reasons::kOutOfRange;
    }
    rows_ += name_;
    if (columns_.of_box) {
      for (const double value : values) append_value(rows_.append(1, ','), value);
    }
    append_field(rows_.append(1, ','), annotation.category->name);
    rows_ += '\n';
    return {};
  }

  void complete(Set& set, const Image& image) {
    if (rows_.empty()) return context_.tally.leave_out(image.asset_id, without_row_);
    set.file->write(rows_);
    place(image_path(image), image);
  }

  // Without a size a box can be written as 0..1, so the size is asked for in start() where it is
  // needed: traits do not know the settings.
  static Traits traits(const Project& /*project*/, const Columns& columns) {
    if (columns.of_box) return accepting_boxes(false, ClassIds::tag_index_plus_one);
    return accepting({BoundType::classification}, false, ClassIds::tag_index_plus_one);
  }

 private:
  void append_value(std::string& row, double value) const {
    context_.settings.normalized ? text::append_number(row, value) : append_pixels(row, value);
  }

  const Columns& columns_;
  bool unknown_size_ = false;     // of the image at hand, where its size is needed
  std::string_view without_row_;  // why the image at hand has none, should it have none
  std::string name_, rows_;       // of the image at hand; members to keep their room
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::csv_fourcorner = format_of<Csv, &kFourCorner>();
const Format formats::csv_widthheight = format_of<Csv, &kWidthHeight>();
const Format formats::csv_classification = format_of<Csv, &kClassification>();

}  // namespace nexus_mirror::exports
