// First loads that come without a look at the indexes: what they leave is what rows that are looked
// up one by one leave.
#include "store/bulk_load.h"

#include <gtest/gtest.h>

#include <iostream>

#include "nexus_mirror/error.h"
#include "store/row_blob.h"
#include "support/faulty_vfs.h"
#include "support/mirror_run.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

using testing::batch_of;

constexpr const char* kIndexes =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('assets', "
    "'asset_groups', 'annotations')";
constexpr const char* kAll = "7";
constexpr const char* kAssets =
    "SELECT a.id, a.filename, (SELECT group_concat(name) FROM (SELECT name FROM asset_groups g "
    "WHERE g.asset_id = a.id AND g.project_id = a.project_id ORDER BY name)) FROM assets a "
    "WHERE project_id = 'proj' ORDER BY a.id";

class BulkLoadTest : public testing::StoreTest {
 protected:
  Listing begin(const objects::Table& table, std::int64_t expected = 1000,
                const std::string& project = "proj") {
    Listing listing = store_->listings.open(project, table);
    listing.expected = expected;
    return listing;
  }
  RowCounts page(Listing& listing, const std::string& json, const std::string& cursor) {
    return store_->listings.apply(listing, batch_of(*listing.table, json), cursor);
  }
  RowCounts end(Listing& listing) {
    RowCounts counts = store_->listings.settle(listing);
    counts += store_->listings.finish(
        listing, store_->listings.missing(listing, 9, [] { return 0.5; }).count > 0);
    store_->flush();
    return counts;
  }
  // Another project's rows, which have their indexes.
  void others() {
    for (const objects::Table* table : {&objects::assets, &objects::annotations}) {
      Listing listing = begin(*table, 1000, "other");
      store_->listings.apply(listing, batch_of(*table, R"([{"id": "a"}, {"id": "z"}])", "other"),
                             "");
      end(listing);
    }
    store_->make_indexes();
    ASSERT_EQ(ask(kIndexes), kAll);
  }
};

TEST_F(BulkLoadTest, AppendsWhereNothingWasAndMakesTheIndexesAtTheEnd) {
  Listing listing = begin(objects::assets);
  EXPECT_EQ(page(listing, R"([{"id": "b", "metadata": {"groups": ["x", "y"]}}, {"id": "a"}])", "c2")
                .inserted,
            2);
  store_->flush();
  EXPECT_EQ(listing.place, LoadPlace::table);
  EXPECT_EQ(ask("SELECT id FROM assets ORDER BY rowid"), "b a") << "readers see them as they come";
  EXPECT_EQ(ask(kIndexes), "3") << "those of annotations";
  page(listing, R"([{"id": "c"}])", "");
  end(listing);
  EXPECT_EQ(ask(kIndexes), "3") << "others of this sync may follow";
  EXPECT_EQ(ask(kAssets), "a|-|- b|-|x,y c|-|-");
  EXPECT_EQ(changes(), R"(load|assets|-|-|{"rows":3})");
  store_->make_indexes();
  EXPECT_EQ(ask(kIndexes), kAll);
  EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
}

TEST_F(BulkLoadTest, ARowThatComesTwiceIsOneRowAsItCameLast) {
  for (const bool aside : {false, true}) {
    if (aside) {
      open(2000);
      execute("DELETE FROM assets; DELETE FROM asset_groups; DELETE FROM loads");
      others();
    }
    Listing listing = begin(objects::assets);
    page(listing, R"([{"id": "a", "filename": "old", "metadata": {"groups": ["x", "y"]}},
                      {"id": "b"}, {"id": "b", "filename": "twice"}])",
         "c2");
    const RowCounts later = page(
        listing, R"([{"id": "a", "filename": "new", "metadata": {"groups": ["y", "z"]}}])", "");
    EXPECT_EQ(later.inserted, 0);
    EXPECT_EQ(listing.place, aside ? LoadPlace::aside : LoadPlace::table);
    const RowCounts settled = end(listing);
    EXPECT_EQ(settled.inserted, 0);
    EXPECT_EQ(settled.updated, 2);
    EXPECT_EQ(ask(kAssets), "a|new|y,z b|twice|-") << aside;
    EXPECT_EQ(ask("SELECT count(*) FROM incoming"), "0");
    store_->make_indexes();
    EXPECT_EQ(ask(kIndexes), kAll);
  }
}

TEST_F(BulkLoadTest, TheCountsOfEachProjectHold) {
  others();
  Listing assets = begin(objects::assets);
  page(assets, R"([{"id": "a", "status": "Review"}, {"id": "b"}, {"id": "c"}])", "");
  ASSERT_EQ(assets.place, LoadPlace::aside);
  end(assets);
  Listing annotations = begin(objects::annotations);
  page(annotations,
       R"([{"id": "1", "assetId": "a", "tag": "x"}, {"id": "2", "assetId": "a", "tag": "x"},
           {"id": "3", "assetId": "b", "tag": "y"}, {"id": "4"}])",
       "");
  ASSERT_EQ(annotations.place, LoadPlace::aside);
  end(annotations);
  EXPECT_EQ(ask("SELECT * FROM asset_counts ORDER BY 1, 2"), "other||2 proj||2 proj|Review|1");
  EXPECT_EQ(ask("SELECT * FROM annotation_counts ORDER BY 1"), "other|2 proj|4");
  EXPECT_EQ(ask("SELECT * FROM tag_counts ORDER BY 1, 2"), "proj|x|2|1 proj|y|1|1");
}

TEST_F(BulkLoadTest, AnotherProjectsRowsKeepTheirIndexesAllTheWhile) {
  others();
  Listing listing = begin(objects::annotations);
  page(listing, R"([{"id": "a", "assetId": "x"}, {"id": "b", "assetId": "x"}])", "c2");
  store_->flush();
  EXPECT_EQ(listing.place, LoadPlace::aside);
  EXPECT_EQ(ask(kIndexes), kAll);
  EXPECT_EQ(ask("SELECT count(*) FROM annotations WHERE project_id = 'proj'"), "0")
      << "all of them or none";
  page(listing, R"([{"id": "c"}])", "");
  end(listing);
  EXPECT_EQ(ask(kIndexes), kAll);
  EXPECT_EQ(ask("SELECT id, project_id FROM annotations ORDER BY id, project_id"),
            "a|other a|proj b|proj c|proj z|other");
  EXPECT_EQ(ask("SELECT count(*) FROM incoming"), "0");
  EXPECT_EQ(ask("SELECT after FROM changes WHERE project_id = 'proj'"), R"({"rows":3})");
}

TEST_F(BulkLoadTest, AServerThatDoesNotCountItsRowsIsNoneThatRepeatsThem) {
  Listing listing = begin(objects::annotations, 0);
  std::int64_t inserted = 0;
  for (int page = 0; page < 40; ++page) {
    std::string json = "[";
    for (int i = 0; i < 1000; ++i) {
      json += (i > 0 ? ", " : "") + ("{\"id\": \"" + std::to_string(page * 1000 + i)) + "\"}";
    }
    inserted += this->page(listing, json + "]", page < 39 ? std::to_string(page) : "").inserted;
    EXPECT_EQ(listing.stale_pages, 0) << page;
  }
  EXPECT_EQ(listing.place, LoadPlace::table);
  EXPECT_GT(inserted, 39'000);
  EXPECT_EQ(inserted + end(listing).inserted, 40'000);
  EXPECT_EQ(ask("SELECT count(*) FROM annotations"), "40000");
}

TEST_F(BulkLoadTest, ADryRunComparesWithoutIndexes) {
  Listing listing = begin(objects::annotations);
  page(listing, R"([{"id": "a"}, {"id": "b"}])", "c2");
  store_->flush();
  open(2000, Access::dry_run);
  Listing dry = store_->listings.open("proj", objects::annotations);
  EXPECT_EQ(store_->listings
                .apply(dry, batch_of(objects::annotations, R"([{"id": "a"}, {"id": "c"}])"), "")
                .inserted,
            1);
}

TEST_F(BulkLoadTest, FewRowsComeDirectly) {
  others();
  for (int i = 0; i < 100; ++i) {
    execute("INSERT INTO annotations(id, project_id) VALUES('n" + std::to_string(i) +
            "', 'other')");
  }
  Listing listing = begin(objects::annotations, 2);
  page(listing, R"([{"id": "a"}, {"id": "b"}])", "");
  EXPECT_EQ(listing.place, LoadPlace::direct);
  end(listing);
  EXPECT_EQ(ask("SELECT count(*) FROM annotations WHERE project_id = 'proj'"), "2");
}

// Killed after a page: the next sync makes the indexes first and goes on behind that page.
TEST_F(BulkLoadTest, GoesOnWhereAKilledLoadStopped) {
  for (const bool aside : {false, true}) {
    if (aside) {
      execute("DELETE FROM assets; DELETE FROM asset_groups; DELETE FROM loads");
      others();
    }
    {
      Listing listing = begin(objects::assets);
      page(listing, R"([{"id": "a", "filename": "old"}, {"id": "b"}])", "c2");
      page(listing, R"([{"id": "b", "filename": "doubtful"}])", "c3");
      store_->flush();
    }
    open(2000);
    EXPECT_TRUE(store_->listings.unfinished_pass("proj", 2000, 1500));
    store_->make_indexes();
    EXPECT_EQ(ask(kIndexes), kAll);
    Listing listing = begin(objects::assets);
    EXPECT_EQ(listing.cursor, "c3");
    page(listing, R"([{"id": "c"}, {"id": "a", "filename": "new"}])", "");
    EXPECT_EQ(listing.place, LoadPlace::aside);
    end(listing);
    EXPECT_EQ(ask(kAssets), "a|new|- b|doubtful|- c|-|-") << aside;
    store_->listings.finish_pass("proj");
    EXPECT_EQ(ask("SELECT count(*) FROM incoming"), "0");
  }
}

TEST_F(BulkLoadTest, WhoeverLooksARowUpMakesTheIndexesFirst) {
  Listing first = begin(objects::annotations);
  page(first, R"([{"id": "a"}, {"id": "b"}])", "c2");
  store_->flush();
  EXPECT_EQ(ask(kIndexes), "4") << "those of assets and their groups";
  EXPECT_EQ(store_->tables.count(objects::annotations, "proj"), 2);
  store_->flush();
  EXPECT_EQ(ask(kIndexes), kAll);
  page(first, R"([{"id": "c"}, {"id": "b"}])", "");
  EXPECT_NE(first.place, LoadPlace::table);
  end(first);
  EXPECT_EQ(ask("SELECT id FROM annotations ORDER BY id"), "a b c");
  EXPECT_EQ(ask("SELECT after FROM changes"), R"({"rows":3})");
}

TEST_F(BulkLoadTest, AListingThatBeginsAnewKeepsEachRowOnce) {
  for (const bool aside : {false, true}) {
    if (aside) {
      execute("DELETE FROM annotations; DELETE FROM loads");
      others();
    }
    Listing listing = begin(objects::annotations);
    page(listing, R"([{"id": "a"}, {"id": "gone"}])", "c2");
    store_->listings.restart(listing);
    EXPECT_EQ(listing.inserted, aside ? 0 : 2) << "those that are here";
    page(listing, R"([{"id": "a"}, {"id": "b"}])", "");
    end(listing);
    store_->make_indexes();
    EXPECT_EQ(ask("SELECT id FROM annotations WHERE project_id = 'proj' ORDER BY id"), "a b");
    EXPECT_EQ(ask(kIndexes), kAll);
    store_->listings.finish_pass("proj");
  }
}

// Two keys see a project; the first one fails, and meanwhile somebody runs ANALYZE: then what was
// begun is forgotten, and the rows are here.
TEST_F(BulkLoadTest, AProjectThatIsBegunTwiceInASyncHasEachRowOnce) {
  Listing first = begin(objects::annotations);
  page(first, R"([{"id": "a"}, {"id": "b"}])", "c2");
  store_->commit_pages();
  execute("DELETE FROM checkpoints; DELETE FROM checkpoint_rows");
  Listing second = begin(objects::annotations);
  page(second, R"([{"id": "a"}, {"id": "c"}])", "");
  EXPECT_NE(second.place, LoadPlace::table);
  end(second);
  store_->make_indexes();
  EXPECT_EQ(ask("SELECT id FROM annotations ORDER BY id"), "a c");
  EXPECT_EQ(ask(kIndexes), kAll);
}

TEST_F(BulkLoadTest, RowsThatAreThereTwiceAreNoEndOfTheMirror) {
  Listing listing = begin(objects::assets);
  page(listing, R"([{"id": "a", "filename": "old"}, {"id": "b"}])", "");
  end(listing);
  store_->flush();
  execute("INSERT INTO assets(id, project_id, filename) VALUES('a', 'proj', 'new')");
  store_->make_indexes();
  EXPECT_EQ(ask(kIndexes), kAll);
  EXPECT_EQ(ask("SELECT id, filename FROM assets ORDER BY id"), "a|new b|-");
  EXPECT_EQ(ask("SELECT sum(assets) FROM asset_counts"), "2");
}

TEST_F(BulkLoadTest, TriggersThatSomebodyDroppedComeAgain) {
  Listing listing = begin(objects::annotations);
  page(listing, R"([{"id": "a", "tag": "x"}])", "");
  end(listing);
  store_->make_indexes();
  execute(
      "DROP TRIGGER annotations_added; INSERT INTO annotations(id, project_id, tag) "
      "VALUES('b', 'proj', 'x')");
  open(2000);
  store_->make_indexes();
  EXPECT_EQ(ask("SELECT tag, annotations FROM tag_counts"), "x|2");
  EXPECT_EQ(ask("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"), "6");
}

TEST_F(BulkLoadTest, ItemsThatSomebodyLeftBehindAreNoHindrance) {
  for (const bool aside : {false, true}) {
    if (aside) {
      execute("DELETE FROM assets; DELETE FROM loads");
      others();
    }
    execute(
        "INSERT OR IGNORE INTO asset_groups(project_id, asset_id, name) "
        "VALUES('proj', 'a', 'x'), ('proj', 'a', 'stale')");
    Listing listing = begin(objects::assets);
    page(listing, R"([{"id": "a", "metadata": {"groups": ["x"]}}])", "");
    end(listing);
    store_->make_indexes();
    EXPECT_EQ(ask(kAssets), "a|-|x");
    EXPECT_EQ(ask(kIndexes), kAll);
  }
}

TEST_F(BulkLoadTest, AStopWhileRowsGetTheirPlacesChangesNothing) {
  others();
  Listing listing = begin(objects::annotations);
  page(listing, R"([{"id": "a"}])", "c2");
  page(listing, R"([{"id": "b"}])", "");
  store_->flush();
  int asked = 0;
  store_->while_it_takes_long([&] { return ++asked < 2; });
  EXPECT_THROW(end(listing), Error);
  store_->while_it_takes_long({});
  EXPECT_EQ(ask(kIndexes), kAll);
  EXPECT_EQ(ask("SELECT count(*) FROM annotations WHERE project_id = 'proj'"), "0");
  open(2000);
  Listing again = begin(objects::annotations);
  EXPECT_TRUE(again.read);
  end(again);
  EXPECT_EQ(ask("SELECT id FROM annotations WHERE project_id = 'proj' ORDER BY id"), "a b");
}

// CONTRACT.md 4.7: what a first load writes to the disk, for a byte of the file. Each project is
// one more listing of the same sync.
class Promise7FirstLoadTest : public ::testing::Test {
 protected:
  static double written_per_byte(int projects, int rows_each) {
    const testing::TemporaryFolder folder;
    testing::FaultyVfs vfs;
    double written = 0;
    vfs.listen([&](const testing::VfsEvent& event) {
      if (event.kind == testing::VfsCall::write) written += static_cast<double>(event.bytes.size());
    });
    MirrorFile file(folder.path() / "mirror.db");
    file.vfs = vfs.name();
    {
      Store store(file, Access::write);
      store.begin_sync(1000, "full");
      for (int project = 0; project < projects; ++project) {
        load(store, "p" + std::to_string(project), rows_each);
      }
      store.make_indexes();
    }
    return written / static_cast<double>(std::filesystem::file_size(file.path));
  }

  static void load(Store& store, const std::string& project, int rows) {
    Listing listing = store.listings.open(project, objects::annotations);
    listing.expected = rows;
    constexpr int kPage = 500;
    for (int first = 0; first < rows; first += kPage) {
      std::string json = "[";
      for (int i = first; i < first + kPage; ++i) {
        // No order that an index would like.
        const std::string id =
            std::to_string(std::hash<std::string>()(project + std::to_string(i)));
        json += (i > first ? "," : "") + ("{\"id\":\"" + id) + "\",\"assetId\":\"" + id + "\"}";
      }
      const bool last = first + kPage >= rows;
      store.listings.apply(listing, batch_of(objects::annotations, json + "]", project),
                           last ? "" : std::to_string(first));
      store.flush();
    }
    store.listings.settle(listing);
    store.listings.finish(listing, false);
  }
};

TEST_F(Promise7FirstLoadTest, WritesASmallMultipleOfTheFileAtAnySize) {
  const double few = written_per_byte(1, 5'000), many = written_per_byte(1, 40'000);
  std::cout << "[ WRITTEN  ] per byte of the file: " << few << " at 5,000 rows, " << many
            << " at 40,000\n";
  EXPECT_LT(many, 3.5);
  EXPECT_LT(many, few * 1.2);
}

TEST_F(Promise7FirstLoadTest, WritesNoMoreWhereManyProjectsComeInOneSync) {
  const double one = written_per_byte(1, 20'000), many = written_per_byte(20, 1'000);
  std::cout << "[ WRITTEN  ] per byte of the file: " << one << " by one project, " << many
            << " by twenty\n";
  EXPECT_LT(many, one * 1.5);
}

TEST(RowBlobTest, ReadsBackWhatItWrote) {
  const objects::RowBatch rows = batch_of(objects::assets, R"([
      {"id": "a", "metadata": {"fileSize": 7, "groups": ["x", "y"]}, "more": {"nul": "\u0000"}},
      {"id": "left out"}, {"id": "b", "createDate": 1700000000000}])");
  objects::RowBatch read(objects::assets);
  rows_from_blob(rows_to_blob(rows, {2, 0}), read);
  ASSERT_EQ(read.size(), 2U);
  const std::size_t from[] = {2, 0};
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(std::equal(read.row(i), read.row(i) + read.columns(), rows.row(from[i])));
  }
  EXPECT_EQ(read.children(0).end_of(0), 0U);
  EXPECT_EQ(read.children(0).end_of(1), 2U);
  EXPECT_THROW(rows_from_blob("\3\1\0\0\0", read), Error);
}

TEST(BloomFilterTest, TellsWhatItMayContainAndAddsNothing) {
  BloomFilter filter(10'000, 1 << 20);
  EXPECT_FALSE(filter.may_contain("a"));
  EXPECT_FALSE(filter.may_contain("a"));
  filter.add("a");
  EXPECT_TRUE(filter.may_contain("a"));
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += filter.may_contain("other" + std::to_string(i)) ? 1 : 0;
  EXPECT_LT(taken, 10);
}

TEST(BloomFilterTest, TakesNoKeyThatItMetForANewOne) {
  constexpr int kKeys = 200'000;
  BloomFilter filter(kKeys, 1 << 20);
  int taken_for_old = 0;
  for (int i = 0; i < kKeys; ++i) {
    if (filter.add("annot_" + std::to_string(i))) ++taken_for_old;
  }
  EXPECT_LE(taken_for_old, 4) << "each takes a page along";
  for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(filter.add("annot_" + std::to_string(i)));
  EXPECT_LE(filter.bytes(), 3U * kKeys);
  EXPECT_EQ(BloomFilter(1'000'000'000, 4096).bytes(), 4096U);
}

}  // namespace
}  // namespace nexus_mirror::store
