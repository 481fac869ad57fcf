// Content that is known again by what a storage says of it.
#include "files/leftover_content.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "content/content_folder.h"
#include "support/temporary_folder.h"
#include "text/digest.h"

namespace nexus_mirror::files {
namespace {

namespace fs = std::filesystem;

class LeftoverContentTest : public ::testing::Test {
 protected:
  content::ContentHashes keep(const std::string& bytes) {
    const fs::path file = content::content_path(folder_.path(), text::sha256(bytes));
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    auto hashes = content::hash_file(file, {});
    leftovers_.add({hashes->sha256});
    return std::move(*hashes);
  }
  std::string found(std::uint64_t bytes, const std::string& md5) {
    const auto content = leftovers_.find(bytes, md5, {});
    return content ? content->sha256 : "none";
  }

  const testing::TemporaryFolder folder_;
  LeftoverContent leftovers_{folder_.path()};
};

TEST_F(LeftoverContentTest, IsFoundByItsSizeAndHash) {
  const auto one = keep("one"), two = keep("two"), three = keep("three");
  leftovers_.add({text::sha256("not there")});
  EXPECT_TRUE(leftovers_.any_of(3));
  EXPECT_FALSE(leftovers_.any_of(4));
  EXPECT_FALSE(leftovers_.any_of(9));
  for (int times = 0; times < 2; ++times) {
    EXPECT_EQ(found(3, two.md5), two.sha256);
    EXPECT_EQ(found(3, one.md5), one.sha256);
    EXPECT_EQ(found(5, three.md5), three.sha256);
    EXPECT_EQ(found(3, three.md5), "none");
    EXPECT_EQ(found(4, one.md5), "none");
    EXPECT_EQ(found(3, ""), "none");
  }
}

TEST_F(LeftoverContentTest, ThatIsDamagedOrGoneIsNone) {
  const auto one = keep("one"), two = keep("two");
  std::ofstream(content::content_path(folder_.path(), one.sha256)) << "two";
  EXPECT_EQ(found(3, one.md5), "none");
  EXPECT_EQ(found(3, two.md5), two.sha256);
  fs::remove(content::content_path(folder_.path(), two.sha256));
  EXPECT_EQ(found(3, two.md5), "none");
}

TEST_F(LeftoverContentTest, AStopEndsTheSearch) {
  const auto one = keep("one");
  EXPECT_FALSE(leftovers_.find(3, one.md5, [] { return false; }));
  EXPECT_EQ(found(3, one.md5), one.sha256);
}

}  // namespace
}  // namespace nexus_mirror::files
