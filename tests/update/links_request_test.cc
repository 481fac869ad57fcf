// `links --request`: the real binary over loopback.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>

#include "support/server_requests_test.h"

namespace nexus_mirror::testing {
namespace {

class LinksRequest : public ServerRequestsTest {
 protected:
  static Ended request(const Mirror& mirror, std::vector<std::string> options) {
    options.insert(options.begin(), {"links", "--project", "blood-cells", "--request"});
    return mirror.run(std::move(options));
  }
};

TEST_F(LinksRequest, StartsWaitsAndPrintsTheLink) {
  for (const char* dialect : {"v2", "v1"}) {
    serve({"--dialect", dialect});
    const auto mirror = this->mirror(kBloodCells);
    const Ended ended =
        request(*mirror, {"tf-lite", "--quantization", "int8", "--format", "ndjson"});
    ASSERT_EQ(ended.status, 0) << ended.err;
    rapidjson::Document model;
    model.Parse(ended.out.c_str());
    ASSERT_TRUE(model.IsObject()) << ended.out;
    EXPECT_STREQ(model["format"].GetString(), "TFLite");
    EXPECT_STREQ(model["quantization"].GetString(), "int8");
    EXPECT_STREQ(model["status"].GetString(), "Finished");
    EXPECT_STREQ(model["project_name"].GetString(), "blood-cells");
    EXPECT_TRUE(holds(model["url"].GetString(), "X-Goog-Signature="));
    EXPECT_GT(model["expiry"].GetInt64(), 0);
    // It is what the mirror holds and `links` prints from now on.
    const std::string id = model["model_id"].GetString();
    EXPECT_EQ(
        mirror->value("SELECT status || '|' || download_url FROM models WHERE id = '" + id + "'"),
        "Finished|" + std::string(model["url"].GetString()));
    EXPECT_EQ(mirror->number("SELECT count(*) FROM models"), 1);
    expect_private({0, "", ended.err});
    // The newest artifact whose training is over.
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(
        mirror->value("SELECT id FROM artifacts WHERE is_training = 0 AND project_id = '" +
                      std::string(kBloodCells) + "' ORDER BY create_date DESC, id DESC LIMIT 1"),
        model["artifact_id"].GetString());
    const Ended listed = mirror->run({"links", "--format", "csv"});
    EXPECT_TRUE(holds(listed.out, id)) << listed.err;
  }
}

TEST_F(LinksRequest, PrintsTheColumnsOfLinks) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  for (const char* format : {"table", "csv"}) {
    const Ended asked = request(*mirror, {"ONNX", "--format", format});
    ASSERT_EQ(asked.status, 0) << asked.err;
    const Ended listed = mirror->run({"links", "--format", format});
    const auto names = [](const std::string& text) {
      std::string line = text.substr(0, text.find('\n'));
      line.erase(std::unique(line.begin(), line.end(),
                             [](char a, char b) { return a == ' ' && b == ' '; }),
                 line.end());
      return line;
    };
    EXPECT_EQ(names(asked.out), names(listed.out));
  }
}

TEST_F(LinksRequest, TakesTheArtifactThatIsNamed) {
  const auto mirror = this->mirror();
  const std::string artifact = id_of(corpus_lines("artifacts", kBloodCells).front());
  const Ended ended = request(
      *mirror, {"pytorch", "--artifact", artifact, "--project", kKeypoints, "--format", "ndjson"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 1);
  EXPECT_TRUE(holds(ended.out, "\"artifact_id\":\"" + artifact + "\"")) << ended.out;
  EXPECT_EQ(requests("/artifacts/" + artifact + "/exports").front(),
            "/projects/" + std::string(kBloodCells) + "/artifacts/" + artifact + "/exports");
}

TEST_F(LinksRequest, RefusesWhatTheArtifactCannotBeBeforeAsking) {
  const auto mirror = this->mirror();
  const Ended format = request(*mirror, {"TensorRT"});
  EXPECT_EQ(format.status, 2);
  EXPECT_TRUE(holds(format.err, "it can to ONNX, TensorFlow, TFLite")) << format.err;
  const Ended quantization = request(*mirror, {"TFLite", "--quantization", "int4"});
  EXPECT_EQ(quantization.status, 2);
  EXPECT_TRUE(holds(quantization.err, "float32, float16, int8")) << quantization.err;
  EXPECT_EQ(request(*mirror, {"ONNX", "--artifact", "artifact_none"}).status, 2);
  EXPECT_EQ(mirror->run({"links", "--request", "ONNX"}).status, 2);
  EXPECT_EQ(mirror->run({"links", "--project", "blood-cells", "--quantization", "int8"}).status, 2);
  EXPECT_EQ(mirror->run({"links", "--artifact", "artifact_1"}).status, 2);
  EXPECT_EQ(request(*mirror, {"ONNX", "--refresh"}).status, 2);
  EXPECT_TRUE(journal("/", "POST").empty());
}

TEST_F(LinksRequest, SigtermEndsTheWaiting) {
  StandingNexus nexus("Running");
  const Mirror mirror(MirrorSettings{.endpoint = nexus.server().url()});
  const auto run = mirror.start({"links", "--request", "onnx", "--project", "cars"});
  nexus.server().wait_for_requests(6);
  run->terminate();
  const Ended ended = run->wait();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(mirror.value("SELECT id || status FROM models"), "model_1Running");
}

}  // namespace
}  // namespace nexus_mirror::testing
