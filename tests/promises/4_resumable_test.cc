// CONTRACT.md 4.4: killed at any instant, the next sync goes on from there.
#include <thread>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

class Promise4Resumable : public PromiseTest {
 protected:
  // Starts a sync whose request `nth` that contains `match` is not answered, and kills it there.
  // False when the sync ended before.
  bool kill_at(const Mirror& mirror, const std::string& match, std::size_t nth) {
    forget_requests();
    fault(R"({"match":")" + match + R"(","fault":"stall","nth":)" + std::to_string(nth) + "}");
    const auto sync = mirror.start({"sync"});
    while (sync->running() && requests(match).size() < nth) std::this_thread::yield();
    const bool killed = sync->running();
    sync->kill_now();
    clear_faults();
    return killed;
  }
};

TEST_F(Promise4Resumable, CommittedPagesAreNotFetchedAgain) {
  serve({"--max-page", "100"});
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_TRUE(kill_at(*mirror, "/annotations?", 20));
  const std::int64_t rows = mirror->number("SELECT count(*) FROM annotations");
  EXPECT_EQ(rows % 100, 0) << "half a page was committed";
  // Of 19 pages one is decoded, two wait and four share a commit at the most.
  EXPECT_GE(rows, 1000) << "pages were held back";
  forget_requests();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(requests("/annotations?").size(), static_cast<std::size_t>(49 - rows / 100));
  EXPECT_TRUE(requests("/assets?").empty());
  const auto clean = this->mirror(kBloodCells);
  ASSERT_EQ(clean->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == clean->dump());
  EXPECT_EQ(mirror->rows("SELECT entity, after FROM changes WHERE entity = 'annotations'"),
            clean->rows("SELECT entity, after FROM changes WHERE entity = 'annotations'"));
  EXPECT_EQ(mirror->value("SELECT result FROM syncs WHERE id = 1"), "interrupted");
}

TEST_F(Promise4Resumable, KilledAtEachRequestTheMirrorEndsTheSame) {
  serve({"--max-page", "50"});
  const auto clean = this->mirror(kKeypoints);
  ASSERT_EQ(clean->sync().status, 0);
  const std::string wanted = clean->dump();
  std::size_t nth = 1;
  for (;; ++nth) {
    const auto mirror = this->mirror(kKeypoints);
    if (!kill_at(*mirror, "/", nth)) break;
    const Ended ended = mirror->sync();
    ASSERT_EQ(ended.status, 0) << "killed at request " << nth << ": " << ended.err;
    ASSERT_TRUE(mirror->dump() == wanted) << "killed at request " << nth;
  }
  EXPECT_GT(nth, 15U);
}

TEST_F(Promise4Resumable, KilledAtEachRequestOnePassMovesOn) {
  serve({"--max-page", "50"});
  const auto mirror = this->mirror(kKeypoints);
  // The n-th request of each run: the same mirror is killed again and again.
  while (kill_at(*mirror, "/projects/" + std::string(kKeypoints), 3)) {
    ASSERT_LT(mirror->number("SELECT count(*) FROM syncs"), 400) << "the pass never ends";
  }
  ASSERT_EQ(mirror->sync().status, 0);
  const auto clean = this->mirror(kKeypoints);
  ASSERT_EQ(clean->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == clean->dump());
}

TEST_F(Promise4Resumable, AChangeThatWasHalfTakenInIsNotLost) {
  serve({"--max-page", "50"});
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kKeypoints);
  for (const std::size_t i : {1U, 60U, 120U}) {
    put("annotations", id_of(lines[i]),
        replaced(lines[i], "\"tag\":\"person\"", "\"tag\":\"walker\""));
  }
  for (const std::size_t i : {2U, 61U, 121U}) remove("annotations", id_of(lines[i]));
  ASSERT_TRUE(kill_at(*mirror, "/annotations?", 3));
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 125) << "a cut listing deleted";
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror->value("SELECT sum(op = 'update'), sum(op = 'delete'), sum(op = 'insert') "
                          "FROM changes WHERE sync_id > 1"),
            "3|3|0");
  const auto clean = this->mirror(kKeypoints);
  ASSERT_EQ(clean->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == clean->dump());
}

TEST_F(Promise4Resumable, SigtermEndsASyncThatTheNextOneContinues) {
  serve({"--max-page", "100"});
  const auto mirror = this->mirror(kBloodCells);
  fault(R"({"match":"/annotations?","fault":"stall","nth":20})");
  const auto sync = mirror->start({"sync"});
  while (sync->running() && requests("/annotations?").size() < 20) std::this_thread::yield();
  sync->terminate();
  const Ended ended = sync->wait();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(mirror->value("SELECT result FROM syncs"), "interrupted");
  const std::int64_t rows = mirror->number("SELECT count(*) FROM annotations");
  forget_requests();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(requests("/annotations?").size(), static_cast<std::size_t>(49 - rows / 100));
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4888);
}

TEST_F(Promise4Resumable, AListingThatTheServerGaveUpIsContinued) {
  serve({"--max-page", "100"});
  const auto mirror = this->mirror(kBloodCells);
  fault(R"({"match":"/annotations?","fault":"status","status":503,"nth":20,"times":0})");
  EXPECT_NE(mirror->sync().status, 0);
  const std::int64_t rows = mirror->number("SELECT count(*) FROM annotations");
  EXPECT_EQ(rows, 1900);
  clear_faults();
  forget_requests();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(requests("/annotations?").size(), 30U);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4888);
}

TEST_F(Promise4Resumable, ACursorThatDiedWhileNobodySyncedBeginsItsListingAnew) {
  serve({"--max-page", "100"});
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_TRUE(kill_at(*mirror, "/annotations?", 20));
  fault(R"({"match":"/annotations?","fault":"dead_cursor","nth":1})");
  forget_requests();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(requests("/annotations?").size(), 50U);  // the dead one and all
  const auto clean = this->mirror(kBloodCells);
  ASSERT_EQ(clean->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == clean->dump());
}

}  // namespace
}  // namespace nexus_mirror::testing
