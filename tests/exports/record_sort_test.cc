#include "exports/record_sort.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "nexus_mirror/error.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::exports {
namespace {

using Records = std::vector<std::pair<std::int64_t, std::string>>;

// Records in no order, several of a key, some longer than all memory.
Records mixed(std::size_t count) {
  Records records;
  std::uint64_t state = 42;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto key = static_cast<std::int64_t>(state >> 56) - 128;
    records.emplace_back(
        key, std::string(i % 100 == 7 ? 9000 : i % 40, static_cast<char>('a' + i % 26)) +
                 std::to_string(i));
  }
  return records;
}

Records sorted(const Records& records, const std::filesystem::path& folder, std::size_t most) {
  RecordSort sort(folder, most);
  for (const auto& [key, record] : records) sort.add(key, record);
  Records all;
  std::int64_t key = 0;
  std::string_view record;
  while (sort.next(key, record)) all.emplace_back(key, record);
  EXPECT_FALSE(sort.next(key, record)) << "and it stays at its end";
  return all;
}

TEST(RecordSortTest, GivesRecordsByKeyAndOfOneKeyAsTheyCame) {
  const testing::TemporaryFolder folder;
  const Records records = mixed(3000);
  std::multimap<std::int64_t, std::string> wanted;
  for (const auto& record : records) wanted.insert(record);
  const Records expected(wanted.begin(), wanted.end());
  for (const std::size_t most : {1UL << 30, 100'000UL, 5'000UL, 100UL}) {
    EXPECT_EQ(sorted(records, folder.path(), most), expected) << most << " bytes in memory";
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(RecordSortTest, HoldsOneLargeRecordAtATime) {
  const testing::TemporaryFolder folder;
  constexpr std::size_t kLarge = 1UL << 20;
  RecordSort sort(folder.path(), kLarge);
  for (int i = 0; i < 60; ++i) {
    sort.add(i * 7 % 60, std::string(kLarge + static_cast<std::size_t>(i), 'x'));
    sort.add(i * 7 % 60, "small");
  }
  std::int64_t key = 0;
  std::string_view record;
  for (int i = 0; sort.next(key, record); ++i) {
    EXPECT_EQ(key, i / 2);
    EXPECT_EQ(record.size(), i % 2 == 0 ? kLarge + static_cast<std::size_t>(key * 43 % 60) : 5U);
    EXPECT_LT(sort.held(), 4 * kLarge) << i;
  }
}

TEST(RecordSortTest, KeepsEmptyRecordsAndNone) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(sorted({}, folder.path(), 10), Records{});
  const Records records = {{2, ""}, {1, ""}, {2, "x"}};
  EXPECT_EQ(sorted(records, folder.path(), 0), (Records{{1, ""}, {2, ""}, {2, "x"}}));
}

TEST(RecordSortTest, WhatFitsNeedsNoFolder) {
  EXPECT_EQ(sorted({{2, "b"}, {1, "a"}}, "/nowhere", 100), (Records{{1, "a"}, {2, "b"}}));
  RecordSort sort("/nowhere", 1);
  sort.add(1, "a");
  EXPECT_THROW(sort.add(2, "b"), Error);
}

}  // namespace
}  // namespace nexus_mirror::exports
