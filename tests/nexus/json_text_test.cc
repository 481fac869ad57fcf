#include "nexus/json_text.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace nexus_mirror::nexus {
namespace {

std::string text_of(const std::string& json, Keys keys = Keys::ours) {
  simdjson::dom::parser parser;
  return json_text(parser.parse(json).value(), keys);
}

constexpr const char* kSigned =
    "https://storage.googleapis.com/b/f.png?X-Goog-Algorithm=GOOG4-RSA-SHA256&"
    "X-Goog-Date=20240125T100924Z&X-Goog-Expires=86400&X-Goog-Signature=abc";

TEST(JsonTextTest, SortsKeysAndLeavesBlanksOut) {
  EXPECT_EQ(text_of(R"({ "b" : [ 1, 2 ], "a" : { "z": null, "y": true } })"),
            R"({"a":{"y":true,"z":null},"b":[1,2]})");
}

TEST(JsonTextTest, SpellsKnownKeysOneWayAndKeepsOthers) {
  EXPECT_EQ(text_of(R"({"asset_id": 1, "my_own_key": 2, "lastUpdated": 3, "object": "x"})"),
            R"({"assetId":1,"lastUpdated":3,"my_own_key":2})");
  EXPECT_EQ(text_of(R"({"asset_id": 1, "object": "x"})", Keys::users),
            R"({"asset_id":1,"object":"x"})");
}

TEST(JsonTextTest, KeepsKeysInsideWhatUsersWrite) {
  EXPECT_EQ(text_of(R"([{"value": {"asset_id": 1}, "default": {"file_size": 2}}])"),
            R"([{"default":{"file_size":2},"value":{"asset_id":1}}])");
}

TEST(JsonTextTest, WritesNumbersExactly) {
  EXPECT_EQ(text_of("[0, -1, 3.0, 0.1, 0.30000000000000004, 1e300, 18446744073709551615]"),
            "[0,-1,3.0,0.1,0.30000000000000004,1e+300,18446744073709551615]");
  EXPECT_EQ(text_of("[9223372036854775807, -9223372036854775808, -0.0]"),
            "[9223372036854775807,-9223372036854775808,-0.0]");
}

TEST(JsonTextTest, KeepsTextWhateverIsInIt) {
  EXPECT_EQ(text_of(R"(["\u0000\n\"\\", "日本 😀", ""])"), R"(["\u0000\n\"\\","日本 😀",""])");
}

TEST(JsonTextTest, TakesTheQueryOffSignedLinksOnly) {
  EXPECT_EQ(text_of("{\"a\": [\"" + std::string(kSigned) + "\", \"https://x/y?page=2\"]}"),
            R"({"a":["https://storage.googleapis.com/b/f.png","https://x/y?page=2"]})");
  EXPECT_EQ(text_of("[\"" + std::string(kSigned) + "\"]", Keys::users),
            R"(["https://storage.googleapis.com/b/f.png"])");
}

TEST(JsonTextTest, ComparesEnumerationsWithoutCaseDashAndUnderscore) {
  static constexpr std::string_view kValues[] = {"ObjectDetection", "Tofix"};
  for (const char* text : {"ObjectDetection", "object-detection", "OBJECT_DETECTION"}) {
    EXPECT_EQ(canonical(kValues, text), "ObjectDetection") << text;
  }
  EXPECT_EQ(canonical(kValues, "to-fix"), "Tofix");
  EXPECT_EQ(canonical(kValues, "Something_New"), "Something_New");
  EXPECT_EQ(canonical(kValues, ""), "");
}

TEST(JsonTextTest, TurnsKeysIntoCamelCase) {
  EXPECT_EQ(camel_case("total_loss"), "totalLoss");
  EXPECT_EQ(camel_case("a_b_c"), "aBC");
  for (const char* key : {"totalLoss", "GPU_T4", "name", "_id", "x_", "a__B", ""}) {
    EXPECT_EQ(camel_case(key), key);
  }
}

TEST(JsonTextTest, WritesFormatsAsObjects) {
  static constexpr std::string_view kFormats[] = {"TensorFlow", "ONNX"};
  simdjson::dom::parser parser;
  EXPECT_EQ(formats_text(parser.parse(R"(["onnx", "new"])"_padded).value(), kFormats),
            R"([{"format":"ONNX"},{"format":"new"}])");
  EXPECT_EQ(formats_text(parser.parse(R"([{"format": "ONNX"}])"_padded).value(), kFormats),
            R"([{"format":"ONNX"}])");
}

TEST(JsonTextTest, KeepsExtraKeysAtTheirPath) {
  simdjson::dom::parser parser;
  const auto value = parser.parse(R"({"b_c": 1})"_padded).value();
  ExtraKeys extra;
  EXPECT_TRUE(extra.empty());
  extra.add({"metadata", "deep"}, "iso", value);
  extra.add({}, "zoom", value);
  extra.add({}, "a", value);
  EXPECT_EQ(extra.text(),
            R"({"a":{"b_c":1},"metadata":{"deep":{"iso":{"b_c":1}}},"zoom":{"b_c":1}})");
  extra.clear();
  EXPECT_TRUE(extra.empty());
}

}  // namespace
}  // namespace nexus_mirror::nexus
