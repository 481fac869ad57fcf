// Formats `tfrecord` and `classification_tfrecord`: one tf.train.Example an image, with the keys
// that the decoder of the TensorFlow Object Detection API asks for. Of an image that is not here
// image/encoded and image/key/sha256 are there and empty: whoever trains joins it by
// image/filename. Boxes are kept inside the image, since that API refuses others.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/polygon.h"
#include "exports/formats/tf_example.pb.h"
#include "exports/formats/tfrecord_frame.h"
#include "nexus_mirror/error.h"
#include "text/ascii.h"
#include "text/crc32c.h"
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

constexpr std::size_t kFirstBytes = 16;

// The format of an image that begins with `first`; `otherwise` where these do not tell.
std::string format_of_bytes(std::string_view first, std::string otherwise) {
  using namespace std::string_view_literals;
  constexpr std::array<std::pair<std::string_view, const char*>, 6> kFormats = {
      {{"\xff\xd8\xff"sv, "jpeg"},
       {"\x89PNG\r\n\x1a\n"sv, "png"},
       {"GIF8"sv, "gif"},
       {"BM"sv, "bmp"},
       {"II*\0"sv, "tiff"},
       {"MM\0*"sv, "tiff"}}};
  for (const auto& [magic, format] : kFormats) {
    if (first.starts_with(magic)) return format;
  }
  const bool riff = first.starts_with("RIFF") &&
                    first.substr(std::min<std::size_t>(8, first.size())).starts_with("WEBP");
  return riff ? "webp" : std::move(otherwise);
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

// The features of one image. A list that nothing is added to is there and empty. The image itself
// is written past them, in pieces, for it may be larger than what may be in memory: features lie
// sorted by key, and it has its place among them.
class Features {
 public:
  void clear() {
    before_.Clear();
    behind_.Clear();
  }
  void add(const char* key, std::string_view bytes) {
    texts(key).add_value(bytes.data(), bytes.size());
  }
  void add(const char* key, std::int64_t value) { integers(key).add_value(value); }
  tf::BytesList& texts(const char* key) { return *feature(key).mutable_bytes_list(); }
  tf::Int64List& integers(const char* key) { return *feature(key).mutable_int64_list(); }
  tf::FloatList& floats(const char* key) { return *feature(key).mutable_float_list(); }

  // The bytes of the record around those of the image, of which there are `encoded`.
  void serialize(std::uint64_t encoded, std::string& before, std::string& behind) const {
    const std::string first = serialized(before_);
    behind = serialized(behind_);
    // From the inside out: the value in its list, the list in its feature, the feature in its
    // entry of the map, that among the features.
    const std::string value = part(kFirstField, encoded);
    const std::string list = part(kFirstField, value.size() + encoded);
    const std::uint64_t feature = list.size() + value.size() + encoded;
    const std::string key = part(kFirstField, kEncoded.size()).append(kEncoded);
    const std::string in_entry = part(kSecondField, feature);
    const std::string entry = part(kFirstField, key.size() + in_entry.size() + feature);
    const std::uint64_t entry_bytes = entry.size() + key.size() + in_entry.size() + feature;
    before = part(kFirstField, first.size() + entry_bytes + behind.size());
    before += first + entry + key + in_entry + list + value;
  }

 private:
  // Tags on the wire of fields with a length: field number << 3 | 2.
  static constexpr char kFirstField = 0x0a, kSecondField = 0x12;
  static constexpr std::string_view kEncoded = "image/encoded";

  // What stands before `bytes` bytes of a field.
  static std::string part(char tag, std::uint64_t bytes) {
    std::string head(1, tag);
    for (; bytes >= 0x80; bytes >>= 7) head += static_cast<char>(bytes | 0x80);
    return head += static_cast<char>(bytes);
  }

  static std::string serialized(const tf::Features& features) {
    std::string bytes;
    {
      google::protobuf::io::StringOutputStream stream(&bytes);
      google::protobuf::io::CodedOutputStream coded(&stream);
      coded.SetSerializationDeterministic(true);
      features.SerializeToCodedStream(&coded);
    }
    return bytes;
  }

  tf::Feature& feature(const char* key) {
    tf::Features& features = key < kEncoded ? before_ : behind_;
    return (*features.mutable_feature())[key];
  }

  tf::Features before_, behind_;  // image/encoded
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
    content_ = context_.settings.images ? context_.files.content_of(image) : nullptr;
    first_.resize(content_ ? kFirstBytes : 0);
    if (content_) first_.resize(content_->read(first_));
    features_.add("image/format", format_of_bytes(first_, image_format(image.mime_type)));
    features_.add("image/key/sha256", content_ ? image.content : std::string_view());
    text_ = &features_.texts(text_key_);
    label_ = &features_.integers(label_key_);
    return *set.file;
  }

  std::string_view add(Set& /*set*/, const Image& /*image*/, const Annotation& annotation) {
    text_->add_value(annotation.category->name);
    label_->add_value(label_of(*annotation.category));
    return {};
  }

  void complete(Set& set, const Image& image) {
    const std::uint64_t encoded = content_ ? content_->bytes() : 0;
    features_.serialize(encoded, before_, behind_);
    record_.clear();
    append_record_head(record_, before_.size() + encoded + behind_.size());
    record_ += before_;
    set.file->write(record_);
    std::uint32_t crc = text::crc32c(before_);
    if (content_) crc = write_content(set, image, crc);
    record_ = behind_;
    append_record_tail(record_, text::crc32c(behind_, crc));
    set.file->write(record_);
    content_.reset();
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
  std::uint32_t write_content(Set& set, const Image& image, std::uint32_t crc) {
    std::uint64_t written = 0;
    piece_ = first_;
    while (!piece_.empty()) {
      crc = text::crc32c(piece_, crc);
      written += piece_.size();
      set.file->write(piece_);
      piece_.resize(kPiece);
      piece_.resize(content_->read(piece_));
    }
    if (written == content_->bytes()) return crc;
    throw Error(ErrorCode::machine, "exporting",
                "the image of asset " + std::string(image.asset_id),
                "its file changed while it was read",
                "'nexus-mirror files verify' finds out what became of it");
  }

  static constexpr std::size_t kPiece = 64UL << 10;

  const char* const text_key_;
  const char* const label_key_;
  tf::BytesList* text_ = nullptr;  // of features_, as the next
  tf::Int64List* label_ = nullptr;
  std::unique_ptr<ImageContent> content_;         // of the image at hand, which has been read up to
  std::string first_;                             // these bytes
  std::string before_, behind_, record_, piece_;  // members to keep their room
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

const Format formats::tfrecord = format_of<Boxes>(ImagesAre::encoded);
const Format formats::classification_tfrecord = format_of<Classes>(ImagesAre::encoded);

}  // namespace nexus_mirror::exports
