// The reading commands as a user runs them: arguments in, exit status, stdout and stderr out.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/query_command.h"
#include "nexus_mirror/error.h"
#include "support/commands_test.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::CommandResult;
using nexus_mirror::testing::contains;

class CommandLineTest : public nexus_mirror::testing::CommandsTest {};

TEST_F(CommandLineTest, QueryPrintsEachFormat) {
  const std::string sql = "SELECT name, removed_at FROM projects ORDER BY id";
  EXPECT_EQ(output_of({"query", sql}),
            "name     removed_at\n----  -------------\nCars\nDogs  1769850000000\n");
  EXPECT_EQ(output_of({"query", sql, "--format", "csv"}),
            "name,removed_at\nCars,\nDogs,1769850000000\n");
  EXPECT_EQ(output_of({"query", "--format=json", sql}),
            "[\n{\"name\":\"Cars\",\"removed_at\":null},\n"
            "{\"name\":\"Dogs\",\"removed_at\":1769850000000}\n]\n");
  EXPECT_EQ(output_of({"query", "--format", "ndjson", sql}),
            "{\"name\":\"Cars\",\"removed_at\":null}\n"
            "{\"name\":\"Dogs\",\"removed_at\":1769850000000}\n");
}

TEST_F(CommandLineTest, QueryReadsSqlFromStdin) {
  EXPECT_EQ(output_of({"query", "-", "--format", "csv"}, "-- a comment\nSELECT 1 AS one;\n"),
            "one\n1\n");
  EXPECT_EQ(output_of({"query", "--format", "csv", "--", "-- a comment\nSELECT 1 AS one"}),
            "one\n1\n");
}

TEST_F(CommandLineTest, QueryBindsParameters) {
  EXPECT_EQ(output_of({"query", "--param", "tag=car", "--param", "x=0.05",
                       "SELECT count(*) AS n FROM annotations WHERE tag = :tag AND xmin > :x",
                       "--format", "csv"}),
            "n\n1\n");
  EXPECT_EQ(output_of({"query", "SELECT :a AS a", "--param", "a=[1,2]", "--format", "csv"}),
            "a\n\"[1,2]\"\n");
}

TEST_F(CommandLineTest, QueryRefusesToWrite) {
  EXPECT_TRUE(contains(failure_of({"query", "DELETE FROM projects"}, 2), "read-only"));
  EXPECT_EQ(output_of({"query", "SELECT count(*) AS n FROM projects", "--format", "csv"}),
            "n\n2\n");
}

TEST_F(CommandLineTest, QueryReportsWrongSql) {
  EXPECT_TRUE(contains(failure_of({"query", "SELECT nothing FROM projects"}, 2), "nothing"));
  EXPECT_TRUE(contains(failure_of({"query", "SELECT :tag"}, 2), "--param tag="));
}

TEST_F(CommandLineTest, CommandsNeedTheMirror) {
  std::filesystem::remove(mirror_.database());
  for (const char* command : {"changes", "links", "status", "verify"}) {
    EXPECT_TRUE(contains(failure_of({command}, 5), "there is no such file")) << command;
  }
  EXPECT_TRUE(contains(failure_of({"query", "SELECT 1"}, 5), "nexus-mirror sync"));
}

TEST(ParametersTest, BindNumbersThatReadBackTheSame) {
  const auto value = [](const std::string& text) {
    return parse_parameters({"p=" + text}).at(0).second;
  };
  EXPECT_EQ(value("12"), store::Value(std::int64_t{12}));
  EXPECT_EQ(value("-12"), store::Value(std::int64_t{-12}));
  EXPECT_EQ(value("0.5"), store::Value(0.5));
  for (const char* text : {"", "007", "-0", "+1", " 1", "1 ", "1e3", "0.50", ".5", "1.", "inf",
                           "nan", "9223372036854775808", "0x10", "car", "a=b"}) {
    EXPECT_EQ(value(text), store::Value(std::string(text))) << text;
  }
}

TEST(ParametersTest, NeedNamesAndTakeEachOnce) {
  EXPECT_EQ(parse_parameters({":tag=x"}).at(0).first, "tag");
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"tag"}, {"=x"}, {""}, {"a=1", "a=2"}}) {
    EXPECT_THROW(parse_parameters(wrong), Error);
  }
}

TEST_F(CommandLineTest, LinksArePrintedInFull) {
  const std::string link =
      "https://storage.example/bucket/with/a/long/path/model.onnx?X-Goog-Signature="
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  const CommandResult table = run_on_mirror({"links"});
  EXPECT_EQ(table.status, 0);
  EXPECT_TRUE(contains(table.out, link)) << table.out;
  EXPECT_TRUE(contains(table.out, "2026-01-31 22:53:20")) << table.out;
  EXPECT_TRUE(contains(table.error, "1 model has no live link")) << table.error;
  EXPECT_EQ(output_of({"links", "--project", "Cars", "--format", "csv"}),
            "project_id,project_name,run_id,artifact_id,artifact_name,model_id,format,quantization,"
            "status,url,expiry\n"
            "proj_1,Cars,run_1,artifact_1,cars-v1,model_1,ONNX,float32,Finished," +
                link + ",1769900000000\n");
  EXPECT_EQ(output_of({"links", "--project", "Dogs", "--format", "json"}), "[]\n");
}

TEST_F(CommandLineTest, SchemaExplainsTables) {
  const std::string all = output_of({"schema", "--format", "csv"});
  EXPECT_EQ(all.rfind("table,column,type,meaning\n", 0), 0U);
  const std::string one = output_of({"schema", "annotations", "--format", "csv"});
  EXPECT_TRUE(contains(one, "\nannotations,id,TEXT,")) << one;
  EXPECT_FALSE(contains(one, "\nprojects,")) << one;
  EXPECT_LT(one.size(), all.size());
  EXPECT_TRUE(contains(failure_of({"schema", "annotation"}, 2), "annotations"));
}

TEST_F(CommandLineTest, ConfigCheckAndPrint) {
  ::setenv("NEXUS_MIRROR_TEST_KEY", std::string(64, 'a').c_str(), 1);
  EXPECT_EQ(output_of({"config", "check"}), mirror_.config().string() + ": ok\n");
  EXPECT_TRUE(contains(output_of({"config", "print"}), mirror_.database().string()));
  ::unsetenv("NEXUS_MIRROR_TEST_KEY");
  std::ofstream(mirror_.config(), std::ios::trunc) << "[mirror]\ndatabse = \"x\"\n";
  const CommandResult wrong = run_on_mirror({"config", "check"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(wrong.out, "");
  EXPECT_TRUE(contains(wrong.error, mirror_.config().string() + ":2:1")) << wrong.error;
}

TEST_F(CommandLineTest, UsageErrorsPointToTheHelp) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "'nexus-mirror --help'"},
      {{"qury", "SELECT 1"}, "no command 'qury' (did you mean 'query'?)"},
      {{"xyzzy"}, "no command 'xyzzy'; see"},
      {{"query"}, "'nexus-mirror query --help'"},
      {{"query", "SELECT 1", "status"}, "'nexus-mirror query --help'"},
      {{"query", "--format", "xml", "SELECT 1"}, "table|csv|json|ndjson"},
      {{"query", "--param", "x", "SELECT 1"}, "NAME=VALUE"},
      {{"status", "--jsn"}, "'nexus-mirror status --help'"},
      {{"status", "--jsn"}, "there is no option '--jsn' (did you mean '--json'?)"},
      {{"sync", "--dryrun=1"}, "there is no option '--dryrun' (did you mean '--dry-run'?)"},
      {{"sync", "--confg", "x"}, "did you mean '--config'?"},
      {{"sync", "cars"}, "'cars' is one argument too many"},
      {{"status", "--json", "--format", "json"}, "'nexus-mirror status --help'"},
      {{"config"}, "'nexus-mirror config --help'"},
      {{"config", "chek"}, "no command 'chek' (did you mean 'check'?)"},
      {{"sync", "--full", "--quick"}, "'nexus-mirror sync --help'"},
      {{"--log-level", "loud", "status"}, "debug|info|warning|error"}};
  for (const auto& [arguments, hint] : cases) {
    EXPECT_TRUE(contains(failure_of(arguments, 2), hint)) << hint;
  }
}

TEST_F(CommandLineTest, JsonIsAskedForInOneWayEverywhere) {
  const std::vector<std::vector<std::string>> commands = {
      {"status"},  {"verify"}, {"schema", "tags"},
      {"changes"}, {"links"},  {"query", "SELECT 1 AS n"}};
  for (const std::vector<std::string>& command : commands) {
    std::vector<std::string> flag = command, format = command;
    flag.emplace_back("--json");
    format.insert(format.end(), {"--format", "json"});
    const std::string text = output_of(flag);
    EXPECT_TRUE(text.starts_with('{') || text.starts_with('[')) << command.front() << text;
    EXPECT_EQ(output_of(format), text) << command.front();
    EXPECT_NE(output_of(command), text) << command.front();
  }
}

TEST_F(CommandLineTest, ShortWaysStandForLongOnes) {
  EXPECT_EQ(output_of({"-V"}), output_of({"--version"}));
  EXPECT_EQ(output_of({"-h"}), output_of({"--help"}));
  EXPECT_EQ(output_of({"help"}), output_of({"--help"}));
  EXPECT_EQ(output_of({"query", "-h"}), output_of({"query", "--help"}));
  EXPECT_EQ(output_of({"help", "query"}), output_of({"query", "--help"}));
  EXPECT_EQ(output_of({"help", "config", "check"}), output_of({"config", "check", "--help"}));
  EXPECT_EQ(output_of({"-v", "status", "--json"}), output_of({"status", "--json"}));
  EXPECT_TRUE(contains(failure_of({"query", "--", "-h"}, 2), "the query")) << "which is SQL here";
}

TEST_F(CommandLineTest, GlobalOptionsMayFollowTheCommand) {
  const CommandResult result =
      nexus_mirror::testing::run_command({"query", "SELECT 1 AS n", "--format", "csv", "--config",
                                          mirror_.config().string(), "--log-level", "error"},
                                         env_);
  EXPECT_EQ(result.status, 0) << result.error;
  EXPECT_EQ(result.out, "n\n1\n");
}

TEST_F(CommandLineTest, HelpOfEachCommandHasExamplesAndExitStatuses) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{},
                                             {"sync"},
                                             {"query"},
                                             {"changes"},
                                             {"links"},
                                             {"status"},
                                             {"verify"},
                                             {"schema"},
                                             {"config"},
                                             {"config", "check"},
                                             {"config", "print"}}) {
    std::vector<std::string> arguments = command;
    arguments.emplace_back("--help");
    const CommandResult result = nexus_mirror::testing::run_command(arguments, env_);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.error, "");
    EXPECT_TRUE(contains(result.out, "Examples:\n")) << result.out;
    EXPECT_TRUE(contains(result.out, "Exit status:\n")) << result.out;
    for (const std::string& name : command) EXPECT_TRUE(contains(result.out, name)) << result.out;
  }
  EXPECT_EQ(output_of({"--version"}).rfind("nexus-mirror ", 0), 0U);
}

TEST_F(CommandLineTest, AFullDiskIsAnErrorAndAClosedPipeIsNot) {
  const std::vector<std::string> arguments = {"--config", mirror_.config().string(), "query",
                                              "SELECT hex(zeroblob(200000))"};
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  EXPECT_EQ(run(arguments, Console{0, full, full}, env_), 1);
  ::close(full);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  EXPECT_EQ(run(arguments, Console{0, ends[1], ends[1]}, env_), 0);
  ::close(ends[1]);
}

}  // namespace
}  // namespace nexus_mirror::cli
