// Answers whose bytes came in the sync before are not read again, and what the mirror holds is what
// a sync that reads them makes.
#include <SQLiteCpp/Database.h>

#include <thread>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

constexpr const char* kPages = "page_size = 100\n";  // 49 of annotations
constexpr const char* kByAssets = "page_size = 100\nconcurrency = 6\n";
constexpr const char* kCounts =
    "SELECT rows_inserted || ' ' || rows_updated || ' ' || rows_deleted FROM syncs ORDER BY id "
    "DESC LIMIT 1";

class SameAnswersTest : public PromiseTest {
 protected:
  // Pages of annotations that a sync of `mirror` knows again.
  static int known_pages(const Mirror& mirror) {
    const Ended ended = mirror.run({"--log-level", "debug", "sync"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    const std::string mark = "kind=annotations pages=";
    const std::size_t at = ended.err.find(mark);
    return at == std::string::npos ? 0 : std::stoi(ended.err.substr(at + mark.size()));
  }
  static void edit(const Mirror& mirror, const std::string& sql) {
    SQLite::Database(mirror.database().string(), SQLite::OPEN_READWRITE, 5000).exec(sql);
    mirror.forget_feed();
  }
};

TEST_F(SameAnswersTest, AreNotReadAgain) {
  serve();
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string wanted = mirror->dump();
  for (int again = 0; again < 2; ++again) EXPECT_EQ(known_pages(*mirror), 49);
  EXPECT_TRUE(mirror->dump() == wanted);
  EXPECT_EQ(mirror->value(kCounts), "0 0 0");
}

TEST_F(SameAnswersTest, ThosePagesAloneAreReadThatDiffer) {
  serve();
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string line = corpus_lines("annotations", kBloodCells).at(2000);
  put("annotations", id_of(line), replaced(line, "\"tag\":\"", "\"tag\":\"x"));
  EXPECT_EQ(known_pages(*mirror), 48);
  EXPECT_EQ(mirror->value(kCounts), "0 1 0");
  EXPECT_EQ(known_pages(*mirror), 49) << "the new page is kept";
  put("annotations", id_of(line), line);
  EXPECT_EQ(known_pages(*mirror), 48) << "what it was before is known no more";
  const auto fresh = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(fresh->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == fresh->dump());
}

TEST_F(SameAnswersTest, WhatWasDeletedOrIsNewIsFound) {
  serve();
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kBloodCells);
  remove("annotations", id_of(lines.at(4500)));
  put("annotations", "annot_zzz", replaced(lines.at(1), id_of(lines.at(1)), "annot_zzz"));
  EXPECT_GT(known_pages(*mirror), 30);
  EXPECT_EQ(mirror->value(kCounts), "1 0 1");
  const auto fresh = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(fresh->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == fresh->dump());
}

TEST_F(SameAnswersTest, WhatTheOwnerDidToTheirRowsIsUndone) {
  serve();
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string wanted = mirror->dump();
  edit(*mirror, "UPDATE annotations SET tag = 'mine' WHERE rowid = 150");
  EXPECT_EQ(known_pages(*mirror), 48);
  EXPECT_EQ(mirror->value(kCounts), "0 1 0");
  edit(*mirror, "DELETE FROM annotations WHERE rowid IN (1, 2000)");
  EXPECT_EQ(known_pages(*mirror), 47);
  EXPECT_EQ(mirror->value(kCounts), "2 0 0");
  edit(*mirror,
       "INSERT INTO annotations(id, project_id) SELECT 'annot_mine', project_id FROM annotations "
       "LIMIT 1");
  EXPECT_GT(known_pages(*mirror), 40);
  EXPECT_EQ(mirror->value(kCounts), "0 0 1");
  EXPECT_TRUE(mirror->dump() == wanted);
}

TEST_F(SameAnswersTest, AVacuumCostsOneReading) {
  serve();
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string wanted = mirror->dump();
  edit(*mirror, "UPDATE annotations SET rowid = -rowid; VACUUM");
  EXPECT_EQ(known_pages(*mirror), 0);
  EXPECT_EQ(mirror->value(kCounts), "0 0 0");
  EXPECT_TRUE(mirror->dump() == wanted);
}

TEST_F(SameAnswersTest, ByBatchesOfAssetsToo) {
  serve({"--latency", "25"});
  const auto mirror = this->mirror(kBloodCells, kByAssets);
  ASSERT_EQ(mirror->sync().status, 0);
  ASSERT_GT(requests("assetId").size(), 30U);
  const std::string wanted = mirror->dump();
  const auto batches = static_cast<int>(requests("assetId").size());
  EXPECT_EQ(known_pages(*mirror), batches);
  edit(*mirror, "UPDATE annotations SET tag = 'mine' WHERE rowid = 150");
  EXPECT_EQ(known_pages(*mirror), batches - 1);
  EXPECT_EQ(mirror->value(kCounts), "0 1 0");
  EXPECT_TRUE(mirror->dump() == wanted);
}

// Where the server gives ETags, what is as it was does not come at all.
class EtagsTest : public SameAnswersTest {
 protected:
  // Answers of annotations by their status.
  std::pair<int, int> whole_and_unchanged() {
    int whole = 0, unchanged = 0;
    for (const Answered& request : answered("/annotations?")) {
      (request.status == 304 ? unchanged : whole) += 1;
    }
    return {whole, unchanged};
  }
};

TEST_F(EtagsTest, WhatIsUnchangedDoesNotCome) {
  serve({"--etags"});
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(whole_and_unchanged(), std::pair(49, 0));
  const std::string wanted = mirror->dump();
  const std::int64_t before = mirror->number("SELECT bytes_received FROM syncs");
  forget_requests();
  EXPECT_EQ(known_pages(*mirror), 49);
  EXPECT_EQ(whole_and_unchanged(), std::pair(0, 49));
  EXPECT_LT(mirror->number("SELECT bytes_received FROM syncs WHERE id = 2"), before / 2);
  EXPECT_TRUE(mirror->dump() == wanted);
}

TEST_F(EtagsTest, WhatChangedComes) {
  serve({"--etags"});
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kBloodCells);
  remove("annotations", id_of(lines.at(3000)));
  forget_requests();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_GT(whole_and_unchanged().first, 0);
  EXPECT_GT(whole_and_unchanged().second, 20);
  EXPECT_EQ(mirror->value(kCounts), "0 0 1");
  const auto fresh = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(fresh->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == fresh->dump());
}

TEST_F(EtagsTest, RowsThatTheOwnerChangedComeAnew) {
  for (const bool far : {false, true}) {
    serve(far ? std::vector<std::string>{"--etags", "--latency", "25"}
              : std::vector<std::string>{"--etags"});
    const auto mirror = this->mirror(kBloodCells, far ? kByAssets : kPages);
    ASSERT_EQ(mirror->sync().status, 0);
    const std::string wanted = mirror->dump();
    edit(*mirror, "UPDATE annotations SET tag = 'mine' WHERE rowid = 2500");
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(mirror->value(kCounts), "0 1 0");
    EXPECT_TRUE(mirror->dump() == wanted);
    forget_requests();
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(whole_and_unchanged().first, 0) << far;
  }
}

// Once, not in every sync from then on.
TEST_F(EtagsTest, RowsThatLieElsewhereAreListedOnceMore) {
  serve({"--etags"});
  for (const char* sql :
       {"UPDATE annotations SET rowid = rowid + 100000; VACUUM", "DELETE FROM annotations",
        "DELETE FROM annotations WHERE rowid IN (30, 1200)"}) {
    const auto mirror = this->mirror(kBloodCells, kPages);
    ASSERT_EQ(mirror->sync().status, 0);
    const std::string wanted = mirror->dump();
    edit(*mirror, sql);
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_TRUE(mirror->dump() == wanted) << sql;
    forget_requests();
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_LE(whole_and_unchanged().first, 2) << sql << ": those with rows that were written anew";
    EXPECT_EQ(whole_and_unchanged().first + whole_and_unchanged().second, 49) << sql;
    forget_requests();
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(whole_and_unchanged(), std::pair(0, 49)) << sql;
  }
}

// Of a listing with pages that the server did not send nothing bad is believed.
TEST_F(EtagsTest, ACursorThatIsRepeatedBehindUnchangedPagesIsAskedForAnew) {
  serve({"--etags"});
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string wanted = mirror->dump();
  fault(R"({"match":"/annotations","fault":"repeat_cursor","nth":20})");
  forget_requests();
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(mirror->dump() == wanted);
}

TEST_F(EtagsTest, AFirstLoadGoesOnBehindAKill) {
  serve({"--etags"});
  const auto mirror = this->mirror(kBloodCells, kPages);
  fault(R"({"match":"/annotations?","fault":"stall","nth":40})");
  const auto sync = mirror->start({"sync"});
  while (sync->running() && requests("/annotations?").size() < 40) std::this_thread::yield();
  sync->kill_now();
  clear_faults();
  forget_requests();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_LT(requests("/annotations?").size(), 30U);
  const auto fresh = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(fresh->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == fresh->dump());
}

// Pages of the same bytes at another server are another server's.
TEST_F(EtagsTest, AnotherServerIsAskedForAll) {
  serve({"--etags"});
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  serve({"--etags"});
  const auto moved = this->mirror(kBloodCells, kPages);
  std::filesystem::copy(mirror->database(), moved->database());
  ASSERT_EQ(moved->sync().status, 0);
  EXPECT_EQ(whole_and_unchanged(), std::pair(49, 0));
}

// A killed sync goes on behind the pages that it knew.
TEST_F(SameAnswersTest, AKilledSyncThatKnewThemGoesOn) {
  serve();
  const auto mirror = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string line = corpus_lines("annotations", kBloodCells).at(1000);
  put("annotations", id_of(line), replaced(line, "\"tag\":\"", "\"tag\":\"x"));
  fault(R"({"match":"/annotations?","fault":"stall","nth":30})");
  forget_requests();
  const auto sync = mirror->start({"sync"});
  while (sync->running() && requests("/annotations?").size() < 30) std::this_thread::yield();
  sync->kill_now();
  clear_faults();
  ASSERT_EQ(mirror->sync().status, 0);
  const auto fresh = this->mirror(kBloodCells, kPages);
  ASSERT_EQ(fresh->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == fresh->dump());
}

}  // namespace
}  // namespace nexus_mirror::testing
