#include "store/seen_rows.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>

#include "text/joined.h"

namespace nexus_mirror::store {
namespace {

using Chunks = std::map<std::int64_t, std::string>;

Chunks saved(SeenRows& rows) {
  Chunks chunks;
  rows.save_marked([&](std::int64_t chunk, std::string_view bits) { chunks[chunk] = bits; });
  return chunks;
}

TEST(SeenRowsTest, KnowsWhatWasMarked) {
  SeenRows rows;
  const std::int64_t marked[] = {1,        8, 8191, 8192, 8193, 1'000'000, std::int64_t{1} << 40,
                                 1LL << 62};
  for (const std::int64_t row : marked) {
    EXPECT_FALSE(rows.contains(row));
    rows.mark(row);
    EXPECT_TRUE(rows.contains(row));
  }
  for (const std::int64_t row : {0LL, 2LL, 7LL, 9LL, 8190LL, 8194LL, 999'999LL}) {
    EXPECT_FALSE(rows.contains(row)) << row;
  }
  rows.clear();
  for (const std::int64_t row : marked) EXPECT_FALSE(rows.contains(row)) << row;
  rows.mark(8);
  EXPECT_TRUE(rows.contains(8));
}

TEST(SeenRowsTest, SavesOnlyWhatChangedSince) {
  SeenRows rows;
  rows.mark(1);
  rows.mark(SeenRows::kChunkRows * 3);
  const Chunks first = saved(rows);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_TRUE(first.contains(0));
  EXPECT_TRUE(first.contains(3));
  EXPECT_EQ(first.at(0).size(), SeenRows::kChunkBytes);
  EXPECT_TRUE(saved(rows).empty());
  rows.mark(2);
  EXPECT_EQ(saved(rows).size(), 1U);
}

TEST(SeenRowsTest, ComesBackFromACheckpoint) {
  SeenRows rows;
  for (std::int64_t row = 1; row < 20'000; row += 3) rows.mark(row);
  SeenRows loaded;
  for (const auto& [chunk, bits] : saved(rows)) loaded.load(chunk, bits);
  for (std::int64_t row = 0; row < 20'000; ++row) {
    ASSERT_EQ(loaded.contains(row), rows.contains(row)) << row;
  }
  EXPECT_TRUE(saved(loaded).empty()) << "what was loaded is saved already";
}

std::string runs(const SeenRows& rows) {
  return text::joined(rows.runs(), " ", [](const RowRun& run) {
    return std::to_string(run.first) + "+" + std::to_string(run.rows);
  });
}

TEST(SeenRowsTest, TellsInWhichRunsItsRowsWereMarked) {
  SeenRows rows;
  rows.mark(1);
  EXPECT_EQ(runs(rows), "") << "nobody has asked for them";
  rows.begin_runs();
  EXPECT_EQ(runs(rows), "");
  for (const std::int64_t row : {7, 8, 9, 3, 10, 11, 11, 10}) rows.mark(row);
  EXPECT_EQ(runs(rows), "7+3 3+1 10+2 11+1 10+1");
  rows.begin_runs();
  EXPECT_EQ(runs(rows), "");
  rows.mark(12);
  EXPECT_EQ(runs(rows), "12+1");
}

TEST(SeenRowsTest, TellsNoneOfTooManyRuns) {
  SeenRows rows;
  rows.begin_runs();
  const auto most = static_cast<std::int64_t>(SeenRows::kMostRuns);
  for (std::int64_t i = 1; i <= most; ++i) rows.mark(10 * i);
  EXPECT_EQ(rows.runs().size(), SeenRows::kMostRuns);
  rows.mark(10 * most + 1);
  EXPECT_EQ(rows.runs().size(), SeenRows::kMostRuns);
  rows.mark(1);
  EXPECT_EQ(runs(rows), "");
  rows.mark(2);
  EXPECT_EQ(runs(rows), "");
  rows.begin_runs();
  rows.mark(3);
  EXPECT_EQ(runs(rows), "3+1");
}

TEST(SeenRowsTest, MarksRunsAndFindsAnyOfThem) {
  SeenRows rows;
  const std::int64_t end = SeenRows::kChunkRows;  // a run over two chunks
  rows.mark(RowRuns{{end - 2, 4}, {100, 1}});
  EXPECT_EQ(rows.total(), 5);
  EXPECT_TRUE(rows.contains(100));
  EXPECT_FALSE(rows.contains(end - 3));
  EXPECT_TRUE(rows.contains(end + 1));
  EXPECT_FALSE(rows.contains(end + 2));
  EXPECT_TRUE(rows.contains_any({{end + 1, 5}}));
  EXPECT_TRUE(rows.contains_any({{1, 3}, {end - 5, 4}}));
  EXPECT_FALSE(rows.contains_any({{1, 3}, {end - 5, 3}}));
  EXPECT_FALSE(rows.contains_any({{end + 2, 100}}));
  EXPECT_FALSE(rows.contains_any({}));
}

// An owner may number rows as they like.
TEST(SeenRowsTest, RowsBelowZeroAreOthersThanThoseAbove) {
  SeenRows seen;
  const std::int64_t rows[] = {-1,    -8191,   -8192,
                               -8200, -70'000, std::numeric_limits<std::int64_t>::min()};
  for (const std::int64_t row : rows) seen.mark(row);
  EXPECT_EQ(seen.total(), 6);
  for (const std::int64_t row : rows) {
    EXPECT_TRUE(seen.contains(row)) << row;
    EXPECT_FALSE(seen.contains(row == rows[5] ? 0 : -row)) << row;
    EXPECT_FALSE(seen.contains(row + 2)) << row;
  }
  EXPECT_FALSE(seen.contains(8191)) << "which has the place of -1 in its chunk";
  SeenRows loaded;
  seen.save_marked([&](std::int64_t chunk, std::string_view bytes) { loaded.load(chunk, bytes); });
  for (const std::int64_t row : rows) EXPECT_TRUE(loaded.contains(row)) << row;
}

TEST(SeenRowsTest, OfAFullChunkNoBytesAreKept) {
  SeenRows rows;
  for (std::int64_t row = 1; row < 3 * SeenRows::kChunkRows; ++row) rows.mark(row);
  const Chunks chunks = saved(rows);
  EXPECT_EQ(chunks.at(0).size(), SeenRows::kChunkBytes) << "no row has the rowid 0";
  EXPECT_EQ(chunks.at(1).size() + chunks.at(2).size(), 0U);
  SeenRows loaded;
  for (const auto& [chunk, bits] : chunks) loaded.load(chunk, bits);
  EXPECT_EQ(loaded.total(), rows.total());
  EXPECT_TRUE(loaded.contains(SeenRows::kChunkRows));
  EXPECT_FALSE(loaded.contains(3 * SeenRows::kChunkRows));
}

}  // namespace
}  // namespace nexus_mirror::store
