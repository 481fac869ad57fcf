// models/links.json and links.csv: right, alive, and not rewritten without reason.
#include "support/exports_test.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class ExportsLinks : public ExportsTest {
 protected:
  static fs::path links_of(const Mirror& mirror) {
    return folder_of(mirror, kBloodCells) / "models/links.json";
  }

  // A model whose link was signed at `date` for an hour with `signature`.
  void put_model(const std::string& date, const std::string& signature,
                 const std::string& status = "Finished") {
    std::string line = corpus_line("models", kBloodCells);
    const std::string id = id_of(line);
    line.pop_back();
    const std::size_t old = line.find("\"status\":\"");
    line.replace(old, line.find(',', old) - old, "\"status\":\"" + status + "\"");
    put("models", id,
        line +
            R"(,"download":{"method":"GET","url":"https://storage.googleapis.com/bucket/file)"
            "?X-Goog-Date=" +
            date + "&X-Goog-Expires=3600&X-Goog-Signature=" + signature + "\"}}");
  }
};

TEST_F(ExportsLinks, HoldEveryModelOfTheProject) {
  const auto mirror = exporting("", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const rapidjson::Document links = read_json(links_of(*mirror));
  EXPECT_STREQ(links["project_id"].GetString(), kBloodCells);
  EXPECT_STREQ(links["project_name"].GetString(), "blood-cells");
  EXPECT_TRUE(links["written_at"].IsInt64());
  const auto models = mirror->rows(
      "SELECT m.id, m.artifact_id, a.artifact_name, a.run_id, a.flow_title, m.format, "
      "m.quantization, m.status, m.download_url, m.download_expiry, m.create_date FROM models m "
      "JOIN artifacts a ON a.id = m.artifact_id WHERE m.project_id = '" +
      std::string(kBloodCells) + "' ORDER BY m.create_date, m.id");
  ASSERT_GT(models.size(), 2U);
  ASSERT_EQ(links["models"].Size(), models.size());
  for (rapidjson::SizeType i = 0; i < links["models"].Size(); ++i) {
    std::string row;
    for (const char* key : {"model_id", "artifact_id", "artifact_name", "run_id", "flow_title",
                            "format", "quantization", "status", "url", "expiry", "create_date"}) {
      const auto& value = links["models"][i][key];
      if (!row.empty()) row += '|';
      row += value.IsNull()    ? "NULL"
             : value.IsInt64() ? std::to_string(value.GetInt64())
                               : value.GetString();
    }
    EXPECT_EQ(row, models[i]);
  }
  const std::string csv = file_bytes(links_of(*mirror).parent_path() / "links.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'),
            static_cast<std::ptrdiff_t>(models.size()) + 1);
  EXPECT_TRUE(
      csv.starts_with("model_id,artifact_id,artifact_name,run_id,flow_title,format,"
                      "quantization,status,url,expiry,create_date,file\n"));
}

TEST_F(ExportsLinks, ANewSignatureAloneRewritesNothing) {
  const auto mirror = exporting("", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(folder_of(*mirror, kBloodCells));
  ASSERT_EQ(mirror->run({"links", "--refresh"}).status, 0);  // new signatures in the mirror
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(files_below(folder_of(*mirror, kBloodCells)) == before);
}

TEST_F(ExportsLinks, AreRewrittenBeforeTheyDie) {
  const auto mirror = exporting("", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(folder_of(*mirror, kBloodCells));
  // A margin of more than the links' day makes all of them about to die.
  MirrorSettings settings = this->settings(kBloodCells);
  settings.sync = "link_refresh_margin = \"30h\"";
  mirror->configure(settings);
  const Ended ended = mirror->sync({"--quick", "--json"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  const auto after = files_below(folder_of(*mirror, kBloodCells));
  EXPECT_NE(after.at("models/links.json").bytes, before.at("models/links.json").bytes);
  EXPECT_NE(after.at("manifest.json").bytes, before.at("manifest.json").bytes);
  EXPECT_TRUE(after.at("annotations/coco/annotations.json") ==
              before.at("annotations/coco/annotations.json"));
  EXPECT_NE(ended.out.find("models/links.json"), std::string::npos) << ended.out;
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsLinks, AManifestThatDidNotFollowThemIsMadeUpFor) {
  const auto mirror = exporting("", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  // As a kill between the links and the manifest leaves them: new links, the old manifest.
  const fs::path manifest = folder_of(*mirror, kBloodCells) / "manifest.json";
  const fs::path aside = mirror->folder() / "aside.json";
  fs::rename(manifest, aside);
  fs::create_directories(manifest / "in the way");
  MirrorSettings settings = this->settings(kBloodCells);
  settings.sync = "link_refresh_margin = \"30h\"";  // every link is about to die
  mirror->configure(settings);
  const Ended ended = mirror->sync({"--quick"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.err.find("in the way"), std::string::npos) << ended.err;
  fs::remove_all(manifest);
  fs::rename(aside, manifest);
  mirror->configure(this->settings(kBloodCells));
  ASSERT_EQ(mirror->sync({"--quick"}).status, 0);
  expect_consistent(*mirror, kBloodCells);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM export_marks"), 0);
}

TEST_F(ExportsLinks, FollowTheStatusOfTheirModel) {
  const auto mirror = exporting("", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string id = id_of(corpus_line("models", kBloodCells));
  const auto status_of = [&](const std::string& model) {
    const rapidjson::Document links = read_json(links_of(*mirror));
    for (const auto& item : links["models"].GetArray()) {
      if (item["model_id"].GetString() == model) return std::string(item["status"].GetString());
    }
    return std::string("none");
  };
  EXPECT_EQ(status_of(id), "Finished");
  put_model("20990101T000000Z", "aa", "Errored");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(status_of(id), "Errored");
  remove("models", id);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(status_of(id), "none");
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsLinks, ThatHaveDiedAreNotOffered) {
  const auto mirror = exporting("", kBloodCells);
  serve();
  put_model("20200101T000000Z", "aa");
  MirrorSettings settings = this->settings(kBloodCells);
  mirror->configure(settings);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string id = id_of(corpus_line("models", kBloodCells));
  const rapidjson::Document links = read_json(links_of(*mirror));
  for (const auto& item : links["models"].GetArray()) {
    if (item["model_id"].GetString() != id) continue;
    EXPECT_TRUE(item["url"].IsNull());
    EXPECT_TRUE(item["expiry"].IsNull());
  }
}

TEST_F(ExportsLinks, CanBeTurnedOff) {
  const auto mirror = exporting("", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  MirrorSettings settings = this->settings(kBloodCells);
  settings.tables = "[export_models]\nlinks = false\n";
  mirror->configure(settings);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(links_of(*mirror)));
  EXPECT_EQ(manifest_of(*mirror, kBloodCells)["models"]["files"].Size(), 0U);
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsLinks, AreNowhereElse) {
  const auto mirror = exporting("[[export]]\nformats = [\"ndjson\", \"coco\"]\n");
  const Ended ended = mirror->sync({"--json"});
  ASSERT_EQ(ended.status, 0);
  for (const auto& [path, state] : files_below(mirror->folder() / "exports")) {
    if (path.find("/models/") != std::string::npos) continue;
    EXPECT_EQ(state.bytes.find("X-Goog"), std::string::npos) << path;
  }
  EXPECT_EQ((ended.out + ended.err).find("X-Goog"), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::testing
