// Formats `tfrecord` and `classification_tfrecord`: one tf.train.Example an image, with the keys of
// the TensorFlow Object Detection API. The mirror has no image bytes, so image/encoded and
// image/key/sha256 are absent: whoever trains joins the images by image/filename.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <map>

#include "exports/formats/formats.h"
#include "exports/formats/tf_example.pb.h"
#include "exports/formats/tfrecord_frame.h"
#include "text/utf8.h"

namespace nexus_mirror::exports::formats {
namespace {

// The number of a class that is written; 0 is the background's in the Object Detection API.
std::int64_t label_of(const Category& category) { return category.tag_index + 1; }

// "jpeg" of image/jpeg; empty when it is none of an image.
std::string image_format(std::string_view mime_type) {
  constexpr std::string_view kImage = "image/";
  std::string type(mime_type.substr(0, mime_type.find_first_of("; ")));
  std::transform(type.begin(), type.end(), type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (!type.starts_with(kImage)) return {};
  type.erase(0, kImage.size());
  return type == "jpg" ? "jpeg" : type;
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

class TfrecordWriter : public Writer {
 public:
  explicit TfrecordWriter(const WriterContext& context) : context_(context) {
    open(Split::train);
    if (context.settings.split_ratio > 0) open(Split::validate);
  }

  void write(const Image& image, std::span<const Annotation> annotations) final {
    OutputFile& file = file_of(image.split);
    file.skipped += image.skipped;
    features_.clear();
    if (image.height > 0) features_.add("image/height", image.height);
    if (image.width > 0) features_.add("image/width", image.width);
    features_.add("image/filename", image.name);
    features_.add("image/source_id", image.asset_id);
    const std::string format = image_format(image.mime_type);
    if (!format.empty()) features_.add("image/format", format);
    add(annotations, features_, file);
    record_.clear();
    append_record(record_, features_.serialized());
    file.write(record_);
  }

  void finish() final {
    for (auto& [split, file] : sets_) file->close();
    const auto labels = context_.files.create("label_map.pbtxt");
    for (const Category& category : context_.project.categories) {
      labels->write("item {\n  id: " + std::to_string(label_of(category)) +
                    "\n  name: " + text_format(category.name) + "\n}\n");
    }
    labels->close();
  }

 protected:
  // Adds what is drawn on an image to its features, and counts it in `file`.
  virtual void add(std::span<const Annotation> annotations, Features& features,
                   OutputFile& file) = 0;

  void skip(const Annotation& annotation, std::string_view reason, OutputFile& file) {
    context_.tally.skip(annotation.id, reason);
    ++file.skipped;
  }

 private:
  void open(Split split) {
    const std::string name(set_name(context_.settings, split));
    sets_[split] = context_.files.create(name + ".tfrecord");
  }
  OutputFile& file_of(Split split) {
    const auto found = sets_.find(split);
    return found != sets_.end() ? *found->second : *sets_.at(Split::train);
  }

  const WriterContext context_;
  std::map<Split, std::unique_ptr<OutputFile>> sets_;
  Features features_;
  std::string record_;
};

class BoxWriter final : public TfrecordWriter {
 public:
  using TfrecordWriter::TfrecordWriter;

 protected:
  void add(std::span<const Annotation> annotations, Features& features, OutputFile& file) override {
    tf::FloatList& xmin = features.floats("image/object/bbox/xmin");
    tf::FloatList& xmax = features.floats("image/object/bbox/xmax");
    tf::FloatList& ymin = features.floats("image/object/bbox/ymin");
    tf::FloatList& ymax = features.floats("image/object/bbox/ymax");
    tf::BytesList& text = features.texts("image/object/class/text");
    tf::Int64List& label = features.integers("image/object/class/label");
    for (const Annotation& annotation : annotations) {
      if (!annotation.box) {
        skip(annotation, "box without points", file);
        continue;
      }
      xmin.add_value(static_cast<float>(annotation.box->xmin));
      xmax.add_value(static_cast<float>(annotation.box->xmax));
      ymin.add_value(static_cast<float>(annotation.box->ymin));
      ymax.add_value(static_cast<float>(annotation.box->ymax));
      text.add_value(annotation.category->name);
      label.add_value(label_of(*annotation.category));
      ++file.annotations;
    }
  }
};

class ClassWriter final : public TfrecordWriter {
 public:
  using TfrecordWriter::TfrecordWriter;

 protected:
  void add(std::span<const Annotation> annotations, Features& features, OutputFile& file) override {
    tf::BytesList& text = features.texts("image/class/text");
    tf::Int64List& label = features.integers("image/class/label");
    for (const Annotation& annotation : annotations) {
      text.add_value(annotation.category->name);
      label.add_value(label_of(*annotation.category));
      ++file.annotations;
    }
  }
};

Traits accepting(BoundType type, bool needs_size) {
  Traits traits;
  traits.accepts[static_cast<std::size_t>(type)] = true;
  traits.needs_size = needs_size;
  return traits;
}

Traits box_traits(const Project&) { return accepting(BoundType::rectangle, true); }
Traits class_traits(const Project&) { return accepting(BoundType::classification, false); }

template <typename Kind>
std::unique_ptr<Writer> make(const WriterContext& context) {
  return std::make_unique<Kind>(context);
}

}  // namespace

const Format tfrecord{"tfrecord", box_traits, make<BoxWriter>};
const Format classification_tfrecord{"classification_tfrecord", class_traits, make<ClassWriter>};

}  // namespace nexus_mirror::exports::formats
