// CONTRACT.md 3 and 4.1: an id is one of a project; two projects that hold the same ids have rows
// of their own.
#include <fstream>

#include "support/mirror_run.h"
#include "support/small_workspace.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTwin = "proj_00000000000000000000000000007777";

class Promise1ExactIds : public PromiseTest {
 protected:
  // The small workspace, with every object of its project in another one, too.
  void SetUp() override {
    write_small_workspace(folder_.path(), false);
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().extension() != ".ndjson") continue;
      std::ifstream in(entry.path());
      std::string lines;
      for (std::string line; std::getline(in, line);) {
        lines += line + "\n" + replaced(line, kSmallProject, kTwin) + "\n";
      }
      in.close();
      std::ofstream(entry.path()) << lines;
    }
    serve({}, folder_.path());
  }

  static std::string of(const std::string& project) {
    return " WHERE project_id = '" + project + "'";
  }

  TemporaryFolder folder_;
};

TEST_F(Promise1ExactIds, TwoProjectsOfTheSameIdsHaveRowsOfTheirOwn) {
  const auto mirror = this->mirror();
  Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  for (const std::string table : {"assets", "asset_groups", "annotations", "workflows", "runs",
                                  "run_logs", "insights", "artifacts", "artifact_files", "models",
                                  "deployments", "deployment_versions", "tags", "project_users"}) {
    const std::string count = "SELECT count(*) FROM " + table;
    EXPECT_EQ(mirror->value(count + of(kSmallProject)), mirror->value(count + of(kTwin))) << table;
    EXPECT_EQ(mirror->number(count), 2 * mirror->number(count + of(kTwin))) << table;
  }
  EXPECT_EQ(mirror->number("SELECT count(*) FROM assets" + of(kTwin)), 9);
  EXPECT_GT(mirror->number("SELECT count(*) FROM annotations" + of(kTwin)), 0);
  const std::string before = mirror->dump();
  ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(
      mirror->value("SELECT rows_inserted, rows_updated, rows_deleted FROM syncs WHERE id = 2"),
      "0|0|0");
  EXPECT_EQ(mirror->dump(), before);
}

TEST_F(Promise1ExactIds, JoinsStayWithinAProject) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  for (const char* view : {"annotation_boxes", "model_links"}) {
    const std::string count = std::string("SELECT count(*) FROM ") + view;
    EXPECT_GT(mirror->number(count), 0) << view;
    EXPECT_EQ(mirror->number(count), 2 * mirror->number(count + of(kTwin))) << view;
  }
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotation_boxes"),
            mirror->number("SELECT count(*) FROM annotations WHERE xmin IS NOT NULL"));
  const auto read = [&](const std::string& project) {
    std::ifstream in(mirror->folder() / "exports" / project / "annotations/keypoints_coco" /
                     "annotations.json");
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_NE(read(kSmallProject), "");
  EXPECT_EQ(read(kSmallProject), read(kTwin));
}

TEST_F(Promise1ExactIds, WhatGoesFromOneStaysInTheOther) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string id = mirror->value("SELECT min(asset_id) FROM asset_groups");
  const std::string asset = "SELECT count(*) FROM assets WHERE id = '" + id + "'";
  remove("assets", std::string(kTwin) + ":" + id);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value(asset + " AND project_id = '" + kTwin + "'"), "0");
  EXPECT_EQ(mirror->value(asset), "1");
  EXPECT_EQ(
      mirror->rows("SELECT DISTINCT project_id FROM asset_groups WHERE asset_id = '" + id + "'"),
      (std::vector<std::string>{kSmallProject}));
  EXPECT_EQ(mirror->rows("SELECT op, project_id FROM changes WHERE sync_id = 2 AND entity = "
                         "'assets'"),
            (std::vector<std::string>{std::string("delete|") + kTwin}));
}

}  // namespace
}  // namespace nexus_mirror::testing
