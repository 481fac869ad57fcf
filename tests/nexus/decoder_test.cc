#include "nexus/decoder.h"

#include <gtest/gtest.h>

#include "nexus_mirror/error.h"
#include "support/decoded_rows.h"

namespace nexus_mirror::nexus {
namespace {

using testing::decode;
using testing::decode_one;
using testing::Decoded;
using testing::Values;

// The column of the only row that `json` holds, as text.
std::string text(const objects::Table& table, const std::string& json, const char* column) {
  const Values values = decode_one(table, json);
  const auto found = values.find(column);
  if (found == values.end()) return "NULL";
  return std::get<std::string>(found->second);
}

TEST(DecoderTest, KeepsUnknownKeysAtTheirPath) {
  EXPECT_EQ(text(objects::assets,
                 R"({"id": "a", "metadata": {"iso": 100, "lens": {"f_number": 2.8}},
                     "new_key": [1], "statistic": {"mood": "good"}})",
                 "extra"),
            R"({"metadata":{"iso":100,"lens":{"f_number":2.8}},"new_key":[1],)"
            R"("statistic":{"mood":"good"}})");
}

TEST(DecoderTest, KeepsUnknownKeysOfItemsWithTheItem) {
  EXPECT_EQ(text(objects::artifacts,
                 R"({"id": "a", "files": [{"name": "f", "object": "file", "size": 7}]})", "files"),
            R"(name=f extra={"size":7})");
}

TEST(DecoderTest, KeepsWhatStandsWhereAnObjectWasExpected) {
  EXPECT_EQ(text(objects::assets, R"({"id": "a", "metadata": "none"})", "extra"),
            R"({"metadata":"none"})");
  EXPECT_EQ(text(objects::projects, R"({"id": "p", "groups": "main"})", "extra"),
            R"({"groups":"main"})");
}

TEST(DecoderTest, TakesNullAsAbsent) {
  const Values bare = decode_one(objects::assets, R"({"id": "a"})");
  EXPECT_EQ(bare, (Values{{"id", "a"}, {"project_id", "proj"}}));
  EXPECT_EQ(decode_one(objects::assets,
                       R"({"id": "a", "projectId": null, "status": null, "metadata": null,
                           "statistic": {"tagsCount": null}, "unknown": null, "object": "asset"})"),
            bare);
}

TEST(DecoderTest, SpellsEnumerationsOneWay) {
  for (const auto& [sent, stored] :
       {std::pair("annotated", "Annotated"), std::pair("TOFIX", "Tofix"),
        std::pair("to-fix", "Tofix"), std::pair("NONE", "None"), std::pair("Later", "Later")}) {
    EXPECT_EQ(
        text(objects::assets, R"({"id": "a", "status": ")" + std::string(sent) + "\"}", "status"),
        stored);
  }
  EXPECT_EQ(text(objects::projects, R"({"id": "p", "type": "instance_segmentation"})", "type"),
            "InstanceSegmentation");
  EXPECT_EQ(text(objects::models, R"({"id": "m", "format": "tflite"})", "format"), "TFLite");
}

TEST(DecoderTest, PrefersOneOfTwoSpellingsAndKeepsTheOther) {
  for (const char* json : {R"({"id": "a", "status": "Review", "metadata": {"status": "tofix"}})",
                           R"({"metadata": {"status": "tofix"}, "status": "Review", "id": "a"})"}) {
    EXPECT_EQ(text(objects::assets, json, "status"), "Review") << json;
  }
  const Values same = decode_one(
      objects::assets, R"({"id": "a", "status": "Review", "metadata": {"status": "review"}})");
  EXPECT_FALSE(same.contains("extra"));
  EXPECT_EQ(text(objects::assets,
                 R"({"id": "a", "status": "Review", "metadata": {"status": "tofix"}})", "extra"),
            R"({"metadata":{"status":"tofix"}})");
}

TEST(DecoderTest, TakesWholeNumbersSentWithAPoint) {
  const Values row =
      decode_one(objects::assets, R"({"id": "a", "metadata": {"width": 3.0, "height": 4e2}})");
  EXPECT_EQ(std::get<std::int64_t>(row.at("width")), 3);
  EXPECT_EQ(std::get<std::int64_t>(row.at("height")), 400);
}

struct Mismatch {
  const objects::Table* table;
  const char* json;
  const char* reason;
};

class MismatchTest : public ::testing::TestWithParam<Mismatch> {};

TEST_P(MismatchTest, IsReportedWithItsIdAndKeptOut) {
  const auto& [table, json, reason] = GetParam();
  const Decoded decoded =
      decode(*table, "[{\"id\": \"good\"}, " + std::string(json) + ", {\"id\": \"good2\"}]");
  EXPECT_EQ(decoded.rows.size(), 2U);
  ASSERT_EQ(decoded.unreadable.size(), 1U) << json;
  EXPECT_EQ(decoded.unreadable[0].id, "bad");
  EXPECT_NE(decoded.unreadable[0].reason.find(reason), std::string::npos)
      << decoded.unreadable[0].reason;
}

INSTANTIATE_TEST_SUITE_P(
    Values, MismatchTest,
    ::testing::Values(
        Mismatch{&objects::assets, R"({"id": "bad", "filename": 7})", "filename is no text"},
        Mismatch{&objects::assets, R"({"id": "bad", "status": {}})", "status is no text"},
        Mismatch{&objects::assets, R"({"id": "bad", "createDate": "now"})", "create_date"},
        Mismatch{&objects::assets, R"({"metadata": {"width": 1.5}, "id": "bad"})", "width"},
        Mismatch{&objects::assets, R"({"id": "bad", "metadata": {"height": 1e300}})", "height"},
        Mismatch{&objects::assets, R"({"id": "bad", "url": true})", "url"},
        Mismatch{&objects::runs, R"({"id": "bad", "features": {"preview": 2}})", "preview"},
        Mismatch{&objects::runs, R"({"id": "bad", "execution": {"limit": {"value": "x"}}})",
                 "limit_value"},
        Mismatch{&objects::artifacts, R"({"id": "bad", "metric": {"totalLoss": "?"}})",
                 "total_loss"}));

TEST(DecoderTest, ReportsRowsWithoutId) {
  const Decoded decoded =
      decode(objects::assets,
             R"([{"filename": "x"}, {"id": ""}, {"id": null}, {"id": 7}, 5, "a", {"id": "a"}])");
  EXPECT_EQ(decoded.rows.size(), 1U);
  EXPECT_EQ(decoded.unreadable.size(), 6U);
  for (const UnreadableRow& problem : decoded.unreadable) EXPECT_EQ(problem.id, "");
}

TEST(DecoderTest, RefusesRowsOfAnotherProjectOfTheMirror) {
  const std::set<std::string, std::less<>> projects{"proj", "other"};
  const Decoded decoded = decode(objects::workflows,
                                 R"([{"id": "a"}, {"id": "b", "projectId": "other"},
                 {"id": "c", "projectId": "unheard"}, {"id": "d", "projectId": "proj"}])",
                                 {"proj", &projects});
  EXPECT_EQ(decoded.rows.size(), 3U);
  ASSERT_EQ(decoded.unreadable.size(), 1U);
  EXPECT_EQ(decoded.unreadable[0].id, "b");
  EXPECT_EQ(std::get<std::string>(decoded.rows[0].at("project_id")), "proj");
}

Values extent(const std::string& type, const std::string& bound) {
  const Values row = decode_one(objects::annotations, R"({"id": "a", "boundType": ")" + type +
                                                          R"(", "bound": )" + bound + "}");
  Values found;
  for (const char* column : {"xmin", "ymin", "xmax", "ymax"}) {
    if (row.contains(column)) found[column] = row.at(column);
  }
  return found;
}

Values box(double xmin, double ymin, double xmax, double ymax) {
  return {{"xmin", xmin}, {"ymin", ymin}, {"xmax", xmax}, {"ymax", ymax}};
}

TEST(DecoderTest, ComputesTheExtentOfBounds) {
  EXPECT_EQ(extent("Rectangle", "[[0.1,0.2],[0.1,0.6],[0.5,0.6],[0.5,0.2]]"),
            box(0.1, 0.2, 0.5, 0.6));
  EXPECT_EQ(extent("Polygon", "[[0.3,0.9],[0.7,0.1],[0.2,0.4]]"), box(0.2, 0.1, 0.7, 0.9));
  EXPECT_EQ(extent("Polygon", "[[-0.5,0],[1,2]]"), box(-0.5, 0, 1, 2)) << "outside the image";
  EXPECT_EQ(extent("Rectangle", "[]"), Values());
  EXPECT_EQ(extent("Classification", "null"), Values());
}

TEST(DecoderTest, SpansVisibleKeypointsOnly) {
  EXPECT_EQ(extent("Keypoints", "[[0.1,0.1,0],[0.4,0.5,1],[0.6,0.3,2]]"), box(0.4, 0.3, 0.6, 0.5));
  EXPECT_EQ(extent("keypoints", "[[0.1,0.1,0],[0.4,0.5,1]]"), box(0.4, 0.5, 0.4, 0.5));
  EXPECT_EQ(extent("Keypoints", "[[0.1,0.1,0]]"), Values());
  EXPECT_EQ(extent("Keypoints", "[[0.1,0.2]]"), box(0.1, 0.2, 0.1, 0.2)) << "no visibility said";
  EXPECT_EQ(extent("Polygon", "[[0.1,0.1,0],[0.4,0.5,1]]"), box(0.1, 0.1, 0.4, 0.5));
}

TEST(DecoderTest, KeepsBoundsNumberForNumber) {
  EXPECT_EQ(text(objects::annotations,
                 R"({"id": "a", "bound": [[ 0.1, 1 ], [0.30000000000000004, 2.0, 0]]})", "bound"),
            "[[0.1,1],[0.30000000000000004,2.0,0]]");
}

TEST(DecoderTest, FindsTheTypeOfABoundWhereverItStands) {
  const std::string points = R"("bound": [[0.1, 0.1, 0], [0.4, 0.5, 1]])";
  EXPECT_EQ(
      decode_one(objects::annotations, R"({"id": "a", "boundType": "Keypoints", )" + points + "}"),
      decode_one(objects::annotations,
                 "{" + points + R"(, "bound_type": "keypoints", "id": "a"})"));
}

constexpr const char* kSigned =
    "https://storage.googleapis.com/b/f?X-Goog-Date=20240125T100924Z&X-Goog-Expires=60&"
    "X-Goog-Signature=abc";

TEST(DecoderTest, KeepsSecretsOfLinksInLinkColumnsOnly) {
  const std::string link = "\"" + std::string(kSigned) + "\"";
  const Values row =
      decode_one(objects::assets, R"({"id": "a", "filename": )" + link + R"(, "url": )" + link +
                                      R"(, "thumbnail": )" + link +
                                      R"(, "metadata": {"customMetadata": {"l": )" + link + "}}}");
  const std::string bare = "https://storage.googleapis.com/b/f";
  EXPECT_EQ(std::get<std::string>(row.at("url")), kSigned);
  EXPECT_EQ(std::get<std::int64_t>(row.at("url_expiry")), 1706177424000);
  EXPECT_EQ(std::get<std::string>(row.at("filename")), bare);
  EXPECT_EQ(std::get<std::string>(row.at("extra")), R"({"thumbnail":")" + bare + "\"}");
  EXPECT_EQ(std::get<std::string>(row.at("custom_metadata")), R"({"l":")" + bare + "\"}");
}

TEST(DecoderTest, KeepsUsersKeys) {
  EXPECT_EQ(
      text(objects::assets,
           R"({"id": "a", "metadata": {"custom_metadata": {"file_size": 1, "B": 2, "a": 3}}})",
           "custom_metadata"),
      R"({"B":2,"a":3,"file_size":1})");
  EXPECT_EQ(
      text(objects::annotations,
           R"({"id": "a", "attributes": [{"name": "n", "value": {"asset_id": 1}}]})", "attributes"),
      R"([{"name":"n","value":{"asset_id":1}}])");
}

TEST(DecoderTest, GivesListsWithoutPositionAnOrder) {
  EXPECT_EQ(
      text(objects::assets, R"({"id": "a", "metadata": {"groups": ["b", "a", "b"]}})", "groups"),
      "name=a; name=b");
  EXPECT_EQ(text(objects::projects, R"({"id": "p", "tags": ["b", "a"], "groups": []})", "tags"),
            "name=b; name=a");
}

TEST(DecoderTest, TakesExportsAsModelsOrAsNames) {
  const auto document = Document::parse(
      R"([{"id": "a1", "exports": ["onnx", "tflite"]},
          {"id": "a2", "exports": [{"id": "m1", "format": "onnx"}, {"format": "coreml"}]},
          {"id": "a3"}, {"id": "a4", "exports": []}])",
      "", "");
  objects::RowBatch models(objects::models);
  std::vector<UnreadableRow> unreadable;
  const auto named = decode_exports(document, {"proj", nullptr}, models, unreadable);
  ASSERT_EQ(models.size(), 1U);
  EXPECT_EQ(
      testing::values_of(models, 0),
      (Values{{"id", "m1"}, {"artifact_id", "a2"}, {"project_id", "proj"}, {"format", "ONNX"}}));
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].artifact_id, "a1");
  EXPECT_EQ(named[0].formats, (std::vector<std::string>{"onnx", "tflite"}));
  EXPECT_EQ(unreadable.size(), 1U);
}

TEST(DecoderTest, KeepsNamesOfExportsThatNoModelHas) {
  auto artifacts =
      testing::batch_of(objects::artifacts, R"([{"id": "a1", "zoom": 1}, {"id": "a2"}])");
  const auto models = testing::batch_of(objects::models, R"([{"id": "m", "format": "ONNX"}])");
  keep_named_formats(artifacts, {"a1", {"onnx", "tflite"}}, models, 0);
  keep_named_formats(artifacts, {"a2", {"onnx"}}, models, 0);
  EXPECT_EQ(std::get<std::string>(testing::values_of(artifacts, 0).at("extra")),
            R"({"exports":["tflite"],"zoom":1})");
  EXPECT_FALSE(testing::values_of(artifacts, 1).contains("extra"));
}

TEST(DecoderTest, KeepsNamesOfExportsAsJsonWhateverTheyHold) {
  auto artifacts = testing::batch_of(objects::artifacts, R"([{"id": "a1"}])");
  const objects::RowBatch models(objects::models);
  keep_named_formats(artifacts, {"a1", {"a\"b\\"}}, models, 0);
  EXPECT_EQ(std::get<std::string>(testing::values_of(artifacts, 0).at("extra")),
            R"({"exports":["a\"b\\"]})");
}

TEST(DecoderTest, TakesAMatrixWhateverTextIsInIt) {
  objects::RowBatch rows(objects::run_matrices);
  std::vector<UnreadableRow> unreadable;
  decode_run_matrix(Document::parse(R"({"data": "{\"names\":[\"\\ud800\"]}"})", "", ""),
                    {"proj", nullptr}, "r", rows, unreadable);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(std::get<std::string>(testing::values_of(rows, 0).at("data")),
            R"({"names":["\ufffd"]})");
}

TEST(DecoderTest, RefusesALogWhoseEntriesAreNoList) {
  objects::RowBatch rows(objects::run_logs);
  std::vector<UnreadableRow> unreadable;
  const auto read = [&](const char* json) {
    decode_run_log(Document::parse(json, "", ""), {"proj", nullptr}, "r", "l", rows, unreadable);
  };
  read(R"({"id": "l", "logs": null})");
  EXPECT_TRUE(unreadable.empty());
  read(R"({"logs": {"ev": "a"}})");
  EXPECT_TRUE(rows.empty());
  ASSERT_EQ(unreadable.size(), 1U);
  EXPECT_EQ(unreadable[0].id, "l");
}

TEST(DecoderTest, RefusesGroupStatisticsThatAreNoList) {
  auto project = testing::batch_of(objects::projects, R"([{"id": "p"}])");
  std::vector<UnreadableRow> unreadable;
  EXPECT_THROW(merge_groups(Document::parse("{}", "", ""), project, unreadable), Error);
}

}  // namespace
}  // namespace nexus_mirror::nexus
