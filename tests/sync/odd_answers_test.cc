// The program beside a server that answers in ways that are not documented.
#include <gtest/gtest.h>

#include <string>

#include "support/odd_nexus.h"

namespace nexus_mirror::testing {
namespace {

OddNexus::Answers odd_answers() {
  return {
      {"/workspace", R"({"id":"ws","name":"\udc00"})"},
      {"/workspace/projects",
       R"([{"id":"p","name":"half \ud83d","type":"ObjectDetection","tags":["car"],)"
       R"("statistic":{"tagsCount":[{"count":4},{"name":"van","count":2},{"name":"bus"}]}}])"},
      {"/projects/p/assetgroups",
       R"([{"statistic":{"totalAssets":1}},{"group":"b","statistic":{"totalAssets":2}},)"
       R"({"group":"a"},{"group":"c","statistic":{"totalAssets":"many"}}])"},
      {"/projects/p/assets",
       R"({"data":[{"id":"a/?#","filename":"\ud800.png","metadata":{"groups":["y","x"]},)"
       R"("statistic":{"tagsCount":[{"name":"b","count":1},{"name":"a","count":1}],)"
       R"("totalAnnotations":1}}]})"},
      {"/projects/p/annotations",
       R"({"data":[{"id":"n","assetId":"a/?#","bound":{"\udfff":1},"attributes":)"
       R"([{"name":"\ud800","value":{"asset_id":1}}]}]})"},
      {"/projects/p/runs", R"([{"id":"r","logIds":["l"],"status":{"overview":"Finished"}}])"},
      {"/projects/p/runs/logs/l", R"({"logs":["\ud800",{"ev":"e","t":0.5}]})"},
      {"/projects/p/runs/r/confusionMatrix", R"({"data":"[\"\\ud800\"]"})"},
      {"/projects/p/artifacts", R"([{"id":"x","files":[{"name":"g"},{"name":"f"}]}])"},
      {"/projects/p/deployments",
       R"([{"id":"d","historyVersions":[{"versionTag":"2"},{"versionTag":"1"}]}])"},
  };
}

TEST(OddAnswersTest, AreMirrored) {
  const OddNexus nexus(odd_answers());
  const Mirror mirror(settings_of(nexus));
  const Ended ended = mirror.sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("it has no name"), std::string::npos) << ended.err;
  EXPECT_EQ(mirror.value("SELECT name FROM projects"), "half \xef\xbf\xbd");
  EXPECT_EQ(mirror.value("SELECT group_concat(name || ifnull(total_assets, '-'), ' ') FROM "
                         "(SELECT * FROM project_groups ORDER BY position)"),
            "a- b2");
  EXPECT_EQ(mirror.value("SELECT group_concat(name, ' ') FROM "
                         "(SELECT name FROM project_tags ORDER BY position)"),
            "car bus van");
  EXPECT_EQ(mirror.value("SELECT filename FROM assets"), "\xef\xbf\xbd.png");
  EXPECT_EQ(mirror.value("SELECT bound || ifnull(xmin, '-') FROM annotations"),
            "{\"\xef\xbf\xbd\":1}-");
  EXPECT_EQ(mirror.rows("SELECT t, pl FROM run_logs ORDER BY position"),
            (std::vector<std::string>{"NULL|\"\xef\xbf\xbd\"", "0.5|NULL"}));
  EXPECT_EQ(mirror.value("SELECT data FROM run_matrices"), R"(["\ufffd"])");
}

TEST(OddAnswersTest, ListsTurnedRoundAreNoChange) {
  OddNexus nexus(odd_answers());
  const Mirror mirror(settings_of(nexus));
  ASSERT_EQ(mirror.sync().status, 0);
  const auto changes = mirror.rows("SELECT * FROM changes");
  const std::string rows = mirror.dump();
  const auto turn = [&](const std::string& path, const std::string& from, const std::string& to) {
    std::string& body = nexus.answers().at(path);
    body = replaced(body, from, to);
  };
  turn("/workspace/projects", R"({"name":"van","count":2},{"name":"bus"})",
       R"({"name":"bus"},{"name":"van","count":2})");
  turn("/projects/p/assetgroups", R"({"group":"b","statistic":{"totalAssets":2}},{"group":"a"})",
       R"({"group":"a"},{"group":"b","statistic":{"totalAssets":2}})");
  turn("/projects/p/assets", R"("y","x")", R"("x","y")");
  turn("/projects/p/assets", R"({"name":"b","count":1},{"name":"a","count":1})",
       R"({"name":"a","count":1},{"name":"b","count":1})");
  turn("/projects/p/artifacts", R"({"name":"g"},{"name":"f"})", R"({"name":"f"},{"name":"g"})");
  turn("/projects/p/deployments", R"({"versionTag":"2"},{"versionTag":"1"})",
       R"({"versionTag":"1"},{"versionTag":"2"})");
  const Ended ended = mirror.sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror.dump(), rows);
  EXPECT_EQ(mirror.rows("SELECT * FROM changes"), changes);
}

// Brackets, blanks and what else a strict gateway refuses in a target.
TEST(OddAnswersTest, NothingIsAskedForThatAStrictGatewayRefuses) {
  OddNexus nexus(odd_answers());
  const Mirror mirror(settings_of(nexus));
  ASSERT_EQ(mirror.sync().status, 0);
  std::string& assets = nexus.answers().at("/projects/p/assets");
  assets = replaced(assets, R"("totalAnnotations":1)", R"("totalAnnotations":2)");
  ASSERT_EQ(mirror.sync({"--quick"}).status, 0);
  bool by_asset = false;
  for (const std::string& request : nexus.server().requests()) {
    const std::string line = request.substr(0, request.find("\r\n"));
    const std::size_t begin = line.find(' ') + 1;
    const std::string target = line.substr(begin, line.rfind(' ') - begin);
    EXPECT_EQ(target.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-._~/?=&%"),
              std::string::npos)
        << target;
    by_asset = by_asset || target.find("assetId%5B%5D=a%2F%3F%23") != std::string::npos;
  }
  EXPECT_TRUE(by_asset);
}

}  // namespace
}  // namespace nexus_mirror::testing
