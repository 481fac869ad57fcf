#include "emulator/asset_query.h"

#include <gtest/gtest.h>

#include <string>

#include "nexus_mirror/error.h"

namespace nexus_mirror::emulator {
namespace {

const char* const kAsset =
    R"({"id":"a","filename":"Front 1.jpg","status":"Annotated","createDate":1700000000000,)"
    R"("metadata":{"fileSize":500,"width":640,"groups":["main","val"],)"
    R"("customMetadata":{"camera":"front","iso":100,"night":false,"a.b":2}}})";

bool filter(const std::string& text, const char* asset = kAsset) {
  return AssetQuery(text, AssetQuery::Subject::asset).matches(asset);
}

bool metadata(const std::string& text) {
  return AssetQuery(text, AssetQuery::Subject::metadata).matches(kAsset);
}

TEST(EmulatorAssetQueryTest, ConditionsAreComparisonsOfKeys) {
  EXPECT_TRUE(filter(R"({"=":[{"var":"status"},"Annotated"]})"));
  EXPECT_FALSE(filter(R"({"==":[{"var":"status"},"Review"]})"));
  EXPECT_TRUE(filter(R"({"!=":[{"var":"status"},"Review"]})"));
  EXPECT_TRUE(filter(R"({">=":[{"var":"metadata.fileSize"},500]})"));
  EXPECT_FALSE(filter(R"({">":[{"var":"file_size"},500.0]})"));
  EXPECT_TRUE(filter(R"({"<":[{"var":"createDate"},1700000000001]})"));
  EXPECT_FALSE(filter(R"({"<":[{"var":"absent"},1]})"));
  EXPECT_TRUE(filter(R"({"=":[{"var":"absent"},null]})"));
}

TEST(EmulatorAssetQueryTest, ListsEqualTheirElements) {
  EXPECT_TRUE(filter(R"({"=":[{"var":"groups"},"val"]})"));
  EXPECT_FALSE(filter(R"({"=":[{"var":"group"},"va"]})"));
  EXPECT_TRUE(filter(R"({"in":["val",{"var":"group"}]})"));
  EXPECT_TRUE(filter(R"({"in":[{"var":"status"},["Review","Annotated"]]})"));
  EXPECT_TRUE(filter(R"({"in":["ont",{"var":"filename"}]})"));
}

TEST(EmulatorAssetQueryTest, ConditionsAreJoined) {
  const std::string yes = R"({"=":[{"var":"id"},"a"]})", no = R"({"=":[{"var":"id"},"b"]})";
  EXPECT_TRUE(filter(R"({"and":[)" + yes + "," + yes + "]}"));
  EXPECT_FALSE(filter(R"({"and":[)" + yes + "," + no + "]}"));
  EXPECT_TRUE(filter(R"({"or":[)" + no + "," + yes + "]}"));
  EXPECT_TRUE(filter(R"({"not":)" + no + "}"));
  EXPECT_TRUE(filter(R"({"!":[)" + no + "]}"));
}

TEST(EmulatorAssetQueryTest, CustomMetadataIsAskedForByItsKeys) {
  EXPECT_TRUE(filter(R"({"=":[{"var":"customMetadata.camera"},"front"]})"));
  EXPECT_TRUE(filter(R"({"=":[{"var":"metadata.customMetadata.a.b"},2]})"));
  EXPECT_TRUE(metadata(R"({"camera":"front","iso":100})"));
  EXPECT_FALSE(metadata(R"({"camera":"front","iso":101})"));
  EXPECT_TRUE(metadata(R"({"and":[{">":[{"var":"iso"},50]},{"=":[{"var":"night"},false]}]})"));
}

TEST(EmulatorAssetQueryTest, EveryDialectIsUnderstood) {
  const char* const snake =
      R"({"create_date":5,"metadata":{"file_size":7,"custom_metadata":{"camera":"x"}}})";
  EXPECT_TRUE(filter(R"({"and":[{"=":[{"var":"createDate"},5]},)"
                     R"({"=":[{"var":"metadata.fileSize"},7]},)"
                     R"({"=":[{"var":"customMetadata.camera"},"x"]}]})",
                     snake));
}

TEST(EmulatorAssetQueryTest, WhatIsNoConditionIsRefused) {
  for (const char* const text :
       {"", "x", "[]", "{}", R"({"like":[1,2]})", R"({"=":[1]})", R"({"=":1})",
        R"({"=":[{"key":"id"},1]})", R"({"=":[1,1],"!=":[1,2]})"}) {
    try {
      filter(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.http_status(), 400) << text;
    }
  }
}

}  // namespace
}  // namespace nexus_mirror::emulator
