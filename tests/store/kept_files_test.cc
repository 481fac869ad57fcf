// Which rows of `files` there are, and what is due: by what changed, in pieces that can be stopped.
#include "store/kept_files.h"

#include <gtest/gtest.h>

#include <utility>

#include "support/long_run.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

using testing::batch_of;

class KeptFilesTest : public testing::StoreTest {
 protected:
  KeptFilesTest() {
    execute("INSERT INTO projects(id, name) VALUES('proj', 'one'), ('other', 'two')");
    store_->files.set_folder("/files");
    wanted_.image_projects = {"other", "proj"};
  }

  struct Asset {
    std::string id, status = "None", url = "http://127.0.0.1/a", group = {};
    int file_size = 10;
  };
  static std::string json_of(const std::vector<Asset>& assets) {
    std::string json = "[";
    for (const Asset& asset : assets) {
      if (json.size() > 1) json += ',';
      json += R"({"id":")" + asset.id + R"(","projectId":"proj","filename":")" + asset.id +
              R"(.jpg","status":")" + asset.status + R"(","url":")" + asset.url + asset.id +
              R"(","metadata":{"fileSize":)" + std::to_string(asset.file_size) +
              R"(,"mimeType":"image/jpeg","groups":[)" +
              (asset.group.empty() ? "" : '"' + asset.group + '"') + "]}}";
    }
    return json + "]";
  }
  void list_assets(const std::vector<Asset>& assets) { list(objects::assets, json_of(assets)); }
  // Assets of project "other", straight into its table, with the change that says so.
  void load_many(int count) const {
    execute("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < " +
            std::to_string(count) +
            ") INSERT INTO assets(id, project_id, filename, status, file_size) SELECT "
            "printf('many%06d', i), 'other', 'x.jpg', iif(i % 3, 'None', NULL), 10 FROM n;"
            "INSERT INTO changes(at, entity, project_id, op, after) VALUES(1, 'assets', 'other', "
            "'load', '{}')");
  }
  bool reconcile() { return store_->files.reconcile(wanted_); }
  // As if all that is due had been fetched.
  void fetch_all() {
    std::vector<FileResult> results;
    for (const DueFile& file : store_->files.due({}, 5000, {}, 100000)) {
      FileResult result;
      result.file = file;
      result.what = FileResult::What::fetched;
      result.content.sha256 = "content-of-" + file.entity_id;
      result.content.bytes = 10;
      results.push_back(std::move(result));
    }
    store_->files.record(results, 5000);
  }
  std::string files() const {
    return ask("SELECT entity_id, status FROM files ORDER BY project_id, entity_id");
  }
  std::string queue() const { return ask("SELECT entity_id FROM file_queue ORDER BY 1"); }
  std::string told() const {
    return ask("SELECT op, entity_id FROM changes WHERE entity = 'files' ORDER BY seq");
  }
  // What only a look at all of the project would find.
  void lose_row_of(const std::string& id) const {
    execute("DELETE FROM files WHERE entity_id = '" + id + "'");
  }

  WantedFiles wanted_;
};

TEST_F(KeptFilesTest, AFirstListingIsWantedAsAWhole) {
  list_assets({{"a"}, {"b"}});
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "a|missing b|missing");
  EXPECT_EQ(queue(), "a b");
}

// The rows that went meanwhile come again.
TEST_F(KeptFilesTest, SettingsThatAreTakenBackAfterAStopAreTheOldOnes) {
  list_assets({{"a"}, {"b"}});
  ASSERT_TRUE(reconcile());
  const WantedFiles before = wanted_;
  for (const bool by_status : {true, false}) {
    if (by_status) {
      wanted_.statuses = {"Completed"};
    } else {
      wanted_.image_projects = {"other"};
    }
    for (int pieces = 0; pieces < 6; ++pieces) {
      int asked = 0;
      const bool ended = store_->files.reconcile(wanted_, [&] { return asked++ < pieces; });
      const WantedFiles others = std::exchange(wanted_, before);
      ASSERT_TRUE(reconcile());
      EXPECT_EQ(files(), "a|missing b|missing") << pieces << (ended ? " ended" : " stopped");
      EXPECT_EQ(queue(), "a b") << pieces;
      wanted_ = others;
    }
    wanted_ = before;
  }
}

TEST_F(KeptFilesTest, OfAMillionAssetsOnlyThoseThatChangedAreLookedAt) {
  list_assets({{"a"}, {"b"}, {"c"}});
  ASSERT_TRUE(reconcile());
  fetch_all();
  lose_row_of("c");
  list_assets({{"a", "Review"}, {"c"}, {"d"}});
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "a|ok d|missing") << "b is gone, d is new, nobody looked at c";
  EXPECT_EQ(queue(), "d") << "another status is no other content";
  EXPECT_EQ(told(), "delete|b");
}

TEST_F(KeptFilesTest, WhereOnlyAnnotationsChangedNoAssetIsLookedAt) {
  list_assets({{"a"}, {"b"}});
  ASSERT_TRUE(reconcile());
  fetch_all();
  lose_row_of("b");
  execute(
      "INSERT INTO changes(at, entity, entity_id, project_id, op) VALUES(1, 'annotations', 'n', "
      "'proj', 'update')");
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "a|ok");
  EXPECT_EQ(ask("SELECT seq = (SELECT max(seq) FROM changes) FROM file_state"), "1");
}

TEST_F(KeptFilesTest, AnAssetThatComesIntoOrOutOfWhatIsWanted) {
  wanted_.groups = {"good"};
  wanted_.max_file = 100;
  list_assets({{"a", "None", "u", "good"}, {"b", "None", "u", "bad"}, {"c"}});
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "a|missing");
  fetch_all();
  list_assets({{"a", "None", "u", "bad"}, {"b", "None", "u", "good"}, {"c"}});
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "b|missing");
  EXPECT_EQ(told(), "") << "a is there, it is only not wanted";
  EXPECT_EQ(ask("SELECT sha256 FROM content_leftovers"), "content-of-a");
  list_assets({{"b", "None", "u", "good", 101}});
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "") << "too large";
}

TEST_F(KeptFilesTest, DeletedAndPutBackBetweenTwoLooksIsLookedAtAnew) {
  list_assets({{"a"}, {"b"}});
  ASSERT_TRUE(reconcile());
  fetch_all();
  list_assets({{"b"}});
  list_assets({{"a"}, {"b"}});
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "a|ok b|ok");
  EXPECT_EQ(queue(), "a");
}

TEST_F(KeptFilesTest, WhatTheHistoryForgotUnreadIsLookedAtAnew) {
  list_assets({{"a"}, {"b"}});
  ASSERT_TRUE(reconcile());
  fetch_all();
  list_assets({{"b", "None", "http://127.0.0.1/new"}, {"c"}});
  list_assets({{"b", "None", "http://127.0.0.1/new"}, {"c"}, {"d"}});
  execute("DELETE FROM changes WHERE seq < (SELECT max(seq) FROM changes)");
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "b|ok c|missing d|missing");
  EXPECT_EQ(queue(), "b c d");
  fetch_all();
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(queue(), "");
}

TEST_F(KeptFilesTest, OtherProjectsInTheSettingsLeaveTheRestAlone) {
  list_assets({{"a"}, {"b"}});
  load_many(2);
  wanted_.image_projects = {"proj"};
  ASSERT_TRUE(reconcile());
  fetch_all();
  lose_row_of("b");
  wanted_.image_projects = {"other", "proj"};
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "many000001|missing many000002|missing a|ok") << "nobody looked at b";
  wanted_.image_projects = {"proj"};
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "a|ok");
  wanted_.max_file = 1000;
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "a|ok b|missing") << "other rules are for all";
}

// Stopped before each piece in turn, it comes to the same; what was done before stays done.
TEST_F(KeptFilesTest, IsDoneInPiecesThatGoOnAfterAStop) {
  constexpr int kMany = 4500;
  load_many(kMany);
  list_assets({{"a"}});
  const auto until_done = [&] {
    std::int64_t stops = 0;
    for (int most = 1; most < 100; ++most) {
      int asked = 0;
      if (store_->files.reconcile(wanted_, [&] { return ++asked <= most; })) return stops;
      ++stops;
    }
    return std::int64_t{-1};
  };
  EXPECT_GE(until_done(), 5);
  EXPECT_EQ(ask("SELECT count(*) FROM files"), std::to_string(kMany + 1));
  EXPECT_EQ(ask("SELECT count(*) FROM file_queue"), std::to_string(kMany + 1));
  fetch_all();
  wanted_.image_projects = {"proj"};
  int asked = 0;
  EXPECT_FALSE(store_->files.reconcile(wanted_, [&] { return ++asked <= 2; }));
  EXPECT_EQ(ask("SELECT count(*) FROM files"), std::to_string(kMany + 1 - 2000));
  EXPECT_GE(until_done(), 1);
  EXPECT_EQ(files(), "a|ok");
  EXPECT_EQ(ask("SELECT count(*) FROM content_leftovers"), std::to_string(kMany));
}

// As many as a mirror may have: what is in memory is a piece.
TEST_F(KeptFilesTest, AMillionFilesComeAndGoInPieces) {
  const int many = testing::long_or_short(1'000'000, 5000);
  load_many(many);
  int pieces = 0;
  const auto count = [&] { return ++pieces > 0; };
  ASSERT_TRUE(store_->files.reconcile(wanted_, count));
  EXPECT_EQ(ask("SELECT count(*) FROM files"), std::to_string(many));
  EXPECT_GE(pieces, many / 1000);
  execute("UPDATE files SET status = 'ok', sha256 = entity_id, bytes = 1; DELETE FROM file_queue");
  execute(
      "INSERT INTO changes(at, entity, entity_id, project_id, op, before) VALUES(1, 'assets', "
      "'many000001', 'other', 'update', '{\"status\":\"None\"}')");
  pieces = 0;
  ASSERT_TRUE(store_->files.reconcile(wanted_, count));
  EXPECT_EQ(pieces, 1) << "one changed";
  wanted_.image_projects = {"proj"};
  ASSERT_TRUE(store_->files.reconcile(wanted_, count));
  EXPECT_EQ(files(), "");
  std::string after;
  std::int64_t unused = 0;
  do {
    unused += static_cast<std::int64_t>(store_->content.unused({}, 1000, 1000, after).size());
  } while (!after.empty());
  EXPECT_EQ(unused, many);
}

// A stop while another set of projects was wanted leaves none of its rows.
TEST_F(KeptFilesTest, WhatAStopLeftOfOtherSettingsGoes) {
  load_many(1500);
  list_assets({{"a"}});
  wanted_.image_projects = {"proj"};
  ASSERT_TRUE(reconcile());
  wanted_.image_projects = {"other", "proj"};
  int asked = 0;
  EXPECT_FALSE(store_->files.reconcile(wanted_, [&] { return ++asked <= 3; }));
  EXPECT_NE(files(), "a|missing");
  wanted_.image_projects = {"proj"};
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(files(), "a|missing");
}

TEST_F(KeptFilesTest, BytesAreThoseOfContentThatIsHere) {
  list_assets({{"a"}, {"b"}});
  ASSERT_TRUE(reconcile());
  fetch_all();
  EXPECT_EQ(store_->files.counts().bytes, 20);
  store_->files.lost({"content-of-a"});
  const FileCounts counts = store_->files.counts();
  EXPECT_EQ(counts.ok, 1);
  EXPECT_EQ(counts.missing, 1);
  EXPECT_EQ(counts.bytes, 10);
}

// What a storage said of a file is no answer to what a verification found out since.
TEST_F(KeptFilesTest, WhatIsDamagedStaysDueThoughItIsUnchanged) {
  list_assets({{"a"}});
  ASSERT_TRUE(reconcile());
  fetch_all();
  FileResult unchanged;
  unchanged.file = {"assets", "a", "proj"};
  unchanged.what = FileResult::What::unchanged;
  store_->files.lost({"content-of-a"});
  store_->files.record({unchanged}, 6000);
  EXPECT_EQ(queue(), "a");
  EXPECT_EQ(files(), "a|missing");
  fetch_all();
  store_->files.record({unchanged}, 7000);
  EXPECT_EQ(queue(), "");
}

constexpr std::int64_t kDay = 24 * 3600 * 1000;

class ContentUseTest : public testing::StoreTest {
 protected:
  // What a sync at `now` finds unused for thirty days.
  std::vector<std::string> unused_at(std::int64_t now) {
    open(now);
    std::string after;
    return store_->content.unused({}, now, store_->syncs.moment_outlived(now, 30 * kDay), after);
  }
};

TEST_F(ContentUseTest, WhatNothingRefersToOutlivesThirtyDaysOfSyncs) {
  store_->content.found("x");
  for (int day = 0; day < 30; ++day) EXPECT_TRUE(unused_at(day * kDay + 1000).empty()) << day;
  EXPECT_EQ(unused_at(30 * kDay + 1000), std::vector<std::string>{"x"});
}

// Of a year that only the clock has gone on by, a tenth of the thirty days counts.
TEST_F(ContentUseTest, AClockThatLeapsAYearAheadRemovesNothing) {
  store_->content.found("x");
  for (int day = 0; day < 5; ++day) EXPECT_TRUE(unused_at(day * kDay + 1000).empty());
  const std::int64_t year = 365 * kDay;
  EXPECT_TRUE(unused_at(year).empty());
  EXPECT_TRUE(unused_at(6 * kDay).empty()) << "the clock is right again";
  EXPECT_TRUE(unused_at(year + 7 * kDay).empty());
  int more = 0;
  while (unused_at(year + (8 + more) * kDay).empty() && more < 40) ++more;
  EXPECT_GT(more, 15);
  EXPECT_LT(more, 30) << "it goes on from there";
}

TEST_F(ContentUseTest, WhatIsReferredToAgainStays) {
  store_->content.found("x");
  EXPECT_TRUE(unused_at(1000).empty());
  execute(
      "INSERT INTO files(entity, entity_id, project_id, status, sha256, bytes) VALUES('assets', "
      "'a', 'p', 'ok', 'x', 1)");
  for (int day = 1; day < 40; ++day) EXPECT_TRUE(unused_at(day * kDay).empty());
  EXPECT_EQ(ask("SELECT count(*) FROM content_leftovers"), "0");
}

TEST_F(ContentUseTest, IsLookedThroughInPieces) {
  execute(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO "
      "content_leftovers(sha256, since) SELECT printf('%06d', i), 1 FROM n");
  std::string after;
  std::vector<std::size_t> pieces;
  do {
    const auto unused = store_->content.unused({}, 1000, 500, after);
    store_->content.removed(unused);
    pieces.push_back(unused.size());
  } while (!after.empty());
  EXPECT_EQ(pieces, (std::vector<std::size_t>{1000, 1000, 500}));
  EXPECT_EQ(ask("SELECT count(*) FROM content_leftovers"), "0");
}

}  // namespace
}  // namespace nexus_mirror::store
