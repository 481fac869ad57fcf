// What `status` and `verify` say of a mirror, and their exit statuses.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "daemon/plan.h"
#include "support/commands_test.h"
#include "support/local_zone.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::CommandResult;
using nexus_mirror::testing::contains;
using nexus_mirror::testing::FakeEnv;
using nexus_mirror::testing::HandMadeMirror;

class StatusTest : public nexus_mirror::testing::CommandsTest {};
class VerifyTest : public nexus_mirror::testing::CommandsTest {};

TEST_F(StatusTest, JsonHasTheKeysOfTheContract) {
  rapidjson::Document status;
  const std::string text = output_of({"status", "--json"});
  status.Parse(text.c_str());
  ASSERT_FALSE(status.HasParseError()) << text;
  std::vector<std::string> keys;
  for (const auto& member : status.GetObject()) keys.emplace_back(member.name.GetString());
  EXPECT_EQ(keys, (std::vector<std::string>{
                      "database", "schema_version", "wal_bytes", "wal_reader_pid", "last_sync",
                      "last_success_at", "age_s", "stale", "daemon", "next_run_at",
                      "doubtful_sync_id", "projects", "hooks", "history", "files"}));
  EXPECT_EQ(status["files"]["ok"].GetInt(), 0) << "an older mirror keeps none";
  EXPECT_EQ(status["database"].GetString(), mirror_.database().string());
  EXPECT_EQ(status["schema_version"].GetInt(), 1);
  EXPECT_EQ(status["last_sync"]["sync_id"].GetInt(), 3);
  EXPECT_STREQ(status["last_sync"]["result"].GetString(), "ok");
  EXPECT_EQ(status["last_sync"]["rows"]["updated"].GetInt(), 2);
  EXPECT_TRUE(status["last_sync"]["error"].IsNull());
  EXPECT_EQ(status["last_success_at"].GetInt64(), 1769860200000);
  EXPECT_EQ(status["age_s"].GetInt64(), 600);
  EXPECT_FALSE(status["stale"].GetBool());
  EXPECT_STREQ(status["daemon"].GetString(), "none");
  EXPECT_TRUE(status["next_run_at"].IsNull());
  EXPECT_EQ(status["hooks"].Size(), 0U);
  ASSERT_EQ(status["projects"].Size(), 2U);
  const auto& cars = status["projects"][0];
  EXPECT_STREQ(cars["id"].GetString(), "proj_1");
  EXPECT_EQ(cars["assets"].GetInt(), 2);
  EXPECT_EQ(cars["annotations"].GetInt(), 3);
  EXPECT_EQ(cars["runs"].GetInt(), 1);
  EXPECT_EQ(cars["artifacts"].GetInt(), 1);
  EXPECT_EQ(cars["models"].GetInt(), 2);
  EXPECT_TRUE(cars["removed_at"].IsNull());
  EXPECT_TRUE(cars["configured"].GetBool());
  EXPECT_EQ(status["projects"][1]["removed_at"].GetInt64(), 1769850000000);
}

TEST_F(StatusTest, IsStaleAfterAnHourWithoutSuccess) {
  const auto status_at = [&](std::int64_t now_ms) {
    env_.start = now_ms;
    return run_on_mirror({"status", "--json"});
  };
  constexpr std::int64_t kLastSuccess = 1769860200000, kHour = 3'600'000;
  EXPECT_EQ(status_at(kLastSuccess + kHour).status, 0);
  const CommandResult stale = status_at(kLastSuccess + kHour + 1);
  EXPECT_EQ(stale.status, 1);
  EXPECT_TRUE(contains(stale.out, "\"stale\":true"));
  EXPECT_EQ(stale.error, "");
  // A clock that was set back a little is no reason for alarm.
  EXPECT_TRUE(contains(status_at(kLastSuccess - 60'000).out, "\"age_s\":0,"));
}

TEST_F(StatusTest, OfASyncThatIsStillToComeNobodyKnowsWhenItWas) {
  mirror_.execute(
      "INSERT INTO syncs VALUES (4, 1804420800000, 1804420800000, 'full', 'ok', 1, 1, 0, 0, 0, "
      "NULL)");  // 400 days ahead
  const auto expect_last_success_of_3 = [&] {
    const CommandResult result = run_on_mirror({"status", "--json"});
    EXPECT_EQ(result.status, 0) << "sync 3 was ten minutes ago";
    EXPECT_TRUE(contains(result.out, "\"last_success_at\":1769860200000,")) << result.out;
    EXPECT_TRUE(contains(result.out, "\"doubtful_sync_id\":4,")) << result.out;
  };
  expect_last_success_of_3();
  EXPECT_TRUE(contains(run_on_mirror({"status"}).out, "wrong at #4: nobody knows when it was\n"))
      << run_on_mirror({"status"}).out;
  mirror_.execute(
      "UPDATE syncs SET finished_at = 1769860600000, started_at = 1769860600000 WHERE id = 4;"
      "INSERT INTO syncs VALUES (5, 1769860300000, 1769860301000, 'full', 'failed', 1, 1, 0, 0, 0, "
      "NULL)");  // 4 is dated five minutes later than what came after it
  expect_last_success_of_3();
  mirror_.execute("UPDATE syncs SET started_at = 1, finished_at = 2 WHERE id = 3");
  EXPECT_EQ(run_on_mirror({"status", "--json"}).status, 1) << "the newest counts, whatever it says";
}

TEST_F(StatusTest, ASyncOfSomeProjectsIsNoSuccessOfTheMirror) {
  mirror_.execute(
      "CREATE TABLE narrow_syncs(sync_id INTEGER PRIMARY KEY, asked_for INTEGER) STRICT;"
      "INSERT INTO narrow_syncs VALUES (3, 1)");
  const CommandResult result = run_on_mirror({"status", "--json"});
  EXPECT_TRUE(contains(result.out, "\"last_success_at\":1769857260000,")) << result.out;
  EXPECT_TRUE(contains(result.out, "\"whole\":false")) << result.out;
  EXPECT_TRUE(contains(run_on_mirror({"status"}).out, "#3 quick, ok, of some projects, 11m ago"));
}

TEST_F(StatusTest, TheNextRunIsTheDaemonsOwnPlan) {
  EXPECT_TRUE(contains(output_of({"status"}), "daemon      no daemon runs\n"));
  Config config;
  config.mirror.database = mirror_.database();
  {
    daemon::PlanKeeper daemon(config);
    EXPECT_TRUE(contains(output_of({"status"}), "next run    unknown; a daemon runs\n"));
    daemon.tell(std::nullopt);
    EXPECT_TRUE(contains(output_of({"status"}), "next run    a sync of the daemon is under way\n"));
    EXPECT_TRUE(
        contains(output_of({"status", "--json"}), "\"daemon\":\"runs\",\"next_run_at\":null"));
    daemon.tell(1769861040000);
    EXPECT_TRUE(contains(output_of({"status"}), "next run    2026-01-31 12:04:00 UTC, in 4m\n"));
    EXPECT_TRUE(contains(output_of({"status", "--local"}), "in 4m\n"));
    EXPECT_TRUE(contains(output_of({"status", "--json"}),
                         "\"daemon\":\"runs\",\"next_run_at\":1769861040000,"));
  }
  EXPECT_TRUE(contains(output_of({"status"}), "daemon      no daemon runs\n"));
  EXPECT_TRUE(contains(output_of({"status", "--json"}), "\"next_run_at\":null"));
}

class StatusOfWhatIsNotConfiguredTest : public StatusTest {
 protected:
  // The [[workspace]] tables in the place of the one that is there.
  void configure(const std::string& workspaces) {
    std::ofstream(mirror_.config())
        << "[mirror]\ndatabase = \"" << mirror_.database().string() << "\"\n"
        << workspaces;
  }
  static std::string workspace(const std::string& name, const std::string& more = {}) {
    return "[[workspace]]\nname = \"" + name + "\"\nsecret_key_env = \"K\"\n" + more;
  }
};

TEST_F(StatusOfWhatIsNotConfiguredTest, MarksProjectsAndNamesForget) {
  configure(workspace("ours", "projects = [\"Ca*\", \"proj_2\"]\nexclude = [\"Dogs\"]\n"));
  const std::string text = output_of({"status"});
  EXPECT_TRUE(contains(text, "\nDogs * +")) << text;
  EXPECT_TRUE(contains(text, "\nCars ")) << text;
  EXPECT_TRUE(contains(text,
                       "+ Dogs: not in the configuration any more;\n"
                       "  nexus-mirror forget --project Dogs\n"))
      << text;
  const std::string json = output_of({"status", "--json"});
  EXPECT_TRUE(contains(json, "\"removed_at\":1769850000000,\"configured\":false")) << json;
  EXPECT_TRUE(contains(json, "\"removed_at\":null,\"configured\":true")) << json;
}

TEST_F(StatusOfWhatIsNotConfiguredTest, NamesAWorkspaceAsAWhole) {
  mirror_.execute(
      "INSERT INTO workspaces VALUES ('ws_1', 'Old team', NULL), ('ws_2', 'Team', NULL);"
      "INSERT INTO projects(id, workspace_id, name) VALUES ('proj_3', 'ws_2', 'Birds')");
  configure(workspace("Team"));
  const std::string text = output_of({"status"});
  EXPECT_TRUE(contains(text, "\nCars +")) << text;
  EXPECT_TRUE(contains(text, "\nBirds ")) << text;
  EXPECT_FALSE(contains(text, "Birds +")) << text;
  EXPECT_TRUE(contains(text,
                       "+ workspace Old team: not in the configuration any more;\n"
                       "  nexus-mirror forget --workspace 'Old team'\n"))
      << text;
  // Which workspace the key of a name of the user's own opens, only the server knows.
  configure(workspace("Team") + workspace("ours"));
  EXPECT_FALSE(contains(output_of({"status"}), "any more"));
}

TEST_F(StatusTest, CountsOnlyWholeSuccesses) {
  mirror_.execute("UPDATE syncs SET result = 'partial'");
  CommandResult result = run_on_mirror({"status", "--json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(contains(result.out, "\"last_success_at\":null,\"age_s\":null,\"stale\":true"));
  mirror_.execute("DELETE FROM syncs");
  result = run_on_mirror({"status", "--json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(contains(result.out, "\"last_sync\":null"));
  result = run_on_mirror({"status"});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(contains(result.out, "none yet")) << result.out;
}

TEST_F(StatusTest, ReadsWellInSixtyColumns) {
  const std::string text = output_of({"status"});
  EXPECT_TRUE(contains(text, "#3 quick, ok, 11m ago\n")) << text;
  EXPECT_TRUE(contains(text, "+1 ~2 -1 rows, 5 requests, 2.0 KiB\n")) << text;
  EXPECT_TRUE(contains(text, "2026-01-31 11:50:00 UTC, 10m ago\n")) << text;
  EXPECT_TRUE(contains(text, "fresh: a success within 1h\n")) << text;
  EXPECT_TRUE(contains(text, "* Dogs: removed from the workspace")) << text;
  for (std::size_t start = text.find('\n') + 1; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    EXPECT_LE(end - start, 60U) << text.substr(start, end - start);
    start = end + 1;
  }
}

TEST_F(StatusTest, ShowsTheMachinesZoneToPeopleAlone) {
  const nexus_mirror::testing::LocalZone zone("America/New_York");
  const std::string text = output_of({"status", "--local"});
  EXPECT_TRUE(contains(text, "2026-01-31 06:50:00 -05:00, 10m ago\n")) << text;
  EXPECT_TRUE(contains(text, "by 2026-01-31 04:00 -05:00\n")) << text;
  EXPECT_TRUE(contains(output_of({"status"}), "by 2026-01-31 09:00 UTC\n"));
  EXPECT_EQ(output_of({"status", "--json", "--local"}), output_of({"status", "--json"}));
  EXPECT_TRUE(contains(output_of({"links"}), "2026-01-31 22:53:20 UTC")) << output_of({"links"});
  EXPECT_TRUE(contains(output_of({"--local", "links"}), "2026-01-31 17:53:20 -05:00"));
  EXPECT_EQ(output_of({"links", "--local", "--format", "json"}),
            output_of({"links", "--format", "json"}));
}

TEST_F(VerifyTest, FindsNothingInAWholeMirror) {
  const std::string report = output_of({"verify"});
  EXPECT_FALSE(contains(report, "DAMAGED")) << report;
  EXPECT_FALSE(contains(report, "DIFFERENCE")) << report;
}

TEST_F(VerifyTest, FindsRowsWithoutParents) {
  for (const char* sql : {"INSERT INTO asset_groups VALUES ('asset_9', 'main')",
                          "INSERT INTO project_tags VALUES ('proj_9', 'x', 0, 0)",
                          "INSERT INTO project_groups VALUES ('proj_9', 'x', 0)",
                          "INSERT INTO artifact_files VALUES ('artifact_9', 'x', 'y')",
                          "INSERT INTO deployment_versions VALUES ('deploy_9', 'x')"}) {
    const HandMadeMirror damaged;
    damaged.execute(sql);
    const CommandResult result =
        nexus_mirror::testing::run_command({"--config", damaged.config().string(), "verify"}, env_);
    EXPECT_EQ(result.status, 1) << sql;
    EXPECT_TRUE(contains(result.out, "1 belong to none")) << result.out;
  }
}

TEST_F(VerifyTest, FindsWhatIsNoJson) {
  mirror_.execute("UPDATE assets SET extra = '{' WHERE id = 'asset_1'");
  const CommandResult result = run_on_mirror({"verify"});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(contains(result.out, "assets.extra: 1 are no JSON")) << result.out;
}

TEST_F(VerifyTest, OnlyNotesASyncWithoutAnEnd) {
  mirror_.execute(
      "INSERT INTO syncs(id, started_at, mode, result) VALUES (4, 1, 'full', 'running')");
  EXPECT_TRUE(contains(output_of({"verify"}), "note    syncs"));
}

TEST_F(VerifyTest, ReportsDamage) {
  mirror_.execute("CREATE INDEX by_tag ON annotations(tag)");
  mirror_.execute(
      "PRAGMA writable_schema = 1;"
      "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema"
      " WHERE name = 'runs') WHERE name = 'by_tag'");
  const CommandResult result = run_on_mirror({"verify"});
  EXPECT_EQ(result.status, 5) << result.out << result.error;
  EXPECT_TRUE(contains(result.error, "damaged")) << result.error;
}

}  // namespace
}  // namespace nexus_mirror::cli
