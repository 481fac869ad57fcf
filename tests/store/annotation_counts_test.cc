// Two ways to count, and neither may tell another thing than the rows.
#include "store/annotation_counts.h"

#include <gtest/gtest.h>

#include <random>

#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

class AnnotationCountsTest : public testing::StoreTest {
 protected:
  using Row = std::pair<std::string, std::string>;  // asset and tag, as SQL has them

  void put(const std::string& project, const std::vector<Row>& rows) {
    std::string sql = "BEGIN;";
    for (const auto& [asset, tag] : rows) {
      sql += "INSERT INTO annotations(id, project_id, asset_id, tag) VALUES('" +
             std::to_string(++id_) + "', '" + project + "', " + asset + ", " + tag + ");";
    }
    execute(sql + "COMMIT");
  }
  // One each of so many assets.
  void put_others(int count) {
    execute(
        "DROP TRIGGER IF EXISTS annotations_added; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
        "SELECT i + 1 FROM n WHERE i < " +
        std::to_string(count) +
        ") INSERT INTO annotations(id, project_id, asset_id, tag) SELECT 'other' || i || " +
        std::to_string(id_++) + ", 'p', 'other' || i, 'other' FROM n");
  }
  static std::string text_of(const AnnotationCounts& counts) {
    std::string text;
    for (const auto& [project, counted] : counts) {
      text += project + "|" + std::to_string(counted.annotations) + " ";
      for (const auto& [tag, borne] : counted.tags) {
        text += "(" + tag + "|" + std::to_string(borne.annotations) + "|" +
                std::to_string(borne.assets) + ") ";
      }
    }
    return text;
  }
  std::string as_they_lie(std::size_t most_again,
                          std::optional<std::string_view> project = std::nullopt) {
    Database database(this->database(), Use::write);
    const auto counts = counts_as_rows_lie(database, project, most_again);
    return counts ? text_of(*counts) : "too many";
  }
  std::string sorted(std::optional<std::string_view> project = std::nullopt) {
    Database database(this->database(), Use::write);
    return text_of(counts_of_sorted_rows(database, project));
  }

 private:
  int id_ = 0;
};

TEST_F(AnnotationCountsTest, RowsOfAnAssetThatComeTogetherNeedNoSecondLook) {
  put("p", {{"'a'", "'x'"}, {"'a'", "'x'"}, {"'a'", "'y'"}, {"'b'", "'x'"}, {"'c'", "NULL"}});
  EXPECT_EQ(as_they_lie(0), "p|5 (x|3|2) (y|1|1) ");
  EXPECT_EQ(sorted(), "p|5 (x|3|2) (y|1|1) ");
}

// 3,000 others come between, of which the filter takes some for old ones.
TEST_F(AnnotationCountsTest, AnAssetThatComesAgainLongAfterCountsOnceForATag) {
  const std::vector<Row> rows = {{"'a'", "'x'"}, {"'b'", "'x'"}, {"'a'", "'x'"}, {"'b'", "NULL"}};
  put("p", rows);
  put_others(3000);
  put("p", rows);
  put("p", {{"'a'", "'y'"}, {"'b'", "'y'"}, {"'a'", "'y'"}});
  EXPECT_EQ(as_they_lie(500), "p|3011 (other|3000|3000) (x|6|2) (y|3|2) ");
  EXPECT_EQ(as_they_lie(1), "too many");
  EXPECT_EQ(sorted(), "p|3011 (other|3000|3000) (x|6|2) (y|3|2) ");
}

TEST_F(AnnotationCountsTest, WithoutAnAssetATagIsBorneByNone) {
  put("p", {{"'a'", "'x'"}, {"NULL", "'x'"}, {"'a'", "'x'"}, {"NULL", "NULL"}, {"''", "'x'"}});
  EXPECT_EQ(as_they_lie(1), "p|5 (x|4|2) ");
  EXPECT_EQ(sorted(), "p|5 (x|4|2) ");
}

TEST_F(AnnotationCountsTest, TheSameAssetInTwoProjectsIsTwo) {
  put("p", {{"'a'", "'x'"}, {"'b'", "'x'"}});
  put("q", {{"'b'", "'x'"}, {"'a'", "'x'"}});
  put("p", {{"'a'", "'x'"}});
  EXPECT_EQ(as_they_lie(1), "p|3 (x|3|2) q|2 (x|2|2) ");
  EXPECT_EQ(as_they_lie(1, "p"), "p|3 (x|3|2) ");
  EXPECT_EQ(as_they_lie(0, "q"), "q|2 (x|2|2) ");
}

TEST_F(AnnotationCountsTest, AreThoseOfTheRowsInWhateverOrderTheyLie) {
  std::mt19937 random(3);
  for (int round = 0; round < 8; ++round) {
    execute("DELETE FROM annotations");
    const std::size_t assets = 1 + random() % 40;
    for (int piece = 0; piece < 20; ++piece) {
      std::vector<Row> rows;
      for (std::size_t i = 0; i < random() % 8; ++i) {
        const std::string asset = std::to_string(random() % assets),
                          tag = std::to_string(random() % 3);
        rows.emplace_back(random() % 9 == 0 ? "NULL" : "'" + asset + "'",
                          random() % 9 == 0 ? "NULL" : "'" + tag + "'");
      }
      put(random() % 3 == 0 ? "q" : "p", rows);
    }
    for (const auto& project : {std::optional<std::string_view>(), {"p"}, {"q"}, {"none"}}) {
      EXPECT_EQ(as_they_lie(1000, project), sorted(project)) << round;
    }
  }
}

TEST_F(AnnotationCountsTest, OfManyThatComeAgainTheRowsAreSorted) {
  put_others(3100);
  put_others(3100);
  EXPECT_EQ(as_they_lie(1000), "too many");
  Database database(this->database(), Use::write);
  EXPECT_EQ(text_of(counts_of_annotations(database, std::nullopt)), "p|6200 (other|6200|3100) ");
}

}  // namespace
}  // namespace nexus_mirror::store
