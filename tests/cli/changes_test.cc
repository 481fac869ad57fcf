#include "cli/changes_command.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <string>

#include "support/commands_test.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::contains;

class ChangesTest : public nexus_mirror::testing::CommandsTest {};

TEST_F(ChangesTest, ListsWhatCameAfterASync) {
  EXPECT_EQ(output_of({"changes", "--since", "1", "--format", "csv"}),
            "seq,at,sync_id,entity,entity_id,project_id,project,op,before,after\n"
            "4,1769860150000,3,assets,asset_1,proj_1,Cars,update,"
            "\"{\"\"status\"\":\"\"None\"\",\"\"width\"\":1}\","
            "\"{\"\"status\"\":\"\"Annotated\"\",\"\"width\"\":640}\"\n"
            "5,1769860160000,3,assets,asset_2,proj_1,Cars,insert,,"
            "\"{\"\"filename\"\":\"\"b.jpg\"\"}\"\n"
            "6,1769860170000,3,annotations,annot_9,proj_1,Cars,delete,"
            "\"{\"\"tag\"\":\"\"bus\"\"}\",\n");
}

TEST_F(ChangesTest, TakesTimesStrictly) {
  const auto sequence = [&](const std::string& since) {
    std::string numbers;
    const std::string lines = output_of({"changes", "--since", since, "--format", "ndjson"});
    rapidjson::StringStream stream(lines.c_str());
    for (;;) {
      rapidjson::Document change;
      change.ParseStream<rapidjson::kParseStopWhenDoneFlag>(stream);
      if (change.HasParseError()) return numbers;
      numbers += std::to_string(change["seq"].GetInt());
    }
  };
  EXPECT_EQ(sequence("1769860150000"), "56");
  EXPECT_EQ(sequence("1769860149999"), "456");
  EXPECT_EQ(sequence("2026-01-31T11:49:10Z"), "56");
  EXPECT_EQ(sequence("15m"), "456");
  EXPECT_EQ(sequence("2h"), "123456");
  EXPECT_EQ(sequence("0"), "123456");
  EXPECT_EQ(sequence("3"), "");
}

TEST_F(ChangesTest, EmbedsRowsInJson) {
  EXPECT_EQ(output_of({"changes", "--entity", "annotations", "--since", "2", "--format", "ndjson"}),
            "{\"seq\":6,\"at\":1769860170000,\"sync_id\":3,\"entity\":\"annotations\","
            "\"entity_id\":\"annot_9\",\"project_id\":\"proj_1\",\"project\":\"Cars\","
            "\"op\":\"delete\",\"before\":{\"tag\":\"bus\"},\"after\":null}\n");
}

TEST_F(ChangesTest, FiltersAndLimits) {
  const std::string dogs = output_of({"changes", "--project", "Dogs", "--format", "csv"});
  EXPECT_EQ(std::count(dogs.begin(), dogs.end(), '\n'), 2) << dogs;
  EXPECT_EQ(output_of({"changes", "--project", "proj_2", "--format", "csv"}), dogs);
  EXPECT_EQ(output_of({"changes", "--project", "D*", "--format", "csv"}), dogs);
  const std::string newest = output_of({"changes", "--limit", "2", "--format", "csv"});
  EXPECT_TRUE(contains(newest, "\n5,")) << newest;
  EXPECT_LT(newest.find("\n5,"), newest.find("\n6,")) << "oldest first";
  EXPECT_EQ(std::count(newest.begin(), newest.end(), '\n'), 3) << newest;
}

TEST_F(ChangesTest, SummarizesInATable) {
  const std::string table = output_of({"changes"});
  EXPECT_TRUE(contains(table, "2026-01-31 11:49  Cars     assets")) << table;
  EXPECT_TRUE(contains(table, "update status: None -> Annotated, width: 1 -> 640\n")) << table;
  EXPECT_TRUE(contains(table, "insert b.jpg\n")) << table;
  EXPECT_TRUE(contains(table, "delete bus\n")) << table;
  EXPECT_TRUE(contains(table, "load 4 rows\n")) << table;
}

TEST(ChangesSummaryTest, NamesLongAndNestedValuesOnly) {
  EXPECT_EQ(summarize_change("update", R"({"bound":[[0,1]],"tag":null})",
                             R"({"bound":[[0,2]],"tag":"a\u001b"})"),
            "update bound, tag: null -> a\\x1b");
  EXPECT_EQ(summarize_change("update", "", "not json"), "update");
  EXPECT_EQ(summarize_change("insert", "", R"({"id":"x"})"), "insert");
}

TEST_F(ChangesTest, RefusesWhatMeansNothing) {
  EXPECT_TRUE(contains(failure_of({"changes", "--since", "yesterday"}, 2), "'yesterday'"));
  EXPECT_TRUE(contains(failure_of({"changes", "--entity", "asset"}, 2), "'asset'"));
  EXPECT_TRUE(contains(failure_of({"changes", "--project", "Cats"}, 2), "'Cats'"));
  failure_of({"changes", "--limit", "0"}, 2);
  failure_of({"changes", "--limit", "x"}, 2);
}

}  // namespace
}  // namespace nexus_mirror::cli
