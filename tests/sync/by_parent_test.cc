// Annotations of a server that is far away, fetched by batches of assets: what comes to be is what
// the plain listing makes.
#include <algorithm>
#include <thread>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

constexpr const char* kMany = "page_size = 100\nconcurrency = 6\n";
constexpr const char* kPlain = "page_size = 1000\nconcurrency = 4\n";

class ByParentTest : public PromiseTest {
 protected:
  explicit ByParentTest(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--latency", "25"});
    serve(std::move(more));
  }

  std::size_t batches() { return requests("assetId").size(); }
  std::size_t plain_pages() { return requests("/annotations?").size() - batches(); }

  // The mirror as one that lists page by page has it.
  std::string plain_dump() {
    const auto plain = mirror(kBloodCells, kPlain);
    EXPECT_EQ(plain->sync().status, 0);
    return plain->dump();
  }
};

TEST_F(ByParentTest, FetchesByAssetsWhatIsFarAway) {
  const std::string wanted = plain_dump();
  EXPECT_EQ(batches(), 0U);
  forget_requests();
  const auto mirror = this->mirror(kBloodCells, kMany);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_GT(batches(), 30U);
  EXPECT_EQ(plain_pages(), 0U);
  EXPECT_TRUE(mirror->dump() == wanted);
  forget_requests();
  const Ended again = mirror->sync();
  ASSERT_EQ(again.status, 0);
  EXPECT_EQ(plain_pages(), 0U);
  EXPECT_EQ(mirror->number("SELECT rows_inserted + rows_updated + rows_deleted FROM syncs WHERE "
                           "id = 2"),
            0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM changes WHERE op <> 'load' AND sync_id = 2"), 0);
}

TEST_F(ByParentTest, ListsPageByPageWhereTheProjectsOwnCountIsAnother) {
  // Of an asset that no listing has.
  const std::string line = corpus_line("annotations", kBloodCells);
  const std::string asset = line.substr(line.find("asset_"), 42);
  put("annotations", "annot_of_nobody",
      replaced(replaced(line, id_of(line), "annot_of_nobody"), asset, "asset_unknown"));
  const std::string project = corpus_line("projects", kBloodCells);
  put("projects", kBloodCells,
      replaced(project, "\"totalAnnotations\":4888", "\"totalAnnotations\":4889"));
  const auto mirror = this->mirror(kBloodCells, kMany);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_GT(batches(), 30U);
  EXPECT_GE(plain_pages(), 49U);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4889);
  EXPECT_TRUE(mirror->dump() == plain_dump());
  // The plain listing does not make the mirror forget the batches.
  ASSERT_EQ(mirror->sync().status, 0);
  const char* kKept = "SELECT group_concat(hex(seal)) FROM page_digests";
  const std::string kept = mirror->value(kKept);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value(kKept), kept);
  EXPECT_GT(mirror->number("SELECT count(*) FROM page_digests WHERE by_parent"), 30);
}

TEST_F(ByParentTest, DeletesWhatIsGoneAndTakesInWhatIsNew) {
  const auto mirror = this->mirror(kBloodCells, kMany);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kBloodCells);
  for (const std::size_t i : {0U, 1000U, 4000U}) remove("annotations", id_of(lines.at(i)));
  for (const std::size_t i : {1U, 2000U, 3000U}) {
    put("annotations", "annot_new" + std::to_string(i),
        replaced(lines.at(i), id_of(lines.at(i)), "annot_new" + std::to_string(i)));
  }
  forget_requests();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_GT(batches(), 30U);
  EXPECT_EQ(plain_pages(), 0U);
  EXPECT_EQ(mirror->number("SELECT rows_inserted FROM syncs WHERE id = 2"), 3);
  EXPECT_EQ(mirror->number("SELECT rows_deleted FROM syncs WHERE id = 2"), 3);
  EXPECT_TRUE(mirror->dump() == plain_dump());
}

TEST_F(ByParentTest, WhatWasCommittedIsNotFetchedAgain) {
  const std::string wanted = plain_dump();
  const auto mirror = this->mirror(kBloodCells, kMany);
  forget_requests();
  fault(R"({"match":"assetId","fault":"stall","nth":40})");
  const auto sync = mirror->start({"sync"});
  while (sync->running() && batches() < 40) std::this_thread::yield();
  sync->kill_now();
  clear_faults();
  const std::int64_t rows = mirror->number("SELECT count(*) FROM annotations");
  EXPECT_GT(rows, 1000);
  const std::size_t before = batches();
  forget_requests();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == wanted);
  EXPECT_EQ(plain_pages(), 0U);
  EXPECT_LT(batches(), before + 25) << "it goes on behind the last batch that was written";
}

TEST_F(ByParentTest, AQuickSyncGoesOnPageByPage) {
  const auto mirror = this->mirror(kBloodCells, kMany);
  fault(R"({"match":"assetId","fault":"stall","nth":20})");
  const auto sync = mirror->start({"sync"});
  while (sync->running() && batches() < 20) std::this_thread::yield();
  sync->kill_now();
  clear_faults();
  ASSERT_EQ(mirror->sync({"--quick"}).status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4888);
}

TEST_F(ByParentTest, AServerThatDoesNotTakeTheQuestionIsListedPageByPage) {
  fault(R"({"match":"assetId","fault":"status","status":414,"nth":0})");
  const auto mirror = this->mirror(kBloodCells, kMany);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_GE(plain_pages(), 49U);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4888);
}

TEST_F(ByParentTest, ABatchThatFailsFailsTheProjectAndTheNextSyncGoesOn) {
  fault(R"({"match":"assetId","fault":"status","status":500,"nth":30,"times":0})");
  const auto mirror = this->mirror(kBloodCells, kMany);
  EXPECT_EQ(mirror->sync().status, 1);
  clear_faults();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == plain_dump());
}

// Of assets with few annotations a page holds those of more than a short line names.
class LongLinesTest : public ByParentTest {
 protected:
  LongLinesTest() : ByParentTest({"--synthetic", "assets=4200,annotations=4200,seed=1"}) {}

  // Batches whose request line is of that length, bytes.
  std::size_t lines(std::size_t least, std::size_t most) {
    const auto batches = requests("assetId");
    return static_cast<std::size_t>(
        std::count_if(batches.begin(), batches.end(), [&](const std::string& target) {
          return target.size() >= least && target.size() <= most;
        }));
  }
  std::unique_ptr<Mirror> mirror_of(const std::string& http) {
    return this->mirror(kSynthetic, http);
  }

  static constexpr const char* kSynthetic = "synthetic";
  static constexpr const char* kSmallPages = "page_size = 200\nconcurrency = 8\n";
};

TEST_F(LongLinesTest, NameAsManyAssetsAsAPageHolds) {
  const auto mirror = mirror_of(kSmallPages);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(plain_pages(), 0U);
  EXPECT_EQ(batches(), 24U) << "of 175 assets each";
  EXPECT_EQ(lines(12'300, 1 << 20), 0U);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4200);
}

TEST_F(LongLinesTest, AreShorterWhereTheServerRefusesThem) {
  fault(R"({"match":"assetId","fault":"status","status":414,"nth":1})");
  const auto mirror = mirror_of(kSmallPages);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(plain_pages(), 0U);
  EXPECT_LE(lines(7'900, 1 << 20), 8U) << "those that were in flight then";
  EXPECT_GT(lines(7'000, 7'900), 25U);
  const auto plain = mirror_of(kPlain);
  ASSERT_EQ(plain->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == plain->dump());
}

// 4.99 annotations an asset are nearly five, not four: a batch made for four is two pages each.
class NearlyWholeTest : public ByParentTest {
 protected:
  NearlyWholeTest() : ByParentTest({"--synthetic", "assets=1001,annotations=4996,seed=1"}) {}
};

TEST_F(NearlyWholeTest, ABatchIsOnePage) {
  const auto mirror = this->mirror("synthetic", "page_size = 200\nconcurrency = 8\n");
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4996);
  EXPECT_EQ(plain_pages(), 0U);
  EXPECT_GE(batches(), 25U);
  EXPECT_LE(batches(), 32U);
}

}  // namespace
}  // namespace nexus_mirror::testing
