// CONTRACT.md 4.2: a sync that finds nothing changed writes its row in syncs alone.
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

class Promise2Quiet : public PromiseTest {};

TEST_F(Promise2Quiet, ASecondSyncWritesOnlyItsOwnRow) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump(true);
  const auto changes = mirror->rows("SELECT * FROM changes");
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(mirror->dump(true) == before) << "links that were only signed anew count as changes";
  EXPECT_EQ(mirror->rows("SELECT * FROM changes"), changes);
  EXPECT_EQ(mirror->value("SELECT mode, result, rows_inserted, rows_updated, rows_deleted, error "
                          "FROM syncs WHERE id = 2"),
            "full|ok|0|0|0|NULL");
}

TEST_F(Promise2Quiet, AQuickSyncWritesNothingEither) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump(true);
  forget_requests();
  const Ended ended = mirror->sync({"--quick"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(mirror->dump(true) == before);
  EXPECT_EQ(mirror->value("SELECT mode, result FROM syncs WHERE id = 2"), "quick|ok");
  EXPECT_TRUE(requests("/annotations").empty());
}

TEST_F(Promise2Quiet, TheFirstListingIsOneLoadRowForEachKind) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->rows("SELECT entity, op, after FROM changes WHERE entity IN "
                         "('annotations', 'assets') ORDER BY entity"),
            (std::vector<std::string>{R"(annotations|load|{"rows":4888})",
                                      R"(assets|load|{"rows":364})"}));
  EXPECT_EQ(mirror->rows("SELECT DISTINCT entity FROM changes WHERE op <> 'load' ORDER BY 1"),
            (std::vector<std::string>{"projects", "workspaces"}));
}

TEST_F(Promise2Quiet, ALinkThatIsAboutToDieIsRenewedWithoutAChange) {
  serve();
  const std::string line = corpus_line("assets", kKeypoints);
  const std::string id = id_of(line), link = "https://storage.googleapis.com/bucket/file";
  const auto signed_at = [&](const char* date, const char* signature) {
    return replaced(line, "\"url\":\"\"",
                    "\"url\":\"" + link + "?X-Goog-Date=" + date +
                        "&X-Goog-Expires=3600&X-Goog-Signature=" + signature + "\"");
  };
  put("assets", id, signed_at("20240125T100924Z", "aa"));
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  put("assets", id, signed_at("20990125T100924Z", "bb"));
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string url = "SELECT url FROM assets WHERE id = '" + id + "'";
  const std::string renewed = mirror->value(url);
  EXPECT_NE(renewed.find("Signature=bb"), std::string::npos) << renewed;
  put("assets", id, signed_at("20990126T100924Z", "cc"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value(url), renewed);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM changes WHERE sync_id > 1"), 0);
}

// Links in link columns, in other columns, in JSON and in what nobody knows; each with the
// signature of one cloud or another.
TEST_F(Promise2Quiet, ALinkThatWasMerelySignedAnewIsNoChangeHoweverItIsSigned) {
  serve();
  const std::string asset = corpus_line("assets", kKeypoints);
  const std::string user = corpus_line("users", kKeypoints);
  const std::string model = corpus_line("models", kKeypoints);
  const auto link = [](const std::string& key, int call) {
    return "https://cdn.example.com/file?" + key + "=" + std::to_string(call);
  };
  const auto sign = [&](const std::string& key, int call) {
    const std::string url = link(key, call);
    put("assets", id_of(asset),
        replaced(
            replaced(asset, "\"url\":\"\"", "\"url\":\"" + url + "\",\"thumb\":\"" + url + "\""),
            "\"customMetadata\":{", "\"customMetadata\":{\"preview\":[\"" + url + "\"],"));
    put("models", id_of(model),
        replaced(model, "\"object\":\"model\"",
                 "\"object\":\"model\",\"download\":{\"method\":\"GET\",\"url\":\"" + url + "\"}"));
    put("users", std::string(kKeypoints) + ":" + id_of(user),
        replaced(user, "https://example.com/avatars/" + id_of(user) + ".png", url));
  };
  for (const std::string key :
       {"sig", "Sig", "Signature", "signature", "X-Goog-Signature", "x-amz-signature"}) {
    sign(key, 1);
    const auto mirror = this->mirror(kKeypoints);
    ASSERT_EQ(mirror->sync().status, 0);
    const std::string before = mirror->dump(true);
    ASSERT_NE(before.find(link(key, 1)), std::string::npos) << "what this test is about";
    const auto links = mirror->folder() / "exports" / kKeypoints / "models/links.json";
    const std::string written = file_bytes(links);
    ASSERT_NE(written.find(link(key, 1)), std::string::npos) << written;

    sign(key, 2);
    const Ended ended = mirror->sync();
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_TRUE(mirror->dump(true) == before) << key;
    EXPECT_EQ(mirror->number("SELECT count(*) FROM changes WHERE sync_id > 1"), 0) << key;
    EXPECT_EQ(mirror->value("SELECT rows_updated FROM syncs WHERE id = 2"), "0") << key;
    EXPECT_EQ(file_bytes(links), written) << key;
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
