#include "env/replace_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "env/file.h"
#include "support/faulty_files.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;
using testing::FaultyFiles;
using testing::kFileChanges;

class ReplaceFileTest : public ::testing::Test {
 protected:
  void SetUp() override { before_ = ::umask(0077); }
  void TearDown() override { ::umask(before_); }

  fs::path at(const std::string& name) const { return folder_.path() / name; }
  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(at(name), std::ios::binary) << bytes;
  }
  std::string bytes_of(const std::string& name) const {
    std::ifstream stream(at(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      found.push_back(entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  // A folder with one file of these bytes.
  void put_folder(const std::string& name, const std::string& bytes) const {
    ASSERT_EQ(make_folders(at(name)), 0);
    put(name + "/file", bytes);
  }

  testing::TemporaryFolder folder_;
  mode_t before_ = 0;
};

using Names = std::vector<std::string>;

TEST_F(ReplaceFileTest, PutsAFileInPlaceWithItsMode) {
  put("target", "old");
  put("beside", "what a kill left, and longer");
  const Replacement done = replace_file(at("target"), at("beside"), "new", 0640);
  EXPECT_EQ(done.error, 0);
  EXPECT_EQ(bytes_of("target"), "new");
  EXPECT_EQ(names(), Names{"target"});
  struct stat found {};
  ASSERT_EQ(::stat(at("target").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0640U);
}

TEST_F(ReplaceFileTest, CreatesAFileWhereNothingIsAndNowhereElse) {
  put("beside", "what a kill left");
  EXPECT_EQ(create_file(at("target"), at("beside"), "new", 0644).error, 0);
  EXPECT_EQ(bytes_of("target"), "new");
  EXPECT_EQ(names(), Names{"target"});
  struct stat found {};
  ASSERT_EQ(::stat(at("target").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0644U);
  EXPECT_EQ(create_file(at("target"), at("beside"), "newer", 0644).error, EEXIST);
  EXPECT_EQ(bytes_of("target"), "new");
  fs::create_symlink("nowhere", at("link"));
  EXPECT_EQ(create_file(at("link"), at("beside"), "newer", 0644).error, EEXIST);
  EXPECT_EQ(names(), (Names{"link", "target"}));
}

TEST_F(ReplaceFileTest, ANewFileIsThereWholeOrNotAtAllWhateverFails) {
  std::uint64_t nth = 1;
  for (;; ++nth) {
    fs::remove(at("target"));
    const FaultyFiles files({kFileChanges, nth});
    const Replacement done = create_file(at("target"), at("beside"), "new", 0600);
    if (!files.reached()) break;
    EXPECT_EQ(bytes_of("target"), done.error == 0 ? "new" : "") << files.hit();
    EXPECT_EQ(fs::exists(at("target")), done.error == 0) << files.hit();
  }
  EXPECT_GT(nth, 6U);
  EXPECT_EQ(bytes_of("target"), "new");
}

TEST_F(ReplaceFileTest, AFileIsTheOldOneOrTheNewOneWhateverFails) {
  std::vector<std::string> failed;
  for (std::uint64_t nth = 1;; ++nth) {
    put("target", "old");
    const FaultyFiles files({kFileChanges, nth});
    const Replacement done = replace_file(at("target"), at("beside"), "new", 0600);
    if (!files.reached()) {
      EXPECT_EQ(done.error, 0);
      break;
    }
    EXPECT_EQ(done.error, EIO);
    failed.emplace_back(done.doing);
    EXPECT_TRUE(bytes_of("target") == "old" || bytes_of("target") == "new") << files.hit();
  }
  EXPECT_EQ(failed,
            (Names{"writing", "writing", "writing", "flushing", "putting in place", "flushing"}));
}

TEST_F(ReplaceFileTest, PutsALinkInPlace) {
  ASSERT_EQ(make_link("old", at("link")), 0);
  put("beside", "what a kill left");
  EXPECT_EQ(replace_link(at("link"), at("beside"), "new"), 0);
  EXPECT_EQ(fs::read_symlink(at("link")), "new");
  EXPECT_EQ(names(), Names{"link"});

  const FaultyFiles files({{FileCall::rename}, 1});
  EXPECT_EQ(replace_link(at("link"), at("beside"), "newer"), EIO);
  EXPECT_EQ(fs::read_symlink(at("link")), "new");
  EXPECT_EQ(names(), Names{"link"});
}

TEST_F(ReplaceFileTest, PutsAFolderWhereThereIsNone) {
  put_folder("staged", "new");
  EXPECT_EQ(replace_folder(at("target"), at("staged")).error, 0);
  EXPECT_EQ(bytes_of("target/file"), "new");
  EXPECT_EQ(names(), Names{"target"});
}

TEST_F(ReplaceFileTest, ExchangesFolders) {
  put_folder("target", "old");
  put_folder("staged", "new");
  EXPECT_EQ(replace_folder(at("target"), at("staged")).error, 0);
  EXPECT_EQ(bytes_of("target/file"), "new");
  EXPECT_EQ(bytes_of("staged/file"), "old");
}

TEST_F(ReplaceFileTest, PutsAFolderInPlaceWhereNoneCanBeExchanged) {
  put_folder("target", "old");
  put_folder("staged", "new");
  const FaultyFiles files({{FileCall::rename}, 1}, EINVAL);
  EXPECT_EQ(replace_folder(at("target"), at("staged")).error, 0);
  EXPECT_EQ(bytes_of("target/file"), "new");
  EXPECT_EQ(names(), Names{"target"});
}

}  // namespace
}  // namespace nexus_mirror::env
