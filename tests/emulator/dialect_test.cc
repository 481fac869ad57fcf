#include "emulator/dialect.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <set>
#include <string>

#include "emulator/record.h"
#include "support/places.h"
#include "text/ascii.h"

namespace nexus_mirror::emulator {
namespace {

// Every value of a document but those of the key "object", numbers with their very digits, names
// without case and separators.
void collect_values(const rapidjson::Value& value, std::multiset<std::string>& values) {
  if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      if (member.name != "object") collect_values(member.value, values);
    }
  } else if (value.IsArray()) {
    values.insert("[" + std::to_string(value.Size()));
    for (const auto& element : value.GetArray()) collect_values(element, values);
  } else if (value.IsString()) {
    values.insert(text::folded(value.GetString()));
  } else {
    values.insert(value.IsNull() ? "null" : value.IsTrue() ? "true" : "false");
  }
}

std::multiset<std::string> values_of(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseNumbersAsStringsFlag>(text.data(), text.size());
  EXPECT_FALSE(document.HasParseError()) << text;
  std::multiset<std::string> values;
  if (!document.HasParseError()) collect_values(document, values);
  return values;
}

std::ifstream corpus_file(const std::string& corpus, const KindName& kind) {
  return std::ifstream(testing::in_source("tests/" + corpus + "/") + std::string(kind.name) +
                       (kind.kind == ObjectKind::workspace ? ".json" : ".ndjson"));
}

class EmulatorDialectTest : public ::testing::TestWithParam<KindName> {};

TEST_P(EmulatorDialectTest, OlderNamesHaveTheSameValues) {
  const ObjectKind kind = GetParam().kind;
  std::ifstream stream = corpus_file("corpus-odd", GetParam());
  ASSERT_TRUE(stream);
  for (std::string line; std::getline(stream, line);) {
    const std::string snake = in_dialect(Dialect::snake, kind, line);
    ASSERT_EQ(values_of(snake), values_of(line)) << snake;
    EXPECT_NE(snake.find("\"object\":"), std::string::npos) << snake;
    ASSERT_EQ(values_of(in_dialect(Dialect::v1, kind, line)), values_of(line));
    ASSERT_EQ(in_dialect(Dialect::v2, kind, line), line);
  }
}

// tests/corpus has no keys of a user's own that look like those of the API.
TEST_P(EmulatorDialectTest, NoKeyOfTheApiIsForgotten) {
  std::ifstream stream = corpus_file("corpus", GetParam());
  std::string line;
  // Two hundred lines of each kind hold all shapes of the corpus.
  for (int i = 0; i < 200 && std::getline(stream, line); ++i) {
    const std::string snake = in_dialect(Dialect::snake, GetParam().kind, line);
    ASSERT_EQ(values_of(snake), values_of(line)) << snake;
    EXPECT_EQ(snake.find("Date\""), std::string::npos) << snake;
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, EmulatorDialectTest, ::testing::ValuesIn(kKinds),
                         [](const auto& entry) { return std::string(entry.param.name); });

TEST(EmulatorDialectTest, AssetsCarryTheirStatusInMetadata) {
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::assets,
                       R"({"id":"a","object":"asset","projectId":"p","status":"Tofix",)"
                       R"("metadata":{"fileSize":1,"customMetadata":{"fileSize":{"mimeType":2}}},)"
                       R"("statistic":{"tagsCount":[],"totalAnnotations":3}})"),
            R"({"id":"a","object":"asset","project":"p",)"
            R"("metadata":{"file_size":1,"custom_metadata":{"fileSize":{"mimeType":2}},)"
            R"("status":"tofix"},"statistic":{"tags_count":[],"annotation_total":3}})");
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::assets, R"({"object":"asset","status":"None"})"),
            R"({"object":"asset","status":"none"})");
}

// The wire of 1.x: other words, in camelCase.
TEST(EmulatorDialectTest, V1HasOlderNamesInCamelCase) {
  EXPECT_EQ(in_dialect(Dialect::v1, ObjectKind::assets,
                       R"({"object":"asset","projectId":"p","createDate":1,"status":"Tofix",)"
                       R"("metadata":{"fileSize":1},"statistic":{"totalAnnotations":3}})"),
            R"({"object":"asset","project":"p","createDate":1,)"
            R"("metadata":{"fileSize":1,"status":"tofix"},"statistic":{"annotationTotal":3}})");
  EXPECT_EQ(in_dialect(Dialect::v1, ObjectKind::runs,
                       R"({"object":"run","flowId":"f","status":{"updateDate":1},"updateDate":2})"),
            R"({"object":"run","flowId":"f","status":{"lastUpdated":1},"lastModifiedDate":2})");
}

TEST(EmulatorDialectTest, NamesThatTheUserGaveStayInSequences) {
  const char* const text =
      R"({"object":"sequence","attributes":{"items":{"createDate":"1","create_date":"2"}},)"
      R"("itemCountWithRole":{"assetId":2}})";
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::sequences, text),
            R"({"object":"sequence","attributes":{"items":{"createDate":"1","create_date":"2"}},)"
            R"("item_count_with_role":{"assetId":2}})");
}

TEST(EmulatorDialectTest, OperationsCarryTheirDatesInStatus) {
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::operations,
                       R"({"object":"operation","status":{"overview":"Queued",)"
                       R"("progress":{"withStatus":{"Queued":1}}},"createDate":5,"updateDate":6})"),
            R"({"object":"operation","status":{"overview":"Queued",)"
            R"("progress":{"with_status":{"queued":1}},"time_scheduled":5,"time_updated":6}})");
}

TEST(EmulatorDialectTest, TheUsersOwnKeysAndUnknownKeysStay) {
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::runlogs,
                       R"({"object":"log","logs":[{"ev":"e","pl":{"totalLoss":1.50}},{"t":2}]})"),
            R"({"object":"log","event":[{"ev":"e","pl":{"totalLoss":1.50}},{"t":2}]})");
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::annotations,
                       R"({"object":"annotation","attributes":[{"value":{"createDate":1}},)"
                       R"({"id":"x","value":"Rectangle"}],"newThing":{"createDate":1e3}})"),
            R"({"object":"annotation","attributes":[{"value":{"createDate":1}},)"
            R"({"id":"x","value":"Rectangle"}],"newThing":{"createDate":1e3}})");
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::deployments,
                       R"({"object":"deployment","resources":{"GPU_T4":1},)"
                       R"("scaling":{"replicas":2},"status":{"updateDate":1}})"),
            R"({"object":"deployment","resources":{"GPU_T4":1},)"
            R"("scaling":{"num_instances":2},"status":{"update_data":1}})");
}

TEST(EmulatorDialectTest, UnknownEnumerationValuesStay) {
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::projects,
                       R"({"object":"project","type":"PointCloud"})"),
            R"({"object":"project","type":"PointCloud"})");
  EXPECT_EQ(in_dialect(Dialect::snake, ObjectKind::projects,
                       R"({"object":"project","type":"ObjectDetection"})"),
            R"({"object":"project","type":"object-detection"})");
}

}  // namespace
}  // namespace nexus_mirror::emulator
