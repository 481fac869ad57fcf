// Pages known again by their answers stand for their rows as long as these lie there as they did.
#include "store/known_pages.h"

#include "store/row_blob.h"
#include "support/mirror_run.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

using testing::batch_of;

constexpr const char* kOne = R"([{"id": "b", "tag": "x", "bound": [[0.5, -0.0], [3, 4]]},
                                 {"id": "a", "assetId": "z"}])";
constexpr const char* kTwo = R"([{"id": "d", "frame": 7}, {"id": "c"}])";

class KnownPagesTest : public testing::StoreTest {
 protected:
  using Answers = std::vector<std::pair<std::string, std::string>>;  // digest, rows

  // Lists the pages: each by its digest where it is known, else by its rows. Returns how many were
  // known and lay there still.
  int list(const Answers& pages, const objects::Table& table = objects::annotations) {
    Listing listing = store_->listings.open("proj", table);
    int known = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const std::string cursor = i + 1 < pages.size() ? "c" + std::to_string(i) : "";
      known += page(listing, pages[i].first, pages[i].second, cursor) ? 1 : 0;
    }
    end(listing);
    return known;
  }
  bool page(Listing& listing, const std::string& answer, const std::string& json,
            const std::string& cursor, const KeptOut& kept_out = {}) {
    const KnownPage* known = listing.known ? listing.known->answered(answer) : nullptr;
    if (known != nullptr && store_->listings.apply_known(listing, *known, cursor)) return true;
    const objects::RowBatch rows = batch_of(*listing.table, json);
    PageDigests digests;
    if (listing.known) digests = {answer, digest_of(rows)};
    store_->listings.apply(listing, rows, cursor, kept_out, digests);
    return false;
  }
  void end(Listing& listing) {
    store_->listings.settle(listing);
    store_->listings.finish(listing, true);
    store_->listings.finish_pass("proj");
    store_->make_indexes();
    store_->flush();
  }
  std::string rows() {
    return ask(
        "SELECT id, tag, asset_id, frame FROM annotations WHERE project_id = 'proj' ORDER BY id");
  }
  std::string kept() {
    return ask("SELECT CAST(digest AS TEXT) FROM page_digests ORDER BY first_row");
  }

  const Answers both_{{"one", kOne}, {"two", kTwo}};
  const std::string both_rows_ = "a|-|z|- b|x|-|- c|-|-|- d|-|-|7";
};

TEST_F(KnownPagesTest, AreKeptAsTheyAreLoaded) {
  EXPECT_EQ(list(both_), 0);
  EXPECT_EQ(kept(), "one two");
  open(2000);
  const std::string changes = this->changes();
  EXPECT_EQ(list(both_), 2);
  EXPECT_EQ(rows(), both_rows_);
  EXPECT_EQ(this->changes(), changes);
}

TEST_F(KnownPagesTest, AreKeptWhereTheyAreFoundUnchanged) {
  list(both_);
  execute("DELETE FROM page_digests");
  open(2000);
  EXPECT_EQ(list(both_), 0);
  EXPECT_EQ(kept(), "one two");
  open(3000);
  EXPECT_EQ(list(both_), 2);
}

TEST_F(KnownPagesTest, InAnyOrder) {
  list(both_);
  open(2000);
  EXPECT_EQ(list({both_[1], both_[0]}), 2);
  EXPECT_EQ(rows(), both_rows_);
}

TEST_F(KnownPagesTest, OneThatIsNotMetIsForgottenAndItsRowsGo) {
  list(both_);
  open(2000);
  EXPECT_EQ(list({both_[1]}), 1);
  EXPECT_EQ(rows(), "c|-|-|- d|-|-|7");
  EXPECT_EQ(kept(), "two");
}

TEST_F(KnownPagesTest, AnotherAnswerTakesThePlaceOfTheOneBefore) {
  list(both_);
  open(2000);
  EXPECT_EQ(list({{"new", R"([{"id": "b", "tag": "y"}, {"id": "a", "assetId": "z"}])"}, both_[1]}),
            1);
  EXPECT_EQ(kept(), "new two");
  EXPECT_EQ(rows(), "a|-|z|- b|y|-|- c|-|-|- d|-|-|7");
  open(3000);
  EXPECT_EQ(list(both_), 1) << "the answer of old has to be read: its rows are others";
  EXPECT_EQ(rows(), both_rows_);
}

// Whoever it was that changed the rows.
TEST_F(KnownPagesTest, RowsThatAreNotAsTheyWereAreRead) {
  for (const char* sql :
       {"UPDATE annotations SET tag = 'owner' WHERE id = 'b'",
        "UPDATE annotations SET tag = NULL WHERE id = 'b'",
        "UPDATE annotations SET xmin = xmin + 0.001 WHERE id = 'b'",
        "UPDATE annotations SET bound = bound || ' ' WHERE id = 'b'",
        "UPDATE annotations SET extra = '{}' WHERE id = 'a'",
        "UPDATE annotations SET project_id = 'other' WHERE id = 'a'",
        "UPDATE annotations SET id = 'A' WHERE id = 'a'", "DELETE FROM annotations WHERE id = 'a'",
        "DELETE FROM annotations WHERE id = 'b'",
        "UPDATE annotations SET rowid = rowid + 100 WHERE id = 'a'",
        "UPDATE annotations SET rowid = -rowid", "DELETE FROM annotations"}) {
    execute("DELETE FROM annotations; DELETE FROM page_digests");
    list(both_);
    open(2000);
    list(both_);
    ASSERT_EQ(rows(), both_rows_);
    execute(sql);
    open(3000);
    EXPECT_LT(list(both_), 2) << sql;
    EXPECT_EQ(rows(), both_rows_) << sql;
  }
}

TEST_F(KnownPagesTest, AVacuumThatMovesRowsIsNoticed) {
  list({{"zero", R"([{"id": "0"}, {"id": "1"}])"}, both_[0], both_[1]});
  open(2000);
  list(both_);
  store_.reset();
  execute(
      "CREATE TABLE kept AS SELECT * FROM annotations ORDER BY id; DELETE FROM annotations;"
      "INSERT INTO annotations SELECT * FROM kept; DROP TABLE kept; VACUUM");
  open(3000);
  EXPECT_EQ(list(both_), 0);
  EXPECT_EQ(rows(), both_rows_);
}

TEST_F(KnownPagesTest, OneThatComesTwiceIsReadTheSecondTime) {
  list(both_);
  open(2000);
  EXPECT_EQ(list({both_[0], both_[0], both_[1]}), 2);
  EXPECT_EQ(rows(), both_rows_);
}

TEST_F(KnownPagesTest, OneWithARowThatAnotherPageHadIsRead) {
  list(both_);
  open(2000);
  EXPECT_EQ(list({{"new", R"([{"id": "b", "tag": "sooner"}])"}, both_[0], both_[1]}), 1);
  EXPECT_EQ(rows(), both_rows_) << "what came last holds";
}

TEST_F(KnownPagesTest, TheirRowsMayLieInAFewPlaces) {
  list(both_);
  open(2000);
  const Answers across{{"mixed", R"([{"id": "b", "tag": "x", "bound": [[0.5, -0.0], [3, 4]]},
                                     {"id": "d", "frame": 7}])"},
                       {"rest", R"([{"id": "a", "assetId": "z"}, {"id": "c"}])"}};
  list(across);
  EXPECT_EQ(kept(), "mixed rest");
  EXPECT_EQ(ask("SELECT runs FROM page_digests ORDER BY first_row"), "1+1 3+1 2+1 4+1");
  open(3000);
  EXPECT_EQ(list(across), 2);
  EXPECT_EQ(rows(), both_rows_);
  execute("UPDATE annotations SET tag = 'mine' WHERE id = 'd'");
  open(4000);
  EXPECT_EQ(list(across), 1);
  EXPECT_EQ(rows(), both_rows_);
}

TEST_F(KnownPagesTest, NothingIsKeptOfRowsThatLieInManyPlaces) {
  std::string down = "{\"id\": \"a\"}", up = down;
  for (char id = 'b'; id <= 'z'; ++id) {
    const std::string row = std::string(R"({"id": ")") + id + "\"}";
    down.insert(0, row + ", ");
    up += ", " + row;
  }
  list({{"up", "[" + up + "]"}});
  EXPECT_EQ(kept(), "up");
  open(2000);
  list({{"down", "[" + down + "]"}});
  EXPECT_EQ(kept(), "");
}

TEST_F(KnownPagesTest, OneWhosePlacesCannotBeReadIsRead) {
  for (const char* runs :
       {"", "x", "1", "1+", "1+0", "1+-1", "1+2,", "+", "1+99999999999999999999"}) {
    list(both_);
    execute("UPDATE page_digests SET runs = '" + std::string(runs) +
            "' WHERE digest = CAST('one' AS BLOB)");
    open(2000);
    EXPECT_EQ(list(both_), 1) << runs;
    EXPECT_EQ(rows(), both_rows_);
  }
}

TEST_F(KnownPagesTest, OneThatIsDamagedIsNotKnown) {
  for (const char* change : {"runs = '1+1'", "runs = '2+2'", "first_row = 2", "by_parent = 1",
                             "digest = x'00'", "rows_digest = x'00'", "request = x'00'",
                             "etag = '\"x\"'", "next = 'c9'", "seal = x'00'"}) {
    execute("DELETE FROM page_digests");
    list(both_);
    ASSERT_EQ(kept(), "one two");
    const std::string where = " WHERE digest = CAST('one' AS BLOB)";
    execute("UPDATE page_digests SET " + std::string(change) + where);
    open(2000);
    const auto known = store_->listings.open("proj", objects::annotations).known;
    EXPECT_EQ(known->answered("one"), nullptr) << change;
    EXPECT_NE(known->answered("two"), nullptr) << change;
    EXPECT_EQ(list(both_), 1) << change;
    EXPECT_EQ(rows(), both_rows_);
    EXPECT_EQ(ask("SELECT count(*) FROM page_digests"), "2") << change << ": and it goes";
  }
}

// Those that come otherwise each time would be written each time.
TEST_F(KnownPagesTest, OnlyAFewAreKeptWhereNoneComesAlike) {
  Answers pages, others;
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(100 + i), row = R"([{"id":")" + number + "\"}]";
    pages.emplace_back("a" + number, row);
    others.emplace_back("b" + number, row);
  }
  const auto kept_of = [&](const char* letter) {
    return ask("SELECT count(*) FROM page_digests WHERE substr(digest, 1, 1) = CAST('" +
               std::string(letter) + "' AS BLOB)");
  };
  list(pages);
  EXPECT_EQ(kept_of("a"), "20");
  open(2000);
  EXPECT_EQ(list(others), 0);
  EXPECT_EQ(kept_of("a"), "0") << "of these none was met";
  EXPECT_EQ(kept_of("b"), "8");
  open(3000);
  EXPECT_EQ(list(pages), 0);
  EXPECT_EQ(kept_of("a"), "8");
  open(4000);
  EXPECT_EQ(list(pages), 8);
  EXPECT_EQ(kept_of("a"), "20") << "they come alike after all";
  open(5000);
  EXPECT_EQ(list(pages), 20);
}

TEST_F(KnownPagesTest, ThoseOfBothWaysToListAreKept) {
  for (int sync = 0; sync < 3; ++sync) {
    open(2000 + sync);
    Listing listing = store_->listings.open("proj", objects::annotations);
    listing.by_parent = true;
    const bool first = page(listing, "batch one", kOne, "1");
    const bool second = page(listing, "batch two", kTwo, "2");
    store_->listings.restart(listing);
    const bool one = page(listing, "one", kOne, "c"), two = page(listing, "two", kTwo, "");
    end(listing);
    const bool known = sync > 0;
    EXPECT_EQ(std::vector({first, second, one, two}), std::vector(4, known)) << sync;
  }
  EXPECT_EQ(kept(), "one batch one two batch two");
  open(4000);
  list(both_);
  EXPECT_EQ(kept(), "one two") << "those of a way that is gone no more";
}

// Where a first listing goes on behind a kill, its rows are there and their pages are not.
TEST_F(KnownPagesTest, AFirstListingKnowsNone) {
  {
    Listing listing = store_->listings.open("proj", objects::annotations);
    page(listing, "one", kOne, "c");
    store_->flush();
  }
  open(2000);
  ASSERT_TRUE(store_->listings.unfinished_pass("proj", 2000, 2000));
  Listing listing = store_->listings.open("proj", objects::annotations);
  ASSERT_NE(listing.known, nullptr);
  EXPECT_EQ(listing.known->answered("one"), nullptr);
}

TEST_F(KnownPagesTest, AfterReadingAnewAllAreKept) {
  Answers pages;
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(100 + i);
    pages.emplace_back("a" + number, R"([{"id":")" + number + "\"}]");
  }
  list(pages);
  open(2000);
  {
    Listing listing = store_->listings.open("proj", objects::annotations);
    store_->listings.read_anew(listing);
    EXPECT_EQ(kept(), "");
    for (const auto& [answer, rows] : pages) EXPECT_FALSE(page(listing, answer, rows, "c"));
    end(listing);
  }
  open(3000);
  EXPECT_EQ(list(pages), 20);
}

TEST_F(KnownPagesTest, NothingIsKeptOfAnAnswerWithARowThatWasKeptOut) {
  for (const KeptOut& kept_out :
       {KeptOut{{"x"}, false, "unreadable"}, KeptOut{{}, true, "unreadable"}}) {
    Listing listing = store_->listings.open("proj", objects::annotations);
    page(listing, "one", kOne, "", kept_out);
    end(listing);
    EXPECT_EQ(kept(), "");
  }
}

TEST_F(KnownPagesTest, NothingIsKeptOfKindsWithLinksOrLists) {
  EXPECT_TRUE(KnownPages::suits(objects::annotations));
  for (const objects::Table* table : {&objects::assets, &objects::models, &objects::artifacts,
                                      &objects::tags, &objects::run_logs}) {
    EXPECT_FALSE(KnownPages::suits(*table)) << table->name;
  }
  list({{"one", R"([{"id": "a"}])"}}, objects::assets);
  EXPECT_EQ(kept(), "");
}

TEST_F(KnownPagesTest, AnEmptyAnswerIsNotKept) {
  list({{"one", kOne}, {"none", "[]"}});
  EXPECT_EQ(kept(), "one");
}

TEST_F(KnownPagesTest, AListingThatGoesOnForgetsNoneThatItDidNotMeet) {
  list(both_);
  open(2000);
  {
    Listing listing = store_->listings.open("proj", objects::annotations);
    page(listing, "other", R"([{"id": "b", "tag": "y"}, {"id": "a", "assetId": "z"}])", "c1");
    store_->flush();
  }
  open(3000);
  ASSERT_TRUE(store_->listings.unfinished_pass("proj", 3000, 2000));
  Listing listing = store_->listings.open("proj", objects::annotations);
  ASSERT_EQ(listing.cursor, "c1");
  EXPECT_TRUE(page(listing, "two", kTwo, ""));
  end(listing);
  EXPECT_EQ(rows(), "a|-|z|- b|y|-|- c|-|-|- d|-|-|7");
  EXPECT_EQ(kept(), "other two");
  open(4000);
  EXPECT_EQ(list(both_), 1);
  EXPECT_EQ(rows(), both_rows_);
}

TEST_F(KnownPagesTest, OnesWithAnETagAreFoundByWhatTheyWereAskedWith) {
  Listing listing = store_->listings.open("proj", objects::annotations);
  for (const char* number : {"1", "2"}) {
    const bool tagged = *number == '1';
    const objects::RowBatch rows = batch_of(*listing.table, tagged ? kOne : kTwo);
    PageDigests digests{std::string("answer") + number, digest_of(rows)};
    digests.request = std::string("request") + number;
    digests.next = tagged ? "c" : "";
    if (tagged) digests.etag = "W/\"1\"";
    store_->listings.apply(listing, rows, digests.next, {}, digests);
  }
  end(listing);
  open(2000);
  const auto known = store_->listings.open("proj", objects::annotations).known;
  const KnownPage* page = known->asked("request1");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page, known->answered("answer1"));
  EXPECT_EQ(page->etag, "W/\"1\"");
  EXPECT_EQ(page->next, "c");
  EXPECT_EQ(known->asked("request2"), nullptr) << "of an answer without an ETag";
  EXPECT_NE(known->answered("answer2"), nullptr);
  EXPECT_EQ(known->asked("answer1"), nullptr);
}

TEST_F(KnownPagesTest, ADryRunReadsAll) {
  list(both_);
  store_.reset();
  open(2000, Access::dry_run);
  const Listing listing = store_->listings.open("proj", objects::annotations);
  EXPECT_EQ(listing.known, nullptr);
}

TEST_F(KnownPagesTest, ASyncThatMeetsOnlyThoseWritesNothing) {
  list(both_);
  open(2000);
  Listing listing = store_->listings.open("proj", objects::annotations);
  EXPECT_TRUE(page(listing, "one", kOne, "c"));
  EXPECT_TRUE(page(listing, "two", kTwo, ""));
  EXPECT_EQ(ask("SELECT count(*) FROM checkpoints"), "0");
  end(listing);
  EXPECT_EQ(ask("SELECT count(*) FROM passes"), "0");
}

// A write for each would be most of what such a sync writes.
TEST_F(KnownPagesTest, WhatIsLearnedWithoutADifferenceIsWrittenAtTheEnd) {
  list(both_);
  execute("DELETE FROM page_digests");
  open(2000);
  Listing listing = store_->listings.open("proj", objects::annotations);
  page(listing, "one", kOne, "c");
  page(listing, "two", kTwo, "");
  store_->flush();
  EXPECT_EQ(kept(), "");
  EXPECT_EQ(ask("SELECT count(*) FROM checkpoints"), "0");
  end(listing);
  EXPECT_EQ(kept(), "one two");
}

// They are not counted on before they are written.
TEST_F(KnownPagesTest, OneThatALaterPageTookRowsFromIsReadAgain) {
  list(both_);
  execute("DELETE FROM page_digests");
  open(2000);
  list({both_[0], both_[1], {"three", R"([{"id": "c", "tag": "new"}])"}});
  open(3000);
  EXPECT_EQ(list({both_[0], {"two", kTwo}}), 1);
  EXPECT_EQ(rows(), both_rows_);
}

TEST_F(KnownPagesTest, ManyThatAreLearnedAreWrittenBeforeTheEnd) {
  Answers pages;
  for (int i = 0; i < 1100; ++i) {
    pages.emplace_back(std::to_string(i), R"([{"id":")" + std::to_string(i) + R"("}])");
  }
  list(pages);
  execute("DELETE FROM page_digests WHERE CAST(digest AS TEXT) <> '0'");
  open(2000);
  Listing listing = store_->listings.open("proj", objects::annotations);
  for (const auto& [answer, rows] : pages) page(listing, answer, rows, "c" + answer);
  store_->flush();
  EXPECT_EQ(ask("SELECT count(*) FROM page_digests"), "1001");
}

TEST_F(KnownPagesTest, AStateThatIsDueIsKeptAmongThemToo) {
  list(both_);
  open(2000);
  Listing listing = store_->listings.open("proj", objects::annotations);
  listing.clock_ms = 1;
  EXPECT_TRUE(page(listing, "one", kOne, "c"));
  listing.clock_ms = 60'000;
  EXPECT_TRUE(page(listing, "two", kTwo, "d"));
  store_->flush();
  EXPECT_EQ(ask("SELECT cursor FROM checkpoints WHERE entity = 'annotations'"), "d");
  open(3000);
  ASSERT_TRUE(store_->listings.unfinished_pass("proj", 3000, 2000));
  Listing resumed = store_->listings.open("proj", objects::annotations);
  EXPECT_EQ(store_->listings.missing(resumed, 9, [] { return 0.5; }).count, 0);
}

}  // namespace
}  // namespace nexus_mirror::store
