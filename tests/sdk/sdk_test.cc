// The official SDK's calls against the emulator, each answer decoded as strictly as the SDK does.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "sdk/sdk_types.h"
#include "sdk/strict_decoder.h"
#include "support/emulator_process.h"
#include "support/mirror_run.h"
#include "support/places.h"
#include "text/percent.h"

namespace nexus_mirror::testing {
namespace {

using rapidjson::Document;
using text::percent_encoded;

class SdkCalls : public ::testing::TestWithParam<const char*> {
 protected:
  SdkCalls()
      : emulator_({"--data", in_source(std::string("tests/") + GetParam()), "--secret-key", kKey,
                   "--max-page", "100"}) {}

  FetchedAnswer ask(const std::string& method, const std::string& target,
                    const std::string& body = {}) {
    return fetch(method, emulator_.url() + target,
                 {{"Secret-Key", kKey}, {"Content-Type", "application/json"}}, body);
  }

  // The answer to a call of the SDK, which must be decodable.
  Document call(const std::string& target, const std::string& type) {
    return decoded(ask("GET", target), target, type);
  }
  Document post(const std::string& target, const std::string& body, const std::string& type) {
    return decoded(ask("POST", target, body), target, type);
  }
  Document decoded(const FetchedAnswer& answer, const std::string& target,
                   const std::string& type) {
    EXPECT_EQ(answer.status, 200) << target << "\n" << answer.body;
    EXPECT_EQ(decoder_.error_in(answer.body, type), "") << target;
    Document document;
    document.Parse(answer.body.c_str(), answer.body.size());
    return document;
  }

  // The ids of all pages of a listing, as the SDK walks them.
  std::vector<std::string> walk(const std::string& path, const std::string& page_type,
                                const std::string& query = "limit=100") {
    std::vector<std::string> ids;
    std::string cursor;
    do {
      const Document page =
          call(path + "?" + query + (cursor.empty() ? "" : "&page=" + cursor), page_type);
      if (HasFailure()) return ids;
      for (const auto& row : page["data"].GetArray()) ids.emplace_back(row["id"].GetString());
      cursor = page["nextPage"].IsString() ? page["nextPage"].GetString() : "";
    } while (!cursor.empty());
    return ids;
  }

  std::vector<std::string> list(const std::string& path, const std::string& type) {
    std::vector<std::string> ids;
    const Document rows = call(path, "[" + type + "]");
    if (HasFailure()) return ids;
    for (const auto& row : rows.GetArray()) ids.emplace_back(row["id"].GetString());
    return ids;
  }

  void expect_error(const std::string& target, int status, const std::string& code) {
    const FetchedAnswer answer = ask("GET", target);
    EXPECT_EQ(answer.status, status) << target << answer.body;
    EXPECT_EQ(decoder_.error_in(answer.body, "ApiError"), "") << target;
    EXPECT_NE(answer.body.find("\"code\":\"" + code + "\""), std::string::npos) << answer.body;
  }

  std::vector<std::string> projects() { return list("/workspace/projects", "Project"); }

  StrictDecoder decoder_{kSdkTypes};
  EmulatorProcess emulator_;
};

INSTANTIATE_TEST_SUITE_P(BothCorpora, SdkCalls, ::testing::Values("corpus", "corpus-odd"),
                         [](const auto& corpus) {
                           return corpus.param == std::string("corpus") ? "corpus" : "odd";
                         });

TEST_P(SdkCalls, OfTheWorkspace) {
  const Document workspace = call("/workspace", "Workspace");
  const std::string path = "/workspaces/" + std::string(workspace["id"].GetString());
  const auto artifacts = list(path + "/artifacts", "Artifact");
  EXPECT_FALSE(artifacts.empty());
  const Document all = call(path + "/artifacts", "[Artifact]");
  const std::string run = all[0]["runId"].GetString();
  const Document some = call(path + "/artifacts?runId[]=" + run, "[Artifact]");
  for (const auto& artifact : some.GetArray()) EXPECT_EQ(artifact["runId"].GetString(), run);
  call(path + "/runners", "[{any}]");
  for (const std::string& id : projects()) {
    const std::string project = "/projects/" + id;
    call(project, "Project");
    call(project + "/users", "[ProjectUser]");
    call(project + "/tags", "[Tag]");
    call(project + "/insights", "[ProjectInsight]");
    call(project + "/ontologies", "[Ontology]");
  }
  expect_error("/projects/proj_none", 404, "ResourceNotFoundError");
  const FetchedAnswer refused =
      fetch("GET", emulator_.url() + "/workspace", {{"Secret-Key", std::string(64, '0')}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(decoder_.error_in(refused.body, "ApiError"), "");
}

TEST_P(SdkCalls, OfAssets) {
  for (const std::string& id : projects()) {
    const std::string project = "/projects/" + id;
    const auto assets = walk(project + "/assets", "AssetPage");
    ASSERT_FALSE(HasFailure());
    for (std::size_t i = 0; i < assets.size(); i += 1 + assets.size() / 50) {
      const std::string path = project + "/assets/";
      const Document asset = call(path + percent_encoded(assets[i]), "Asset");
      const std::string filename(asset["filename"].GetString(),
                                 asset["filename"].GetStringLength());
      const Document named = call(path + percent_encoded(filename), "Asset");
      EXPECT_TRUE(named["filename"] == asset["filename"]) << filename;
      call(path + percent_encoded(filename) + "/customMetadatas", "AssetCustomMetadatas");
      const auto by_name =
          walk(project + "/assets", "AssetPage", "filename=" + percent_encoded(filename));
      EXPECT_NE(std::find(by_name.begin(), by_name.end(), assets[i]), by_name.end()) << filename;
      const FetchedAnswer image = fetch("GET", asset["url"].GetString());
      EXPECT_EQ(image.status, 200) << filename;
      EXPECT_EQ(image.headers.at("Content-Type"), asset["metadata"]["mimeType"].GetString());
    }
    const auto annotated = walk(project + "/assets", "AssetPage",
                                "limit=100&group[]=main&status=Annotated&filter=" +
                                    percent_encoded(R"({"and":[{"=":[{"var":"status"},)"
                                                    R"("Annotated"]}]})") +
                                    "&metadataQuery=" + percent_encoded("{}"));
    EXPECT_LE(annotated.size(), assets.size());
    call(project + "/assetgroups", "[AssetGroup]");
    call(project + "/assetgroups?group[]=main", "[AssetGroup]");
    expect_error(project + "/assets/none", 404, "ResourceNotFoundError");
    expect_error(project + "/assets?page=none", 400, "BadRequestError");
  }
}

TEST_P(SdkCalls, OfAnnotationsAndSequences) {
  for (const std::string& id : projects()) {
    const std::string project = "/projects/" + id;
    const auto annotations =
        walk(project + "/annotations", "AnnotationPage", "limit=100&includeAttributes=true");
    ASSERT_FALSE(HasFailure());
    for (std::size_t i = 0; i < annotations.size(); i += 1 + annotations.size() / 50) {
      const std::string path = project + "/annotations/" + annotations[i];
      const Document one = call(path + "?includeAttributes=true", "Annotation");
      const auto of_asset = walk(project + "/annotations", "AnnotationPage",
                                 "assetId[]=" + percent_encoded(one["assetId"].GetString()));
      EXPECT_NE(std::find(of_asset.begin(), of_asset.end(), annotations[i]), of_asset.end());
      call(path, "Annotation");
    }
    for (const std::string& sequence : walk(project + "/sequences", "SequencePage")) {
      const Document one = call(project + "/sequences/" + sequence, "Sequence");
      const auto named = walk(project + "/sequences", "SequencePage",
                              "name=" + percent_encoded(one["name"].GetString()));
      EXPECT_EQ(named, std::vector<std::string>{sequence});
    }
    call(project + "/objects?limit=100&include_attributes=false", "ObjectPage");
    call(project + "/predictions?limit=100", "AnyPage");
    expect_error(project + "/annotations/none", 404, "ResourceNotFoundError");
    expect_error(project + "/sequences/none", 404, "ResourceNotFoundError");
  }
}

TEST_P(SdkCalls, OfTraining) {
  std::size_t matrices = 0;
  for (const std::string& id : projects()) {
    const std::string project = "/projects/" + id;
    for (const std::string& workflow : list(project + "/workflows", "Workflow")) {
      call(project + "/workflows/" + workflow, "Workflow");
    }
    for (const std::string& run : list(project + "/runs", "Run")) {
      const Document one = call(project + "/runs/" + run, "Run");
      const std::string matrix = project + "/runs/" + run + "/confusionMatrix";
      if (ask("GET", matrix).status == 404) {
        expect_error(matrix, 404, "ResourceNotFoundError");
      } else {
        // The SDK reads the text as JSON once more.
        const Document answer = call(matrix, "RunConfusionMatrix");
        EXPECT_EQ(decoder_.error_in(answer["data"].GetString(), "any"), "");
        ++matrices;
      }
      if (!one.HasMember("logIds")) continue;
      for (const auto& log : one["logIds"].GetArray()) {
        call(project + "/runs/logs/" + percent_encoded(log.GetString()), "RunLogs");
      }
    }
    for (const std::string& deployment : list(project + "/deployments", "Deployment")) {
      call(project + "/deployments/" + deployment, "Deployment");
    }
    for (const char* const kind : {"workflows", "runs", "deployments", "artifacts"}) {
      expect_error(project + "/" + kind + "/none", 404, "ResourceNotFoundError");
    }
  }
  EXPECT_EQ(matrices, GetParam() == std::string("corpus-odd") ? 2U : 0U);
}

TEST_P(SdkCalls, OfModels) {
  for (const std::string& id : projects()) {
    const std::string project = "/projects/" + id;
    for (const std::string& artifact :
         list(project + "/artifacts?includeExports=true", "Artifact")) {
      const std::string path = project + "/artifacts/" + artifact;
      call(path + "?includeExports=true", "Artifact");
      call(path + "/availableInstances/regions/us", "AvailableInstances");
      const Document queued =
          post(path + "/exports", R"({"format":"ONNX","quantization":"int8"})", "ArtifactModel");
      EXPECT_STREQ(queued["status"].GetString(), "Queued");
      call(path + "/exports", "[ArtifactModel]");
      const Document models = call(path + "/exports", "[ArtifactModel]");
      for (const auto& model : models.GetArray()) {
        const bool finished = model["status"] == "Finished";
        ASSERT_EQ(model.HasMember("download"), finished);
        if (!finished) continue;
        EXPECT_EQ(fetch("GET", model["download"]["url"].GetString()).status, 200);
      }
    }
  }
}

TEST_P(SdkCalls, OfJobs) {
  for (const std::string& id : projects()) {
    const std::string project = "/projects/" + id;
    const Document started =
        post(project + "/annotationexports",
             R"({"format":"coco","options":{"splitRatio":0.4,"seed":1337,"normalized":true}})",
             "Operation");
    const std::string job = started["id"].GetString();
    call(project + "/operations/" + job, "Operation");
    const Document ended = call(project + "/annotationexports/" + job, "AnnotationExport");
    ASSERT_STREQ(ended["status"].GetString(), "Finished");
    EXPECT_EQ(fetch("GET", ended["download"]["url"].GetString()).status, 200);
    for (const char* const kind : {"jobs", "datasets", "webhooks"}) {
      call(project + "/batch/" + kind + "?limit=100", "AnyPage");
      expect_error(project + "/batch/" + kind + "/none", 404, "ResourceNotFoundError");
    }
    expect_error(project + "/batch/jobs/none/logs", 404, "ResourceNotFoundError");
    expect_error(project + "/operations/op_none", 404, "ResourceNotFoundError");
  }
}

// The decoder itself: what the SDK refuses is refused.
TEST(SdkDecoder, RefusesWhatTheSdkCouldNotDecode) {
  const StrictDecoder decoder(kSdkTypes);
  for (const auto& [text, type, error] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {R"({"index":1,"name":"a"})", "Tag", ""},
           {R"({"index":1,"name":"a","color":null,"novel":[1]})", "Tag", ""},
           {R"({"index":1.0,"name":"a"})", "Tag", "$.index: a fraction is no int"},
           {R"({"index":"1","name":"a"})", "Tag", "$.index: text is no int"},
           {R"({"index":1})", "Tag", "$: Tag lacks name"},
           {R"({"index":1,"name":null})", "Tag", "$.name: null is no text"},
           {R"([{"id":"l","logs":[1,null,{"t":0.5}]}])", "[RunLogs]", ""},
           {R"({"group":null})", "AssetGroup", "$.group: null is no text"},
           {R"({"totalLoss":1})", "ArtifactMetric", ""},
           {R"({"id":"a","name":"n","value":["x",1]})", "AttributeValue",
            "$.value: a list is no text|int|float|[text]"},
           {"{", "Tag", "$: no JSON"}}) {
    EXPECT_EQ(decoder.error_in(text, type), error) << text;
  }
  EXPECT_EQ(StrictDecoder("Status = On Off").error_in("\"on\"", "Status"), "$: text is no Status");
  EXPECT_THROW(StrictDecoder("A: b C"), std::runtime_error);
}

}  // namespace
}  // namespace nexus_mirror::testing
