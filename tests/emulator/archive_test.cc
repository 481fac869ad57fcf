// The emulator's archives of annotation exports, as a storage host would hand them out.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <memory>

#include "emulator/server.h"
#include "support/archives.h"
#include "support/emulator_process.h"

namespace nexus_mirror::emulator {
namespace {

using nexus_mirror::testing::fetch;
using nexus_mirror::testing::FetchedAnswer;

class EmulatorArchiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.synthetic = SyntheticOptions{4, 20, 1, 1};
    options.secret_key = "right";
    server_ = std::make_unique<EmulatorServer>(options);
    project_ = "/projects/" + std::string(json("GET", "/workspace/projects")[0]["id"].GetString());
  }

  rapidjson::Document json(const std::string& method, const std::string& target,
                           const std::string& body = {}) {
    const FetchedAnswer answer =
        fetch(method, server_->url() + target, {{"Secret-Key", "right"}}, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    rapidjson::Document document;
    document.Parse(answer.body.c_str());
    return document;
  }

  // The link of an export that has finished.
  std::string link() {
    const auto started = json("POST", project_ + "/annotationexports", R"({"format":"coco"})");
    const std::string target =
        project_ + "/annotationexports/" + std::string(started["id"].GetString());
    EXPECT_FALSE(json("GET", target).HasMember("download"));
    return json("GET", target)["download"]["url"].GetString();
  }

  std::unique_ptr<EmulatorServer> server_;
  std::string project_;
};

TEST_F(EmulatorArchiveTest, ALinkLeadsToAZipOfTheProject) {
  const std::string link = this->link();
  EXPECT_TRUE(link.starts_with(server_->storage_url() + "/nexus-emulator/proj_")) << link;
  EXPECT_NE(link.find(".zip?X-Goog-Algorithm="), std::string::npos) << link;
  const FetchedAnswer answer = fetch("GET", link);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.starts_with("PK\x03\x04"));
  for (const char* name : {"README.txt", "request.json", "annotations/annotations.ndjson"}) {
    EXPECT_NE(answer.body.find(name), std::string::npos) << name;
  }
}

TEST_F(EmulatorArchiveTest, AKeyIsRefusedAndNoted) {
  const std::string link = this->link();
  fetch("DELETE", server_->url() + "/_emulator/requests");
  EXPECT_EQ(fetch("GET", link, {{"Secret-Key", "right"}}).status, 400);
  EXPECT_EQ(fetch("GET", link, {{"secret-key", "wrong"}}).status, 400);
  EXPECT_EQ(fetch("GET", link).status, 200);
  rapidjson::Document journal;
  journal.Parse(fetch("GET", server_->url() + "/_emulator/requests").body.c_str());
  ASSERT_EQ(journal["count"].GetInt(), 3);
  EXPECT_TRUE(journal["requests"][0]["key"].GetBool());
  EXPECT_FALSE(journal["requests"][2]["key"].GetBool());
}

TEST_F(EmulatorArchiveTest, OnlyASignedLinkToAFinishedExportIsServed) {
  const std::string link = this->link();
  EXPECT_EQ(fetch("GET", link.substr(0, link.find('?'))).status, 403);
  EXPECT_EQ(fetch("POST", link).status, 403);
  const std::string id = link.substr(link.find("op_"), link.find(".zip") - link.find("op_"));
  const std::string operation = server_->url() + "/_emulator/objects/operations/" + id;
  const std::string queued = R"({"status":{"overview":"Queued"}})";
  EXPECT_EQ(fetch("PUT", operation, {}, queued).status, 200);
  EXPECT_EQ(fetch("GET", link).status, 404);
  EXPECT_EQ(fetch("DELETE", operation).status, 200);
  EXPECT_EQ(fetch("GET", link).status, 404);
}

TEST_F(EmulatorArchiveTest, OtherBytesCanBePlanned) {
  const std::string link = this->link(), control = server_->url() + "/_emulator/archives";
  const std::string planned = nexus_mirror::testing::zip_of({{"../x", "1"}});
  EXPECT_EQ(fetch("PUT", control, {}, planned).status, 200);
  EXPECT_EQ(fetch("GET", link).body, planned);
  EXPECT_EQ(fetch("GET", link).body, planned);
  EXPECT_EQ(fetch("DELETE", control).status, 200);
  EXPECT_NE(fetch("GET", link).body, planned);
  EXPECT_EQ(fetch("POST", control).status, 405);
}

TEST_F(EmulatorArchiveTest, AnotherStateThanTheOperationsCanBePlanned) {
  const std::string control = server_->url() + "/_emulator/archives";
  EXPECT_EQ(fetch("PUT", control + "?status=errored").status, 200);
  const auto started = json("POST", project_ + "/annotationexports", R"({"format":"coco"})");
  const std::string id = started["id"].GetString();
  const std::string target = project_ + "/annotationexports/" + id;
  EXPECT_STREQ(json("GET", target)["status"].GetString(), "Running");
  const auto ended = json("GET", target);
  EXPECT_STREQ(ended["status"].GetString(), "errored");
  EXPECT_FALSE(ended.HasMember("download"));
  EXPECT_STREQ(json("GET", project_ + "/operations/" + id)["status"]["overview"].GetString(),
               "Finished");
  EXPECT_EQ(fetch("DELETE", control).status, 200);
  EXPECT_TRUE(json("GET", target).HasMember("download"));
}

}  // namespace
}  // namespace nexus_mirror::emulator
