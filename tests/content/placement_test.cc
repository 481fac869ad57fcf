// Content under other names (CONTRACT.md 8, "Exports take them along").
#include "content/placement.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "content/content_folder.h"
#include "content/content_store.h"
#include "nexus_mirror/error.h"
#include "support/faulty_files.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::content {
namespace {

namespace fs = std::filesystem;

class PlacementTest : public ::testing::Test {
 protected:
  PlacementTest() {
    ContentStore store(dir(), 0600, std::string(32, '0'), false);
    const auto attempt = store.begin("key", "");
    attempt->write("content");
    sha256_ = attempt->finish().sha256;
    attempt->seal();
    store.settle();
  }
  fs::path dir() const { return folder_ / "files"; }
  fs::path target() const { return folder_ / "picture.jpg"; }
  fs::path beside() const { return folder_ / "beside"; }
  Placed try_to_place(Copies copies = Copies::as_needed, std::uint64_t min_free = 0) const {
    DiskRoom room(folder_.path(), min_free);
    return Placement(dir(), room).place(sha256_, 7, target(), beside(), copies);
  }
  PlacedBy place(Copies copies = Copies::as_needed) const {
    const Placed placed = try_to_place(copies);
    EXPECT_EQ(placed.end, PlaceEnd::placed) << placed.error;
    return placed.by;
  }
  static std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static mode_t mode_of(const fs::path& file) {
    struct stat status {};
    EXPECT_EQ(::lstat(file.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  const testing::TemporaryFolder folder_;
  std::string sha256_;
};

// Where the file system cannot share bytes between files, as tmpfs and ext4, they are one file.
TEST_F(PlacementTest, SharesItsBytesAndCannotBeWrittenTo) {
  const PlacedBy how = place();
  EXPECT_NE(how, PlacedBy::copy);
  EXPECT_EQ(bytes_of(target()), "content");
  EXPECT_EQ(mode_of(target()), 0444U);
  EXPECT_FALSE(fs::is_symlink(target()));
  EXPECT_FALSE(fs::exists(beside()));
  EXPECT_EQ(place(), how) << "in the place of itself";
  EXPECT_FALSE(fs::exists(beside()));
  if (how == PlacedBy::hard_link) {
    EXPECT_TRUE(fs::equivalent(target(), content_path(dir(), sha256_)));
  }
}

TEST_F(PlacementTest, TakesThePlaceOfWhatIsThere) {
  std::ofstream(target()) << "another, and longer";
  place();
  EXPECT_EQ(bytes_of(target()), "content");
}

TEST_F(PlacementTest, ACopyIsTheReadersOwn) {
  EXPECT_NE(place(Copies::always), PlacedBy::hard_link);
  EXPECT_EQ(mode_of(target()), 0644U);
  std::ofstream(target(), std::ios::app) << " mended";
  EXPECT_EQ(bytes_of(content_path(dir(), sha256_)), "content");
  EXPECT_EQ(bytes_of(target()), "content mended");
}

// Another mount, the limit of links, a file of somebody else's.
TEST_F(PlacementTest, IsCopiedWhereNoLinkCanBe) {
  for (const int error : {EXDEV, EMLINK, EPERM}) {
    testing::FaultyFiles files({{env::FileCall::make_link}, 1, testing::DiskFault::io_error},
                               error);
    if (place() == PlacedBy::reflink) GTEST_SKIP() << "this file system shares bytes";
    EXPECT_TRUE(files.reached());
    EXPECT_FALSE(fs::equivalent(target(), content_path(dir(), sha256_)));
    EXPECT_EQ(bytes_of(target()), "content");
    EXPECT_EQ(mode_of(target()), 0444U);
  }
}

TEST_F(PlacementTest, WhateverFailsTheOldOrTheNewIsThere) {
  for (const Copies copies : {Copies::as_needed, Copies::always}) {
    for (std::uint64_t n = 1;; ++n) {
      fs::remove(target());
      std::ofstream(target()) << "old";
      testing::FaultyFiles files({testing::kFileChanges, n, testing::DiskFault::disk_full});
      try {
        EXPECT_EQ(try_to_place(copies).end, PlaceEnd::placed) << files.hit();
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::machine);
        EXPECT_EQ(bytes_of(target()), "old") << files.hit();
      }
      const std::string now = bytes_of(target());
      EXPECT_TRUE(now == "old" || now == "content") << files.hit();
      files.heal();
      if (!files.reached()) break;
      fs::remove(beside());  // where its removal was what failed
    }
  }
}

// A copy of gigabytes takes minutes.
TEST_F(PlacementTest, AStopEndsACopyAndLeavesWhatWasThere) {
  std::ofstream(target()) << "before";
  DiskRoom room(folder_.path(), 0);
  int asked = 0;
  Placement placement(dir(), room, [&] { return ++asked > 1; });
  if (placement.place(sha256_, 7, folder_ / "other", beside()).by == PlacedBy::reflink) {
    GTEST_SKIP() << "this file system shares bytes";
  }
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(placement.place(sha256_, 7, target(), beside(), Copies::always).end, PlaceEnd::stopped);
  EXPECT_EQ(bytes_of(target()), "before");
  EXPECT_FALSE(fs::exists(beside()));
  EXPECT_EQ(placement.place(sha256_, 7, target(), beside(), Copies::always).end, PlaceEnd::placed);
  EXPECT_EQ(bytes_of(target()), "content");
}

TEST_F(PlacementTest, WhatIsNotThereIsSaid) {
  DiskRoom room(folder_.path(), 0);
  Placement placement(dir(), room);
  const std::string other(64, 'a');
  for (const Copies copies : {Copies::as_needed, Copies::always}) {
    EXPECT_EQ(placement.place(other, 7, target(), beside(), copies).end, PlaceEnd::not_here);
  }
  EXPECT_FALSE(fs::exists(target()));
  EXPECT_FALSE(fs::exists(beside()));
}

TEST_F(PlacementTest, CopiesLeaveFreeWhatIsToStayFree) {
  constexpr std::uint64_t kMore = std::uint64_t{1} << 60;  // than any disk has
  if (place(Copies::always) == PlacedBy::reflink) GTEST_SKIP() << "this file system shares bytes";
  fs::remove(target());
  EXPECT_EQ(try_to_place(Copies::always, kMore).end, PlaceEnd::no_room);
  EXPECT_FALSE(fs::exists(target()));
  EXPECT_EQ(try_to_place(Copies::as_needed, kMore).end, PlaceEnd::placed) << "a link takes none";
}

TEST_F(PlacementTest, WhatIsInTheWayIsSaid) {
  fs::create_directories(target() / "of somebody");
  const Placed placed = try_to_place();
  EXPECT_EQ(placed.end, PlaceEnd::obstacle);
  EXPECT_NE(placed.error, 0);
  EXPECT_TRUE(fs::is_directory(target() / "of somebody"));
  EXPECT_FALSE(fs::exists(beside()));
}

// What a file system cannot do at all is asked for once: of 100,000 files each would be opened.
TEST_F(PlacementTest, WhatTheFileSystemCannotDoIsTriedOnce) {
  DiskRoom room(folder_.path(), 0);
  Placement placement(dir(), room);
  if (placement.place(sha256_, 7, target(), beside()).by == PlacedBy::reflink) {
    GTEST_SKIP() << "this file system shares bytes";
  }
  testing::FaultyFiles files({{env::FileCall::create, env::FileCall::write}, 1});
  placement.place(sha256_, 7, folder_ / "second", beside());
  EXPECT_FALSE(files.reached()) << "it is one link, and no file is opened";
  EXPECT_TRUE(fs::equivalent(folder_ / "second", target()));
}

}  // namespace
}  // namespace nexus_mirror::content
