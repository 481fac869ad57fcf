// CONTRACT.md 4.7: nothing that a server sends makes the mirror grow without end.
#include <sys/resource.h>

#include "support/mirror_run.h"

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

}  // namespace
}  // namespace nexus_mirror::testing
