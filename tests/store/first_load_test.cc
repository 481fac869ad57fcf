// A first load while it goes on: which indexes are there, and what waits in the -wal.
#include <filesystem>

#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

class FirstLoadTest : public testing::StoreTest {
 protected:
  Listing begin(const objects::Table& table) {
    Listing listing = store_->listings.open("proj", table);
    listing.expected = 1000;
    return listing;
  }
  void page(Listing& listing, const std::string& json, const std::string& cursor) {
    store_->listings.apply(listing, testing::batch_of(*listing.table, json), cursor);
  }
  void end(Listing& listing) {
    store_->listings.settle(listing);
    store_->listings.finish(listing, false);
    store_->flush();
  }
  std::string indexes() const {
    return ask("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'assets' "
               "AND "
               "sql IS NOT NULL") +
           " " +
           ask("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = "
               "'annotations' AND sql IS NOT NULL");
  }
};

TEST_F(FirstLoadTest, MakesTheIndexesOfOneTableWhileAnotherIsFilled) {
  const std::string all = indexes();
  Listing assets = begin(objects::assets), annotations = begin(objects::annotations);
  page(assets, R"([{"id": "a", "status": "Review"}])", "");
  page(annotations, R"([{"id": "1", "assetId": "a", "tag": "x"}])", "c2");
  end(assets);
  EXPECT_EQ(indexes(), "0 0");
  for (int i = 0; i < 2; ++i) {
    store_->make_indexes(objects::assets);
    EXPECT_EQ(indexes(), all.substr(0, 1) + " 0");
  }
  page(annotations, R"([{"id": "2", "assetId": "a", "tag": "y"}])", "");
  EXPECT_EQ(annotations.place, LoadPlace::table);
  end(annotations);
  store_->make_indexes();
  EXPECT_EQ(indexes(), all);
  EXPECT_EQ(ask("SELECT tag, annotations, assets FROM tag_counts"), "x|1|1 y|1|1");
}

TEST_F(FirstLoadTest, GoesOnWhereItsIndexesWereMadeTooEarly) {
  Listing listing = begin(objects::annotations);
  page(listing, R"([{"id": "1", "assetId": "a", "tag": "x"}])", "c2");
  store_->listings.settle(listing);
  store_->make_indexes(objects::annotations);
  page(listing, R"([{"id": "2", "assetId": "a", "tag": "x"}, {"id": "1", "tag": "y"}])", "");
  end(listing);
  EXPECT_EQ(ask("SELECT id, tag FROM annotations ORDER BY id"), "1|y 2|x");
  EXPECT_EQ(ask("SELECT tag, annotations, assets FROM tag_counts"), "x|1|1 y|1|0");
}

TEST_F(FirstLoadTest, TakesMoreRowsAfterThoseThatWaitedHaveTheirPlaces) {
  Listing listing = begin(objects::annotations);
  page(listing, R"([{"id": "1", "tag": "x"}, {"id": "1", "tag": "y"}])", "c2");
  store_->listings.settle(listing);
  page(listing, R"([{"id": "2"}, {"id": "1", "tag": "z"}])", "");
  end(listing);
  store_->make_indexes();
  EXPECT_EQ(ask("SELECT id, tag FROM annotations ORDER BY id"), "1|z 2|-");
}

// Rows that are appended come into the file while the load goes on.
TEST_F(FirstLoadTest, KeepsTheWalShort) {
  Listing listing = begin(objects::assets);
  const std::string name(2000, 'n');
  for (int number = 0; number < 60; ++number) {
    std::string rows;
    for (int i = 0; i < 200; ++i) {
      rows += (i == 0 ? "[" : ",") + (R"({"id": "a)" + std::to_string(number * 200 + i)) +
              R"(", "filename": ")" + name + "\"}";
    }
    page(listing, rows + "]", std::to_string(number));
  }
  store_->flush();
  const auto file = std::filesystem::file_size(database());
  EXPECT_GT(file, 12'000'000U);
  EXPECT_LT(std::filesystem::file_size(database().string() + "-wal"), 12'000'000U);
  EXPECT_EQ(ask("SELECT count(*) FROM assets"), "12000");
}

}  // namespace
}  // namespace nexus_mirror::store
