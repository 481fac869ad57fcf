// The emulator's second address: files as Google Cloud Storage hands them out.
#include "emulator/storage.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "emulator/api.h"
#include "emulator/byte_range.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::int64_t kNow = 1706177364000;  // 2024-01-25T10:09:24Z
constexpr std::int64_t kLifeMs = 60000;

class EmulatorStorageTest : public ::testing::Test {
 protected:
  EmulatorStorageTest() {
    catalog_.put(ObjectKind::workspace, "", R"({"id":"ws_1"})");
    for (const char* const project : {"p", "q"}) {
      catalog_.put(ObjectKind::projects, project, R"({"id":")" + std::string(project) + "\"}");
      put("asset_1", project, "image/jpeg", 5000, "a b.jpg");
    }
    catalog_.put(ObjectKind::artifacts, "artifact_1", R"({"id":"artifact_1","projectId":"p"})");
    catalog_.put(ObjectKind::models, "model_1",
                 R"({"id":"model_1","artifactId":"artifact_1","status":"Finished"})");
  }

  void put(const std::string& id, const std::string& project, const std::string& type, int bytes,
           const std::string& filename) {
    catalog_.put(ObjectKind::assets, project + ":" + id,
                 R"({"id":")" + id + R"(","projectId":")" + project + R"(","filename":")" +
                     filename + R"(","url":"","metadata":{"fileSize":)" + std::to_string(bytes) +
                     R"(,"mimeType":")" + type + R"(","width":100,"height":70}})");
  }

  // The link that the API hands out, without the host.
  std::string link(const std::string& project = "p", const std::string& id = "asset_1") {
    rapidjson::Document asset;
    asset.Parse(api_.answer(ApiRequest("GET", "/projects/" + project + "/assets/" + id, "", kNow))
                    .body.c_str());
    return std::string(asset["url"].GetString()).substr(signer_.origin().size());
  }
  Reply get(const std::string& target, StorageHeaders headers = {}, std::int64_t now = kNow) {
    return storage_.answer(ApiRequest("GET", target, "", now), headers);
  }
  static std::multimap<std::string, std::string> headers_of(const Reply& reply) {
    return {reply.headers.begin(), reply.headers.end()};
  }
  static std::string header(const Reply& reply, const std::string& name) {
    const auto headers = headers_of(reply);
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }

  const testing::TemporaryFolder folder_;
  Catalog catalog_{Dialect::v2};
  ExportJobs jobs_{catalog_, 1};
  ArchivePlan archives_;
  LinkSigner signer_{"http://127.0.0.1:1", kLifeMs / 1000, 7};
  Api api_{catalog_, jobs_, archives_, signer_, 10};
  LinkStorage storage_{catalog_, jobs_, archives_, signer_, folder_ / "images"};
};

TEST_F(EmulatorStorageTest, ALinkLeadsToTheFileOfItsAsset) {
  const Reply reply = get(link());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "image/jpeg");
  EXPECT_EQ(reply.body.size(), 5000U);
  EXPECT_EQ(reply.body, get(link()).body);
  EXPECT_NE(reply.body, get(link("q")).body) << "one id in two projects is two files";
  EXPECT_FALSE(reply.may_be_packed);
}

TEST_F(EmulatorStorageTest, AModelHasAFile) {
  rapidjson::Document models;
  models.Parse(api_.answer(ApiRequest("GET", "/projects/p/artifacts/artifact_1/exports", "", kNow))
                   .body.c_str());
  EXPECT_EQ(models[0]["download"]["expiryDate"].GetInt64(), kNow + kLifeMs);
  const std::string link = models[0]["download"]["url"].GetString();
  EXPECT_TRUE(link.starts_with(signer_.origin() + "/nexus-emulator/p/models/model_1/model.zip?"));
  const Reply reply = get(link.substr(signer_.origin().size()));
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.body.starts_with("PK\x03\x04"));
  EXPECT_EQ(reply.body, get(link.substr(signer_.origin().size())).body);
}

// crc32c and md5 of "123456789": RFC 3720 and RFC 1321.
TEST_F(EmulatorStorageTest, HashesAreThoseOfTheFile) {
  std::filesystem::create_directories(folder_ / "images/p");
  std::ofstream(folder_ / "images/p/a b.jpg") << "123456789";
  const Reply reply = get(link());
  EXPECT_EQ(reply.body, "123456789");
  EXPECT_EQ(header(reply, "ETag"), "\"25f9e794323b453885f5181f1b624d0b\"");
  const auto headers = headers_of(reply);
  std::set<std::string> hashes;
  const auto [begin, end] = headers.equal_range("x-goog-hash");
  for (auto at = begin; at != end; ++at) hashes.insert(at->second);
  EXPECT_EQ(hashes, (std::set<std::string>{"crc32c=4waSgw==", "md5=JfnnlDI7RTiF9RgfG2JNCw=="}));
}

TEST_F(EmulatorStorageTest, ImagesAreFoundByProjectNameOrId) {
  std::filesystem::create_directories(folder_ / "images/p");
  std::ofstream(folder_ / "images/asset_1") << "by id";
  EXPECT_EQ(get(link()).body, "by id");
  std::ofstream(folder_ / "images/a b.jpg") << "by name";
  EXPECT_EQ(get(link("q")).body, "by name");
  std::ofstream(folder_ / "images/p/a b.jpg") << "by project";
  EXPECT_EQ(get(link()).body, "by project");
}

TEST_F(EmulatorStorageTest, ANameNeverLeadsOutOfTheFolder) {
  std::filesystem::create_directories(folder_ / "images/p");
  std::ofstream(folder_ / "secret.jpg") << "secret";
  const std::string absolute = (folder_ / "secret.jpg").string();
  for (const std::string& name : {std::string("../secret.jpg"), std::string("../../secret.jpg"),
                                  std::string("x/../../../secret.jpg"), absolute, std::string(".."),
                                  std::string("."), std::string()}) {
    put("asset_1", "p", "image/jpeg", 5000, name);
    const Reply reply = get(link());
    EXPECT_EQ(reply.status, 200) << name;
    EXPECT_EQ(reply.body.size(), 5000U) << name;
  }
}

TEST_F(EmulatorStorageTest, ALinkDiesAtItsEnd) {
  const std::string link = this->link();
  EXPECT_EQ(get(link, {}, kNow + kLifeMs - 1).status, 200);
  const Reply dead = get(link, {}, kNow + kLifeMs);
  EXPECT_EQ(dead.status, 400);
  EXPECT_NE(dead.body.find("<Code>ExpiredToken</Code>"), std::string::npos) << dead.body;
  EXPECT_TRUE(dead.content_type.starts_with("application/xml"));
}

TEST_F(EmulatorStorageTest, ASignatureIsGoodForItsLinkOnly) {
  const std::string link = this->link(), other = this->link("q");
  const std::string query = link.substr(link.find('?'));
  EXPECT_EQ(get(link.substr(0, link.find('?'))).status, 403);
  EXPECT_EQ(get(other.substr(0, other.find('?')) + query).status, 403);
  std::string longer = link;
  longer.replace(longer.find("Expires=60"), 10, "Expires=99");
  EXPECT_EQ(get(longer).status, 403);
  std::string damaged = link;
  damaged.back() = damaged.back() == '0' ? '1' : '0';
  EXPECT_EQ(get(damaged).status, 403);
  EXPECT_EQ(storage_.answer(ApiRequest("PUT", link, "", kNow), {}).status, 403);
  EXPECT_NE(get(damaged).body.find("<Code>SignatureDoesNotMatch</Code>"), std::string::npos);
}

TEST_F(EmulatorStorageTest, ARequestWithTheKeyIsRefused) {
  const Reply reply = get(link(), {.has_key = true});
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find("InvalidArgument"), std::string::npos);
}

TEST_F(EmulatorStorageTest, WhatIsGoneIsNotFound) {
  const std::string link = this->link();
  catalog_.erase(ObjectKind::assets, "p:asset_1");
  const Reply reply = get(link);
  EXPECT_EQ(reply.status, 404);
  EXPECT_NE(reply.body.find("<Code>NoSuchKey</Code>"), std::string::npos);
}

TEST_F(EmulatorStorageTest, PartsAreServedOfTheVersionThatIsMeant) {
  const std::string whole = get(link()).body, etag = header(get(link()), "ETag");
  const Reply part = get(link(), {.range = "bytes=10-19", .if_match = etag});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, whole.substr(10, 10));
  EXPECT_EQ(header(part, "Content-Range"), "bytes 10-19/5000");
  EXPECT_EQ(header(part, "ETag"), etag);
  EXPECT_EQ(get(link(), {.range = "bytes=4990-"}).body, whole.substr(4990));
  EXPECT_EQ(get(link(), {.range = "bytes=10-19", .if_match = "\"other\""}).status, 412);
  EXPECT_EQ(get(link(), {.if_match = "*"}).status, 200);
  const Reply behind = get(link(), {.range = "bytes=5000-"});
  EXPECT_EQ(behind.status, 416);
  EXPECT_EQ(header(behind, "Content-Range"), "bytes */5000");
}

TEST(EmulatorByteRangeTest, ReadsWhatTheStandardHas) {
  using Kind = ByteRange::Kind;
  const auto read = [](std::string_view text, std::size_t size = 100) {
    const ByteRange range = ByteRange::read(text, size);
    return std::tuple(range.kind, range.first, range.last);
  };
  EXPECT_EQ(read("bytes=0-0"), std::tuple(Kind::part, 0, 0));
  EXPECT_EQ(read("bytes=90-1000"), std::tuple(Kind::part, 90, 99));
  EXPECT_EQ(read("bytes=-10"), std::tuple(Kind::part, 90, 99));
  EXPECT_EQ(read("bytes=-1000"), std::tuple(Kind::part, 0, 99));
  for (const char* const text : {"bytes=100-", "bytes=100-200", "bytes=-0"}) {
    EXPECT_EQ(std::get<0>(read(text)), Kind::behind_the_end) << text;
  }
  for (const char* const text : {"", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-1", "lines=1-2",
                                 "bytes=0-1,5-6", "bytes=1"}) {
    EXPECT_EQ(std::get<0>(read(text)), Kind::whole) << text;
  }
  EXPECT_EQ(std::get<0>(read("bytes=0-", 0)), Kind::behind_the_end);
}

}  // namespace
}  // namespace nexus_mirror::emulator
