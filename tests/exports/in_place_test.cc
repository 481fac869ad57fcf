// Files are missed wherever they lie, and none because of what lies beside them.
#include "exports/in_place.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "support/temporary_folder.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;

class InPlaceTest : public ::testing::Test {
 protected:
  void put(const std::string& path) {
    const fs::path file = folder_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "x";
  }
  // How many paths were asked for is left in `listed_`.
  bool are_there(LinkedFolders linked = LinkedFolders::followed) {
    listed_ = 0;
    const auto list = [this](const auto& take) {
      for (const std::string& path : paths_) {
        ++listed_;
        if (!take(path)) return;
      }
    };
    return are_in_place(folder_.path(), list, linked);
  }

  testing::TemporaryFolder folder_;
  const std::vector<std::string> paths_{"data.yaml",          "labels/a.txt", "labels/train/a.txt",
                                        "labels/train/b.txt", "labels/z.txt", "train.txt"};
  std::size_t listed_ = 0;
};

TEST_F(InPlaceTest, FoldersOfJustTheseAreReadOnce) {
  for (const std::string& path : paths_) put(path);
  EXPECT_TRUE(are_there());
  EXPECT_EQ(listed_, paths_.size());
}

TEST_F(InPlaceTest, EachThatIsMissingIsMissed) {
  for (const std::string& gone : paths_) {
    for (const std::string& path : paths_) put(path);
    fs::remove(folder_.path() / gone);
    EXPECT_FALSE(are_there()) << gone;
    put(gone + ".bak");
    EXPECT_FALSE(are_there()) << gone << " has another name";
    fs::remove(folder_.path() / (gone + ".bak"));
  }
  fs::remove_all(folder_.path() / "labels" / "train");
  EXPECT_FALSE(are_there());
}

TEST_F(InPlaceTest, WhatLiesBesideThemDoesNoHarm) {
  for (const std::string& path : paths_) put(path);
  put("labels/train.cache");
  EXPECT_TRUE(are_there());
  EXPECT_GT(listed_, paths_.size()) << "each was asked for";
  fs::remove(folder_.path() / "labels/train.cache");
  put("images/train/a.jpg");  // a folder beside them is no name of theirs
  EXPECT_TRUE(are_there());
  EXPECT_EQ(listed_, paths_.size());
  fs::create_symlink("nowhere", folder_.path() / "labels" / "dead");
  EXPECT_TRUE(are_there());
}

TEST_F(InPlaceTest, ALinkInTheirPlaceLeadsSomewhereOrIsMissed) {
  for (const std::string& path : paths_) put(path);
  const fs::path file = folder_.path() / "labels" / "a.txt";
  fs::rename(file, folder_.path() / "labels" / "elsewhere");
  fs::create_symlink("elsewhere", file);
  EXPECT_TRUE(are_there());
  fs::remove(folder_.path() / "labels" / "elsewhere");
  EXPECT_FALSE(are_there());
}

TEST_F(InPlaceTest, BehindAFolderThatIsALinkNothingIsWhereLinksAreRefused) {
  for (const std::string& path : paths_) put(path);
  EXPECT_TRUE(are_there(LinkedFolders::refused));
  for (const char* folder : {"labels", "labels/train"}) {
    const fs::path place = folder_.path() / folder, elsewhere = folder_.path() / "elsewhere";
    fs::rename(place, elsewhere);
    fs::create_directory_symlink(elsewhere, place);
    EXPECT_TRUE(are_there()) << folder;
    EXPECT_FALSE(are_there(LinkedFolders::refused)) << folder;
    fs::remove(place);
    fs::rename(elsewhere, place);
  }
  EXPECT_TRUE(are_there(LinkedFolders::refused));
}

}  // namespace
}  // namespace nexus_mirror::exports
