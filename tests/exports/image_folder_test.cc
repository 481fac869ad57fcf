// Format `image_folder`: which folder each picture belongs to.
#include <gtest/gtest.h>

#include <memory>

#include "exports/formats/class_folders.h"
#include "exports/formats/formats.h"
#include "exports/reasons.h"
#include "support/memory_files.h"

namespace nexus_mirror::exports::formats {
namespace {

class ImageFolderTest : public ::testing::Test {
 protected:
  ImageFolderTest() {
    for (const char* name : {"cat", "dog/../x", "Cat", "a.", "a_", "CON"}) add_class(name);
  }
  void add_class(const std::string& name) {
    Category& category = project_.categories.emplace_back();
    category.name = name;
    category.line = std::ssize(project_.categories) - 1;
    category.tag_index = category.line;
  }
  Annotation of_class(std::size_t line, std::string_view id) const {
    Annotation annotation;
    annotation.id = id;
    annotation.type = BoundType::classification;
    annotation.category = &project_.categories.at(line);
    return annotation;
  }
  static Image image(std::string_view stem, std::string_view name) {
    Image image;
    image.asset_id = stem;
    image.name = name;
    image.stem = stem;
    image.mime_type = "image/jpeg";
    return image;
  }
  std::unique_ptr<Writer> writer() {
    traits_ = image_folder.traits(project_);
    context_.reset(new WriterContext{project_, settings_, traits_, files_, files_});
    return image_folder.make(*context_);
  }

  Project project_;
  FormatSettings settings_;
  testing::MemoryFiles files_;

 private:
  Traits traits_;
  std::unique_ptr<WriterContext> context_;
};

TEST_F(ImageFolderTest, FoldersAreSafeAndUnlikeOnAnyDisk) {
  EXPECT_EQ(class_folders(project_),
            (std::vector<std::string>{"cat", "dog_.._x", "Cat_2", "a__2", "a_", "_CON"}));
}

TEST_F(ImageFolderTest, PicturesOfOneClassAreInItsFolder) {
  settings_.split.split_ratio = 0.5;
  const auto writer = this->writer();
  Image first = image("one", "one.jpeg"), second = image("two", "two.jfif");
  second.split = Split::validate;
  const Annotation cats[] = {of_class(0, "annot_1"), of_class(0, "annot_2")};
  const Annotation cat[] = {of_class(2, "annot_3")};
  writer->write(first, cats);
  writer->write(second, cat);
  writer->finish();
  EXPECT_EQ(files_.placed, (std::map<std::string, std::string>{{"train/cat/one.jpeg", "one"},
                                                               {"val/Cat_2/two.jpg", "two"}}))
      << "torchvision passes over .jfif";
  EXPECT_EQ(files_.files.at("images.csv").bytes,
            "file,label\ntrain/cat/one.jpeg,cat\nval/Cat_2/two.jpg,Cat\n");
  EXPECT_EQ(files_.files.at("images.csv").annotations, 3);
}

TEST_F(ImageFolderTest, WhatTorchvisionPassesOverIsLeftOutAndNamed) {
  const auto writer = this->writer();
  const Annotation cat[] = {of_class(0, "annot_1")};
  Image moving = image("one", "one.gif"), unknown = image("two", "two");
  moving.mime_type = "image/gif";
  unknown.mime_type = {};
  writer->write(moving, cat);
  writer->write(unknown, cat);
  writer->write(image("three", "three.PNG"), cat);
  writer->write(image("four", "four.jpg_large"), cat);
  writer->finish();
  EXPECT_EQ(files_.files.at("images.csv").bytes,
            "file,label\ntrain/cat/three.PNG,cat\ntrain/cat/four.jpg,cat\n");
  EXPECT_EQ(files_.placed.size(), 2U);
  EXPECT_EQ(files_.files.at("images.csv").skipped, 2);
}

TEST_F(ImageFolderTest, OthersAreLeftOutAndNamed) {
  const auto writer = this->writer();
  const Annotation both[] = {of_class(0, "annot_1"), of_class(1, "annot_2")};
  writer->write(image("both", "both.jpg"), both);
  writer->write(image("none", "none.jpg"), {});
  writer->finish();
  EXPECT_TRUE(files_.placed.empty());
  EXPECT_EQ(files_.left_out.at(std::string(reasons::kSeveralClasses)),
            std::vector<std::string>{"both"});
  EXPECT_EQ(files_.left_out.at(std::string(reasons::kWithoutClass)),
            std::vector<std::string>{"none"});
  EXPECT_EQ(files_.skipped.at(std::string(reasons::kSeveralClasses)).size(), 2U);
  EXPECT_EQ(files_.files.at("images.csv").skipped, 2);
}

TEST_F(ImageFolderTest, WithoutImagesTheListRemains) {
  settings_.images = false;
  const auto writer = this->writer();
  const Annotation cat[] = {of_class(0, "annot_1")};
  writer->write(image("one", "one.jpg"), cat);
  writer->finish();
  EXPECT_TRUE(files_.placed.empty());
  EXPECT_EQ(files_.files.at("images.csv").bytes, "file,label\ntrain/cat/one.jpg,cat\n");
}

}  // namespace
}  // namespace nexus_mirror::exports::formats
