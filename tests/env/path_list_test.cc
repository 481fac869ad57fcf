#include "env/path_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/faulty_files.h"

namespace nexus_mirror::env {
namespace {

std::vector<std::string> in(const PathList& list) {
  std::vector<std::string> all;
  list.for_each([&](std::string_view path) { all.emplace_back(path); });
  return all;
}

std::vector<std::string> some_paths() {
  std::vector<std::string> paths;
  for (int i = 0; i < 5000; ++i) {
    paths.push_back("/exports/" + std::string(static_cast<std::size_t>(i % 90), 'a') +
                    std::to_string(i));
  }
  return paths;
}

TEST(PathListTest, GivesPathsInTheirOrderHoweverMany) {
  const std::vector<std::string> paths = some_paths();
  for (const std::size_t most : {1UL, 1000UL, 1UL << 20}) {
    PathList list(most);
    for (const std::string& path : paths) list.add(path);
    EXPECT_EQ(list.size(), paths.size());
    EXPECT_EQ(in(list), paths) << most << " bytes in memory";
    EXPECT_EQ(in(list), paths) << "a second time";
    list.add("one more");
    EXPECT_EQ(in(list).back(), "one more");
  }
}

TEST(PathListTest, TakesWhatAnotherHas) {
  PathList one(10), other(10);
  other.add("a");
  other.add("b/c");
  EXPECT_TRUE(one.empty());
  one.add(other);
  EXPECT_EQ(in(one), (std::vector<std::string>{"a", "b/c"}));
}

TEST(PathListTest, StaysInMemoryWhereTheDiskTakesNothing) {
  const std::vector<std::string> paths = some_paths();
  for (const bool for_ever : {false, true}) {
    for (std::uint64_t at = 1; at < 5; ++at) {
      const testing::FaultyFiles faults(
          {testing::kFileChanges, at, testing::DiskFault::short_write,
           for_ever ? testing::Repeat::from_then_on : testing::Repeat::once});
      PathList list(1000);
      for (const std::string& path : paths) list.add(path);
      EXPECT_EQ(in(list), paths) << "call " << at;
    }
  }
}

}  // namespace
}  // namespace nexus_mirror::env
