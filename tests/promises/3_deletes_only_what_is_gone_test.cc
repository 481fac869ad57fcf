// CONTRACT.md 4.3: rows go when the server says that they are gone, not before.
#include <thread>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

class Promise3DeletesOnlyWhatIsGone : public PromiseTest {
 protected:
  // Takes the first `count` of a project's annotations away; returns their ids.
  std::vector<std::string> remove_annotations(const std::string& project, std::size_t count) {
    std::vector<std::string> ids;
    for (const std::string& line : corpus_lines("annotations", project)) {
      if (ids.size() == count) break;
      ids.push_back(id_of(line));
      remove("annotations", ids.back());
    }
    return ids;
  }
};

TEST_F(Promise3DeletesOnlyWhatIsGone, RowsThatAreGoneAreAskedForAndDeleted) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto gone = remove_annotations(kKeypoints, 3);
  forget_requests();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 122);
  for (const std::string& id : gone) EXPECT_EQ(requests("/annotations/" + id).size(), 1U) << id;
  EXPECT_EQ(mirror->rows("SELECT entity_id FROM changes WHERE op = 'delete' ORDER BY entity_id"),
            gone);
}

TEST_F(Promise3DeletesOnlyWhatIsGone, ARowThatSlippedBetweenPagesIsKept) {
  serve({"--max-page", "50"});
  const auto mirror = this->mirror(kKeypoints, "read_timeout = \"1s\"");
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kKeypoints);
  fault(R"({"match":"/annotations?","nth":2,"fault":"stall"})");
  forget_requests();
  const auto sync = mirror->start({"sync"});
  while (sync->running() && requests("/annotations?").size() < 2) std::this_thread::yield();
  remove("annotations", id_of(lines[0]));  // of the first page, which the mirror has
  const Ended ended = sync->wait();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(requests("/annotations/" + id_of(lines[50])).size(), 1U);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 125);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->rows("SELECT entity_id FROM changes WHERE sync_id > 1"),
            (std::vector<std::string>{id_of(lines[0])}));
}

TEST_F(Promise3DeletesOnlyWhatIsGone, AnEmptyListingOfRowsThatExistByIdDeletesNothing) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump();
  fault(R"({"match":"/annotations?","fault":"huge","bytes":100})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(mirror->dump() == before);
}

// Of each kind that can be asked for by id.
TEST_F(Promise3DeletesOnlyWhatIsGone, EveryKindThatIsListedEmptyIsAskedForById) {
  serve();
  for (const std::string kind :
       {"workflows", "deployments", "sequences", "runs", "artifacts", "assets", "annotations"}) {
    SCOPED_TRACE(kind);
    clear_faults();
    put(kind, "x", R"({"id":"x","projectId":")" + std::string(kKeypoints) + R"("})");
    const auto mirror = this->mirror(kKeypoints);
    ASSERT_EQ(mirror->sync().status, 0);
    const std::string before = mirror->dump();
    ASSERT_GT(mirror->number("SELECT count(*) FROM " + kind), 0);
    forget_requests();
    // The listing alone, and not what is asked for by id.
    fault(R"j({"match":"/)j" + kind + R"j(([?]|$)","fault":"huge","bytes":100})j");
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_FALSE(requests("/" + kind + "/").empty());
    EXPECT_TRUE(mirror->dump() == before);
  }
}

TEST_F(Promise3DeletesOnlyWhatIsGone, AWrongListingOfManyRowsIsRefusedEvenWithPermission) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump();
  fault(R"({"match":"/annotations?","fault":"huge","bytes":100})");
  const Ended ended = mirror->sync({"--allow-mass-delete"});
  EXPECT_EQ(ended.status, 6) << ended.err;
  EXPECT_TRUE(mirror->dump() == before);
}

TEST_F(Promise3DeletesOnlyWhatIsGone, ARowWhoseFateIsUnknownIsKept) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto gone = remove_annotations(kKeypoints, 2);
  fault(R"({"match":"/annotations/)" + gone[0] + R"(","nth":0,"fault":"status","status":500})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(
      mirror->rows("SELECT id FROM annotations WHERE id IN ('" + gone[0] + "', '" + gone[1] + "')"),
      (std::vector<std::string>{gone[0]}));
  clear_faults();
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 123);
}

TEST_F(Promise3DeletesOnlyWhatIsGone, AListingThatWasCutShortDeletesNothing) {
  serve({"--max-page", "50"});
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  remove_annotations(kKeypoints, 2);
  fault(R"({"match":"/annotations?","nth":2,"times":0,"fault":"status","status":500})");
  EXPECT_NE(mirror->sync().status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 125);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM changes WHERE op = 'delete'"), 0);
  clear_faults();
  EXPECT_EQ(mirror->sync().status, 0);
}

TEST_F(Promise3DeletesOnlyWhatIsGone, AMassOfRowsIsDeletedOnlyWithPermission) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  remove_annotations(kKeypoints, 100);
  const std::string line = corpus_line("annotations", kBloodCells);
  put("annotations", id_of(line), replaced(line, "\"tag\":\"RBC\"", "\"tag\":\"WBC\""));
  const Ended refused = mirror->sync();
  EXPECT_EQ(refused.status, 6) << refused.err;
  EXPECT_NE(refused.err.find("--allow-mass-delete"), std::string::npos);
  EXPECT_NE(refused.err.find("100 of 125"), std::string::npos);
  EXPECT_NE(refused.err.find("annotations"), std::string::npos);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations WHERE project_id = '" +
                           std::string(kKeypoints) + "'"),
            125);
  EXPECT_EQ(mirror->value("SELECT tag FROM annotations WHERE id = '" + id_of(line) + "'"), "WBC")
      << "all else is brought up to date";
  EXPECT_EQ(mirror->value("SELECT result FROM syncs WHERE id = 2"), "refused");
  const Ended allowed = mirror->sync({"--allow-mass-delete"});
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations WHERE project_id = '" +
                           std::string(kKeypoints) + "'"),
            25);
}

TEST_F(Promise3DeletesOnlyWhatIsGone, TwentyRowsAreNoMass) {
  const auto mirror = this->mirror(kKeypoints, "", "max_delete_fraction = 0.01");
  ASSERT_EQ(mirror->sync().status, 0);
  remove_annotations(kKeypoints, 20);
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 105);
}

TEST_F(Promise3DeletesOnlyWhatIsGone, AVanishedProjectKeepsItsRowsUntilItComesBack) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump();
  const std::string removed =
      "SELECT removed_at IS NOT NULL FROM projects WHERE id = '" + std::string(kKeypoints) + "'";
  remove("projects", kKeypoints);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("coco-fake-person-keypoints"), std::string::npos) << "no warning";
  EXPECT_EQ(mirror->value(removed), "1");
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations WHERE project_id = '" +
                           std::string(kKeypoints) + "'"),
            125);
  put("projects", kKeypoints, corpus_line("projects", kKeypoints));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value(removed), "0");
  EXPECT_TRUE(mirror->dump() == before);
}

TEST_F(Promise3DeletesOnlyWhatIsGone, AProjectThatTheConfigurationLeavesOutIsNotTouched) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump();
  remove_annotations(kBloodCells, 5);
  mirror->configure(settings(kKeypoints));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == before);
}

}  // namespace
}  // namespace nexus_mirror::testing
