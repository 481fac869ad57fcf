#include "text/json.h"

#include <gtest/gtest.h>

namespace nexus_mirror::text {
namespace {

TEST(JsonTest, ReplacesHalvesOfSurrogatePairsAlone) {
  const auto mended = [](std::string json) {
    const std::string before = json;
    const bool any = replace_half_surrogates(json);
    EXPECT_EQ(any, json != before) << before;
    EXPECT_EQ(json.size(), before.size());
    return json;
  };
  for (const char* whole : {"", "\\", "\\u", R"("\ud83d\uDE00")", R"("\\ud800")", R"("\u00e9\n\"")",
                            R"("\ud8zz")", R"("\ud80)", R"("\ue000\ud7ff")"}) {
    EXPECT_EQ(mended(whole), whole);
  }
  EXPECT_EQ(mended(R"("\ud800")"), R"("\ufffd")");
  EXPECT_EQ(mended(R"("\uDFFFx\uDBFF\n")"), R"("\ufffdx\ufffd\n")");
  EXPECT_EQ(mended(R"("\ud83d\ud83d\ude00\ude00")"), R"("\ufffd\ud83d\ude00\ufffd")");
  EXPECT_EQ(mended(R"("\\\ud800")"), R"("\\\ufffd")");
  EXPECT_EQ(mended(R"("\ud800)"), R"("\ufffd)");
}

}  // namespace
}  // namespace nexus_mirror::text
