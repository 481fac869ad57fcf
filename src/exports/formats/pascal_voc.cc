// Format `pascal_voc`: an XML file per image as the PASCAL VOC challenge has them, and the lists of
// its sets. Coordinates are whole pixels, 0 at the left and top edge, kept inside the image.
#include <Poco/XML/XMLWriter.h>

#include <cmath>
#include <sstream>
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/formats.h"
#include "exports/formats/split_files.h"
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

class VocWriter : public Writer {
 public:
  explicit VocWriter(const WriterContext& context)
      : context_(context),
        train_(context.files.create("ImageSets/Main/train.txt")),
        validate_(context.files.create("ImageSets/Main/val.txt")) {}

  void write(const Image& image, std::span<const Annotation> annotations) override {
    const std::string stem(image.stem);
    const auto file = context_.files.create("Annotations/" + stem + ".xml");
    std::ostringstream document;
    Elements elements(document);
    elements.begin("annotation");
    add_image(elements, image);
    for (const Annotation& annotation : annotations) {
      const std::string_view reason = add_object(elements, image, annotation);
      if (reason.empty()) {
        ++file->annotations;
      } else {
        context_.tally.skip(annotation.id, reason);
      }
    }
    elements.end("annotation");
    elements.end_document();
    file->skipped = image.skipped + std::ssize(annotations) - file->annotations;
    file->write(document.view());
    file->close();
    OutputFile& set = is_for_validation(context_.settings, image) ? *validate_ : *train_;
    set.write(stem + '\n');
  }

  void finish() override {
    train_->close();
    validate_->close();
  }

 private:
  static void add_image(Elements& elements, const Image& image) {
    elements.add("folder", "JPEGImages");
    elements.add("filename", image.name);
    elements.begin("source");
    elements.add("database", "Datature Nexus");
    elements.end("source");
    elements.begin("size");
    elements.add("width", image.width);
    elements.add("height", image.height);
    elements.add("depth", 3);
    elements.end("size");
    elements.add("segmented", 0);
  }

  // Returns why there is no object, "" when there is one.
  static std::string_view add_object(Elements& elements, const Image& image,
                                     const Annotation& annotation) {
    if (!annotation.box) return kWithoutExtent;
    const auto inside = clipped(*annotation.box);
    if (!inside) return kOutside;
    const WholePixels pixels = whole_pixels(*inside, image);
    elements.begin("object");
    elements.add("name", annotation.category->name);
    elements.add("pose", "Unspecified");
    elements.add("truncated", is_truncated(*annotation.box, image));
    elements.add("difficult", 0);
    elements.begin("bndbox");
    elements.add("xmin", pixels.xmin);
    elements.add("ymin", pixels.ymin);
    elements.add("xmax", pixels.xmax);
    elements.add("ymax", pixels.ymax);
    elements.end("bndbox");
    elements.end("object");
    return {};
  }

  const WriterContext context_;
  std::unique_ptr<OutputFile> train_, validate_;
};

}  // namespace

const Format pascal_voc{"pascal_voc",
                        [](const Project&) {
                          return accepting({BoundType::rectangle}, true,
                                           ClassIds::tag_index_plus_one);
                        },
                        [](const WriterContext& context) -> std::unique_ptr<Writer> {
                          return std::make_unique<VocWriter>(context);
                        }};

}  // namespace nexus_mirror::exports::formats
