#include "nexus/client.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "nexus/export_answers.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::nexus {
namespace {

// Answers everything alike and remembers what it was asked for.
class FakeTransport : public Transport {
 public:
  HttpResponse send(const HttpRequest& request, const std::stop_token&) override {
    EXPECT_EQ(request.method, expected_method);
    EXPECT_EQ(request.body.empty(), expected_method == "GET");
    target = request.target;
    sent = request.body;
    HttpResponse response;
    response.status = status;
    response.body = body;
    return response;
  }

  int status = 200;
  std::string body = "[]";
  std::string target, sent;
  std::string expected_method = "GET";
};

class ClientTest : public ::testing::Test {
 protected:
  std::string listed(const objects::Table& table, const ListQuery& query = {}) {
    client_.list(endpoint_of(table), "proj_1", query, {});
    return transport_.target;
  }

  // What a request throws when the server answers so.
  Error refused(int status, const std::string& body) {
    transport_.status = status;
    transport_.body = body;
    try {
      client_.list(endpoint_of(objects::annotations), "proj_1", {}, {});
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(ErrorCode::interrupted, "", "", "");
  }

  FakeTransport transport_;
  Client client_{transport_};
};

TEST_F(ClientTest, AsksForSingleThings) {
  client_.workspace({});
  EXPECT_EQ(transport_.target, "/workspace");
  client_.projects({});
  EXPECT_EQ(transport_.target, "/workspace/projects");
  client_.project("proj_1", {});
  EXPECT_EQ(transport_.target, "/projects/proj_1");
  client_.asset_groups("proj_1", {});
  EXPECT_EQ(transport_.target, "/projects/proj_1/assetgroups");
  client_.find_project("proj_1", {});
  EXPECT_EQ(transport_.target, "/projects/proj_1");
  client_.run_log("proj_1", "runlog_a-_", {});
  EXPECT_EQ(transport_.target, "/projects/proj_1/runs/logs/runlog_a-_");
  client_.artifact_exports("proj_1", "artifact_1", {});
  EXPECT_EQ(transport_.target, "/projects/proj_1/artifacts/artifact_1/exports");
  client_.operation("proj_1", "op_1", {});
  EXPECT_EQ(transport_.target, "/projects/proj_1/operations/op_1");
}

TEST_F(ClientTest, StartsExports) {
  transport_.expected_method = "POST";
  transport_.body = "{}";
  client_.start_annotation_export("proj/1", "co\"co", {0.25, -7, false}, {});
  EXPECT_EQ(transport_.target, "/projects/proj%2F1/annotationexports");
  EXPECT_EQ(transport_.sent,
            R"({"format":"co\"co","options":{"splitRatio":0.25,"seed":-7,"normalized":false}})");
  client_.start_model_export("proj_1", "artifact/1", "TFLite", "int8", {});
  EXPECT_EQ(transport_.target, "/projects/proj_1/artifacts/artifact%2F1/exports");
  EXPECT_EQ(transport_.sent, R"({"format":"TFLite","quantization":"int8"})");
  client_.start_model_export("proj_1", "artifact_1", "ONNX", "", {});
  EXPECT_EQ(transport_.sent, R"({"format":"ONNX"})");
  transport_.expected_method = "GET";
  client_.annotation_export("proj_1", "op/1", {});
  EXPECT_EQ(transport_.target, "/projects/proj_1/annotationexports/op%2F1");
}

TEST_F(ClientTest, ReadsTheStateAndTheLinkOfAnArchive) {
  const auto read = [](const std::string& body) {
    return annotation_export(Document::parse(body, "asking", "x"));
  };
  const auto link = [&](const std::string& body) { return read(body).link; };
  EXPECT_EQ(read(R"({"opId":"op_1","status":"errored"})").status, "Errored");
  EXPECT_EQ(read(R"({"op_id":"op_1","status":"CANCELLED"})").status, "Cancelled");
  EXPECT_EQ(read(R"({"opId":"op_1","status":"Lost"})").status, "Lost");
  EXPECT_EQ(read(R"({"opId":"op_1","status":null})").status, "");
  EXPECT_EQ(read(R"({"opId":"op_1"})").status, "");
  EXPECT_EQ(link(R"({"opId":"op_1","download":{"method":"GET","url":"https://h/f?s=1"}})"),
            "https://h/f?s=1");
  EXPECT_EQ(link(R"({"opId":"op_1","status":"Running"})"), "");
  EXPECT_EQ(link(R"({"download":null})"), "");
  EXPECT_EQ(link(R"({"download":{"url":7}})"), "");
  EXPECT_THROW(link("[]"), Error);
}

TEST_F(ClientTest, ReadsWhatAnArtifactCanBeExportedTo) {
  const auto options = export_options(
      R"([{"format":"TFLite","optimizations":{"quantization":["float32","int8"]}},{"format":"ONNX"}])");
  ASSERT_EQ(options.size(), 2U);
  EXPECT_EQ(options[0].format, "TFLite");
  EXPECT_EQ(options[0].quantizations, (std::vector<std::string>{"float32", "int8"}));
  EXPECT_EQ(options[1].format, "ONNX");
  EXPECT_TRUE(options[1].quantizations.empty());
  EXPECT_TRUE(export_options("").empty());
  EXPECT_TRUE(export_options("{}").empty());
  EXPECT_TRUE(export_options(R"([1,{"formats":2}])").empty());
  EXPECT_TRUE(same_format("TFLite", "tf_lite"));
  EXPECT_TRUE(same_format("my-format", "MY_Format"));
  EXPECT_FALSE(same_format("TFLite", "TensorFlow"));
}

TEST_F(ClientTest, AsksForLists) {
  EXPECT_EQ(listed(objects::tags), "/projects/proj_1/tags");
  EXPECT_EQ(listed(objects::project_users), "/projects/proj_1/users");
  EXPECT_EQ(listed(objects::ontologies), "/projects/proj_1/ontologies");
  EXPECT_EQ(listed(objects::workflows), "/projects/proj_1/workflows");
  EXPECT_EQ(listed(objects::runs), "/projects/proj_1/runs");
  EXPECT_EQ(listed(objects::insights), "/projects/proj_1/insights");
  EXPECT_EQ(listed(objects::artifacts), "/projects/proj_1/artifacts?includeExports=true");
  EXPECT_EQ(listed(objects::deployments), "/projects/proj_1/deployments");
  EXPECT_EQ(listed(objects::sequences), "/projects/proj_1/sequences?limit=1000");
  EXPECT_EQ(listed(objects::assets), "/projects/proj_1/assets?limit=1000");
  EXPECT_EQ(listed(objects::annotations),
            "/projects/proj_1/annotations?limit=1000&includeAttributes=true");
}

TEST_F(ClientTest, EncodesCursorsAndIds) {
  EXPECT_EQ(listed(objects::assets, {50, "a+b/c==&x", {}}),
            "/projects/proj_1/assets?limit=50&page=a%2Bb%2Fc%3D%3D%26x");
  EXPECT_EQ(listed(objects::annotations, {10, "", {"asset_1", "asset 2"}}),
            "/projects/proj_1/annotations?limit=10&assetId%5B%5D=asset_1&assetId%5B%5D=asset%202&"
            "includeAttributes=true");
  client_.find(endpoint_of(objects::assets), "../x", "a?b/c", {});
  EXPECT_EQ(transport_.target, "/projects/..%2Fx/assets/a%3Fb%2Fc");
  client_.find(endpoint_of(objects::annotations), "p", "annot_1", {});
  EXPECT_EQ(transport_.target, "/projects/p/annotations/annot_1?includeAttributes=true");
}

// A table that nobody asks for stays empty for ever, and says nothing.
TEST_F(ClientTest, HasAnEndpointForEachTableOfObjects) {
  const std::set<std::string_view> elsewhere = {"workspaces", "projects",  // calls of their own
                                                "models",                  // of an artifact
                                                "operations"};  // one by one: the API lists none
  for (const objects::Table* table : objects::all_tables()) {
    if (table->logged != objects::Logged::rows || table->parent != nullptr) continue;
    if (elsewhere.contains(table->name)) continue;
    EXPECT_NO_THROW(endpoint_of(*table)) << table->name << " is listed at no endpoint";
  }
}

TEST_F(ClientTest, ListsAssetsBeforeAnnotations) {
  std::vector<const objects::Table*> tables;
  for (const Endpoint& endpoint : project_endpoints()) tables.push_back(endpoint.table);
  ASSERT_GE(tables.size(), 2U);
  EXPECT_EQ(tables[tables.size() - 2], &objects::assets);
  EXPECT_EQ(tables.back(), &objects::annotations);
  EXPECT_THROW(endpoint_of(objects::changes), Error);
}

TEST_F(ClientTest, TakesNotFoundAsGone) {
  transport_.status = 404;
  transport_.body = R"({"code": "ResourceNotFoundError", "message": "no such asset"})";
  EXPECT_EQ(client_.find(endpoint_of(objects::assets), "p", "a", {}), std::nullopt);
  EXPECT_EQ(client_.find_project("p", {}), std::nullopt);
  EXPECT_EQ(client_.run_log("p", "l", {}), std::nullopt);
  EXPECT_EQ(client_.artifact_exports("p", "a", {}), std::nullopt);
  EXPECT_EQ(client_.operation("p", "o", {}), std::nullopt);
  EXPECT_THROW(client_.project("p", {}), Error);
  transport_.status = 500;
  EXPECT_THROW(client_.find(endpoint_of(objects::assets), "p", "a", {}), Error);
}

TEST_F(ClientTest, TurnsStatusesIntoErrors) {
  EXPECT_EQ(refused(401, "").code(), ErrorCode::key_refused);
  for (const int status : {301, 400, 403, 404, 429, 500, 503, 524}) {
    const Error error = refused(status, "<html>Bad Gateway</html>");
    EXPECT_EQ(error.code(), ErrorCode::http_status);
    EXPECT_EQ(error.http_status(), status);
    EXPECT_NE(error.reason().find(std::to_string(status)), std::string::npos);
  }
}

TEST_F(ClientTest, SaysWhatTheServerSaidAndWhere) {
  const Error error = refused(403, R"({"code": "ForbiddenError", "message": "no access"})");
  EXPECT_NE(error.reason().find("ForbiddenError, no access"), std::string::npos) << error.what();
  EXPECT_EQ(error.subject(), "/projects/proj_1/annotations") << "without the query";
  EXPECT_FALSE(error.hint().empty());
  EXPECT_LT(refused(400, R"({"message": ")" + std::string(5000, 'x') + "\"}").reason().size(),
            400U);
}

TEST_F(ClientTest, ShowsNoQueryOfALinkThatTheServerQuotes) {
  const Error error =
      refused(500, R"({"code":"X","message":"see https://a.b/c?X-Goog-Signature=feed and more"})");
  EXPECT_EQ(std::string(error.what()).find("feed"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("https://a.b/c and more"), std::string::npos);
}

TEST_F(ClientTest, RefusesAnAnswerThatIsNoJson) {
  EXPECT_EQ(refused(200, "<html></html>").code(), ErrorCode::bad_response);
  EXPECT_EQ(refused(200, "").code(), ErrorCode::bad_response);
}

}  // namespace
}  // namespace nexus_mirror::nexus
