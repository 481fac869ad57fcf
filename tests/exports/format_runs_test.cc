#include "exports/format_runs.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "exports/formats/formats.h"
#include "support/drawn_project.h"
#include "support/memory_files.h"

namespace nexus_mirror::exports {
namespace {

using testing::MemoryFiles;

// Notes on which thread files are made.
class ThreadFiles : public MemoryFiles {
 public:
  std::set<std::thread::id> threads;
  std::unique_ptr<OutputFile> create(const std::string& path) override {
    threads.insert(std::this_thread::get_id());
    return MemoryFiles::create(path);
  }
};

// Files of which the n-th cannot be made.
class RefusingFiles : public FileSet {
 public:
  explicit RefusingFiles(int n) : left_(n) {}
  std::unique_ptr<OutputFile> create(const std::string& path) override {
    if (--left_ == 0) throw std::runtime_error("refused");
    return files_.create(path);
  }
  std::unique_ptr<ScratchFile> scratch() override { return files_.scratch(); }
  void place(const std::string& path, const Image& image) override { files_.place(path, image); }
  std::unique_ptr<ImageContent> content_of(const Image& image) override {
    return files_.content_of(image);
  }

 private:
  MemoryFiles files_;
  int left_;
};

FormatSettings settings_of(const std::string& format) {
  FormatSettings settings;
  settings.format = format;
  return settings;
}

class FormatRunsTest : public ::testing::Test {
 protected:
  // The project's images so often that there are many batches, each with another name.
  void hand_over(FormatRuns& runs) const {
    for (int i = 0; i < 300; ++i) {
      for (const testing::DrawnImage& drawn : project_.images) hand_over(runs, drawn, i);
    }
  }

  void hand_over(FormatRuns& runs, const testing::DrawnImage& drawn, int i) const {
    // Gone when the next image comes, as a snapshot's texts are.
    const std::string stem = drawn.stem + std::to_string(i), name = stem + ".jpg", id = "id" + stem;
    std::vector<Annotation> annotations;
    std::deque<std::vector<Point>> points;
    for (const testing::DrawnAnnotation& one : drawn.annotations) {
      Annotation& annotation = annotations.emplace_back();
      annotation.id = one.id;
      annotation.type = one.type;
      annotation.category = &project_.project.categories.at(one.category);
      annotation.points = points.emplace_back(one.points);
      annotation.box = Box{0.25, 0.25, 0.5, 0.75};
    }
    ImageRow row;
    row.image.asset_id = id;
    row.image.name = name;
    row.image.stem = stem;
    row.image.width = drawn.width;
    row.image.height = drawn.height;
    row.annotations = annotations;
    row.unknown = {id};
    row.without_frame = {name};
    row.filename = name;
    row.custom_metadata = id;
    row.status = stem;
    runs.take(row);
  }

  struct Made {
    std::map<std::string, std::map<std::string, std::string>> bytes;  // by format, by path
    std::vector<std::string> skipped;
  };

  Made made(std::size_t most) const {
    Made all;
    std::deque<MemoryFiles> files;
    std::deque<FormatSettings> settings;
    FormatRuns runs([] {}, most);
    for (const auto& [name, format] : formats_) {
      settings.push_back(settings_of(name));
      settings.back().split.split_ratio = 0.3;
      runs.add(format, project_.project, settings.back(), files.emplace_back());
    }
    hand_over(runs);
    runs.orphan("nobody's");
    runs.finish();
    for (std::size_t i = 0; i < formats_.size(); ++i) {
      for (const auto& [path, file] : files[i].files) {
        all.bytes[formats_[i].first][path] = file.bytes;
      }
      all.skipped.push_back(runs[i].left_out().skipped_json());
    }
    return all;
  }

  const testing::DrawnProject project_ = testing::hard_to_say("InstanceSegmentation");
  const std::vector<std::pair<std::string, Format>> formats_ = {
      {"coco", formats::coco}, {"yolo", formats::yolo}, {"pascal_voc", formats::pascal_voc}};
};

TEST_F(FormatRunsTest, ThreadsWriteTheBytesThatOneWouldWrite) {
  const Made alone = made(1UL << 30);
  EXPECT_EQ(alone.bytes.at("coco").size(), 2U);
  EXPECT_NE(alone.skipped.at(0).find("nobody's"), std::string::npos);
  for (const std::size_t most : {1UL, 5'000UL, 100'000UL}) {
    const Made together = made(most);
    EXPECT_EQ(together.bytes, alone.bytes) << most << " bytes in a batch";
    EXPECT_EQ(together.skipped, alone.skipped);
  }
}

TEST_F(FormatRunsTest, EachHasItsThreadWhereThereIsMoreThanABatch) {
  for (const bool many : {false, true}) {
    ThreadFiles one, other;
    const FormatSettings yolo = settings_of("yolo");
    {
      FormatRuns runs([] {}, many ? 1000 : 1UL << 30);
      runs.add(formats::yolo, project_.project, yolo, one);
      runs.add(formats::yolo, project_.project, yolo, other);
      hand_over(runs);
      runs.finish();
    }
    std::set<std::thread::id> all = one.threads;
    all.merge(other.threads);
    EXPECT_EQ(all.size(), many ? 3U : 1U) << "with that of the first files";
    EXPECT_TRUE(all.contains(std::this_thread::get_id()));
  }
}

TEST_F(FormatRunsTest, ABatchOwnsWhatItsImagesReferTo) {
  ImageBatch batch;
  const std::vector<std::string> texts = {"id", "name", "stem", "mime", "file", "meta", "status"};
  {
    std::vector<std::string> gone = texts;
    std::string unknown = "unknown", frame = "frame", annotation_id = "annotation";
    std::vector<Point> points = {{0.25, 0.5, 1}};
    std::vector<Annotation> annotations(1);
    annotations[0].id = annotation_id;
    annotations[0].points = points;
    ImageRow row;
    row.image.asset_id = gone[0];
    row.image.name = gone[1];
    row.image.stem = gone[2];
    row.image.mime_type = gone[3];
    row.filename = gone[4];
    row.custom_metadata = gone[5];
    row.status = gone[6];
    row.groups = {"group"};
    row.other_names[1] = ImageNames{"other", "names"};
    row.unknown = {unknown};
    row.without_frame = {frame};
    row.annotations = annotations;
    batch.add(row);
    for (std::string* text : {&gone[0], &gone[1], &gone[2], &gone[3], &gone[4], &gone[5], &gone[6],
                              &unknown, &frame, &annotation_id}) {
      text->assign(text->size(), '#');
    }
    points[0] = {};
  }
  ASSERT_EQ(batch.rows().size(), 1U);
  const ImageRow& row = batch.rows()[0];
  const std::vector<std::string_view> kept = {
      row.image.asset_id, row.image.name,      row.image.stem, row.image.mime_type,
      row.filename,       row.custom_metadata, row.status};
  EXPECT_TRUE(std::equal(kept.begin(), kept.end(), texts.begin(), texts.end()));
  EXPECT_EQ(row.groups.at(0), "group");
  EXPECT_EQ(row.other_names[1]->stem, "names");
  EXPECT_EQ(row.unknown.at(0), "unknown");
  EXPECT_EQ(row.without_frame.at(0), "frame");
  EXPECT_EQ(row.annotations[0].id, "annotation");
  EXPECT_EQ(row.annotations[0].points[0].y, 0.5);
  EXPECT_GT(batch.bytes(), 0U);
  batch.clear();
  EXPECT_EQ(batch.bytes(), 0U);
}

TEST_F(FormatRunsTest, WhatOneThrowsEndsThemAll) {
  for (const std::size_t most : {1UL, 5'000UL, 1UL << 30}) {
    for (const int n : {4, 500}) {
      MemoryFiles good;
      RefusingFiles bad(n);
      const FormatSettings coco = settings_of("coco"), yolo = settings_of("yolo");
      FormatRuns runs([] {}, most);
      runs.add(formats::coco, project_.project, coco, good);
      runs.add(formats::yolo, project_.project, yolo, bad);
      EXPECT_THROW(
          {
            hand_over(runs);
            runs.finish();
          },
          std::runtime_error);
      EXPECT_EQ(good.files.count("annotations.json"), 0U) << "nobody finishes alone";
    }
  }
}

TEST_F(FormatRunsTest, AStopEndsThemAll) {
  MemoryFiles files;
  const FormatSettings settings = settings_of("coco");
  int calls = 0;
  FormatRuns runs(
      [&] {
        if (++calls == 10) throw std::runtime_error("stop");
      },
      1000);
  runs.add(formats::coco, project_.project, settings, files);
  EXPECT_THROW(hand_over(runs), std::runtime_error);
  EXPECT_TRUE(files.files.empty());
}

}  // namespace
}  // namespace nexus_mirror::exports
