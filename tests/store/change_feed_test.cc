// The feed of changes: read in batches, followed by consumers, pruned behind them, and faithful.
#include "store/change_feed.h"

#include "support/feed_replay.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

using testing::batch_of;

class ChangeFeedTest : public testing::StoreTest {
 protected:
  // Ends the sync under way and begins another.
  void next_sync(std::int64_t now_ms, const std::vector<std::string>& following = {},
                 objects::Outcome result = objects::Outcome::ok) {
    SyncRecord record;
    record.finished_at = now_ms - 1;
    record.result = result;
    store_->finish_sync(record, 0);
    dropped_.clear();
    store_->begin_sync(now_ms, "full", following, &dropped_);
  }

  // Ends the sync under way and forgets what is older than `history`.
  void finish(std::int64_t now_ms, std::int64_t history) {
    SyncRecord record;
    record.result = objects::Outcome::ok;
    record.finished_at = now_ms;
    store_->finish_sync(record, history);
  }

  void put_project(const std::string& id, const std::string& name) {
    store_->tables.put(
        batch_of(objects::projects, R"([{"id": ")" + id + R"(", "name": ")" + name + R"("}])"));
  }

  template <typename Read>
  auto read(Read read) const {
    Database mirror(database(), Use::query);
    ChangeFeed feed(mirror);
    return read(feed);
  }

  std::vector<std::int64_t> seqs(std::int64_t after, std::int64_t most,
                                 const ChangeFilter& filter = {}) const {
    return read([&](ChangeFeed& feed) {
      std::vector<std::int64_t> found;
      for (const Change& change : feed.since(after, most, filter)) found.push_back(change.seq);
      return found;
    });
  }

  std::string unread() const {
    return read([](ChangeFeed& feed) {
      std::string text;
      for (const auto& [project, from] : feed.unread(kHooks, feed.newest())) {
        text += (text.empty() ? "" : " ") + project + ":" + std::to_string(from.seq);
      }
      return text;
    });
  }

  std::vector<std::string> dropped_;
};

using Seqs = std::vector<std::int64_t>;

TEST_F(ChangeFeedTest, IsReadInBatches) {
  for (const char* id : {"a", "b", "c", "d", "e"}) put_project(id, id);
  EXPECT_EQ(seqs(0, 2), (Seqs{1, 2}));
  EXPECT_EQ(seqs(2, 2), (Seqs{3, 4}));
  EXPECT_EQ(seqs(4, 2), (Seqs{5}));
  EXPECT_EQ(seqs(5, 2), Seqs{});
}

TEST_F(ChangeFeedTest, TellsEachColumnOfAChange) {
  put_project("p", "old");
  put_project("p", "new");
  const auto changes = read([](ChangeFeed& feed) { return feed.since(1, 10); });
  ASSERT_EQ(changes.size(), 1U);
  const Change& change = changes.front();
  EXPECT_EQ(change.seq, 2);
  EXPECT_EQ(change.sync_id, 1);
  EXPECT_EQ(change.at, 1000);
  EXPECT_EQ(change.entity, "projects");
  EXPECT_EQ(change.entity_id, "p");
  EXPECT_EQ(change.project_id, "p");
  EXPECT_EQ(change.op, "update");
  EXPECT_EQ(change.before, R"({"name":"old"})");
  EXPECT_EQ(change.after, R"({"name":"new"})");
}

TEST_F(ChangeFeedTest, LetsThroughWhatIsAskedFor) {
  put_project("a", "1");
  store_->tables.put(batch_of(objects::workspaces, R"([{"id": "w"}])"));
  next_sync(2000);
  put_project("a", "2");
  put_project("b", "1");
  EXPECT_EQ(seqs(0, 9, {.entities = {"workspaces"}}), (Seqs{2}));
  EXPECT_EQ(seqs(0, 9, {.project_ids = {"a"}}), (Seqs{1, 3}));
  EXPECT_EQ(seqs(0, 9, {.project_ids = {"a", "b"}}), (Seqs{1, 3, 4}));
  EXPECT_EQ(seqs(0, 9, {.after_sync = 1}), (Seqs{3, 4}));
  EXPECT_EQ(seqs(0, 9, {.after_sync = 2}), Seqs{});
  EXPECT_EQ(seqs(0, 9, {.after_ms = 1000}), (Seqs{3, 4}));
  EXPECT_EQ(read([](ChangeFeed& feed) { return feed.count(1, 9, "a"); }), 1);
  Seqs last;
  read([&](ChangeFeed& feed) {
    feed.for_each({}, 2, [&](const Change& change) { last.push_back(change.seq); });
    return 0;
  });
  EXPECT_EQ(last, (Seqs{3, 4})) << "of more than two the last ones";
}

TEST_F(ChangeFeedTest, KnowsWhichTablesOfAProjectChanged) {
  store_->tables.put(batch_of(objects::workspaces, R"([{"id": "w"}])"));
  store_->tables.put(batch_of(objects::projects, R"([{"id": "proj", "workspaceId": "w"}])"));
  list(objects::workflows, R"([{"id": "f"}])");
  const auto tables = [&](std::int64_t after) {
    return read([&](ChangeFeed& feed) { return feed.tables_changed(after, "proj"); });
  };
  EXPECT_EQ(tables(0), (std::set<std::string>{"workspaces", "projects", "workflows"}));
  EXPECT_EQ(tables(2), (std::set<std::string>{"workflows"}));
  EXPECT_EQ(tables(3), std::set<std::string>{});
}

TEST_F(ChangeFeedTest, ANewConsumerIsToldOfTheSyncUnderWay) {
  put_project("old", "1");
  next_sync(2000, {"hooks"});
  put_project("new", "1");
  EXPECT_EQ(unread(), "new:1");
}

TEST_F(ChangeFeedTest, ANewConsumerIsToldOfSyncsCutShortJustBefore) {
  put_project("old", "1");
  next_sync(2000);
  put_project("interrupted", "1");
  next_sync(3000, {"hooks"}, objects::Outcome::interrupted);
  EXPECT_EQ(unread(), "interrupted:1");
}

TEST_F(ChangeFeedTest, AConsumerIsToldOfEachProjectUntilItsEndIsRecorded) {
  next_sync(2000, {"hooks"});
  put_project("a", "1");
  put_project("b", "1");
  EXPECT_EQ(unread(), "a:0 b:0");
  store_->consumers.advance(kHooks, "a", {2, 2});
  EXPECT_EQ(unread(), "b:0");
  put_project("a", "2");
  EXPECT_EQ(unread(), "a:2 b:0") << "it goes on from where it was told";
  store_->consumers.advance_all(kHooks, {3, 2});
  EXPECT_EQ(unread(), "");
  EXPECT_EQ(ask("SELECT name, project_id, seq, sync_id FROM consumers"), "hooks||3|2");
  next_sync(3000, {"hooks"});
  EXPECT_EQ(unread(), "");
}

TEST_F(ChangeFeedTest, AConsumerThatIsConfiguredNoMoreIsDropped) {
  next_sync(2000, {"hooks"});
  EXPECT_EQ(dropped_, std::vector<std::string>{});
  next_sync(3000);
  EXPECT_EQ(dropped_, std::vector<std::string>{"hooks"});
  EXPECT_EQ(ask("SELECT count(*) FROM consumers"), "0");
  next_sync(4000);
  EXPECT_EQ(dropped_, std::vector<std::string>{});
}

TEST_F(ChangeFeedTest, AConsumerThatWasDroppedWhileItWasToldBeginsAnew) {
  put_project("old", "1");
  next_sync(2000, {"hooks"});
  next_sync(3000);
  store_->consumers.advance(kHooks, "told late", {1, 1});
  next_sync(4000, {"hooks"});
  put_project("new", "1");
  EXPECT_EQ(unread(), "new:1") << "nobody is told of what was before";
}

TEST_F(ChangeFeedTest, EndsWhereALaterSyncBegins) {
  put_project("a", "1");
  next_sync(2000, {"hooks"});
  put_project("a", "2");
  const auto end_of = [&](std::int64_t sync) {
    return read([&](ChangeFeed& feed) { return feed.end_of_sync(sync); });
  };
  EXPECT_EQ(end_of(1), 1) << "the second sync may be under way";
  EXPECT_EQ(end_of(2), 2);
  EXPECT_EQ(read([](ChangeFeed& feed) { return feed.unread(kHooks, 1).size(); }), 0U);
  EXPECT_EQ(seqs(0, 9, {.up_to = 1}), (Seqs{1}));
}

TEST_F(ChangeFeedTest, PruningWaitsForAHookForOneMoreHistory) {
  next_sync(1000, {"hooks"});
  put_project("a", "1");  // at 1000
  next_sync(2000, {"hooks"});
  put_project("a", "2");  // at 2000
  std::int64_t now = 3000;
  const auto finish_at = [&](std::int64_t now_ms) {
    finish(now_ms, 20'000);
    return ask("SELECT seq FROM changes");
  };
  const auto syncs_until = [&](std::int64_t end) {
    for (; now < end; now += 1000) next_sync(now, {"hooks"});
  };
  syncs_until(21'000);
  EXPECT_EQ(finish_at(21'000), "1 2");
  syncs_until(22'000);
  EXPECT_EQ(finish_at(21'999), "1 2") << "older than the history, and not told";
  store_->consumers.advance_all(kHooks, {1, 1});
  EXPECT_EQ(finish_at(21'999), "2") << "told of";
  syncs_until(42'000);
  EXPECT_EQ(finish_at(42'000), "2");
  EXPECT_EQ(finish_at(42'001), "") << "twice the history is the end of waiting";
}

TEST_F(ChangeFeedTest, PruningWaitsForNobodyElse) {
  put_project("a", "1");
  for (std::int64_t now = 1000; now <= 11'000; now += 1000) next_sync(now);
  store_->consumers.advance(kExports, "a", {0, 0});
  finish(11'001, 10'000);
  EXPECT_EQ(ask("SELECT seq FROM changes"), "");
  EXPECT_FALSE(read([](ChangeFeed& feed) { return feed.reaches_back_to(0); }))
      << "the exports see that they have missed something";
}

TEST_F(ChangeFeedTest, ExportsThatAreUpToDateStaySoWhenHistoryGoes) {
  put_project("a", "1");
  put_project("b", "1");
  store_->consumers.advance(kExports, "a", {1, 1});
  store_->consumers.advance(kExports, "b", {1, 1});  // b's change, 2, is not exported
  for (std::int64_t now = 1000; now <= 11'000; now += 1000) next_sync(now);
  finish(11'001, 10'000);
  EXPECT_EQ(ask("SELECT project_id, seq FROM consumers"), "a|2 b|1");
  read([](ChangeFeed& feed) {
    EXPECT_TRUE(feed.reaches_back_to(2));
    EXPECT_FALSE(feed.reaches_back_to(1));
    return 0;
  });
}

// A mirror with a sync and a change each day of a history of 90 days.
class HistoryTest : public ChangeFeedTest {
 protected:
  static constexpr std::int64_t kDay = 86'400'000, kHistory = 90 * kDay;

  HistoryTest() {
    for (now_ = 100 * kDay; now_ < 190 * kDay; now_ += kDay) sync_at(now_);
  }

  void sync_at(std::int64_t now_ms) {
    next_sync(now_ms);
    put_project("a", std::to_string(++changed_));
    finish(now_ms + 1, kHistory);
  }
  // Of the changes, the first that is left.
  std::string first() const { return ask("SELECT min(seq) FROM changes"); }

  std::int64_t now_ = 0;
  int changed_ = 0;
};

TEST_F(HistoryTest, GoesDayByDay) {
  const auto gone_at = [&](std::int64_t at) {
    sync_at(at);
    return std::stoi(first()) - 1;
  };
  EXPECT_EQ(gone_at(now_), 1);
  EXPECT_EQ(gone_at(now_ + kDay), 2);
  EXPECT_EQ(gone_at(now_ + 2 * kDay), 3);
  EXPECT_EQ(ask("SELECT min(id) FROM syncs"), ask("SELECT min(sync_id) FROM changes"));
}

TEST_F(HistoryTest, NoClockThatLeapsThereAndBackPurgesIt) {
  for (const std::int64_t leap : {400 * kDay, 18'000 * kDay, -now_, -400 * kDay}) {
    for (int times = 0; times < 20; ++times) {
      sync_at(now_ + leap);
      sync_at(now_ += 60'000);
    }
    EXPECT_EQ(first(), "1") << leap;
  }
  sync_at(now_);
  finish(now_ + 400 * kDay, kHistory);
  EXPECT_EQ(first(), "1") << "it leapt within a sync";
  for (int times = 0; times < 9; ++times) sync_at(now_ + 400 * kDay + times);
  EXPECT_EQ(first(), "1");
  for (int times = 0; times < 100; ++times) sync_at(now_ + 400 * kDay + times);
  EXPECT_EQ(first(), "10") << "who goes on from there loses a tenth";
}

TEST_F(HistoryTest, OfAMachineThatSleptForAYearIsKeptUntilItHasRunForAsLong) {
  now_ += 365 * kDay;
  sync_at(now_);
  EXPECT_EQ(first(), "1");
  for (int day = 0; day < 80; ++day) sync_at(now_ += kDay);
  EXPECT_EQ(first(), "90");
  sync_at(now_ += kDay);
  EXPECT_EQ(first(), "91") << "the first behind the year";
}

TEST_F(HistoryTest, GoesFromItsBeginningOn) {
  sync_at(now_ - 50 * kDay);  // the clock was wrong
  sync_at(now_);
  EXPECT_EQ(ask("SELECT max(seq) - min(seq) + 1 - count(*) FROM changes"), "0")
      << "no gap in what can be gone back through";
}

TEST_F(ChangeFeedTest, ASyncWithAWrongClockIsAfterNothingButItsPlace) {
  const auto since = [&](std::int64_t at) { return seqs(0, 99, {.after_ms = at, .now_ms = 9000}); };
  put_project("a", "1");  // at 1000
  next_sync(2000);
  put_project("a", "2");
  next_sync(900'000);  // ahead
  put_project("a", "3");
  EXPECT_EQ(since(5000), Seqs{3}) << "the newest, and nobody knows when";
  next_sync(4000);
  put_project("a", "4");
  next_sync(0);  // behind
  put_project("a", "5");
  next_sync(6000);
  put_project("a", "6");
  EXPECT_EQ(since(0), (Seqs{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(since(1000), (Seqs{2, 3, 4, 5, 6}));
  EXPECT_EQ(since(3000), (Seqs{3, 4, 5, 6}));
  EXPECT_EQ(since(5000), Seqs{6});
  EXPECT_EQ(since(6000), Seqs{});
}

// --- "The feed is faithful" ---

class FaithfulFeedTest : public ChangeFeedTest {
 protected:
  // Two listings of `table`; the feed leads from the second back to the first.
  std::string back_from(const objects::Table& table, const std::string& before,
                        const std::string& after) {
    list(table, before);
    replay_.keep();
    EXPECT_GT(replay_.kept(), 0U);
    list(table, after);
    return replay_.differences();
  }
  testing::FeedReplay replay_{database()};
};

TEST_F(FaithfulFeedTest, TextThatLooksLikeJsonIsText) {
  for (const char* text : {"{", "[", "[1, 2]", "[1,2]", "{\\\"a\\\":1}", "{broken", "[\\u0000]",
                           "[1]\\u0000x", "[ ]", "[\\\" \\\"]"}) {
    const std::string annotation =
        R"([{"id": "n", "frame": ")" + std::string(text) + R"("}, {"id": "other"}])";
    EXPECT_EQ(back_from(objects::annotations, annotation, R"([{"id": "n", "frame": 1}])"), "")
        << text;
    EXPECT_EQ(ask("SELECT count(*) FROM changes WHERE NOT json_valid(ifnull(before, '{}')) "
                  "OR NOT json_valid(ifnull(after, '{}'))"),
              "0")
        << text;
  }
}

TEST_F(FaithfulFeedTest, TextThatLooksLikeDeepJsonIsText) {
  const std::string deep = std::string(2100, '[') + std::string(2100, ']');
  EXPECT_EQ(back_from(objects::annotations, R"([{"id": "n", "frame": ")" + deep + R"("}])",
                      R"([{"id": "n"}])"),
            "");
}

TEST_F(FaithfulFeedTest, ListsAndObjectsAreEmbedded) {
  const std::string rows =
      R"([{"id": "n", "aggregation": {"votes": [1, 2.5, "a b", null]}, "bound": [[0.1, 0.2]],
           "attributes": [{"id": "x", "value": "{"}]}])";
  EXPECT_EQ(back_from(objects::annotations, rows, R"([{"id": "n"}])"), "");
  EXPECT_EQ(ask("SELECT before ->> '$.aggregation.votes[2]' FROM changes WHERE op = 'update'"),
            "a b");
}

TEST_F(FaithfulFeedTest, NumbersKeepTheirType) {
  EXPECT_EQ(back_from(objects::runs,
                      R"([{"id": "r", "execution": {"limit": {"value": 3.0}}},
                          {"id": "s", "execution": {"limit": {"value": 3}}},
                          {"id": "t", "execution": {"limit": {"value": 1e300}}}])",
                      "[]"),
            "");
  EXPECT_EQ(
      back_from(objects::artifacts,
                R"([{"id": "a", "metric": {"totalLoss": 2.0, "localizationLoss": 0.1}}])", "[]"),
      "");
}

TEST_F(FaithfulFeedTest, ListsComeBackWithTheirRow) {
  const std::string rows =
      R"([{"id": "a", "metadata": {"groups": ["x", {"name": "y", "new": 1}], "iso": 2}}])";
  EXPECT_EQ(back_from(objects::assets, rows, "[]"), "");
  EXPECT_EQ(back_from(objects::assets, rows, R"([{"id": "a", "metadata": {"groups": ["z"]}}])"),
            "");
  EXPECT_EQ(back_from(objects::deployments,
                      R"([{"id": "d", "historyVersions": [{"versionTag": "2"}, {"versionTag": "1",
                           "artifactId": "a", "updateDate": 5, "new": true}]}])",
                      R"([{"id": "d"}])"),
            "");
}

TEST_F(FaithfulFeedTest, InsightsWithoutArtifactAreTheirOwnRow) {
  EXPECT_EQ(back_from(objects::insights,
                      R"([{"runId": "r", "flowTitle": "1"},
                          {"runId": "r", "artifact": {"id": "a"}}])",
                      R"([{"runId": "r", "flowTitle": "2"}])"),
            "");
}

TEST_F(FaithfulFeedTest, AFirstLoadThatWasKilledIsOneLoad) {
  {
    Listing listing = store_->listings.open("proj", objects::workflows);
    store_->listings.apply(listing,
                           batch_of(objects::workflows, R"([{"id": "a"}, {"id": "gone"}])"), "c2");
    store_->flush();
  }
  open(2000);
  Listing listing = store_->listings.open("proj", objects::workflows);
  store_->listings.restart(listing);  // its cursor has died
  store_->listings.apply(listing, batch_of(objects::workflows, R"([{"id": "a", "title": "x"}])"),
                         "c3");
  store_->tables.put(batch_of(objects::workflows, R"([{"id": "b", "projectId": "proj"}])"));
  store_->listings.mark_seen(listing, "b");
  store_->listings.finish(listing, true);
  EXPECT_EQ(ask("SELECT op, after FROM changes"), R"(load|{"rows":2})");
  EXPECT_EQ(ask("SELECT id FROM workflows ORDER BY id"), "a b");
}

TEST_F(FaithfulFeedTest, OneIdInTwoProjectsIsTwoRows) {
  list(objects::workflows, R"([{"id": "a", "title": "1"}])");
  replay_.keep();
  Listing other = store_->listings.open("other", objects::workflows);
  store_->listings.apply(
      other, batch_of(objects::workflows, R"([{"id": "a", "title": "2"}])", "other"), "");
  store_->flush();
  EXPECT_EQ(ask("SELECT op, project_id FROM changes WHERE seq > 1"), "");
  store_->listings.finish(other, true);
  EXPECT_EQ(ask("SELECT project_id, title FROM workflows ORDER BY 1"), "other|2 proj|1");
  EXPECT_EQ(ask("SELECT op, project_id FROM changes WHERE seq > 1"), "load|other");
  replay_.keep();
  list(objects::workflows, R"([{"id": "a", "title": "3"}])");
  EXPECT_EQ(ask("SELECT project_id, title FROM workflows ORDER BY 1"), "other|2 proj|3");
  EXPECT_EQ(replay_.differences(), "");
}

TEST_F(FaithfulFeedTest, RowsAskedForByIdAreToldOfOnceTheirKindIsLoaded) {
  const auto model = batch_of(objects::models, R"([{"id": "m", "projectId": "proj"}])");
  store_->tables.put(model);
  EXPECT_EQ(changes(), "") << "the first listing will count it";
  list(objects::models, R"([{"id": "m"}])");
  store_->tables.put(batch_of(objects::models, R"([{"id": "n", "projectId": "proj"}])"));
  EXPECT_EQ(ask("SELECT op FROM changes ORDER BY seq"), "load insert");
  store_->tables.put(batch_of(objects::operations, R"([{"id": "o"}])"));
  EXPECT_EQ(ask("SELECT op FROM changes ORDER BY seq"), "load insert insert")
      << "of operations there is no listing";
}

TEST_F(FaithfulFeedTest, ALinkToAnotherFileIsAChangeAndItsExpiryIsNone) {
  const auto model = [](const std::string& url, int expiry) {
    return R"([{"id": "m", "status": "Finished", "download": {"url": ")" + url +
           R"(", "expiryDate": )" + std::to_string(expiry) + "}}]";
  };
  EXPECT_EQ(
      back_from(objects::models, model("https://s/1?sig=a", 5), model("https://s/2?sig=b", 6)), "");
  EXPECT_EQ(ask("SELECT before, after FROM changes WHERE op = 'update'"),
            R"({"download_url":"https://s/1"}|{"download_url":"https://s/2"})");
  forget_changes();
  list(objects::models, model("https://s/2?sig=c", 7));
  EXPECT_EQ(changes(), "") << "signed anew, by whatever name the signature goes";
}

TEST_F(FaithfulFeedTest, LinksThatAreFetchedBetweenSyncsAreInTheFeedWhereTheyLeadElsewhere) {
  list(objects::models, R"([{"id": "m", "status": "Finished"}])");
  replay_.keep();
  store_->tables.renew_links(batch_of(
      objects::models,
      R"([{"id": "m", "status": "Finished", "download": {"method": "GET", "url": "https://s/m"}}])"));
  EXPECT_EQ(replay_.differences(), "");
  EXPECT_EQ(ask("SELECT after FROM changes WHERE op = 'update'"),
            R"({"download_method":"GET","download_url":"https://s/m"})");
}

// --- the measure itself ---

TEST_F(FaithfulFeedTest, TheReplayNoticesWhatTheFeedDoesNotTell) {
  list(objects::workflows, R"([{"id": "a", "title": "1"}, {"id": "b"}])");
  replay_.keep();
  list(objects::workflows, R"([{"id": "a", "title": "2"}, {"id": "b"}])");
  execute("UPDATE changes SET before = json_replace(before, '$.title', '3') WHERE op = 'update'");
  EXPECT_NE(replay_.differences(), "");
  execute("DELETE FROM changes WHERE op = 'update'");
  EXPECT_NE(replay_.differences(), "");
}

}  // namespace
}  // namespace nexus_mirror::store
