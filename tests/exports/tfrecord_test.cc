// Formats tfrecord and classification_tfrecord, read with a frame reader and a CRC of their own.
#include <gtest/gtest.h>
#include <stdio.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "exports/formats/formats.h"
#include "exports/formats/tf_example.pb.h"
#include "exports/formats/tfrecord_frame.h"
#include "support/hand_made_mirror.h"
#include "support/memory_files.h"
#include "support/places.h"
#include "text/crc32c.h"

namespace nexus_mirror::exports::formats {
namespace {

using nexus_mirror::testing::MemoryFiles;
using nexus_mirror::testing::TemporaryFolder;

// Bit by bit, by the polynomial alone.
std::uint32_t bitwise_crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::uint32_t unmasked(std::uint64_t masked) {
  const auto rotated = static_cast<std::uint32_t>(masked) - 0xa282ead8U;
  return rotated >> 17 | rotated << 15;
}

// The data of each record of `file`.
std::vector<std::string> records(std::string_view file) {
  std::vector<std::string> all;
  while (!file.empty()) {
    if (file.size() < 16) {
      ADD_FAILURE() << "a record is cut short";
      break;
    }
    const std::uint64_t length = little_endian(file.substr(0, 8));
    EXPECT_EQ(unmasked(little_endian(file.substr(8, 4))), bitwise_crc32c(file.substr(0, 8)));
    if (length > file.size() - 16) {
      ADD_FAILURE() << "a record is longer than its file";
      break;
    }
    const std::string_view data = file.substr(12, length);
    EXPECT_EQ(unmasked(little_endian(file.substr(12 + length, 4))), bitwise_crc32c(data));
    all.emplace_back(data);
    file.remove_prefix(16 + length);
  }
  return all;
}

// The features of each record as texts: "key" to "1 2", "\"a\" \"b\"" or "0.5 0.25".
using Features = std::map<std::string, std::string>;

template <typename List, typename Show>
std::string joined(const List& list, const Show& show) {
  std::string text;
  for (const auto& value : list.value()) text += (text.empty() ? "" : " ") + show(value);
  return text;
}

Features features_of(const std::string& data) {
  tf::Example example;
  EXPECT_TRUE(example.ParseFromString(data));
  Features features;
  for (const auto& [key, feature] : example.features().feature()) {
    switch (feature.kind_case()) {
      case tf::Feature::kBytesList:
        features[key] = joined(feature.bytes_list(),
                               [](const std::string& bytes) { return "\"" + bytes + "\""; });
        break;
      case tf::Feature::kFloatList:
        features[key] = joined(feature.float_list(), [](float value) {
          char text[32];
          snprintf(text, sizeof text, "%g", static_cast<double>(value));
          return std::string(text);
        });
        break;
      case tf::Feature::kInt64List:
        features[key] =
            joined(feature.int64_list(), [](auto value) { return std::to_string(value); });
        break;
      case tf::Feature::KIND_NOT_SET:
        ADD_FAILURE() << key << " holds no list";
    }
  }
  return features;
}

std::vector<Features> examples(const MemoryFiles& files, const std::string& path) {
  std::vector<Features> all;
  for (const std::string& data : records(files.files.at(path).bytes)) {
    all.push_back(features_of(data));
  }
  return all;
}

class TfrecordTest : public ::testing::Test {
 protected:
  TfrecordTest() {
    project_.id = "proj_1";
    project_.categories = {{0, 0, "RBC", {}, {}},
                           {4, 1, "a \"b\"\\\n\x7f", {}, {}},
                           {7, 2, "Blutplättchen, 红", {}, {}}};
  }

  Annotation box(const char* id, std::size_t category, Box box) const {
    Annotation annotation;
    annotation.id = id;
    annotation.type = BoundType::rectangle;
    annotation.category = &project_.categories[category];
    annotation.box = box;
    return annotation;
  }
  Annotation label(const char* id, std::size_t category) const {
    Annotation annotation;
    annotation.id = id;
    annotation.type = BoundType::classification;
    annotation.category = &project_.categories[category];
    return annotation;
  }
  static Image image(const char* id, const char* name, Split split = Split::train) {
    Image image;
    image.asset_id = id;
    image.name = name;
    image.width = 640;
    image.height = 480;
    image.mime_type = "image/jpeg";
    image.split = split;
    return image;
  }
  std::unique_ptr<Writer> writer(const Format& format) {
    traits_ = format.traits(project_);
    context_ = std::make_unique<WriterContext>(
        WriterContext{project_, settings_, traits_, files_, files_});
    return format.make(*context_);
  }

  Project project_;
  FormatSettings settings_;
  MemoryFiles files_;

 private:
  Traits traits_;
  std::unique_ptr<WriterContext> context_;
};

TEST(TfrecordFrameTest, HoldsLengthDataAndTheirCrcs) {
  std::string file;
  for (const std::string& data : {std::string(), std::string("abc"), std::string(70000, '\0')}) {
    append_record_head(file, data.size());
    file += data;
    append_record_tail(file, text::crc32c(data));
  }
  const auto all = records(file);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0], "");
  EXPECT_EQ(all[1], "abc");
  EXPECT_EQ(all[2], std::string(70000, '\0'));
}

TEST_F(TfrecordTest, HasTheKeysOfTheObjectDetectionApi) {
  const auto boxes = writer(tfrecord);
  const Annotation drawn[] = {box("annot_1", 1, {0.25, 0.5, 0.75, 1}),
                              box("annot_2", 0, {0.125, 0.25, 0.125, 0.25})};
  Image first = image("asset_1", "ü.jpg");
  first.skipped = 3;
  boxes->write(first, drawn);
  boxes->finish();
  const Features expected = {{"image/encoded", "\"\""},
                             {"image/filename", "\"ü.jpg\""},
                             {"image/format", "\"jpeg\""},
                             {"image/height", "480"},
                             {"image/key/sha256", "\"\""},
                             {"image/object/area", "76800 0"},
                             {"image/object/bbox/xmax", "0.75 0.125"},
                             {"image/object/bbox/xmin", "0.25 0.125"},
                             {"image/object/bbox/ymax", "1 0.25"},
                             {"image/object/bbox/ymin", "0.5 0.25"},
                             {"image/object/class/label", "5 1"},
                             {"image/object/class/text", "\"a \"b\"\\\n\x7f\" \"RBC\""},
                             {"image/object/difficult", "0 0"},
                             {"image/object/group_of", "0 0"},
                             {"image/object/is_crowd", "0 0"},
                             {"image/source_id", "\"asset_1\""},
                             {"image/width", "640"}};
  EXPECT_EQ(examples(files_, "annotations.tfrecord"), std::vector<Features>{expected});
  EXPECT_EQ(files_.files.at("annotations.tfrecord").annotations, 2);
  EXPECT_EQ(files_.files.at("annotations.tfrecord").skipped, 3);
  EXPECT_EQ(files_.files.size(), 2U);
}

// The bytes by the numbers of tf.train.Example's fields, features in the order of their keys.
TEST_F(TfrecordTest, IsTheWireFormatOfTensorFlow) {
  const auto classes = writer(classification_tfrecord);
  Image bare = image("a", "b");
  bare.mime_type = "";
  bare.width = bare.height = 0;
  const Annotation drawn[] = {label("annot_1", 0)};
  classes->write(bare, drawn);
  classes->finish();
  const auto all = records(files_.files.at("annotations.tfrecord").bytes);
  ASSERT_EQ(all.size(), 1U);
  using namespace std::string_literals;
  const std::string label = "\x0a\x11image/class/label\x12\x05\x1a\x03\x0a\x01\x01"s;
  const std::string text = "\x0a\x10image/class/text\x12\x07\x0a\x05\x0a\x03RBC"s;
  const std::string name =
      "\x0a\x0eimage/filename\x12\x05\x0a\x03\x0a\x01"
      "b"s;
  const std::string encoded = "\x0a\x0dimage/encoded\x12\x04\x0a\x02\x0a\x00"s;
  const std::string format = "\x0a\x0cimage/format\x12\x08\x0a\x06\x0a\x04jpeg"s;
  const std::string key = "\x0a\x10image/key/sha256\x12\x04\x0a\x02\x0a\x00"s;
  const std::string id =
      "\x0a\x0fimage/source_id\x12\x05\x0a\x03\x0a\x01"
      "a"s;
  std::string features;
  for (const std::string& entry : {label, text, encoded, name, format, key, id}) {
    features += "\x0a"s + static_cast<char>(entry.size()) + entry;
  }
  ASSERT_EQ(features.size(), 0xb7U);  // two bytes as a varint
  EXPECT_EQ(all[0], "\x0a\xb7\x01"s + features);
}

TEST_F(TfrecordTest, HasAPolygonByItsExtentAndTheAreaThatItCovers) {
  const auto boxes = writer(tfrecord);
  const Point ring[] = {{0.25, 0.25}, {0.75, 0.25}, {0.75, 0.75}};
  Annotation triangle = box("annot_1", 0, {0.25, 0.25, 0.75, 0.75});
  triangle.type = BoundType::polygon;
  triangle.points = ring;
  const Annotation drawn[] = {triangle};
  boxes->write(image("asset_1", "a.jpg"), drawn);
  boxes->finish();
  const auto all = examples(files_, "annotations.tfrecord");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].at("image/object/bbox/xmin"), "0.25");
  EXPECT_EQ(all[0].at("image/object/bbox/ymax"), "0.75");
  EXPECT_EQ(all[0].at("image/object/area"), "38400");
  EXPECT_EQ(files_.approximated.at("polygon by its extent"), std::vector<std::string>{"annot_1"});
}

TEST_F(TfrecordTest, KeepsImagesWithoutAnnotations) {
  const auto boxes = writer(tfrecord);
  boxes->write(image("asset_1", "a.png"), {});
  boxes->finish();
  const auto all = examples(files_, "annotations.tfrecord");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].size(), 17U);
  EXPECT_EQ(all[0].at("image/object/bbox/xmin"), "");
  EXPECT_EQ(all[0].at("image/object/area"), "");
  EXPECT_EQ(all[0].at("image/object/is_crowd"), "");
  EXPECT_EQ(all[0].at("image/object/class/text"), "");
  EXPECT_EQ(all[0].at("image/object/class/label"), "");
}

TEST_F(TfrecordTest, HoldsSeveralClassesOfAnImage) {
  const auto classes = writer(classification_tfrecord);
  const Annotation drawn[] = {label("annot_1", 2), label("annot_2", 0)};
  Image unknown_size = image("asset_1", "a.png");
  unknown_size.width = unknown_size.height = 0;
  unknown_size.mime_type = "IMAGE/JPG; q=1";
  classes->write(unknown_size, drawn);
  classes->write(image("asset_2", "b.png"), {});
  classes->finish();
  const auto all = examples(files_, "annotations.tfrecord");
  ASSERT_EQ(all.size(), 2U);
  const Features expected = {
      {"image/class/label", "8 1"},      {"image/class/text", "\"Blutplättchen, 红\" \"RBC\""},
      {"image/encoded", "\"\""},         {"image/filename", "\"a.png\""},
      {"image/format", "\"jpeg\""},      {"image/key/sha256", "\"\""},
      {"image/source_id", "\"asset_1\""}};
  EXPECT_EQ(all[0], expected);
  EXPECT_EQ(all[1].at("image/class/label"), "");
  EXPECT_EQ(all[1].at("image/width"), "640");
}

TEST_F(TfrecordTest, PutsEachImageInItsSet) {
  settings_.split.split_ratio = 0.5;
  const auto boxes = writer(tfrecord);
  const Annotation drawn[] = {box("annot_1", 0, {0, 0, 1, 1})};
  boxes->write(image("asset_1", "a.png", Split::validate), drawn);
  boxes->write(image("asset_2", "b.png"), {});
  boxes->write(image("asset_3", "c.png", Split::validate), {});
  boxes->finish();
  const auto train = examples(files_, "train.tfrecord");
  const auto validate = examples(files_, "validate.tfrecord");
  ASSERT_EQ(train.size(), 1U);
  ASSERT_EQ(validate.size(), 2U);
  EXPECT_EQ(train[0].at("image/filename"), "\"b.png\"");
  EXPECT_EQ(validate[0].at("image/filename"), "\"a.png\"");
  EXPECT_EQ(files_.files.at("train.tfrecord").annotations, 0);
  EXPECT_EQ(files_.files.at("validate.tfrecord").annotations, 1);
  EXPECT_FALSE(files_.files.contains("annotations.tfrecord"));
}

TEST_F(TfrecordTest, WritesAllSetsOfAnEmptyProject) {
  settings_.split.split_ratio = 0.2;
  project_.categories.clear();
  writer(tfrecord)->finish();
  ASSERT_EQ(files_.files.size(), 3U);
  for (const auto& [path, file] : files_.files) EXPECT_EQ(file.bytes, "") << path;
}

TEST_F(TfrecordTest, SkipsBoxesWithoutPoints) {
  const auto boxes = writer(tfrecord);
  Annotation nowhere = box("annot_1", 0, {});
  nowhere.box.reset();
  const Annotation drawn[] = {nowhere, box("annot_2", 0, {0, 0, 1, 1})};
  boxes->write(image("asset_1", "a.png"), drawn);
  boxes->finish();
  EXPECT_EQ(files_.skipped.at("annotation without an extent"), std::vector<std::string>{"annot_1"});
  EXPECT_EQ(files_.files.at("annotations.tfrecord").skipped, 1);
  EXPECT_EQ(files_.files.at("annotations.tfrecord").annotations, 1);
  EXPECT_EQ(examples(files_, "annotations.tfrecord")[0].at("image/object/bbox/xmax"), "1");
}

TEST_F(TfrecordTest, NamesTheClassesInALabelMap) {
  writer(tfrecord)->finish();
  EXPECT_EQ(files_.files.at("label_map.pbtxt").bytes,
            "item {\n  id: 1\n  name: \"RBC\"\n}\n"
            "item {\n  id: 5\n  name: \"a \\\"b\\\"\\\\\\012\\177\"\n}\n"
            "item {\n  id: 8\n  name: \"Blutplättchen, 红\"\n}\n");
}

TEST_F(TfrecordTest, SaysWhatItIsFor) {
  const Traits boxes = tfrecord.traits(project_),
               classes = classification_tfrecord.traits(project_);
  for (std::size_t type = 0; type < kBoundTypeCount; ++type) {
    EXPECT_EQ(boxes.accepts[type], type == static_cast<std::size_t>(BoundType::rectangle) ||
                                       type == static_cast<std::size_t>(BoundType::polygon));
    EXPECT_EQ(classes.accepts[type], type == static_cast<std::size_t>(BoundType::classification));
  }
  EXPECT_TRUE(boxes.needs_size);
  EXPECT_FALSE(classes.needs_size);
  EXPECT_EQ(boxes.class_ids, ClassIds::tag_index_plus_one);
}

// What a reader without a line of ours in it finds.
TEST_F(TfrecordTest, IsReadBackByAnotherProgram) {
  const auto boxes = writer(tfrecord);
  for (int i = 0; i < 30; ++i) {
    const Annotation drawn[] = {box("annot_1", 0, {0, 0, 1, 1}), box("annot_2", 2, {0, 0, 1, 1})};
    boxes->write(image("asset_1", "a.png"), std::span(drawn, static_cast<std::size_t>(i % 3)));
  }
  boxes->finish();
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "boxes.tfrecord").string();
  std::string bytes = files_.files.at("annotations.tfrecord").bytes;
  const auto read_back = [&] {
    std::ofstream(path, std::ios::binary) << bytes;
    const std::string command = "python3 " +
                                testing::in_source("tests/read_back/tfrecord_read_back.py") + " " +
                                path + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    std::string said;
    for (int c; (c = fgetc(pipe)) != EOF;) said += static_cast<char>(c);
    pclose(pipe);
    return said;
  };
  EXPECT_EQ(read_back(), path + " images=30 annotations=30 labels=1,8\n");
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_NE(read_back().find("the CRC of"), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::exports::formats
