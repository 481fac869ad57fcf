// CONTRACT.md 4.7: nothing that a server sends makes the mirror grow without end, and memory does
// not grow with the workspace.
#include <malloc.h>
#include <sys/resource.h>

#include "support/mirror_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

class Promise7Bounded : public PromiseTest {
 protected:
  // A sync of two projects, one of which gets `kind`; the other one must not notice.
  void expect_refused(const std::string& kind, const std::string& http) {
    SCOPED_TRACE(kind);
    if (!emulator_is_on_) serve();
    emulator_is_on_ = true;
    MirrorSettings wanted = settings();
    wanted.workspace = "projects = [\"" + std::string(kKeypoints) + "\", \"" + kBloodCells + "\"]";
    wanted.http = http;
    const Mirror mirror(wanted);
    ASSERT_EQ(mirror.sync().status, 0);
    const std::string before = mirror.dump();
    fault(R"({"match":"/projects/)" + std::string(kKeypoints) + R"(/annotations?","nth":0,)" +
          kind + "}");
    const Ended ended = mirror.sync();
    clear_faults();
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("coco-fake-person-keypoints"), std::string::npos) << ended.err;
    EXPECT_TRUE(mirror.dump() == before);
  }

  // A project as large as a test can wait for: with a hundred bytes more for each of its
  // annotations a sync or an export would be beyond its bounds. What a million take tells
  // tests/bench/run.sh.
  static constexpr std::int64_t kAnnotations = 100'000;

  void serve_large() {
    serve({"--synthetic", "assets=30000,annotations=" + std::to_string(kAnnotations)});
    large_ = std::make_unique<Mirror>(settings("synthetic"));
  }

  // In KiB. Not by Mirror::sync(), which keeps all rows for the feed.
  std::int64_t peak_of(std::vector<std::string> arguments) {
    ::malloc_trim(0);  // Ended::peak_kib begins with what is here
    const Ended ended = large_->run(std::move(arguments));
    EXPECT_EQ(ended.status, 0) << ended.err;
    return ended.peak_kib;
  }

  static constexpr std::int64_t kMiB = 1024;
  std::unique_ptr<Mirror> large_;

 private:
  bool emulator_is_on_ = false;
};

TEST_F(Promise7Bounded, AnAnswerLargerThanMaxResponseIsRefused) {
  expect_refused(R"("fault":"huge","bytes":50000000)", "max_response = \"4MiB\"");
}

TEST_F(Promise7Bounded, AnAnswerThatUnpacksWithoutEndIsRefused) {
  expect_refused(R"("fault":"gzip_bomb","bytes":1000000000)", "max_response = \"4MiB\"");
}

TEST_F(Promise7Bounded, JsonDeeperThanItShouldBeIsRefused) {
  expect_refused(R"("fault":"deep","bytes":2000000)", "");
}

TEST_F(Promise7Bounded, MemoryDoesNotGrowWithTheBombs) {
  serve();
  const auto mirror = this->mirror(kKeypoints, "max_response = \"4MiB\"");
  fault(R"({"match":"/annotations?","nth":0,"fault":"gzip_bomb","bytes":1000000000})");
  EXPECT_EQ(mirror->sync().status, 1);
  rusage children{};
  ASSERT_EQ(getrusage(RUSAGE_CHILDREN, &children), 0);
  EXPECT_LT(children.ru_maxrss, 500L * 1024) << "KiB";  // of the largest child so far
}

TEST_F(Promise7Bounded, SmallPagesOfALargeProjectFitUnderMaxResponse) {
  serve();
  const auto mirror = this->mirror(kBloodCells, "page_size = 100\nmax_response = \"1MiB\"");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4888);
}

TEST_F(Promise7Bounded, ASyncTakesNoMoreThan64MiB) {
  if (!can_preload()) GTEST_SKIP() << "a sanitizer takes memory of its own";
  serve_large();
  EXPECT_LE(peak_of({"sync", "--no-export"}), 64 * kMiB) << "of a first load";
  EXPECT_EQ(large_->number("SELECT count(*) FROM annotations"), kAnnotations);
  EXPECT_LE(peak_of({"sync", "--no-export"}), 64 * kMiB) << "of a sync without changes";
}

// All annotations on one page.
TEST_F(Promise7Bounded, ALargerAnswerTakesThreeTimesItsSizeMore) {
  if (!can_preload()) GTEST_SKIP() << "a sanitizer takes memory of its own";
  const std::int64_t rows = kAnnotations;
  serve({"--synthetic", "assets=1000,annotations=" + std::to_string(rows), "--max-page",
         std::to_string(rows)});
  MirrorSettings wanted = settings("synthetic");
  wanted.http = "page_size = " + std::to_string(rows);
  large_ = std::make_unique<Mirror>(wanted);
  const std::int64_t peak = peak_of({"sync", "--no-export"});
  EXPECT_EQ(large_->number("SELECT count(*) FROM annotations"), rows);
  const std::int64_t bytes = large_->number("SELECT bytes_received FROM syncs");
  EXPECT_GT(bytes, 8 << 20);
  EXPECT_LE(peak, 64 * kMiB + 3 * bytes / 1024);
  std::cout << "[  MEMORY  ] of " << bytes / 1024 << " KiB in all: " << peak << " KiB\n";
}

TEST_F(Promise7Bounded, AnExportTakesNoMoreThan32MiB) {
  if (!can_preload()) GTEST_SKIP() << "a sanitizer takes memory of its own";
  serve_large();
  peak_of({"sync", "--no-export"});
  for (const std::string format : {"coco", "yolo", "pascal_voc"}) {
    EXPECT_LE(peak_of({"export", "--format", format}), 32 * kMiB) << format;
    EXPECT_EQ(
        large_->number("SELECT sum(annotations) FROM exports WHERE format = '" + format + "'"),
        kAnnotations);
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
