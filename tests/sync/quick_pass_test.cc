// A quick sync lists annotations by what the project and its assets say, so these come first.
#include <rapidjson/document.h>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

class QuickPassTest : public PromiseTest {
 protected:
  // A mirror after a full sync, and a server that has one annotation more and counts it in the
  // project alone: no asset tells of it.
  std::unique_ptr<Mirror> one_annotation_behind() {
    auto mirror = this->mirror(kKeypoints);
    EXPECT_EQ(mirror->sync().status, 0);
    const std::string line = corpus_line("annotations", kKeypoints);
    put("annotations", "annot_new", replaced(line, id_of(line), "annot_new"));
    const std::string project = corpus_line("projects", kKeypoints);
    put("projects", kKeypoints,
        replaced(project, "\"totalAnnotations\":125", "\"totalAnnotations\":126"));
    return mirror;
  }
  static bool has_it(const Mirror& mirror) {
    return mirror.number("SELECT count(*) FROM annotations WHERE id = 'annot_new'") == 1;
  }
};

TEST_F(QuickPassTest, AsksForNoAnnotationsBeforeTheProjectsRowIsDecided) {
  const auto mirror = one_annotation_behind();
  // Whatever else the project has is listed long before this answer is there.
  fault(R"({"match":"/assetgroups","fault":"slow","ms":1500})");
  const Ended ended = mirror->sync({"--quick"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(has_it(*mirror));
}

TEST_F(QuickPassTest, AsksForAllAnnotationsOnlyWhenTheServersCountChanged) {
  const auto mirror = one_annotation_behind();
  remove("annotations", "annot_new");  // and the count stays wrong
  ASSERT_EQ(mirror->sync({"--quick"}).status, 0);
  EXPECT_FALSE(requests("/annotations?limit").empty());
  forget_requests();
  ASSERT_EQ(mirror->sync({"--quick"}).status, 0);
  EXPECT_TRUE(requests("/annotations?limit").empty());
}

TEST_F(QuickPassTest, WithoutTheGroupsTheRestIsListedAndTheCountStaysToBeSeen) {
  const auto mirror = one_annotation_behind();
  const std::string asset = corpus_line("assets", kKeypoints);
  put("assets", id_of(asset), replaced(asset, "\"height\":", "\"height\":77,\"h\":"));
  forget_requests();
  fault(R"({"match":"/assetgroups","nth":0,"fault":"status","status":400})");
  const Ended ended = mirror->sync({"--quick"});
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find("assetgroups"), std::string::npos) << ended.err;
  EXPECT_EQ(mirror->value("SELECT height FROM assets WHERE id = '" + id_of(asset) + "'"), "77");
  EXPECT_EQ(mirror->value("SELECT total_annotations FROM projects"), "125");
  for (const char* kind : {"/tags", "/runs", "/artifacts", "/sequences"}) {
    EXPECT_FALSE(requests(std::string(kKeypoints) + kind).empty()) << kind;
  }
  clear_faults();
  ASSERT_EQ(mirror->sync({"--quick"}).status, 0);
  EXPECT_TRUE(has_it(*mirror));
}

}  // namespace
}  // namespace nexus_mirror::testing
