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

}  // namespace
}  // namespace nexus_mirror::testing
