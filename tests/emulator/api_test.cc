#include "emulator/api.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace nexus_mirror::emulator {
namespace {

constexpr std::int64_t kNow = 1706177364000;  // 2024-01-25T10:09:24Z

const char* const kProject =
    R"({"id":"proj_1","object":"project","name":"cells","workspaceId":"ws_1",)"
    R"("type":"ObjectDetection","createDate":1,"localization":"MULTI","tags":["a"],)"
    R"("groups":["main","val"],"statistic":null})";

std::string asset_text(const std::string& id, const std::string& filename,
                       const std::string& status, const std::string& groups) {
  return R"({"id":")" + id + R"(","projectId":"proj_1","filename":")" + filename +
         R"(","status":")" + status + R"(","createDate":5,"url":"","metadata":{"groups":)" +
         groups + "}}";
}

std::string annotation_text(const std::string& id, const std::string& asset) {
  return R"({"id":")" + id + R"(","projectId":"proj_1","assetId":")" + asset +
         R"(","tag":"a","boundType":"Rectangle","bound":[[0.1,0.2]],)" +
         R"("attributes":[{"id":"attri_1","name":"n","value":{"createDate":1}}],"createDate":2})";
}

void fill(Catalog& catalog) {
  catalog.put(ObjectKind::workspace, "", R"({"id":"ws_1","name":"w"})");
  catalog.put(ObjectKind::projects, "proj_1", kProject);
  const char* const statuses[] = {"Annotated", "Review", "Completed", "Tofix", "None", "None"};
  for (int i = 0; i < 6; ++i) {
    const std::string number = std::to_string(i);
    catalog.put(ObjectKind::assets, "asset_" + number,
                asset_text("asset_" + number, "image " + number + "/x.jpg", statuses[i],
                           i % 2 == 0 ? R"(["main"])" : R"(["main","extra"])"));
    catalog.put(ObjectKind::annotations, "annot_" + number,
                annotation_text("annot_" + number, "asset_" + std::to_string(i % 2)));
  }
  catalog.put(ObjectKind::tags, "proj_1:10", R"({"projectId":"proj_1","index":10,"name":"b"})");
  catalog.put(ObjectKind::tags, "proj_1:9", R"({"projectId":"proj_1","index":9,"name":"a"})");
  catalog.put(ObjectKind::runs, "run_1", R"({"id":"run_1","projectId":"proj_1"})");
  for (const char* const id : {"artifact_1", "artifact_2"}) {
    catalog.put(ObjectKind::artifacts, id,
                R"({"id":")" + std::string(id) + R"(","projectId":"proj_1","runId":")" +
                    (id == std::string("artifact_1") ? "run_1" : "run_2") + R"("})");
  }
  catalog.put(ObjectKind::models, "model_1",
              R"({"id":"model_1","artifactId":"artifact_1","status":"Finished"})");
  catalog.put(ObjectKind::models, "model_2",
              R"({"id":"model_2","artifactId":"artifact_1","status":"Queued"})");
}

rapidjson::Document json_of(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError()) throw std::runtime_error("no JSON: " + text);
  return document;
}

std::vector<std::string> ids_of(const rapidjson::Value& rows) {
  std::vector<std::string> ids;
  for (const auto& row : rows.GetArray()) ids.emplace_back(row["id"].GetString());
  return ids;
}

using Ids = std::vector<std::string>;

class EmulatorApiTest : public ::testing::Test {
 protected:
  EmulatorApiTest() { fill(catalog_); }

  Reply get(const std::string& target) { return ask("GET", target); }
  Reply ask(const std::string& method, const std::string& target, const std::string& body = "") {
    return api_.answer(ApiRequest(method, target, body, kNow));
  }
  rapidjson::Document json(const std::string& target) {
    const Reply reply = get(target);
    EXPECT_EQ(reply.status, 200) << target << reply.body;
    return json_of(reply.body);
  }
  Ids ids(const std::string& target) {
    const rapidjson::Document document = json(target);
    return ids_of(document.IsArray() ? document : document["data"]);
  }

  Catalog catalog_{Dialect::v2};
  ExportJobs jobs_{catalog_, 1};
  ArchivePlan archives_;
  LinkSigner signer_{"http://127.0.0.1:1", 86400, 1};
  Api api_{catalog_, jobs_, archives_, signer_, 4};
};

TEST_F(EmulatorApiTest, PagesFollowOneAnotherToTheEndAndBack) {
  const std::string path = "/projects/proj_1/annotations?limit=4";
  const rapidjson::Document first = json(path);
  EXPECT_EQ(ids_of(first["data"]), (Ids{"annot_0", "annot_1", "annot_2", "annot_3"}));
  EXPECT_TRUE(first["prevPage"].IsNull());
  const rapidjson::Document second = json(path + "&page=" + first["nextPage"].GetString());
  EXPECT_EQ(ids_of(second["data"]), (Ids{"annot_4", "annot_5"}));
  EXPECT_TRUE(second["nextPage"].IsNull());
  const rapidjson::Document back = json(path + "&page=" + second["prevPage"].GetString());
  EXPECT_EQ(ids_of(back["data"]).front(), "annot_0");
}

TEST_F(EmulatorApiTest, ALimitIsCutDownToTheLargestPage) {
  EXPECT_EQ(ids("/projects/proj_1/assets?limit=1000").size(), 4U);
  EXPECT_EQ(ids("/projects/proj_1/assets").size(), 4U);
  for (const char* const limit : {"0", "-1", "ten", "1x"}) {
    EXPECT_EQ(get(std::string("/projects/proj_1/assets?limit=") + limit).status, 400) << limit;
  }
}

TEST_F(EmulatorApiTest, ACursorIsGoodForItsListingOnly) {
  const rapidjson::Document first = json("/projects/proj_1/assets?limit=2");
  const std::string cursor = first["nextPage"].GetString();
  EXPECT_EQ(get("/projects/proj_1/assets?limit=1&page=" + cursor).status, 200);
  EXPECT_EQ(get("/projects/proj_1/annotations?limit=2&page=" + cursor).status, 400);
  EXPECT_EQ(get("/projects/proj_1/assets?status=None&page=" + cursor).status, 400);
  std::string damaged = cursor;
  damaged[5] = damaged[5] == '0' ? '1' : '0';
  const Reply reply = get("/projects/proj_1/assets?page=" + damaged);
  EXPECT_EQ(reply.status, 400);
  EXPECT_STREQ(json_of(reply.body)["code"].GetString(), "BadRequestError");
}

TEST_F(EmulatorApiTest, RowsSlipBetweenPagesWhenDataChanges) {
  const rapidjson::Document first = json("/projects/proj_1/annotations?limit=2");
  catalog_.erase(ObjectKind::annotations, "annot_0");
  EXPECT_EQ(ids(std::string("/projects/proj_1/annotations?limit=2&page=") +
                first["nextPage"].GetString()),
            (Ids{"annot_3", "annot_4"}));
}

TEST_F(EmulatorApiTest, ACursorBehindTheEndGivesAnEmptyLastPage) {
  const rapidjson::Document first = json("/projects/proj_1/annotations?limit=4");
  for (int i = 0; i < 4; ++i) catalog_.erase(ObjectKind::annotations, "annot_" + std::to_string(i));
  const rapidjson::Document second = json(
      std::string("/projects/proj_1/annotations?limit=4&page=") + first["nextPage"].GetString());
  EXPECT_TRUE(second["data"].Empty());
  EXPECT_TRUE(second["nextPage"].IsNull());
}

TEST_F(EmulatorApiTest, ARepeatedCursorPointsAtItsOwnPage) {
  const std::string path = "/projects/proj_1/annotations?limit=2";
  const auto repeat = [&](const std::string& target) {
    return json_of(api_.answer(ApiRequest("GET", target, "", kNow), true).body);
  };
  const std::string cursor = repeat(path)["nextPage"].GetString();
  EXPECT_EQ(ids(path + "&page=" + cursor), ids(path));
  EXPECT_EQ(repeat(path + "&page=" + cursor)["nextPage"].GetString(), cursor);
}

TEST_F(EmulatorApiTest, AssetsAreFilteredByGroupStatusAndFilename) {
  const std::string assets = "/projects/proj_1/assets?";
  EXPECT_EQ(ids(assets + "group[]=extra"), (Ids{"asset_1", "asset_3", "asset_5"}));
  EXPECT_EQ(ids(assets + "group%5B%5D=extra&group%5B%5D=other").size(), 3U);
  EXPECT_EQ(ids(assets + "group[]=other"), Ids{});
  EXPECT_EQ(ids(assets + "status=None"), (Ids{"asset_4", "asset_5"}));
  EXPECT_EQ(ids(assets + "status=to-fix"), (Ids{"asset_3"}));
  EXPECT_EQ(ids(assets + "filename=image%202%2Fx.jpg"), (Ids{"asset_2"}));
  EXPECT_EQ(ids(assets + "group[]=extra&status=none"), (Ids{"asset_5"}));
}

TEST_F(EmulatorApiTest, AnnotationsAreFilteredByAsset) {
  EXPECT_EQ(ids("/projects/proj_1/annotations?assetId[]=asset_1"),
            (Ids{"annot_1", "annot_3", "annot_5"}));
  EXPECT_EQ(ids("/projects/proj_1/annotations?assetId[]=asset_1&assetId[]=asset_0&limit=2"),
            (Ids{"annot_0", "annot_1"}));
  EXPECT_EQ(ids("/projects/proj_1/annotations?assetId[]=asset_9"), Ids{});
}

TEST_F(EmulatorApiTest, AttributesComeWhenAskedFor) {
  EXPECT_EQ(get("/projects/proj_1/annotations/annot_0?includeAttributes=true").body,
            annotation_text("annot_0", "asset_0"));
  const rapidjson::Document without = json("/projects/proj_1/annotations/annot_0");
  EXPECT_FALSE(without.HasMember("attributes"));
  EXPECT_EQ(without["createDate"].GetInt(), 2);
}

TEST_F(EmulatorApiTest, AnAssetIsFoundByIdAndByFilename) {
  EXPECT_STREQ(json("/projects/proj_1/assets/asset_3")["id"].GetString(), "asset_3");
  EXPECT_STREQ(json("/projects/proj_1/assets/image%203%2Fx.jpg")["id"].GetString(), "asset_3");
  EXPECT_EQ(get("/projects/proj_1/assets/asset_7").status, 404);
}

TEST_F(EmulatorApiTest, LinksAreSignedAnewAtEveryCall) {
  const std::string first = json("/projects/proj_1/assets/asset_0")["url"].GetString();
  const std::string second = json("/projects/proj_1/assets/asset_0")["url"].GetString();
  EXPECT_NE(first, second);
  EXPECT_EQ(first.substr(0, first.find('?')),
            "http://127.0.0.1:1/nexus-emulator/proj_1/assets/asset_0");
  EXPECT_EQ(first.substr(0, first.find('?')), second.substr(0, second.find('?')));
  EXPECT_NE(first.find("&X-Goog-Date=20240125T100924Z&X-Goog-Expires=86400&"), std::string::npos);
}

TEST_F(EmulatorApiTest, ALinkWithAQueryIsLeftAlone) {
  catalog_.put(ObjectKind::assets, "asset_0",
               R"({"id":"asset_0","projectId":"proj_1","url":"https://x.test/a?b=1"})");
  EXPECT_STREQ(json("/projects/proj_1/assets/asset_0")["url"].GetString(), "https://x.test/a?b=1");
}

// What else the data says is where the file lies at the emulator's own storage.
TEST_F(EmulatorApiTest, AnyOtherLinkLeadsToTheStorage) {
  const std::string own = "http://127.0.0.1:1/nexus-emulator/proj_1/assets/asset_0";
  for (const auto& [url, base] :
       {std::pair<std::string, std::string>{"https://x.test/b/v2/a%20b.jpg",
                                            own + "/b/v2/a%20b.jpg"},
        {"https://x.test", own},
        {"http://127.0.0.1:9/nexus-emulator/proj_1/assets/asset_0/v2", own + "/v2"}}) {
    catalog_.put(ObjectKind::assets, "asset_0",
                 R"({"id":"asset_0","projectId":"proj_1","url":")" + url + "\"}");
    const std::string link = json("/projects/proj_1/assets/asset_0")["url"].GetString();
    EXPECT_EQ(link.substr(0, link.find('?')), base) << url;
  }
}

TEST_F(EmulatorApiTest, FinishedModelsHaveADownload) {
  const rapidjson::Document models = json("/projects/proj_1/artifacts/artifact_1/exports");
  ASSERT_EQ(ids_of(models), (Ids{"model_1", "model_2"}));
  EXPECT_EQ(models[0]["download"]["expiryDate"].GetInt64(), kNow + 86400000);
  EXPECT_STREQ(models[0]["download"]["method"].GetString(), "GET");
  EXPECT_FALSE(models[1].HasMember("download"));
}

TEST_F(EmulatorApiTest, ArtifactsBringTheirExportsWhenAskedTo) {
  EXPECT_FALSE(json("/projects/proj_1/artifacts")[0].HasMember("exports"));
  const rapidjson::Document with = json("/projects/proj_1/artifacts?includeExports=true");
  EXPECT_EQ(with[0]["exports"].Size(), 2U);
  EXPECT_EQ(with[1]["exports"].Size(), 0U);
  EXPECT_EQ(ids("/projects/proj_1/artifacts?runId[]=run_2"), (Ids{"artifact_2"}));
  const rapidjson::Document one = json("/projects/proj_1/artifacts/artifact_1?includeExports=true");
  EXPECT_EQ(one["exports"].Size(), 2U);
}

TEST_F(EmulatorApiTest, AWorkspaceHasTheArtifactsOfItsProjects) {
  EXPECT_EQ(ids("/workspaces/ws_1/artifacts"), (Ids{"artifact_1", "artifact_2"}));
  EXPECT_EQ(ids("/workspaces/ws_1/artifacts?runId[]=run_2&runId[]=none"), (Ids{"artifact_2"}));
  EXPECT_EQ(get("/workspaces/ws_2/artifacts").status, 404);
}

TEST_F(EmulatorApiTest, AnAccountWithoutTheseThingsSaysSo) {
  EXPECT_EQ(get("/workspaces/ws_1/runners").body, "[]");
  for (const char* const path :
       {"objects", "predictions", "batch/jobs", "batch/datasets", "batch/webhooks"}) {
    const std::string target = "/projects/proj_1/" + std::string(path);
    EXPECT_EQ(get(target + "?limit=2").body, R"({"nextPage":null,"prevPage":null,"data":[]})");
    EXPECT_EQ(get(target + "?page=other").status, 400) << path;
  }
  for (const char* const path :
       {"batch/jobs/batchjob_1", "batch/jobs/batchjob_1/logs",
        "artifacts/none/availableInstances/regions/us", "assets/none/customMetadatas"}) {
    EXPECT_EQ(get("/projects/proj_1/" + std::string(path)).status, 404) << path;
  }
  EXPECT_EQ(get("/projects/proj_1/assets/asset_0/customMetadatas").body,
            R"({"customMetadatas":[]})");
  EXPECT_EQ(get("/projects/proj_1/artifacts/artifact_1/availableInstances/regions/*").body,
            R"({"artifactId":"artifact_1","region":"*","availableInstances":[]})");
}

TEST_F(EmulatorApiTest, SequencesAreFilteredByName) {
  for (const char* const name : {"a", "b"}) {
    catalog_.put(ObjectKind::sequences, std::string("sequence_") + name,
                 R"({"id":"sequence_)" + std::string(name) + R"(","projectId":"proj_1","name":")" +
                     name + R"( & \"ü\""})");
  }
  EXPECT_EQ(ids("/projects/proj_1/sequences"), (Ids{"sequence_a", "sequence_b"}));
  EXPECT_EQ(ids("/projects/proj_1/sequences?name=b%20%26%20%22%C3%BC%22"), (Ids{"sequence_b"}));
  EXPECT_EQ(ids("/projects/proj_1/sequences?name=b"), Ids{});
}

TEST_F(EmulatorApiTest, GroupsAreCountedFromTheAssets) {
  EXPECT_EQ(
      get("/projects/proj_1/assetgroups").body,
      R"([{"group":"main","statistic":{"totalAssets":6,"annotatedAssets":4,"reviewedAssets":1,)"
      R"("toFixedAssets":1,"completedAssets":1}},)"
      R"({"group":"val","statistic":{"totalAssets":0,"annotatedAssets":0,"reviewedAssets":0,)"
      R"("toFixedAssets":0,"completedAssets":0}},)"
      R"({"group":"extra","statistic":{"totalAssets":3,"annotatedAssets":2,"reviewedAssets":1,)"
      R"("toFixedAssets":1,"completedAssets":0}}])");
  EXPECT_EQ(json("/projects/proj_1/assetgroups?group[]=extra").Size(), 1U);
}

TEST_F(EmulatorApiTest, TagsStandInTheOrderOfTheirIndexWithoutTheirProject) {
  EXPECT_EQ(get("/projects/proj_1/tags").body,
            R"([{"index":9,"name":"a"},{"index":10,"name":"b"}])");
}

TEST_F(EmulatorApiTest, WhatIsListedIsFoundByItsId) {
  for (const auto& [kind, id] : {std::pair{ObjectKind::workflows, "flow_1"},
                                 {ObjectKind::sequences, "sequence_1"},
                                 {ObjectKind::deployments, "deploy_1"},
                                 {ObjectKind::annotations, "annot_0"},
                                 {ObjectKind::runs, "run_1"},
                                 {ObjectKind::artifacts, "artifact_1"}}) {
    catalog_.put(kind, id, R"({"id":")" + std::string(id) + R"(","projectId":"proj_1"})");
    const std::string list = "/projects/proj_1/" + std::string(name_of(kind).name);
    EXPECT_EQ(ids(list).front(), id);
    EXPECT_STREQ(json(list + "/" + id)["id"].GetString(), id);
    const Reply absent = get(list + "/none");
    EXPECT_EQ(absent.status, 404) << list;
    EXPECT_STREQ(json_of(absent.body)["code"].GetString(), "ResourceNotFoundError");
  }
}

TEST_F(EmulatorApiTest, AConfusionMatrixIsTheTextThatWasPut) {
  const std::string path = "/projects/proj_1/runs/run_1/confusionMatrix";
  EXPECT_EQ(get(path).status, 404);
  catalog_.put(ObjectKind::runmatrices, "run_1", R"({"runId":"run_1","data":"[[1, 0.50]]"})");
  EXPECT_EQ(get(path).body, R"({"data":"[[1, 0.50]]"})");
  EXPECT_TRUE(catalog_.erase(ObjectKind::runmatrices, "run_1"));
  EXPECT_EQ(get(path).status, 404);
}

TEST_F(EmulatorApiTest, AModelExportTakesTwoLooks) {
  const std::string path = "/projects/proj_1/artifacts/artifact_2/exports";
  const Reply started = ask("POST", path, R"({"format":"TFLite","quantization":"int8"})");
  ASSERT_EQ(started.status, 200) << started.body;
  const rapidjson::Document queued = json_of(started.body);
  EXPECT_STREQ(queued["status"].GetString(), "Queued");
  EXPECT_STREQ(queued["quantization"].GetString(), "int8");
  EXPECT_STREQ(json(path)[0]["status"].GetString(), "Running");
  const rapidjson::Document finished = json("/projects/proj_1/artifacts?includeExports=true");
  const rapidjson::Value& model = finished[1]["exports"][0];
  EXPECT_STREQ(model["status"].GetString(), "Finished");
  EXPECT_STREQ(model["id"].GetString(), queued["id"].GetString());
  EXPECT_TRUE(model.HasMember("download"));
  EXPECT_EQ(ask("POST", path, R"({"quantization":"int8"})").status, 400);
  EXPECT_EQ(ask("POST", path, "[]").status, 400);
  EXPECT_EQ(ask("POST", "/projects/proj_1/artifacts/none/exports", R"({"format":"a"})").status,
            404);
}

TEST_F(EmulatorApiTest, AnAnnotationExportTakesTwoLooks) {
  const Reply started = ask("POST", "/projects/proj_1/annotationexports", R"({"format":"coco"})");
  ASSERT_EQ(started.status, 200) << started.body;
  const std::string id = json_of(started.body)["id"].GetString();
  const rapidjson::Document running = json("/projects/proj_1/operations/" + id);
  EXPECT_STREQ(running["status"]["overview"].GetString(), "Running");
  EXPECT_EQ(running["status"]["progress"]["withStatus"]["Running"].GetInt(), 1);
  const rapidjson::Document ended = json("/projects/proj_1/annotationexports/" + id);
  EXPECT_STREQ(ended["opId"].GetString(), id.c_str());
  EXPECT_STREQ(ended["status"].GetString(), "Finished");
  EXPECT_TRUE(ended["download"].HasMember("url"));
}

TEST_F(EmulatorApiTest, UnknownPathsAndMethodsAreRefused) {
  for (const char* const target :
       {"/", "/projects", "/projects/proj_2", "/projects/proj_1/colors", "/workspace/users",
        "/projects/proj_1/runs/run_9", "/projects/proj_1/runs/logs/none"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
  EXPECT_EQ(ask("POST", "/projects/proj_1/assets").status, 405);
  EXPECT_EQ(ask("DELETE", "/workspace").status, 405);
  EXPECT_STREQ(json_of(get("/none").body)["code"].GetString(), "ResourceNotFoundError");
}

TEST_F(EmulatorApiTest, ADeletedProjectIsHidden) {
  EXPECT_EQ(ids("/workspace/projects"), (Ids{"proj_1"}));
  EXPECT_TRUE(catalog_.erase(ObjectKind::projects, "proj_1"));
  EXPECT_EQ(ids("/workspace/projects"), Ids{});
  EXPECT_EQ(get("/projects/proj_1/assets").status, 404);
  catalog_.put(ObjectKind::projects, "proj_1", kProject);
  EXPECT_EQ(ids("/projects/proj_1/assets?limit=2"), (Ids{"asset_0", "asset_1"}));
}

}  // namespace
}  // namespace nexus_mirror::emulator
