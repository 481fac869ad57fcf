// Groups of assets that are compared as they lie are what they are when each is looked up.
#include "store/item_scan.h"

#include <algorithm>
#include <map>

#include "support/mirror_run.h"
#include "support/store_fixture.h"
#include "text/joined.h"

namespace nexus_mirror::store {
namespace {

constexpr int kAssets = 1500;  // more than are looked up before the scan learns

class ItemScanTest : public testing::StoreTest {
 protected:
  static std::string id(int asset) { return "a" + std::to_string(asset); }
  // Each third has none, one, two.
  static std::vector<std::string> groups_of(int asset) {
    std::vector<std::string> groups;
    for (int i = 0; i < asset % 3; ++i) groups.push_back("g" + std::to_string((asset + i) % 10));
    return groups;
  }
  using Change = std::map<int, std::vector<std::string>>;  // groups of assets, where others
  static std::string json(const Change& change = {}, int assets = kAssets) {
    std::string rows;
    for (int i = 0; i < assets; ++i) {
      const auto found = change.find(i);
      std::string groups;
      for (const std::string& name : found == change.end() ? groups_of(i) : found->second) {
        groups += (groups.empty() ? "\"" : ",\"") + name + "\"";
      }
      rows += std::string(i == 0 ? "[" : ",") + R"({"id":")" + id(i) +
              R"(","metadata":{"groups":[)" + groups + "]}}";
    }
    return rows + "]";
  }
  std::string groups() const {
    return ask("SELECT asset_id, name FROM asset_groups WHERE project_id = 'proj' ORDER BY 1, 2");
  }
  RowCounts again(const std::string& json) {
    store_->make_indexes();
    open(++now_);
    return list(objects::assets, json);
  }

  std::int64_t now_ = 1000;
};

TEST_F(ItemScanTest, SuitsGroupsAlone) {
  int suited = 0;
  for (const objects::Table* table :
       {&objects::assets, &objects::artifacts, &objects::projects, &objects::deployments}) {
    for (const objects::ChildList& list : table->children) {
      if (!ItemScan::suits(list)) continue;
      ++suited;
      EXPECT_EQ(list.table->name, "asset_groups");
    }
  }
  EXPECT_EQ(suited, 1);
}

TEST_F(ItemScanTest, FindsNoDifferenceWhereThereIsNone) {
  list(objects::assets, json());
  const std::string before = groups();
  const RowCounts counts = again(json());
  EXPECT_EQ(counts.inserted + counts.updated + counts.deleted, 0);
  EXPECT_EQ(groups(), before);
}

TEST_F(ItemScanTest, FindsEachDifference) {
  const Change changes[] = {{{1200, {"new"}}},
                            {{1201, {}}},
                            {{1202, {"g2"}}},
                            {{1202, {"g2", "g3", "g4"}}},
                            {{1202, {"g2", "h"}}},
                            {{1499, {"last"}}},
                            {{1200, {"x"}}, {1201, {"y", "z"}}, {1202, {}}, {1203, {"x"}}}};
  for (const Change& change : changes) {
    again(json());
    const RowCounts counts = again(json(change));
    EXPECT_EQ(counts.updated, static_cast<std::int64_t>(change.size()));
    for (const auto& [asset, wanted] : change) {
      std::string names = "-";
      for (const std::string& name : wanted) names = (names == "-" ? "" : names + ",") + name;
      EXPECT_EQ(ask("SELECT group_concat(name) FROM (SELECT name FROM asset_groups WHERE asset_id "
                    "= '" +
                    id(asset) + "' ORDER BY name)"),
                names);
    }
    EXPECT_EQ(again(json(change)).updated, 0) << "what was written lies elsewhere now";
  }
}

// Whatever the owner did to them, the next sync has them as the server has.
TEST_F(ItemScanTest, UndoesWhatTheOwnerDid) {
  list(objects::assets, json());
  const std::string wanted = groups();
  for (const char* sql :
       {"INSERT INTO asset_groups(project_id, asset_id, name) VALUES('proj', 'a1200', 'mine')",
        "INSERT INTO asset_groups(project_id, asset_id, name) VALUES('proj', 'a1201', 'mine')",
        "DELETE FROM asset_groups WHERE asset_id = 'a1202'",
        "DELETE FROM asset_groups WHERE asset_id = 'a1202' AND name = 'g2'",
        "UPDATE asset_groups SET name = 'mine' WHERE asset_id = 'a1202' AND name = 'g3'",
        "UPDATE asset_groups SET asset_id = 'a1200' WHERE asset_id = 'a1202'",
        "UPDATE asset_groups SET extra = '{\"a\":1}' WHERE asset_id = 'a1201'",
        "UPDATE asset_groups SET project_id = 'other' WHERE asset_id = 'a1201'",
        "UPDATE asset_groups SET rowid = -rowid", "UPDATE asset_groups SET rowid = rowid - 700",
        "UPDATE asset_groups SET rowid = 2 * rowid",
        "UPDATE asset_groups SET rowid = rowid + 100000 WHERE asset_id > 'a12'",
        "UPDATE asset_groups SET rowid = 100000 - rowid WHERE asset_id = 'a1202'",
        "DELETE FROM asset_groups",
        "INSERT INTO asset_groups(project_id, asset_id, name) SELECT 'other', asset_id, name FROM "
        "asset_groups"}) {
    execute(sql);
    again(json());
    EXPECT_EQ(groups(), wanted) << sql;
    EXPECT_EQ(again(json()).updated, 0) << sql;
  }
}

// Several pages of one sync, each with some that are written, in order and once more: what is
// written takes the places of what was removed.
TEST_F(ItemScanTest, GoesOnBehindWhatItWrote) {
  const auto row = [](int asset, const std::string& groups) {
    return R"({"id":")" + id(asset) + R"(","metadata":{"groups":[)" + groups + "]}}";
  };
  std::vector<std::string> first, second;  // rows of the listing before and after
  std::string wanted;
  for (int i = 0; i < kAssets; ++i) {
    first.push_back(row(i, R"("b","c")"));
    // Those that are written most often lie last, so that their rowids are given again.
    second.push_back(row(i, i % 50 == 49 ? R"("b","c","d")" : R"("b","c")"));
  }
  const auto page = [](const std::vector<std::string>& rows, int begin, int end) {
    return "[" +
           text::joined(std::vector<std::string>(rows.begin() + begin, rows.begin() + end), ",") +
           "]";
  };
  list(objects::assets, page(first, 0, kAssets));
  store_->make_indexes();
  open(++now_);
  Listing listing = store_->listings.open("proj", objects::assets);
  std::int64_t updated = 0;
  for (int round = 0; round < 2; ++round) {
    for (int begin = 0; begin < kAssets; begin += 100) {
      const auto rows = testing::batch_of(objects::assets, page(second, begin, begin + 100));
      updated += store_->listings.apply(listing, rows, "c").updated;
    }
  }
  EXPECT_EQ(updated, kAssets / 50) << "each once";
  store_->listings.finish(listing, true);
  store_->listings.finish_pass("proj");
  EXPECT_EQ(again(page(second, 0, kAssets)).updated, 0);
  EXPECT_EQ(ask("SELECT count(*) FROM asset_groups"), std::to_string(2 * kAssets + kAssets / 50));
}

TEST_F(ItemScanTest, GoesOnWhereAssetsAreInAnotherOrder) {
  list(objects::assets, json());
  const std::string wanted = groups();
  // From the middle on, then what was before it, then in reverse.
  const std::string all = json();
  std::vector<std::string> rows;
  for (std::size_t at = 1, end; at < all.size(); at = end + 2) {
    end = std::min(all.find("},{", at), all.size() - 2);
    rows.push_back(all.substr(at, end + 1 - at));
  }
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(kAssets));
  std::rotate(rows.begin(), rows.begin() + 700, rows.end());
  EXPECT_EQ(again("[" + text::joined(rows, ",") + "]").updated, 0);
  std::reverse(rows.begin(), rows.end());
  EXPECT_EQ(again("[" + text::joined(rows, ",") + "]").updated, 0);
  EXPECT_EQ(groups(), wanted);
}

}  // namespace
}  // namespace nexus_mirror::store
