// Which moments of the past can be answered, and what a moment means.
#include "store/past/past.h"

#include "store/past/as_of.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

using testing::batch_of;

class PastTest : public testing::StoreTest {
 protected:
  // Ends the sync under way at `now_ms` and begins another one a moment later.
  void end_sync(std::int64_t now_ms, std::int64_t history = 0) {
    SyncRecord record;
    record.finished_at = now_ms;
    record.result = objects::Outcome::ok;
    store_->finish_sync(record, history);
    store_->begin_sync(now_ms + 1, "full");
  }
  void put_workflow(const std::string& title) {
    list(objects::workflows, R"([{"id": "w", "title": ")" + title + R"("}])");
  }
  template <class Ask>
  auto ask_mirror(Ask question) const {
    Database mirror(database(), Use::query);
    return question(mirror);
  }
  std::optional<AsOf> at(std::int64_t ms) const {
    return ask_mirror([&](Database& mirror) { return as_of_moment(mirror, ms); });
  }
  // The title of the workflow at that moment.
  std::string title(const AsOf& as_of) const {
    Database mirror(database(), Use::query);
    mirror.begin_reading();
    Past past(mirror, as_of);
    past.fill({"workflows"});
    Statement select = mirror.prepare("SELECT title FROM workflows");
    return select.step() ? std::string(select.text(0)) : "none";
  }
};

TEST_F(PastTest, IsTheEndOfTheLastSyncThatHadEnded) {
  put_workflow("one");
  end_sync(2000);
  put_workflow("two");
  end_sync(3000);
  put_workflow("three");
  EXPECT_EQ(at(1999), std::nullopt);
  ASSERT_TRUE(at(2000) && at(2999) && at(9000));
  EXPECT_EQ(title(*at(2000)), "one");
  EXPECT_EQ(title(*at(2999)), "one");
  EXPECT_EQ(title(*at(3000)), "two");
  EXPECT_EQ(title(*at(9000)), "two");  // the third has not ended
}

TEST_F(PastTest, WhatACutSyncFoundCountsForTheNextThatEnds) {
  put_workflow("one");
  end_sync(2000);
  put_workflow("two");
  open(4000);  // it was killed, and another begins
  end_sync(5000);
  EXPECT_EQ(title(*at(4500)), "one");
  EXPECT_EQ(title(*at(5000)), "two");
}

TEST_F(PastTest, WhatNoSyncFoundHasItsPlaceByTime) {
  put_workflow("one");
  end_sync(2000);
  // As jobs write theirs that are asked for between syncs.
  execute(
      "UPDATE workflows SET title = 'asked for';"
      "INSERT INTO changes(sync_id, at, entity, entity_id, project_id, op, before, after) "
      "VALUES(NULL, 2500, 'workflows', 'w', 'proj', 'update', '{\"title\":\"one\"}', "
      "'{\"title\":\"asked for\"}')");
  end_sync(3000);
  EXPECT_EQ(title(*at(2600)), "one");
  EXPECT_EQ(title(*at(3000)), "asked for");
}

TEST_F(PastTest, BeforeTheFirstListingAKindIsEmpty) {
  end_sync(2000);
  put_workflow("one");
  end_sync(3000);
  EXPECT_EQ(title(*at(2000)), "none");
  EXPECT_EQ(title(*at(3000)), "one");
}

TEST_F(PastTest, ReachesAsFarBackAsTheHistory) {
  put_workflow("one");
  end_sync(2000);
  put_workflow("two");
  end_sync(3000);
  put_workflow("three");
  end_sync(4000);
  EXPECT_EQ(ask_mirror(oldest_answer)->sync_id, 1);
  const AsOf first = *at(2000);
  // As the history is pruned: whole syncs, with their rows.
  execute("DELETE FROM changes WHERE sync_id <= 2; DELETE FROM syncs WHERE id <= 2");
  EXPECT_EQ(at(3000), std::nullopt);
  EXPECT_EQ(ask_mirror(oldest_answer)->sync_id, 3);
  EXPECT_EQ(title(*at(4000)), "three");
  EXPECT_FALSE(ask_mirror([&](Database& mirror) { return can_be_answered(mirror, first); }));
  Database mirror(database(), Use::query);
  mirror.begin_reading();
  EXPECT_THROW(Past(mirror, first), Error);
}

TEST_F(PastTest, TellsHowLargeTheHistoryIs) {
  EXPECT_EQ(ask_mirror(history_reach).bytes, 0);
  for (int i = 0; i < 50; ++i) put_workflow("title " + std::to_string(i));
  end_sync(2000);
  const HistoryReach reach = ask_mirror(history_reach);
  EXPECT_EQ(reach.changes, 50);
  EXPECT_GT(reach.bytes, 50 * 40);
  EXPECT_LT(reach.bytes, 50 * 400);
}

}  // namespace
}  // namespace nexus_mirror::store
