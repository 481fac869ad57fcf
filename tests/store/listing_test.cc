// Listings: first loads, checkpoints, what is missing, and dry runs.
#include "nexus_mirror/error.h"
#include "support/mirror_run.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

using testing::batch_of;

constexpr const char* kThree = R"([{"id": "a"}, {"id": "b"}, {"id": "c"}])";

double no_chance() { return 0.5; }

class StoreListingTest : public testing::StoreTest {};

TEST_F(StoreListingTest, TakesAFirstListingAsOneChange) {
  EXPECT_FALSE(store_->tables.loaded("proj", objects::workflows));
  EXPECT_EQ(list(objects::workflows, kThree).inserted, 3);
  EXPECT_TRUE(store_->tables.loaded("proj", objects::workflows));
  EXPECT_EQ(changes(), R"(load|workflows|-|-|{"rows":3})");
  EXPECT_EQ(
      list(objects::workflows, R"([{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}])").inserted,
      1);
  EXPECT_EQ(ask("SELECT op, entity_id, project_id FROM changes WHERE seq > 1"), "insert|d|proj");
}

TEST_F(StoreListingTest, LoadsAnEmptyListToo) {
  list(objects::workflows, "[]");
  EXPECT_EQ(changes(), R"(load|workflows|-|-|{"rows":0})");
  list(objects::workflows, "[]");
  EXPECT_EQ(ask("SELECT count(*) FROM changes"), "1");
}

TEST_F(StoreListingTest, AStopWhileDeletingUndoesTheDeletionsAndKeepsThePages) {
  list(objects::workflows, kThree);
  Listing listing = store_->listings.open("proj", objects::workflows);
  store_->listings.apply(listing, batch_of(objects::workflows, R"([{"id": "b", "title": "new"}])"),
                         "");
  int asked = 0;
  try {
    store_->listings.finish(listing, true, [&] { return ++asked < 2; });
    ADD_FAILURE() << "it was not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted) << error.what();
  }
  EXPECT_EQ(ask("SELECT id, title FROM workflows ORDER BY id"), "a|- b|new c|-");
  EXPECT_EQ(ask("SELECT count(*) FROM changes WHERE op = 'delete'"), "0");
  EXPECT_EQ(store_->listings.finish(listing, true).deleted, 2);
  EXPECT_EQ(ask("SELECT id FROM workflows"), "b");
  EXPECT_EQ(ask("SELECT op, entity_id FROM changes WHERE seq > 1"), "update|b delete|a delete|c");
}

TEST_F(StoreListingTest, DeletesWhatIsGone) {
  list(objects::workflows, kThree);
  EXPECT_EQ(list(objects::workflows, R"([{"id": "b"}])").deleted, 2);
  EXPECT_EQ(ask("SELECT id FROM workflows"), "b");
  EXPECT_EQ(ask("SELECT op, entity_id, after FROM changes WHERE seq > 1"), "delete|a|- delete|c|-");
}

TEST_F(StoreListingTest, TellsWhatIsMissingBeforeAnythingGoes) {
  list(objects::workflows, kThree);
  Listing listing = store_->listings.open("proj", objects::workflows);
  store_->listings.apply(listing, batch_of(objects::workflows, R"([{"id": "b"}, {"id": "new"}])"),
                         "");
  Missing missing = store_->listings.missing(listing, 10, no_chance);
  EXPECT_EQ(missing.count, 2);
  EXPECT_EQ(missing.before, 3);
  ASSERT_EQ(missing.sample.size(), 2U);
  EXPECT_EQ(missing.sample[0].id, "a");
  EXPECT_EQ(store_->listings.missing(listing, 1, no_chance).sample.size(), 1U);
  store_->listings.mark_seen(listing, "a");
  EXPECT_EQ(store_->listings.missing(listing, 10, no_chance).count, 1);
  EXPECT_EQ(store_->listings.finish(listing, false).deleted, 0);
  EXPECT_EQ(ask("SELECT count(*) FROM workflows"), "4");
}

TEST_F(StoreListingTest, GoesOnWhereAKilledSyncStopped) {
  list(objects::workflows, kThree);
  {
    Listing listing = store_->listings.open("proj", objects::workflows);
    store_->listings.apply(listing,
                           batch_of(objects::workflows, R"([{"id": "a", "title": "new"}])"), "c2");
  }
  open(2000);
  EXPECT_TRUE(store_->listings.unfinished_pass("proj", 2000, 1500));
  Listing listing = store_->listings.open("proj", objects::workflows);
  EXPECT_EQ(listing.cursor, "c2");
  EXPECT_FALSE(listing.done);
  store_->listings.apply(listing, batch_of(objects::workflows, R"([{"id": "b"}])"), "");
  EXPECT_EQ(store_->listings.finish(listing, true).deleted, 1);
  EXPECT_EQ(ask("SELECT id, title FROM workflows ORDER BY id"), "a|new b|-");
  EXPECT_TRUE(store_->listings.open("proj", objects::workflows).done);
  store_->listings.finish_pass("proj");
  EXPECT_FALSE(store_->listings.unfinished_pass("proj", 2000, 1500));
  EXPECT_EQ(ask("SELECT count(*) FROM checkpoints"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM checkpoint_rows"), "0");
}

TEST_F(StoreListingTest, BeginsAnewWhenThePassIsOldOrItsCursorDied) {
  for (const bool old : {true, false}) {
    Listing listing = store_->listings.open("proj", objects::workflows);
    store_->listings.apply(listing, batch_of(objects::workflows, kThree), "c2");
    if (old) {
      EXPECT_TRUE(store_->listings.unfinished_pass("proj", 7000, 2000));
    } else {
      store_->listings.restart(listing);
      EXPECT_EQ(listing.cursor, "");
      EXPECT_EQ(store_->listings.missing(listing, 9, no_chance).count, 3);
    }
    EXPECT_EQ(store_->listings.open("proj", objects::workflows).cursor, "");
  }
}

TEST_F(StoreListingTest, ForgetsProgressAfterAFailure) {
  list(objects::tags, "[]");
  Listing half = store_->listings.open("proj", objects::workflows);
  store_->listings.apply(half, batch_of(objects::workflows, kThree), "c2");
  Listing whole = store_->listings.open("proj", objects::sequences);
  store_->listings.apply(whole, batch_of(objects::sequences, kThree), "");
  store_->listings.finish(whole, true);
  store_->listings.forget_progress("proj", false);
  EXPECT_EQ(store_->listings.open("proj", objects::workflows).cursor, "c2");
  EXPECT_FALSE(store_->listings.open("proj", objects::sequences).done);
  store_->listings.forget_progress("proj", true);
  EXPECT_EQ(store_->listings.open("proj", objects::workflows).cursor, "");
}

TEST_F(StoreListingTest, CommitsPagesThatWaitTogether) {
  Listing listing = store_->listings.open("proj", objects::workflows);
  store_->listings.apply(listing, batch_of(objects::workflows, R"([{"id": "a"}])"), "c1");
  store_->listings.apply(listing, batch_of(objects::workflows, R"([{"id": "b"}])"), "c2");
  EXPECT_EQ(ask("SELECT count(*) FROM workflows"), "0");
  store_->flush();
  EXPECT_EQ(ask("SELECT count(*) FROM workflows"), "2");
  EXPECT_EQ(ask("SELECT cursor FROM checkpoints"), "c2");
}

TEST_F(StoreListingTest, NoticesAVacuumBetweenTwoPages) {
  list(objects::workflows, kThree);
  Listing listing = store_->listings.open("proj", objects::workflows);
  store_->listings.apply(listing, batch_of(objects::workflows, R"([{"id": "c", "title": "x"}])"),
                         "c2");
  store_->flush();
  execute("DELETE FROM workflows WHERE id = 'a'");
  execute("VACUUM");
  try {
    store_->listings.missing(listing, 9, no_chance);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::machine);
    EXPECT_NE(std::string(error.what()).find("VACUUM"), std::string::npos);
  }
  EXPECT_TRUE(store_->listings.unfinished_pass("proj", 2000, 2000));
  EXPECT_EQ(store_->listings.open("proj", objects::workflows).cursor, "") << "it begins anew";
}

TEST_F(StoreListingTest, RemembersAssetsWhoseAnnotationsMayDiffer) {
  list(objects::assets, R"([{"id": "a", "statistic": {"totalAnnotations": 1}}, {"id": "b"}])");
  list(objects::annotations, R"([{"id": "n", "assetId": "a"}, {"id": "m", "assetId": "b"}])");
  EXPECT_TRUE(store_->listings.pending_assets("proj").empty());
  list(objects::assets, R"([{"id": "a", "statistic": {"totalAnnotations": 0}},
                            {"id": "b", "filename": "x"}, {"id": "c"}])");
  EXPECT_EQ(store_->listings.pending_assets("proj"), (std::vector<std::string>{"a", "c"}));
  Listing some = store_->listings.open("proj", objects::annotations, {"a"});
  store_->listings.apply(some, batch_of(objects::annotations, "[]"), "");
  EXPECT_EQ(store_->listings.missing(some, 9, no_chance).count, 1);
  EXPECT_EQ(store_->listings.finish(some, true).deleted, 1);
  EXPECT_EQ(ask("SELECT id FROM annotations"), "m")
      << "only those of the assets that were asked for";
  EXPECT_EQ(store_->listings.pending_assets("proj"), std::vector<std::string>{"c"});
}

TEST_F(StoreListingTest, StaysQuietWhenNothingChanged) {
  list(objects::assets, kThree);
  list(objects::annotations, kThree);
  store_->make_indexes();
  SQLite::Database watcher(database().string(), SQLite::OPEN_READONLY);
  const int version = watcher.execAndGet("PRAGMA data_version").getInt();
  EXPECT_EQ(list(objects::assets, kThree).updated, 0);
  EXPECT_EQ(watcher.execAndGet("PRAGMA data_version").getInt(), version);
}

TEST_F(StoreListingTest, PagesWithoutADifferenceAreMarkedEveryHalfMinute) {
  list(objects::workflows, kThree);
  Listing listing = store_->listings.open("proj", objects::workflows);
  const auto page = [&](std::int64_t clock_ms, const std::string& cursor) {
    listing.clock_ms = clock_ms;
    store_->listings.apply(listing, batch_of(objects::workflows, R"([{"id": "a"}])"), cursor);
    store_->flush();
    return ask("SELECT cursor FROM checkpoints");
  };
  EXPECT_EQ(page(1000, "c1"), "");
  EXPECT_EQ(page(30'999, "c2"), "");
  EXPECT_EQ(page(31'000, "c3"), "c3");
  EXPECT_EQ(page(60'999, "c4"), "c3");
  EXPECT_EQ(page(61'000, "c5"), "c5");
}

TEST_F(StoreListingTest, WritesNothingInADryRun) {
  list(objects::workflows, kThree);
  store_->finish_sync({}, 0);
  open(2000, Access::dry_run);
  const auto bytes = [&] {
    return testing::file_bytes(database()) + testing::file_bytes(database().string() + "-wal");
  };
  const std::string before = bytes();
  Listing listing = store_->listings.open("proj", objects::workflows);
  RowCounts counts = store_->listings.apply(
      listing, batch_of(objects::workflows, R"([{"id": "a", "title": "x"}, {"id": "new"}])"), "");
  counts += store_->listings.finish(listing, true);
  counts += store_->tables.put(batch_of(objects::workspaces, R"([{"id": "w"}])"));
  store_->tables.mark_removed("proj");
  store_->listings.finish_pass("proj");
  store_->listings.forget_progress("proj", true);
  store_->finish_sync({}, 5000);
  EXPECT_EQ(counts.inserted, 2);
  EXPECT_EQ(counts.updated, 1);
  EXPECT_EQ(counts.deleted, 2);
  EXPECT_TRUE(bytes() == before);
  EXPECT_EQ(ask("SELECT count(*) FROM syncs"), "1");
}

TEST(StoreDryRunTest, MakesNoFile) {
  testing::TemporaryFolder folder;
  Store store(folder.path() / "none.db", Access::dry_run);
  store.begin_sync(1, "full");
  EXPECT_EQ(store.tables.put(batch_of(objects::workspaces, R"([{"id": "w"}])")).inserted, 1);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace nexus_mirror::store
