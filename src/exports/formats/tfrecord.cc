// Formats `tfrecord` and `classification_tfrecord`: one tf.train.Example an image, with the keys
// that the decoder of the TensorFlow Object Detection API asks for. The mirror has no image bytes,
// so image/encoded and image/key/sha256 are there and empty: whoever trains joins the images by
// image/filename. Boxes are kept inside the image, since that API refuses others.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/polygon.h"
#include "exports/formats/tf_example.pb.h"
#include "exports/formats/tfrecord_frame.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace nexus_mirror::exports::formats {
namespace {

// The number of a class that is written; 0 is the background's in the Object Detection API.
std::int64_t label_of(const Category& category) { return category.tag_index + 1; }

// "jpeg" of image/jpeg, which is also what the decoder takes an unknown format for.
std::string image_format(std::string_view mime_type) {
  constexpr std::string_view kImage = "image/";
  std::string type = text::lower(mime_type.substr(0, mime_type.find_first_of("; ")));
  if (!type.starts_with(kImage)) return "jpeg";
  type.erase(0, kImage.size());
  return type.empty() || type == "jpg" ? "jpeg" : type;
}

// `text` as a string of protobuf's text format.
std::string text_format(std::string_view text) {
  constexpr std::string_view kOctal = "01234567";
  std::string out = "\"";
  for (const char c : text::valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append({'\\', kOctal[byte >> 6], kOctal[(byte >> 3) & 7], kOctal[byte & 7]});
    } else {
      out += c;
    }
  }
  return out + '"';
}

// The features of one image. A list that nothing is added to is there and empty.
class Features {
 public:
  void clear() { example_.Clear(); }
  void add(const char* key, std::string_view bytes) {
    texts(key).add_value(bytes.data(), bytes.size());
  }
  void add(const char* key, std::int64_t value) { integers(key).add_value(value); }
  tf::BytesList& texts(const char* key) { return *feature(key).mutable_bytes_list(); }
  tf::Int64List& integers(const char* key) { return *feature(key).mutable_int64_list(); }
  tf::FloatList& floats(const char* key) { return *feature(key).mutable_float_list(); }

  // Its bytes, features sorted by key.
  const std::string& serialized() {
    bytes_.clear();
    google::protobuf::io::StringOutputStream stream(&bytes_);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    example_.SerializeToCodedStream(&coded);
    coded.Trim();
    return bytes_;
  }

 private:
  tf::Feature& feature(const char* key) {
    return (*example_.mutable_features()->mutable_feature())[key];
  }

  tf::Example example_;
  std::string bytes_;
};

class Tfrecord : public FilePerSet {
 public:
  // The keys of the classes' names and numbers.
  Tfrecord(const WriterContext& context, const char* text_key, const char* label_key)
      : FilePerSet(context, ".tfrecord"), text_key_(text_key), label_key_(label_key) {}

  OutputFile& start(Set& set, const Image& image) {
    features_.clear();
    if (image.height > 0) features_.add("image/height", image.height);
    if (image.width > 0) features_.add("image/width", image.width);
    features_.add("image/filename", image.name);
    features_.add("image/source_id", image.asset_id);
    features_.add("image/format", image_format(image.mime_type));
    features_.add("image/encoded", std::string_view());
    features_.add("image/key/sha256", std::string_view());
    text_ = &features_.texts(text_key_);
    label_ = &features_.integers(label_key_);
    return *set.file;
  }

  std::string_view add(Set& /*set*/, const Image& /*image*/, const Annotation& annotation) {
    text_->add_value(annotation.category->name);
    label_->add_value(label_of(*annotation.category));
    return {};
  }

  void complete(Set& set, const Image& /*image*/) {
    record_.clear();
    append_record(record_, features_.serialized());
    set.file->write(record_);
  }

  void finish() {
    std::string labels;
    for (const Category& category : context_.project.categories) {
      labels += "item {\n  id: " + std::to_string(label_of(category)) +
                "\n  name: " + text_format(category.name) + "\n}\n";
    }
    write_file("label_map.pbtxt", labels);
  }

 protected:
  Features features_;  // of the image at hand

 private:
  const char* const text_key_;
  const char* const label_key_;
  tf::BytesList* text_ = nullptr;  // of features_, as the next
  tf::Int64List* label_ = nullptr;
  std::string record_;
};

class Boxes : public Tfrecord {
 public:
  explicit Boxes(const WriterContext& context)
      : Tfrecord(context, "image/object/class/text", "image/object/class/label") {}

  OutputFile& start(Set& set, const Image& image) {
    OutputFile& file = Tfrecord::start(set, image);
    xmin_ = &features_.floats("image/object/bbox/xmin");
    xmax_ = &features_.floats("image/object/bbox/xmax");
    ymin_ = &features_.floats("image/object/bbox/ymin");
    ymax_ = &features_.floats("image/object/bbox/ymax");
    area_ = &features_.floats("image/object/area");
    for (const char* key : kFlags) features_.integers(key);
    return file;
  }

  std::string_view add(Set& set, const Image& image, const Annotation& annotation) {
    if (!annotation.box) return reasons::kWithoutExtent;
    const auto inside = clipped(*annotation.box);
    if (!inside) return reasons::kOutside;
    xmin_->add_value(static_cast<float>(inside->xmin));
    xmax_->add_value(static_cast<float>(inside->xmax));
    ymin_->add_value(static_cast<float>(inside->ymin));
    ymax_->add_value(static_cast<float>(inside->ymax));
    area_->add_value(static_cast<float>(area_of(image, annotation)));
    for (const char* key : kFlags) features_.integers(key).add_value(0);
    return Tfrecord::add(set, image, annotation);
  }

  static Traits traits(const Project& /*project*/) {
    return accepting_boxes(true, ClassIds::tag_index_plus_one);
  }

 private:
  // Flags of each object that nobody sets in Nexus.
  static constexpr std::array<const char*, 3> kFlags = {
      "image/object/difficult", "image/object/group_of", "image/object/is_crowd"};

  // In square pixels, as COCO's.
  double area_of(const Image& image, const Annotation& annotation) {
    const Box box = in_pixels(*annotation.box, image);
    if (annotation.points.empty()) return (box.xmax - box.xmin) * (box.ymax - box.ymin);
    to_pixels(annotation.points, image.width, image.height, ring_);
    return covered_area(ring_);
  }

  Ring ring_;  // of the annotation at hand
  // Of features_.
  tf::FloatList *xmin_ = nullptr, *xmax_ = nullptr, *ymin_ = nullptr, *ymax_ = nullptr;
  tf::FloatList* area_ = nullptr;
};

class Classes : public Tfrecord {
 public:
  explicit Classes(const WriterContext& context)
      : Tfrecord(context, "image/class/text", "image/class/label") {}

  static Traits traits(const Project& /*project*/) {
    return accepting({BoundType::classification}, false, ClassIds::tag_index_plus_one);
  }
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::tfrecord = format_of<Boxes>(ImageBytes::missing);
const Format formats::classification_tfrecord = format_of<Classes>(ImageBytes::missing);

}  // namespace nexus_mirror::exports
