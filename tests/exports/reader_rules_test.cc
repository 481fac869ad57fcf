// What readers of the files rely on, end to end: numbers of classes, formats that suit a project,
// sets, frames of videos, and what happens to files that an earlier version made.
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "support/exports_test.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCocoAndYolo = "[[export]]\nformats = [\"coco\", \"yolo\"]\n";

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

class ReaderRules : public ExportsTest {
 protected:
  static std::string tag(int index) {
    return corpus_lines("tags", kBloodCells).at(static_cast<std::size_t>(index));
  }
  void put_tag(int index, const std::string& line) {
    put("tags", std::string(kBloodCells) + ":" + std::to_string(index), line);
  }
  void move_a_box() {
    const std::string line = corpus_line("annotations", kBloodCells);
    put("annotations", id_of(line), replaced(line, "\"bound\":[[", "\"bound\":[[0.0,0.0],["));
  }
};

TEST_F(ReaderRules, AClassWithoutItsNumberMakesTheExportsWait) {
  const auto mirror = exporting(kCocoAndYolo, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path annotations = folder_of(*mirror, kBloodCells) / "annotations";
  const auto before = files_below(annotations);
  put_tag(1, replaced(tag(1), "\"index\":1", "\"index\":\"one\""));
  move_a_box();
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find("no class has a number"), std::string::npos) << ended.err;
  EXPECT_EQ(files_below(annotations), before);
  EXPECT_EQ(mirror->run({"export"}).status, 1) << "the mirror knows it without the server";
  EXPECT_EQ(files_below(annotations), before);
  put_tag(1, tag(1));
  const Ended mended = mirror->sync();
  EXPECT_EQ(mended.status, 0) << mended.err;
  EXPECT_NE(files_below(annotations), before) << "the box that moved";
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ReaderRules, AProjectWithATagThatWasNeverReadHasNoFiles) {
  serve();
  put_tag(1, replaced(tag(1), "\"index\":1", "\"index\":\"one\""));
  const auto mirror = exporting(kCocoAndYolo, kBloodCells);
  EXPECT_EQ(mirror->sync().status, 1);
  EXPECT_FALSE(fs::exists(folder_of(*mirror, kBloodCells) / "annotations"));
}

TEST_F(ReaderRules, ATagWithoutANameIsNamedByItsIndex) {
  const auto mirror = exporting(kCocoAndYolo, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  put_tag(1, replaced(tag(1), "\"name\":\"WBC\"", "\"name\":null"));
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find("its tag of index 1 has no name"), std::string::npos) << ended.err;
}

// The class that loses its tag to another of the same name is behind them all.
TEST_F(ReaderRules, AClassWithoutATagIsNumberedBehindEveryIndex) {
  serve();
  const std::string last = tag(2), first = tag(0);
  const auto name_of = [](const std::string& line) {
    const auto begin = line.find("\"name\":") + 7;
    return line.substr(begin, line.find('"', begin + 1) - begin + 1);
  };
  put_tag(2, replaced(last, name_of(last), name_of(first)));
  const auto mirror = exporting("[[export]]\nformats = [\"coco\"]\n", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const rapidjson::Document manifest = manifest_of(*mirror, kBloodCells);
  std::string classes;
  for (const auto& each : entry_of(manifest, "coco")["classes"].GetArray()) {
    classes += std::to_string(each["id"].GetInt()) + each["name"].GetString() + " ";
  }
  EXPECT_EQ(classes.substr(0, 2), "1" + name_of(first).substr(1, 1));
  EXPECT_NE(classes.find("4" + name_of(last).substr(1, name_of(last).size() - 2)),
            std::string::npos)
      << classes;
}

TEST_F(ReaderRules, ARenameIsNoRenumbering) {
  const auto mirror = exporting(kCocoAndYolo, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  put_tag(1, replaced(tag(1), "\"WBC\"", "\"White cell\""));
  std::string project = corpus_line("projects", kBloodCells);
  while (project.find("\"WBC\"") != std::string::npos) {
    project = replaced(project, "\"WBC\"", "\"White cell\"");
  }
  put("projects", kBloodCells, project);
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("class 2 was renamed WBC -> White cell, numbers stay"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(ended.err.find("renumbered"), std::string::npos) << ended.err;
  const rapidjson::Document manifest = manifest_of(*mirror, kBloodCells);
  EXPECT_TRUE(entry_of(manifest, "coco")["classes_before"].IsNull());
}

TEST_F(ReaderRules, AFormatThatDoesNotSuitIsLeftOutAndSaysWhy) {
  const auto mirror = exporting(all_formats(), kBloodCells);
  const Ended first = mirror->sync();
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(count_of(first.err,
                     "left out: csv_classification is for annotations of type "
                     "Classification"),
            1U)
      << first.err;
  const fs::path annotations = folder_of(*mirror, kBloodCells) / "annotations";
  EXPECT_FALSE(fs::exists(annotations / "keypoints_coco"));
  EXPECT_TRUE(fs::exists(annotations / "pascal_voc"));
  const rapidjson::Document manifest = manifest_of(*mirror, kBloodCells);
  std::string formats;
  for (const auto& one : manifest["formats_left_out"].GetArray()) {
    formats += one["format"].GetString() + std::string(" ");
  }
  EXPECT_EQ(formats,
            "classification_tfrecord coco_rle csv_classification image_folder keypoints_coco "
            "polygon_coco ");
  EXPECT_EQ(mirror->sync().err.find("left out"), std::string::npos) << "told once";
  const Ended named =
      mirror->run({"export", "--format", "keypoints_coco", "--project", kBloodCells});
  EXPECT_EQ(named.status, 2) << named.err;
  EXPECT_NE(named.err.find("4888 Rectangle"), std::string::npos) << named.err;
  EXPECT_EQ(named.out, "") << "nothing was written";
  EXPECT_FALSE(fs::exists(annotations / "keypoints_coco"));
}

TEST_F(ReaderRules, OneFormatThatIsNamedIsTheOnlyOneWritten) {
  const auto mirror = exporting(kCocoAndYolo, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path annotations = folder_of(*mirror, kBloodCells) / "annotations";
  fs::remove_all(annotations);
  const Ended ended = mirror->run({"export", "--format", "coco", "--project", kBloodCells});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(fs::exists(annotations / "coco/annotations.json"));
  EXPECT_FALSE(fs::exists(annotations / "yolo"));
  expect_consistent(*mirror, kBloodCells);
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(fs::exists(annotations / "yolo/data.yaml")) << "the next sync makes the rest";
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ReaderRules, WhatUltralyticsRemembersOfLabelsGoesWithThem) {
  const auto mirror = exporting(kCocoAndYolo, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path cache = folder_of(*mirror, kBloodCells) / "annotations/yolo/labels/train.cache";
  std::ofstream(cache) << "remembered";
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(fs::exists(cache)) << "no label has changed";
  move_a_box();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(cache));
}

TEST_F(ReaderRules, TheMirrorSaysWhichSetAnAssetIsIn) {
  const auto mirror = exporting(std::string(kCocoAndYolo) +
                                    "split_ratio = 0.2\ntest_ratio = 0.1\n[[export]]\n"
                                    "formats = [\"createml\"]\n",
                                kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path coco = folder_of(*mirror, kBloodCells) / "annotations/coco";
  std::size_t images = 0;
  for (const char* split : {"train", "validate", "test"}) {
    const rapidjson::Document json = read_json(coco / (std::string(split) + ".json"));
    for (const auto& image : json["images"].GetArray()) {
      ++images;
      EXPECT_EQ(mirror->rows("SELECT formats, split FROM asset_sets WHERE asset_id = '" +
                             std::string(image["asset_id"].GetString()) + "'"),
                (std::vector<std::string>{R"(["coco","yolo"]|)" + std::string(split)}));
    }
  }
  EXPECT_EQ(images, 364U);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM asset_sets"), 364);
  const rapidjson::Document manifest = manifest_of(*mirror, kBloodCells);
  EXPECT_EQ(entry_of(manifest, "coco")["settings"]["test_ratio"].GetDouble(), 0.1);
  const std::string yaml =
      file_bytes(folder_of(*mirror, kBloodCells) / "annotations/yolo/data.yaml");
  EXPECT_EQ(yaml.find("train: train.txt\nval: val.txt\ntest: test.txt\n"), 0U) << yaml;
  // Without a split nobody is in a set.
  MirrorSettings settings = this->settings(kBloodCells);
  settings.tables = kCocoAndYolo;
  mirror->configure(settings);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM asset_sets"), 0);
}

TEST_F(ReaderRules, VideosComeByFrameAndVolumesNotAtAll) {
  serve({}, in_source("tests/corpus-odd"));
  // What the SDK would not decode, and a server may send all the same.
  std::ifstream odd(in_source("tests/corpus-odd/annotations.ndjson"));
  std::string line;
  int odd_frames = 0;
  while (std::getline(odd, line) && line.find("\"frame\":999999}") == std::string::npos) continue;
  ASSERT_TRUE(odd);
  for (const char* frame : {"2.5", "18.0", "\"19\"", "null", "[20]"}) {
    const std::string id = "annot_of_frame_" + std::to_string(odd_frames++);
    put("annotations", id,
        replaced(replaced(line, id_of(line), id), "\"frame\":999999",
                 "\"frame\":" + std::string(frame)));
  }
  const auto mirror = exporting(kCocoAndYolo);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const std::string project = mirror->value("SELECT id FROM projects WHERE name = 'video'");
  const rapidjson::Document coco =
      read_json(folder_of(*mirror, project) / "annotations/coco/annotations.json");
  std::map<std::int64_t, std::string> names;
  for (const auto& image : coco["images"].GetArray()) {
    names[image["id"].GetInt64()] = image["file_name"].GetString();
  }
  std::map<std::string, int> drawn;
  for (const auto& one : coco["annotations"].GetArray()) ++drawn[names[one["image_id"].GetInt64()]];
  EXPECT_EQ(drawn["clip 0_f000000.jpg"], 1);
  EXPECT_EQ(drawn["clip 0_f000001.jpg"], 2);
  EXPECT_EQ(drawn["clip 0_f000250.jpg"], 1);
  EXPECT_EQ(drawn["clip 1_f123456789.jpg"], 1);
  EXPECT_EQ(drawn["clip 3_asset_23aa7518_f000018.jpg"], 1);
  EXPECT_EQ(drawn.size(), 10U);
  const rapidjson::Document manifest = manifest_of(*mirror, project);
  const auto reasons = [&](const char* list) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& one : entry_of(manifest, "coco")[list].GetArray()) {
      counts[one["reason"].GetString()] = one["count"].GetInt64();
    }
    return counts;
  };
  EXPECT_EQ(reasons("skipped")["annotation of a video without its frame"],
            mirror->number("SELECT count(*) FROM annotations n JOIN assets a ON a.id = n.asset_id "
                           "AND a.project_id = n.project_id WHERE a.mime_type LIKE 'video/%' AND "
                           "n.project_id = '" +
                           project +
                           "' AND (n.frame IS NULL OR n.frame < 0 OR typeof(n.frame) "
                           "NOT IN ('integer', 'real') OR n.frame <> round(n.frame))"));
  EXPECT_GT(reasons("images_left_out")["video without a frame that has annotations"], 0);
  const std::string volume = mirror->value("SELECT id FROM projects WHERE name = 'volume'");
  const rapidjson::Document of_volume = manifest_of(*mirror, volume);
  EXPECT_EQ(entry_of(of_volume, "coco")["images"].GetInt64(), 0);
}

TEST_F(ReaderRules, FilesOfAnEarlierVersionAreMadeAnewOnceAndSaid) {
  const auto mirror = exporting(kCocoAndYolo, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  mirror->forget_feed();
  SQLite::Database(mirror->database().string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE export_formats SET rules = 1");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(count_of(ended.err, "the rules by which exports are made have changed"), 1U)
      << ended.err;
  const Ended quiet = mirror->sync();
  EXPECT_EQ(quiet.err.find("rules"), std::string::npos) << quiet.err;
}

}  // namespace
}  // namespace nexus_mirror::testing
