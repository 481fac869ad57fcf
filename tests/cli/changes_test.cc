#include "cli/changes_command.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <stdlib.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/commands_test.h"
#include "support/local_zone.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::CommandResult;
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
  EXPECT_EQ(sequence("yesterday"), "123456");
  EXPECT_EQ(sequence("Saturday"), "123456");  // today
  EXPECT_EQ(sequence("2026-01-31 11:49:10"), "56");
  EXPECT_EQ(sequence("2026-01-31T13:49:09.999+02:00"), "456");
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

TEST_F(ChangesTest, CountsWhatChanged) {
  const std::string head = "project_id,project_name,entity,op,column,before,after,count\n";
  EXPECT_EQ(output_of({"changes", "--stat", "--format", "csv"}),
            head +
                "proj_1,Cars,annotations,delete,,,,1\n"
                "proj_1,Cars,annotations,load,,,,4\n"
                "proj_1,Cars,assets,insert,,,,1\n"
                "proj_1,Cars,assets,update,status,None,Annotated,1\n"
                "proj_1,Cars,assets,update,width,,,1\n"
                "proj_1,Cars,projects,insert,,,,1\n"
                "proj_2,Dogs,projects,insert,,,,1\n");
  mirror_.execute(
      "INSERT INTO changes SELECT 10 + value, 3, 1769860180000, 'annotations', 'annot_' || value, "
      "'proj_1', 'update', '{\"tag\":\"bus\",\"bound\":[1]}', '{\"tag\":null,\"bound\":[2]}' "
      "FROM json_each('[1,2,3]'); INSERT INTO changes VALUES(20, NULL, 1769860190000, 'projects', "
      "'proj_3', 'proj_3', 'forget', NULL, NULL)");
  EXPECT_EQ(output_of({"changes", "--stat", "--since", "2", "--entity", "annotations", "--format",
                       "csv"}),
            head +
                "proj_1,Cars,annotations,delete,,,,1\n"
                "proj_1,Cars,annotations,update,bound,,,3\n"
                "proj_1,Cars,annotations,update,tag,bus,,3\n");
  EXPECT_TRUE(contains(output_of({"changes", "--stat", "--format", "ndjson"}),
                       "{\"project_id\":\"proj_3\",\"project_name\":null,\"entity\":\"projects\","
                       "\"op\":\"forget\",\"column\":null,\"before\":null,\"after\":null,"
                       "\"count\":1}\n"));
}

TEST_F(ChangesTest, SummarizesInATable) {
  const std::string table = output_of({"changes"});
  EXPECT_TRUE(contains(table, "2026-01-31 11:49 UTC  Cars     assets")) << table;
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

TEST_F(ChangesTest, ReadsAndShowsTheMachinesZone) {
  const nexus_mirror::testing::LocalZone zone("Europe/Berlin");
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  const std::vector<std::string> asked = {"changes", "--since", "2026-01-31 12:49:10"};
  std::vector<std::string> local = asked;
  local.emplace_back("--local");
  const std::string table = output_of(local);
  EXPECT_TRUE(contains(table, "2026-01-31 12:49 +01:00  Cars")) << table;
  EXPECT_EQ(lines(table), 4) << table;  // two of them
  // In UTC that is still to come.
  EXPECT_EQ(lines(run_on_mirror(asked).out), 2);
  ::setenv("NEXUS_MIRROR_TIME", "local", 1);
  EXPECT_EQ(output_of(asked), table);
  ::setenv("NEXUS_MIRROR_TIME", "UTC", 1);
  EXPECT_EQ(output_of(local), table);
  EXPECT_EQ(lines(run_on_mirror(asked).out), 2);
  ::setenv("NEXUS_MIRROR_TIME", "Berlin", 1);
  EXPECT_TRUE(contains(failure_of({"changes"}, 2), "NEXUS_MIRROR_TIME 'Berlin'"));
  ::unsetenv("NEXUS_MIRROR_TIME");
  // For programs nothing changes.
  EXPECT_EQ(output_of({"changes", "--local", "--format", "csv"}),
            output_of({"changes", "--format", "csv"}));
}

TEST_F(ChangesTest, ATimeToComeMeansNow) {
  const CommandResult result =
      run_on_mirror({"changes", "--since", "2026-02-01", "--format", "csv"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1) << result.out;
  EXPECT_EQ(result.error,
            "nexus-mirror: warning: --since '2026-02-01' is still to come (2026-02-01 00:00:00 "
            "UTC); it is taken as now, 2026-01-31 12:00:00 UTC\n");
}

TEST_F(ChangesTest, ASyncThatDidNotEndNamesThoseThatDid) {
  mirror_.execute(
      "INSERT INTO syncs(id, started_at, mode, result) VALUES (5, 1769860300000, 'full',"
      " 'interrupted'), (7, 1769860700000, 'full', 'running');"
      "INSERT INTO syncs(id, started_at, finished_at, mode, result) VALUES"
      " (6, 1769860400000, 1769860500000, 'full', 'failed')");
  EXPECT_EQ(failure_of({"changes", "--since", "5"}, 2),
            "nexus-mirror: reading --since '5': this sync never ended, or is still running; the "
            "nearest that ended: 3 (2026-01-31 11:50:00 UTC) and 6 (2026-01-31 11:55:00 UTC)\n");
  EXPECT_EQ(failure_of({"changes", "--since", "7"}, 2),
            "nexus-mirror: reading --since '7': this sync never ended, or is still running; the "
            "nearest that ended: 6 (2026-01-31 11:55:00 UTC)\n");
  EXPECT_EQ(failure_of({"changes", "--since", "4"}, 2),
            "nexus-mirror: reading --since '4': the mirror has no such sync; the nearest that "
            "ended: 3 (2026-01-31 11:50:00 UTC) and 6 (2026-01-31 11:55:00 UTC)\n");
  mirror_.execute("DELETE FROM syncs WHERE id < 3");  // as the history forgets them
  EXPECT_TRUE(contains(failure_of({"changes", "--since", "1"}, 2), "the nearest that ended: 3 ("));
  mirror_.execute("DELETE FROM syncs");
  EXPECT_TRUE(contains(failure_of({"changes", "--since", "1"}, 2), "no sync has ended yet"));
}

TEST_F(ChangesTest, RefusesWhatMeansNothing) {
  EXPECT_TRUE(contains(failure_of({"changes", "--since", "tomorrow"}, 2), "'tomorrow'"));
  EXPECT_TRUE(contains(failure_of({"changes", "--entity", "asset"}, 2), "'asset'"));
  EXPECT_TRUE(contains(failure_of({"changes", "--project", "Cats"}, 2), "'Cats'"));
  failure_of({"changes", "--limit", "0"}, 2);
  failure_of({"changes", "--limit", "x"}, 2);
}

}  // namespace
}  // namespace nexus_mirror::cli
