// What is forgotten takes its changes along, and no others: the past is gone back to without it.
#include "store/forgetting.h"

#include "store/change_feed.h"
#include "store/snapshot.h"
#include "support/store_fixture.h"

namespace nexus_mirror::testing {
namespace {

class ForgettingTest : public StoreTest {
 protected:
  ForgettingTest() {
    annotate(R"([{"id": "1", "assetId": "a", "tag": "car"}, {"id": "2", "assetId": "b"},
                 {"id": "3", "assetId": "a"}, {"id": "4", "assetId": "b"}])");
    list(objects::assets, R"([{"id": "a"}, {"id": "b"}])");
    finish(1100);
  }

  void annotate(const std::string& json) { list(objects::annotations, json); }
  void finish(std::int64_t now_ms) {
    store::SyncRecord record;
    record.finished_at = now_ms;
    record.result = objects::Outcome::ok;
    store_->finish_sync(record, 0);
  }
  // Another sync that finds these annotations.
  void again(std::int64_t now_ms, const std::string& json) {
    open(now_ms);
    annotate(json);
    finish(now_ms + 100);
  }
  void forget(const std::string& project, const std::string& asset = {}) {
    store_->make_indexes();
    store_->forgetting.drop({{project, asset}});
  }
  // Annotations at the end of a sync, "id|asset" each.
  std::string at(std::int64_t sync_id) {
    store::Database look(database(), store::Use::query);
    const auto as_of = store::as_of_sync(look, sync_id);
    if (!as_of || !store::can_be_answered(look, *as_of)) return "not known";
    store::Snapshot past(database(), *as_of, "proj");
    store::Statement rows =
        past.prepare("SELECT id || '|' || ifnull(asset_id, '-') FROM annotations ORDER BY 1");
    std::string text;
    while (rows.step()) text += std::string(rows.text(0)) + " ";
    return text;
  }
};

TEST_F(ForgettingTest, AnAssetsAnnotationsAreInNoEarlierMoment) {
  again(2000, R"([{"id": "1", "assetId": "a", "tag": "bus"}, {"id": "2", "assetId": "b"},
                  {"id": "4", "assetId": "b", "tag": "van"}])");
  ASSERT_EQ(at(1), "1|a 2|b 3|a 4|b ");
  forget("proj", "a");
  EXPECT_EQ(at(1), "2|b 4|b ");
  EXPECT_EQ(at(2), "2|b 4|b ");
  EXPECT_EQ(ask("SELECT entity, entity_id, op FROM changes WHERE op <> 'load' ORDER BY seq"),
            "annotations|4|update assets|a|forget");
  EXPECT_EQ(ask("SELECT id FROM annotations ORDER BY 1"), "2 4");
  EXPECT_EQ(ask("SELECT annotations FROM annotation_counts"), "2");
}

TEST_F(ForgettingTest, AnAnnotationThatWentToAnotherAssetBeginsThere) {
  again(2000, R"([{"id": "1", "assetId": "b"}, {"id": "2", "assetId": "b"},
                  {"id": "4", "assetId": "a"}])");
  again(3000, R"([{"id": "1", "assetId": "b", "tag": "bus"}, {"id": "2", "assetId": "b"},
                  {"id": "3", "assetId": "b"}, {"id": "4", "assetId": "a"}])");
  forget("proj", "a");
  EXPECT_EQ(at(1), "2|b ");
  EXPECT_EQ(at(2), "1|b 2|b ");
  EXPECT_EQ(at(3), "1|b 2|b 3|b ");
}

TEST_F(ForgettingTest, TheHistoryReachesAsFarBackAsBefore) {
  execute("INSERT INTO projects(id, name) VALUES('proj', 'p')");
  forget("proj");
  EXPECT_EQ(at(1), "");
  again(2000, R"([{"id": "9", "assetId": "c"}])");
  EXPECT_EQ(at(1), "");
  EXPECT_EQ(at(2), "9|c ");
  // What is pruned after it is known to be gone.
  store::Session session(database(), store::Access::write);
  store::ChangeFeed feed(session.database());
  const std::int64_t end = feed.end_of_sync(1);
  EXPECT_TRUE(feed.reaches_back_to(end));
  session.changes().forget(end + 1);
  EXPECT_FALSE(feed.reaches_back_to(end));
  EXPECT_TRUE(feed.reaches_back_to(end + 1));
}

TEST_F(ForgettingTest, ManyRowsGoInPiecesAndCountsStayRight) {
  execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000) "
      "INSERT INTO annotations(id, project_id, asset_id, tag) "
      "SELECT 'x' || i, 'other', 'a', 'car' FROM n; "
      "INSERT INTO asset_groups(project_id, asset_id, name) VALUES('other', 'a', 'main'), "
      "('proj', 'a', 'main')");
  open(2000);
  forget("other");
  EXPECT_EQ(ask("SELECT count(*) FROM annotations WHERE project_id = 'other'"), "0");
  EXPECT_EQ(ask("SELECT project_id FROM asset_groups"), "proj");
  EXPECT_EQ(ask("SELECT project_id, annotations FROM annotation_counts"), "proj|4");
  EXPECT_EQ(ask("SELECT project_id, tag, annotations FROM tag_counts"), "proj|car|1");
}

TEST_F(ForgettingTest, AStopLeavesAllAsItWas) {
  const std::string before = ask("SELECT * FROM annotations") + changes();
  store_->make_indexes();
  store_->while_it_takes_long([] { return false; });
  execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
      "INSERT INTO assets(id, project_id) SELECT 'x' || i, 'proj' FROM n");
  EXPECT_THROW(store_->forgetting.drop({{"proj", ""}}), Error);
  EXPECT_EQ(ask("SELECT * FROM annotations") + changes(), before);
  EXPECT_EQ(ask("SELECT count(*) FROM assets"), "5002");
  EXPECT_EQ(ask("SELECT count(*) FROM consumers"), "0");
}

}  // namespace
}  // namespace nexus_mirror::testing
