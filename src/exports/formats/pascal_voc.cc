// Format `pascal_voc`: an XML file per image as the PASCAL VOC challenge has them, the lists of its
// sets, and the names of its classes as labelmap.txt, in the form of CVAT and Datumaro. Coordinates
// are whole pixels, 0 at the left and top edge, kept inside the image. An image's file is called as
// its annotations are, since readers put its name together from a list's line and an extension, and
// none has a blank, for they part lines there.
#include <Poco/XML/XMLWriter.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/lines.h"
#include "text/utf8.h"

namespace nexus_mirror::exports::formats {
namespace {

using Poco::XML::XMLWriter;

bool fits_into_xml(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c != 0xfffe && c != 0xffff;
}

std::string xml_text(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const char32_t c = text::take_code_point(text);
    text::append_code_point(valid, fits_into_xml(c) ? c : U'\xfffd');
  }
  return valid;
}

// Elements of one document.
class Elements {
 public:
  explicit Elements(std::ostream& out) : xml_(out, XMLWriter::PRETTY_PRINT) {
    xml_.setNewLine(XMLWriter::NEWLINE_LF);
    xml_.setIndent("  ");
    xml_.startDocument();
  }
  void begin(const char* name) { xml_.startElement({}, {}, name); }
  void end(const char* name) { xml_.endElement({}, {}, name); }
  void add(const char* name, std::int64_t number) { add(name, std::to_string(number)); }
  void add(const char* name, std::string_view text) {
    begin(name);
    const std::string valid = xml_text(text);
    for (std::size_t at = 0;;) {
      const auto end_of_part = valid.find('\r', at);
      xml_.characters(valid.substr(at, end_of_part - at));
      if (end_of_part == std::string::npos) break;
      xml_.rawCharacters("&#13;");  // a bare one would read back as a line feed
      at = end_of_part + 1;
    }
    end(name);
  }
  void end_document() { xml_.endDocument(); }

 private:
  XMLWriter xml_;
};

// Whether `box` reaches beyond the image so far that its rounding to whole pixels does not make
// up for it.
bool is_truncated(const Box& box, const Image& image) {
  const Box pixels = in_pixels(box, image);
  return std::round(pixels.xmin) < 0 || std::round(pixels.ymin) < 0 ||
         std::round(pixels.xmax) > static_cast<double>(image.width) ||
         std::round(pixels.ymax) > static_cast<double>(image.height);
}

class PascalVoc : public FilePerImage {
 public:
  struct Set : FilePerImage::Set {
    bool trains_or_validates = false;
  };

  explicit PascalVoc(const WriterContext& context)
      : FilePerImage(context, ".xml"),
        train_and_validate_(context.files.create(list_of("trainval"))) {
    if (!has_set(context.settings.split, Split::validate)) write_file(list_of("val"), {});
  }

  // The list of a set without images is there and empty.
  Set begin(const ImageSet& which) {
    Set set;
    set.folder = "Annotations/";
    set.trains_or_validates = which.split != Split::test;
    set.lists.push_back(context_.files.create(list_of(short_name(which.split))));
    return set;
  }

  OutputFile& start(Set& set, const Image& image) {
    document_.str({});
    elements_.emplace(document_);
    elements_->begin("annotation");
    elements_->add("folder", "JPEGImages");
    elements_->add("filename", file_name(image));
    elements_->begin("source");
    elements_->add("database", "Datature Nexus");
    elements_->end("source");
    elements_->begin("size");
    elements_->add("width", image.width);
    elements_->add("height", image.height);
    elements_->add("depth", 3);
    elements_->end("size");
    elements_->add("segmented", 0);
    return FilePerImage::start(set, image);
  }

  std::string_view add(Set& /*set*/, const Image& image, const Annotation& annotation) {
    if (!annotation.box) return reasons::kWithoutExtent;
    const auto inside = clipped(*annotation.box);
    if (!inside) return reasons::kOutside;
    const WholePixels pixels = whole_pixels(*inside, image);
    elements_->begin("object");
    elements_->add("name", annotation.category->name);
    elements_->add("pose", "Unspecified");
    elements_->add("truncated", is_truncated(*annotation.box, image));
    elements_->add("difficult", 0);
    elements_->begin("bndbox");
    elements_->add("xmin", pixels.xmin);
    elements_->add("ymin", pixels.ymin);
    elements_->add("xmax", pixels.xmax);
    elements_->add("ymax", pixels.ymax);
    elements_->end("bndbox");
    elements_->end("object");
    return {};
  }

  void complete(Set& set, const Image& image) {
    elements_->end("annotation");
    elements_->end_document();
    text_ = document_.view();
    FilePerImage::complete(set, image);
    place("JPEGImages/" + file_name(image), image);
    const std::string line = std::string(image.stem) + '\n';
    for (const auto& list : set.lists) list->write(line);
    if (set.trains_or_validates) train_and_validate_->write(line);
  }

  void finish() {
    train_and_validate_->close();
    std::string map = "# label:color_rgb:parts:actions\n";
    for (std::string name : class_names(context_.project)) {
      std::replace(name.begin(), name.end(), ':', '_');  // it would end the name
      map += name + ":::\n";
    }
    write_file("labelmap.txt", map);
  }

  static Traits traits(const Project& /*project*/) {
    return accepting_boxes(true, ClassIds::tag_index_plus_one);
  }

 private:
  static std::string file_name(const Image& image) {
    return std::string(image.stem).append(extension_of(image));
  }
  static std::string list_of(std::string_view set) {
    return "ImageSets/Main/" + std::string(set) + ".txt";
  }

  const std::unique_ptr<OutputFile> train_and_validate_;
  std::ostringstream document_;       // of the image at hand
  std::optional<Elements> elements_;  // of document_
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::pascal_voc = format_of<PascalVoc>(NameRule::without_blanks);

}  // namespace nexus_mirror::exports
