// CONTRACT.md 4.6: a kind that the server does not give to this key is left out, and nothing else
// waits for it.
#include <filesystem>
#include <fstream>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class Promise6LeftOut : public PromiseTest {
 protected:
  void refuse(const std::string& path, int status) {
    fault(R"({"match":")" + path + R"(","nth":0,"fault":"status","status":)" +
          std::to_string(status) + "}");
  }
};

// A listing's path, and the table whose rows it holds.
constexpr std::pair<const char*, const char*> kListings[] = {
    {"/users", "project_users"},       {"/ontologies", "ontologies"},
    {"/workflows", "workflows"},       {"/runs", "runs"},
    {"/insights", "insights"},         {"/artifacts", "artifacts"},
    {"/deployments", "deployments"},   {"/sequences", "sequences"},
    {"/assetgroups", "project_groups"}};

TEST_F(Promise6LeftOut, AKindThatIsNotGivenHoldsNothingUp) {
  for (const auto& [path, table] : kListings) {
    for (const int status : {402, 403, 404, 405}) {
      SCOPED_TRACE(std::string(path) + " " + std::to_string(status));
      const auto mirror = this->mirror(kKeypoints);
      clear_faults();
      refuse(path, status);
      const Ended ended = mirror->sync();
      EXPECT_EQ(ended.status, 0) << ended.err;
      EXPECT_NE(ended.err.find(std::string(table) + " are left out"), std::string::npos)
          << ended.err;
      EXPECT_EQ(mirror->value("SELECT result, error FROM syncs"), "ok|NULL");
      EXPECT_EQ(mirror->number("SELECT count(*) FROM assets"), 99);
      EXPECT_TRUE(fs::exists(mirror->folder() / "exports" / kKeypoints /
                             "annotations/keypoints_coco/annotations.json"));
      const Ended shown = mirror->run({"status", "--json"});
      EXPECT_NE(shown.out.find(R"({"entity":")" + std::string(table) + R"(","reason":)"),
                std::string::npos)
          << shown.out;
      EXPECT_NE(shown.out.find("answered " + std::to_string(status)), std::string::npos);
    }
  }
}

TEST_F(Promise6LeftOut, ItsRowsStayAndItComesBack) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string whole = mirror->dump();
  for (const auto& [path, table] : kListings) refuse(path, 403);
  refuse("/confusionMatrix", 405);
  const std::string run_log = mirror->value("SELECT count(*) FROM run_logs");
  Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror->rows("SELECT * FROM changes WHERE sync_id = 2"), std::vector<std::string>{});
  EXPECT_EQ(mirror->value("SELECT count(*) FROM run_logs"), run_log);
  const std::string left_out = "SELECT entity FROM left_out ORDER BY 1";
  EXPECT_EQ(mirror->rows(left_out),
            (std::vector<std::string>{"artifacts", "deployments", "insights", "models",
                                      "ontologies", "project_groups", "project_users", "run_logs",
                                      "run_matrices", "runs", "sequences", "workflows"}));
  const Ended shown = mirror->run({"status"});
  EXPECT_NE(shown.out.find("workflows are left out, the server answered 403"), std::string::npos)
      << shown.out;
  clear_faults();
  ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror->rows(left_out), std::vector<std::string>{});
  EXPECT_EQ(mirror->dump(), whole);
}

TEST_F(Promise6LeftOut, WhatTheLabelsAreMadeOfIsNotLeftOut) {
  for (const char* path : {"/tags", "/assets", "/annotations"}) {
    const auto mirror = this->mirror(kKeypoints);
    clear_faults();
    refuse(path, 403);
    EXPECT_EQ(mirror->sync().status, 1) << path;
    EXPECT_EQ(mirror->rows("SELECT entity FROM left_out"), std::vector<std::string>{}) << path;
  }
}

TEST_F(Promise6LeftOut, LogsAndMatricesApartFromTheirRuns) {
  const auto mirror = this->mirror(kKeypoints);
  refuse("/runs/logs/", 403);
  refuse("/confusionMatrix", 402);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_GT(mirror->number("SELECT count(*) FROM runs"), 0);
  EXPECT_EQ(mirror->rows("SELECT entity FROM left_out ORDER BY 1"),
            (std::vector<std::string>{"run_logs", "run_matrices"}));
  clear_faults();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_GT(mirror->number("SELECT count(*) FROM run_logs"), 0) << "they are read once given";
}

TEST_F(Promise6LeftOut, TheConfigurationSkipsKinds) {
  const auto mirror = this->mirror(
      kKeypoints, {}, R"(skip = ["runs", "artifacts", "sequences", "project_groups"])");
  forget_requests();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err.find("left out"), std::string::npos) << "it is no news: " << ended.err;
  for (const char* path : {"/runs", "/artifacts", "/sequences", "/assetgroups"}) {
    EXPECT_TRUE(requests(path).empty()) << path;
  }
  EXPECT_EQ(mirror->rows("SELECT entity || ': ' || reason FROM left_out WHERE entity = 'runs'"),
            (std::vector<std::string>{"runs: skipped by [sync] skip"}));
  EXPECT_EQ(mirror->number("SELECT count(*) FROM project_groups"), 1) << "as the project names it";
  EXPECT_EQ(mirror->number("SELECT count(*) FROM runs"), 0);
}

TEST_F(Promise6LeftOut, WhatIsSkippedKeepsItsRows) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  MirrorSettings settings = this->settings(kKeypoints);
  settings.sync = R"(skip = ["deployments", "models"])";
  mirror->configure(settings);
  const std::string models = mirror->value("SELECT count(*) FROM models");
  remove("models", mirror->value("SELECT min(id) FROM models"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM models"), models);
}

TEST_F(Promise6LeftOut, WhatCannotBeSkippedIsAnError) {
  for (const char* kind : {"assets", "annotations", "tags", "sequence", "changes"}) {
    const auto mirror = this->mirror(kKeypoints, {}, "skip = [\"" + std::string(kind) + "\"]");
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 2) << kind;
    EXPECT_NE(ended.err.find("skip"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find(kind), std::string::npos) << ended.err;
  }
}

// ndjson holds every kind: a file that is not there says nothing of its kind, an empty one would
// say that there is none.
TEST_F(Promise6LeftOut, TheLosslessExportSaysWhatItLacks) {
  serve();
  MirrorSettings settings = this->settings(kKeypoints);
  settings.tables = "[[export]]\nformats = [\"ndjson\"]";
  Mirror mirror(settings);
  refuse("/workflows", 402);
  ASSERT_EQ(mirror.sync().status, 0);
  const fs::path project = mirror.folder() / "exports" / kKeypoints;
  EXPECT_TRUE(fs::exists(project / "annotations/ndjson/assets.ndjson"));
  EXPECT_FALSE(fs::exists(project / "annotations/ndjson/workflows.ndjson"));
  EXPECT_NE(file_bytes(project / "manifest.json").find(R"("left_out":[{"entity":"workflows")"),
            std::string::npos);
  clear_faults();
  ASSERT_EQ(mirror.sync().status, 0);
  EXPECT_TRUE(fs::exists(project / "annotations/ndjson/workflows.ndjson"));
  EXPECT_NE(file_bytes(project / "manifest.json").find(R"("left_out":[])"), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::testing
