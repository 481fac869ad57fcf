#include "exports/format_runs.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "exports/formats/formats.h"
#include "support/drawn_project.h"
#include "support/memory_files.h"

namespace nexus_mirror::exports {
namespace {

using testing::MemoryFiles;

// Files of which the n-th cannot be made.
class RefusingFiles : public FileSet {
 public:
  explicit RefusingFiles(int n) : left_(n) {}
  std::unique_ptr<OutputFile> create(const std::string& path) override {
    if (--left_ == 0) throw std::runtime_error("refused");
    return files_.create(path);
  }
  std::unique_ptr<ScratchFile> scratch() override { return files_.scratch(); }

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
    runs.take(row);
  }

  struct Made {
    std::map<std::string, std::map<std::string, std::string>> bytes;  // by format, by path
    std::vector<std::string> skipped;
    int calls = 0;  // of meanwhile
  };

  Made made(std::size_t most) const {
    Made all;
    std::deque<MemoryFiles> files;
    std::deque<FormatSettings> settings;
    FormatRuns runs([&] { ++all.calls; }, most);
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
    EXPECT_GT(together.calls, alone.calls) << "threads were at work";
  }
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
