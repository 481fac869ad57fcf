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

class EmulatorDialectTest : public ::testing::TestWithParam<KindName> {};

TEST_P(EmulatorDialectTest, V1HasTheValuesOfV2) {
  const Kind kind = GetParam().kind;
  const std::string file = testing::in_source("tests/corpus/") + std::string(GetParam().name) +
                           (kind == Kind::workspace ? ".json" : ".ndjson");
  std::ifstream stream(file);
  if (kind == Kind::sequences) {
    ASSERT_FALSE(stream) << "the corpus has sequences now: read them";
    EXPECT_EQ(values_of(to_v1(kind, R"({"items":[{"assetId":"a","ord":1e2}],"length":1})")),
              values_of(R"({"items":[{"assetId":"a","ord":1e2}],"length":1})"));
    return;
  }
  ASSERT_TRUE(stream) << file;
  // Two hundred lines of each kind hold all shapes of the corpus.
  std::string line;
  for (int i = 0; i < 200 && std::getline(stream, line); ++i) {
    const std::string v1 = to_v1(kind, line);
    ASSERT_EQ(values_of(v1), values_of(line)) << v1;
    EXPECT_EQ(v1.find("Date\""), std::string::npos) << v1;
    EXPECT_NE(v1.find("\"object\":"), std::string::npos) << v1;
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, EmulatorDialectTest, ::testing::ValuesIn(kKinds),
                         [](const auto& entry) { return std::string(entry.param.name); });

TEST(EmulatorDialectTest, AssetsCarryTheirStatusInMetadata) {
  EXPECT_EQ(to_v1(Kind::assets,
                  R"({"id":"a","object":"asset","projectId":"p","status":"Tofix",)"
                  R"("metadata":{"fileSize":1,"customMetadata":{"fileSize":{"mimeType":2}}},)"
                  R"("statistic":{"tagsCount":[],"totalAnnotations":3}})"),
            R"({"id":"a","object":"asset","project":"p",)"
            R"("metadata":{"file_size":1,"custom_metadata":{"fileSize":{"mimeType":2}},)"
            R"("status":"tofix"},"statistic":{"tags_count":[],"annotation_total":3}})");
  EXPECT_EQ(to_v1(Kind::assets, R"({"object":"asset","status":"None"})"),
            R"({"object":"asset","status":"none"})");
}

TEST(EmulatorDialectTest, OperationsCarryTheirDatesInStatus) {
  EXPECT_EQ(to_v1(Kind::operations,
                  R"({"object":"operation","status":{"overview":"Queued",)"
                  R"("progress":{"withStatus":{"Queued":1}}},"createDate":5,"updateDate":6})"),
            R"({"object":"operation","status":{"overview":"Queued",)"
            R"("progress":{"with_status":{"queued":1}},"time_scheduled":5,"time_updated":6}})");
}

TEST(EmulatorDialectTest, TheUsersOwnKeysAndUnknownKeysStay) {
  EXPECT_EQ(to_v1(Kind::runlogs,
                  R"({"object":"log","logs":[{"ev":"e","pl":{"totalLoss":1.50}},{"t":2}]})"),
            R"({"object":"log","event":[{"ev":"e","pl":{"totalLoss":1.50}},{"t":2}]})");
  EXPECT_EQ(
      to_v1(Kind::annotations, R"({"object":"annotation","attributes":[{"value":{"createDate":1}},)"
                               R"({"id":"x","value":"Rectangle"}],"newThing":{"createDate":1e3}})"),
      R"({"object":"annotation","attributes":[{"value":{"createDate":1}},)"
      R"({"id":"x","value":"Rectangle"}],"newThing":{"createDate":1e3}})");
  EXPECT_EQ(to_v1(Kind::deployments, R"({"object":"deployment","resources":{"GPU_T4":1},)"
                                     R"("scaling":{"replicas":2},"status":{"updateDate":1}})"),
            R"({"object":"deployment","resources":{"GPU_T4":1},)"
            R"("scaling":{"num_instances":2},"status":{"update_data":1}})");
}

TEST(EmulatorDialectTest, UnknownEnumerationValuesStay) {
  EXPECT_EQ(to_v1(Kind::projects, R"({"object":"project","type":"PointCloud"})"),
            R"({"object":"project","type":"PointCloud"})");
  EXPECT_EQ(to_v1(Kind::projects, R"({"object":"project","type":"ObjectDetection"})"),
            R"({"object":"project","type":"object-detection"})");
}

}  // namespace
}  // namespace nexus_mirror::emulator
