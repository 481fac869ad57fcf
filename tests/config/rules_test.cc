// What the configuration's values may be, and what is said about others.
#include <utility>

#include "support/config_folder.h"

namespace nexus_mirror {
namespace {

class ConfigRules : public ConfigFolder {};

TEST_F(ConfigRules, HintsAtWhatWasMeant) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"[sync]\ninterval = 15",
       "5:12: interval must be a duration in quotes, not a whole number; write \"15s\" for "
       "seconds"},
      {"[mirror]\nhistory = 0",
       "5:11: history must be a duration in quotes, not a whole number; write \"0\""},
      {"[sync]\ninterval = \"15 min\"",
       "5:12: interval must be a duration like \"500ms\", \"90s\", \"15m\", \"24h\", \"7d\" or "
       "\"1h30m\", not \"15 min\""},
      {"[sync]\ninterval = \"0\"",
       "5:12: interval must be a duration like \"90s\" or \"1h30m\", 1s to 3650d, not \"0\""},
      {"[http]\npage_size = \"100\"",
       "5:13: page_size must be a whole number, not text; write it without quotes"},
      {"[http]\npage_size = 100.0", "5:13: page_size must be a whole number, not a decimal number"},
      {"[http]\nmax_response = \"64M\"",
       "5:16: max_response must be a size like \"64MiB\", not \"64M\""},
      {"[http]\nmax_response = 0",
       "5:16: max_response must be a size like \"64MiB\", 1 to 4GiB, not 0"},
      {"[sync]\nrun_logs = \"true\"",
       "5:12: run_logs must be true or false, not text; write it without quotes"},
      {"[sync]\nmax_delete_fraction = 1.01",
       "5:23: max_delete_fraction must be a number from 0 to 1"},
      {"[sync]\nmax_delete_fraction = nan",
       "5:23: max_delete_fraction must be a number from 0 to 1"},
      {"[http]\nrequests_per_second = inf",
       "5:23: requests_per_second must be a number from 0 to 100000"},
      {"[sync]\nmode = \"fast\"", "5:8: mode must be \"full\" or \"quick\", not \"fast\""},
      {"[hooks]\non_change = \"retrain\"",
       "5:13: on_change must be a list of text, not text; put it in square brackets"},
      {"[hooks]\non_change = [\"\"]", "5:14: on_change: an element is empty"},
      {"[hooks]\non_change = [\"x\", 1]",
       "5:19: on_change: each element must be text, not a whole number"},
      {"[mirror]\ndatabase = \"\"", "5:12: database must not be empty"},
      {"[mirror]\ndatabase = \"a\\nb\"", "5:12: database holds control characters"},
      {"projects = []", "4:12: projects must name at least one; [\"*\"] is all"},
      {"projects = [\"a\", \"\"]", "4:18: projects: an element is empty"},
      {"[daemon]\nlisten = \"9464\"",
       "5:10: listen must be \"host:port\", like \"127.0.0.1:9464\""},
  };
  for (const auto& [lines, expected] : cases) {
    EXPECT_EQ(problem(lines), expected);
  }
}

TEST_F(ConfigRules, ModeKeepsOthersOut) {
  EXPECT_EQ(load("[mirror]\nmode = \"0660\"").mirror.mode, 0660U);
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"0o640",
       "mode must be octal permission bits in quotes, not a whole number; write "
       "\"0600\" or \"0640\""},
      {"\"0644\"", "mode must give others nothing: its last digit is 0"},
      {"\"0700\"", "mode must hold read and write bits only"},
      {"\"4600\"", "mode must hold read and write bits only"},
      {"\"0400\"", "mode must let the owner read and write: \"06.0\""},
      {"\"0060\"", "mode must let the owner read and write: \"06.0\""},
      {"\"0800\"", "mode must be octal permission bits like \"0640\", not \"0800\""},
  };
  for (const auto& [value, expected] : cases) {
    EXPECT_EQ(problem("[mirror]\nmode = " + std::string(value)), "5:8: " + std::string(expected));
  }
}

TEST_F(ConfigRules, FormatsAreKnownOnes) {
  const Config config = load("[[export]]\nformats = [\"yolo\", \"coco\", \"yolo\"]");
  EXPECT_EQ(config.exports[0].formats, (std::vector<std::string>{"yolo", "coco"}));
  EXPECT_EQ(problem("[[export]]\nformats = [\"coco\", \"yollo\"]"),
            "5:20: formats: unknown format \"yollo\" (did you mean \"yolo\"?)");
  EXPECT_NE(problem("[[export]]\nformats = [\"something else\"]").find("; there are ndjson, coco"),
            std::string::npos);
}

TEST_F(ConfigRules, StatusesAreStoredInTheApisSpelling) {
  const Config config = load(
      "[[export]]\nstatuses = [\"annotated\", \"REVIEW\", \"to-fix\", \"Completed\", \"none\"]");
  EXPECT_EQ(config.exports[0].statuses,
            (std::vector<std::string>{"Annotated", "Review", "Tofix", "Completed", "None"}));
  EXPECT_EQ(problem("[[export]]\nstatuses = [\"Complete\"]"),
            "5:13: statuses: unknown asset status \"Complete\" (did you mean \"Completed\"?)");
}

TEST_F(ConfigRules, EmptyTextIsAsGoodAsNothing) {
  const Config config = load(
      "endpoint = \"\"\nsecret_key_file = \"\"\nsecret_credential = \"\"\nsecret_key = \"\"\n"
      "ca_file = \"\"\nclient_certificate = \"\"\nclient_key = \"\"\n[http]\nproxy = \"\"\n"
      "[hooks]\nheartbeat_url = \"\"\non_change = []\n[daemon]\nlisten = \"\"");
  EXPECT_EQ(print_config(config), print_config(load("")));
}

TEST_F(ConfigRules, RelativePathsStartAtTheFilesFolder) {
  set_environment("HOME", "/home/ada");
  const Config config = load(
      "ca_file = \"certs/../ca.pem\"\n[mirror]\ndatabase = \"data/mirror.db\"\n"
      "export_dir = \"~/exports/\"\n[hooks]\non_change = [\"hooks/run\", \"data/x\"]");
  EXPECT_EQ(config.workspaces[0].ca_file, folder_ / "ca.pem");
  EXPECT_EQ(config.mirror.database, folder_ / "data/mirror.db");
  EXPECT_EQ(config.mirror.export_dir, "/home/ada/exports");
  EXPECT_EQ(config.hooks.on_change,
            (std::vector<std::string>{(folder_ / "hooks/run").string(), "data/x"}));
  EXPECT_EQ(load("[hooks]\non_change = [\"retrain\"]").hooks.on_change.front(), "retrain");
  set_environment("HOME", nullptr);
  EXPECT_EQ(problem("ca_file = \"~/ca.pem\""),
            "4:11: ca_file begins with ~/, but the environment variable HOME is not set");
}

TEST_F(ConfigRules, NoPathHoldsAVariable) {
  const std::string sentence =
      " holds a $, and variables are not expanded here; write the path out, or begin it with ~/ "
      "for the home folder";
  const std::vector<std::pair<std::string_view, std::string>> cases = {
      {"[mirror]\ndatabase = \"$HOME/mirror.db\"", "5:12: database"},
      {"[mirror]\nexport_dir = \"/srv/${TEAM}/exports\"", "5:14: export_dir"},
      {"ca_file = \"certs/$CA\"", "4:11: ca_file"},
      {"client_certificate = \"$C\"\nclient_key = \"k\"", "4:22: client_certificate"},
      {"client_certificate = \"c\"\nclient_key = \"a$\"", "5:14: client_key"},
      {"[hooks]\non_change = [\"$HOME/bin/x\", \"$1\"]", "5:14: on_change: the program"},
      {"[hooks]\non_change = [\"$RETRAIN\"]", "5:14: on_change: the program"},
  };
  for (const auto& [lines, place] : cases) EXPECT_EQ(problem(lines), place + sentence);
  EXPECT_EQ(joined(problems("[[workspace]]\nname = \"x\"\nsecret_key_file = \"$KEYS/nexus\"")),
            "3:19: secret_key_file" + sentence);
  // Arguments are the program's own: sh expands them.
  EXPECT_EQ(load("[hooks]\non_change = [\"sh\", \"-c\", \"echo $X\"]").hooks.on_change[2],
            "echo $X");
  // The same belief elsewhere.
  EXPECT_EQ(problem("[mirror]\ndatabase = \"~ada/mirror.db\""),
            "5:12: database begins with ~ada/, and of home folders only that of this user is "
            "known, as ~/; write the path out");
  EXPECT_EQ(load("[mirror]\ndatabase = \"~mirror.db\"").mirror.database, folder_ / "~mirror.db");
  EXPECT_EQ(
      joined(problems("[[workspace]]\nname = \"x\"\nsecret_key = \"$NEXUS_SECRET_KEY\"")),
      "3:14: secret_key begins with $, and variables are not expanded here; name the variable "
      "with secret_key_env");
}

TEST_F(ConfigRules, AMirrorHasOnePathWhateverLinksLeadToIt) {
  namespace fs = std::filesystem;
  const auto database = [&](const std::string& path) {
    return load("[mirror]\ndatabase = \"" + path + "\"").mirror.database;
  };
  fs::create_directory(folder_ / "data");
  std::ofstream(folder_ / "data/mirror.db");
  fs::create_symlink("data", folder_ / "folder");
  fs::create_symlink("folder/mirror.db", folder_ / "relative.db");
  fs::create_symlink(folder_ / "relative.db", folder_ / "twice.db");
  fs::create_symlink("data/none.db", folder_ / "dangling.db");
  fs::create_symlink("circle.db", folder_ / "circle.db");
  for (const char* path : {"data/mirror.db", "folder/mirror.db", "relative.db", "twice.db"}) {
    EXPECT_EQ(database(path), folder_ / "data/mirror.db") << path;
  }
  EXPECT_EQ(database("dangling.db"), folder_ / "data/none.db");
  EXPECT_EQ(database("folder/new/mirror.db"), folder_ / "data/new/mirror.db");
  EXPECT_EQ(database("circle.db"), folder_ / "circle.db");
  EXPECT_EQ(database("none/mirror.db"), folder_ / "none/mirror.db");
}

TEST_F(ConfigRules, EndpointsAreStoredWithoutTheSlashAtTheirEnd) {
  EXPECT_EQ(load("endpoint = \"https://x.io/v2/\"").workspaces[0].endpoint, "https://x.io/v2");
}

TEST_F(ConfigRules, AWorkspaceIsNeeded) {
  const std::string expected =
      "1:1: no [[workspace]]; add the lines [[workspace]], name = \"my-team\" and "
      "secret_key_env = \"NEXUS_SECRET_KEY\"";
  EXPECT_EQ(joined(problems("[http]\n")), expected);
  EXPECT_EQ(joined(problems("# nothing\n")), expected);
  EXPECT_EQ(joined(problems("workspace = []\n")).find("1:1: no [[workspace]]"), 0U);
}

TEST_F(ConfigRules, AWorkspaceHasANameOfItsOwn) {
  EXPECT_EQ(joined(problems("\n[[workspace]]\nsecret_key_env = \"X\"")),
            "2:1: [[workspace]] needs a name");
  EXPECT_EQ(joined(problems("[[workspace]]\nname = \"\"\nsecret_key_env = \"X\"")),
            "1:1: [[workspace]] needs a name");
  EXPECT_EQ(joined(problems("[[workspace]]\nname = 1\nsecret_key_env = \"X\"")),
            "2:8: name must be text, not a whole number; write it in quotes");
  EXPECT_EQ(problem("[[workspace]]\nname = \"vision-team\"\nsecret_key_env = \"X\""),
            "5:8: two workspaces have the name \"vision-team\"");
}

TEST_F(ConfigRules, AWorkspaceHasOneKeyOrACertificate) {
  EXPECT_EQ(joined(problems("[[workspace]]\nname = \"x\"")),
            "1:1: [[workspace]] has no key; set secret_key_env = \"NEXUS_SECRET_KEY\" (or "
            "secret_key_file, secret_credential, secret_key), or client_certificate and "
            "client_key");
  EXPECT_EQ(joined(problems("[[workspace]]\nname = \"x\"\nclient_certificate = \"c\"\n"
                            "client_key = \"k\"")),
            "");
  EXPECT_EQ(problem("client_certificate = \"c\""),
            "4:22: client_certificate needs client_key beside it");
  EXPECT_EQ(problem("client_key = \"k\""), "4:14: client_key needs client_certificate beside it");
  EXPECT_EQ(problem("secret_key_file = \"key\"\nsecret_credential = \"key\""),
            "5:21: more than one place for the key: secret_key_env, secret_key_file, "
            "secret_credential; keep one");
}

TEST_F(ConfigRules, AKeyWhereItsPlaceShouldBeIsNotShown) {
  const std::string key(64, 'a');
  for (const std::string setting : {"secret_key_env", "secret_key_file", "secret_credential"}) {
    const std::string found =
        joined(problems("[[workspace]]\nname = \"x\"\n" + setting + " = \"" + key + "\""));
    EXPECT_NE(found.find(", not the key"), std::string::npos) << found;
    EXPECT_EQ(found.find("aaaa"), std::string::npos) << found;
  }
  for (const std::string line : {"secret_key_env = \"nexus key\"", "secret_credential = \"a/b\"",
                                 "secret_credential = \"..\"", "secret_key_env = \"1X\""}) {
    const std::string found = joined(problems("[[workspace]]\nname = \"x\"\n" + line));
    EXPECT_NE(found.find(" must be the name of "), std::string::npos) << found;
  }
}

TEST_F(ConfigRules, NoProblemShowsASecret) {
  for (const std::string_view lines :
       {"secret_key = 1111111111111111111111111", "secret_key = 0x11111111111111111111",
        "secret_key = hunter2", "secret_key = \"hunter2", "secret_key \"hunter2\"",
        "secret_key = \"hunter2\" hunter2", "secret_key = [\"hunter2\"]",
        "secret_key = \"hunter2 \\u00e4\"", "secret_key = \"hunter2\"",
        "endpoint = \"https://hunter2@x.io\"", "[http]\nproxy = \"http://u:hunter2@h:1/x\"",
        "[hooks]\nheartbeat_url = \"http://x.io/?key=hunter2\""}) {
    const std::string found = problem(lines);
    EXPECT_NE(found, "") << lines;
    EXPECT_EQ(found.find("hunter2"), std::string::npos) << found;
    EXPECT_EQ(found.find("1111"), std::string::npos) << found;
  }
}

TEST_F(ConfigRules, SectionsAreWrittenAsTheyShould) {
  EXPECT_EQ(joined(problems("[workspace]\nname = \"x\"")),
            "1:2: workspace must be written with two brackets: [[workspace]]");
  EXPECT_EQ(problem("[[http]]\npage_size = 1"),
            "4:3: http must be a section, written with single brackets: [http]");
  EXPECT_EQ(problem("[htpp]\npage_size = 1"),
            "4:2: unknown section \"htpp\" (did you mean \"http\"?)");
  EXPECT_EQ(problem("[mirror]\nmirror = 1"),
            "5:1: unknown key \"mirror\" in [mirror]; there are database, export_dir, mode, "
            "history");
  EXPECT_EQ(problem("[http]\ninterval = \"1m\""),
            "5:1: unknown key \"interval\" in [http] (it belongs in [sync])");
  EXPECT_EQ(joined(problems("databse = \"x\"\n" + with_workspace(""))),
            "1:1: unknown key \"databse\" outside of any section (did you mean \"database\" in "
            "[mirror]?)");
  EXPECT_EQ(problem("[something.else.entirely]").find("unknown section \"something\"; there are"),
            5U);
}

TEST_F(ConfigRules, OtherWaysToWriteTheSame) {
  const Config config =
      load_config(write("workspace = [{name = \"x\", secret_key_env = \"K\"}]\nhttp.page_size = 7\n"
                        "sync = {interval = \"2m\"}\r\n"));
  EXPECT_EQ(config.workspaces[0].name, "x");
  EXPECT_EQ(config.http.page_size, 7);
  EXPECT_EQ(config.sync.interval, std::chrono::minutes(2));
}

TEST_F(ConfigRules, EveryProblemIsReportedInOrder) {
  const std::string text =
      "[http]\npage_sise = 1\nconcurrency = 0\n[[workspace]]\nnam = \"x\"\n[a]\n[daemon]\n"
      "listen = 1\n";
  const std::vector<std::string> found = problems(text);
  std::vector<std::string> places;
  for (const std::string& line : found) places.push_back(line.substr(0, line.find(": ")));
  EXPECT_EQ(places, (std::vector<std::string>{"2:1", "3:15", "4:1", "4:1", "5:1", "6:2", "8:10"}));

  const std::filesystem::path file = write(text);
  EXPECT_EQ(config_error([&] { load_config(file); }),
            "reading configuration " + file.string() +
                ":2:1: unknown key \"page_sise\" in [http] (did you mean \"page_size\"?); and 6 "
                "more problems; run nexus-mirror config check");
}

TEST_F(ConfigRules, ASingleProblemNeedsNoCount) {
  const std::filesystem::path file = write(with_workspace("[http]\npage_size = 0"));
  EXPECT_EQ(config_error([&] { load_config(file); }),
            "reading configuration " + file.string() +
                ":5:13: page_size must be a whole number from 1 to 100000, not 0");
}

}  // namespace
}  // namespace nexus_mirror
