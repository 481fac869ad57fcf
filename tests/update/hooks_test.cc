// Hooks and the heartbeat, end to end.
//
// A hook is told at least once of what changed, whatever is killed when, and never again once its
// end is recorded.
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <signal.h>

#include <fstream>

#include "support/exports_test.h"
#include "support/http_server.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class HooksTest : public PromiseTest {
 protected:
  // A mirror whose hook is the shell script; what it leaves in $PWD is left in the mirror's folder.
  std::unique_ptr<Mirror> hooked(const std::string& script, const std::string& project = {},
                                 const std::string& hooks = {}) {
    auto made = mirror(project);
    MirrorSettings wanted = settings(project);
    script_ = made->folder() / "hook.sh";
    std::ofstream(script_) << "#!/bin/sh\ncd '" << made->folder().string() << "'\n"
                           << script << "\n";
    fs::permissions(script_, fs::perms::owner_all);
    wanted.sync = "[hooks]\non_change = [\"" + script_.string() + "\"]\n" + hooks;
    made->configure(wanted);
    return made;
  }

  static rapidjson::Document json(const fs::path& file) {
    rapidjson::Document document;
    document.Parse(file_bytes(file).c_str());
    EXPECT_FALSE(document.HasParseError()) << file;
    return document;
  }

  fs::path script_;
};

TEST_F(HooksTest, AreToldOfTheFirstLoad) {
  const auto mirror = hooked("cat > \"$NEXUS_MIRROR_PROJECT_ID.json\"; env > env.txt", kBloodCells);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const auto told = json(mirror->folder() / (std::string(kBloodCells) + ".json"));
  const std::string name = mirror->value("SELECT name FROM projects");
  const std::string folder = (mirror->folder() / "exports" / kBloodCells).string();
  EXPECT_EQ(told["sync_id"].GetInt64(), 1);
  EXPECT_EQ(told["project_id"].GetString(), std::string(kBloodCells));
  EXPECT_EQ(told["project_name"].GetString(), name);
  EXPECT_EQ(told["export_dir"].GetString(), folder);
  EXPECT_TRUE(told["files"].IsArray());
  ASSERT_GT(told["changes"].Size(), 0U);
  EXPECT_EQ(told["changes"].Size(), told["changes_total"].GetUint());
  EXPECT_EQ(std::to_string(told["changes"].Size()),
            mirror->value("SELECT count(*) FROM changes WHERE project_id IS NOT NULL"));
  bool loaded = false;
  for (const auto& change : told["changes"].GetArray()) {
    if (change["entity"] != "assets") continue;
    loaded = true;
    EXPECT_EQ(change["op"], "load");
    EXPECT_TRUE(change["entity_id"].IsNull());
    EXPECT_TRUE(change["before"].IsNull());
    EXPECT_GT(change["after"]["rows"].GetInt64(), 0);
  }
  EXPECT_TRUE(loaded);
  const std::string environment = file_bytes(mirror->folder() / "env.txt");
  EXPECT_NE(environment.find("NEXUS_MIRROR_PROJECT_NAME=" + name + "\n"), std::string::npos);
  EXPECT_NE(environment.find("NEXUS_MIRROR_SYNC_ID=1\n"), std::string::npos);
  EXPECT_NE(environment.find("NEXUS_MIRROR_EXPORT_DIR=" + folder + "\n"), std::string::npos);
}

TEST_F(HooksTest, RunOnceForEachProjectThatChangedAndForNoOther) {
  const auto mirror = hooked("echo \"$NEXUS_MIRROR_PROJECT_ID\" >> ran.txt; cat > last.json");
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string after_first = file_bytes(mirror->folder() / "ran.txt");
  EXPECT_EQ(std::to_string(std::count(after_first.begin(), after_first.end(), '\n')),
            mirror->value("SELECT count(*) FROM projects"));
  fs::remove(mirror->folder() / "ran.txt");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(mirror->folder() / "ran.txt")) << "nothing had changed";

  const std::string asset = corpus_line("assets", kBloodCells);
  remove("assets", id_of(asset));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(file_bytes(mirror->folder() / "ran.txt"), std::string(kBloodCells) + "\n");
  const auto told = json(mirror->folder() / "last.json");
  bool deleted = false;
  for (const auto& change : told["changes"].GetArray()) {
    deleted = deleted || (change["op"] == "delete" && change["entity_id"] == id_of(asset).c_str());
  }
  EXPECT_TRUE(deleted);
}

TEST_F(HooksTest, KnowNoSecrets) {
  const auto made = hooked("env > env.txt", kBloodCells);
  std::string text = file_bytes(made->folder() / "config.toml");
  const std::string file = "secret_key_file = \"" + (made->folder() / "key").string() + "\"";
  text = replaced(text, file, "secret_key_env = \"OUR_KEY\"");
  std::ofstream(made->folder() / "config.toml") << text;
  const auto process = made->start(
      {"sync"}, {std::string("OUR_KEY=") + kKey, "CREDENTIALS_DIRECTORY=/run/c", "COLOUR=blue"});
  const Ended ended = process->wait();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const std::string environment = file_bytes(made->folder() / "env.txt");
  EXPECT_NE(environment.find("COLOUR=blue"), std::string::npos);
  EXPECT_EQ(environment.find(kKey), std::string::npos);
  EXPECT_EQ(environment.find("CREDENTIALS_DIRECTORY"), std::string::npos);
}

TEST_F(HooksTest, ThatFailOrHangAreLoggedAndStopNothing) {
  const auto mirror = hooked("echo some words; exit 3", kBloodCells);
  Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("hook: some words"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("exit status 3"), std::string::npos) << ended.err;

  const auto hanging = hooked("sleep 1000", kBloodCells, "timeout = \"200ms\"\n");
  ended = hanging->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("no end within 200 ms"), std::string::npos) << ended.err;
}

TEST_F(HooksTest, DoNotRunInADryRun) {
  const auto mirror = hooked("touch ran", kBloodCells);
  EXPECT_EQ(mirror->sync({"--dry-run"}).status, 0);
  EXPECT_FALSE(fs::exists(mirror->folder() / "ran"));
}

TEST_F(HooksTest, ASyncCutShortIsToldOfByTheNext) {
  const auto mirror = hooked("cat > told.json", kBloodCells);
  fault(R"({"match": "/annotations?", "nth": 0, "fault": "stall"})");
  auto process = mirror->start({"sync"});
  while (requests("/annotations?").empty()) ASSERT_TRUE(process->running());
  process->terminate();
  EXPECT_EQ(process->wait().status, 1);
  EXPECT_FALSE(fs::exists(mirror->folder() / "told.json"));
  clear_faults();
  ASSERT_EQ(mirror->sync().status, 0);
  const auto told = json(mirror->folder() / "told.json");
  EXPECT_EQ(std::to_string(told["changes_total"].GetInt64()),
            mirror->value("SELECT count(*) FROM changes WHERE project_id IS NOT NULL"));
}

// Writes each call's input to a file of its own, call0.json first.
constexpr const char* kKeepCall = "n=$(ls | grep -c '^call'); cat > call$n.json";
constexpr const char* kKillParentOnce = "; [ -e killed ] || { touch killed; kill -9 $PPID; }";

class HookToldTest : public HooksTest {
 protected:
  static std::size_t calls(const Mirror& mirror) {
    std::size_t n = 0;
    while (fs::exists(mirror.folder() / ("call" + std::to_string(n) + ".json"))) ++n;
    return n;
  }
  static rapidjson::Document call(const Mirror& mirror, std::size_t n) {
    return json(mirror.folder() / ("call" + std::to_string(n) + ".json"));
  }

  // The configuration of hooked() with another `on_change`; with none where it is empty.
  void configure(const Mirror& mirror, const std::string& on_change) {
    MirrorSettings wanted = settings(kBloodCells);
    if (!on_change.empty()) wanted.sync = "[hooks]\non_change = [\"" + on_change + "\"]\n";
    const_cast<Mirror&>(mirror).configure(wanted);
  }

  std::string remove_asset(std::size_t n) {
    const std::string id = id_of(corpus_lines("assets", kBloodCells).at(n));
    remove("assets", id);
    return id;
  }

  static std::vector<std::string> seqs(const rapidjson::Document& told) {
    std::vector<std::string> seqs;
    for (const auto& change : told["changes"].GetArray()) {
      seqs.push_back(std::to_string(change["seq"].GetInt64()));
    }
    return seqs;
  }
};

TEST_F(HookToldTest, IsToldAgainOfTheSameWhenTheProgramWasKilledMeanwhile) {
  const auto mirror = hooked(std::string(kKeepCall) + kKillParentOnce, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 128 + SIGKILL);
  ASSERT_EQ(mirror->sync().status, 0) << "nothing had changed";
  ASSERT_EQ(calls(*mirror), 2U);
  const auto first = call(*mirror, 0), again = call(*mirror, 1);
  ASSERT_GT(first["changes"].Size(), 0U);
  EXPECT_EQ(first["changes"], again["changes"]);
  EXPECT_EQ(first["changes_total"], again["changes_total"]);
  EXPECT_EQ(again["sync_id"].GetInt64(), 2);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(calls(*mirror), 2U) << "its end was recorded";
}

TEST_F(HookToldTest, IsToldAgainOfFilesThatAnEarlierSyncHasWritten) {
  const auto mirror = hooked(std::string(kKeepCall) + kKillParentOnce, kBloodCells,
                             "[[export]]\nformats = [\"yolo\", \"coco\"]\n");
  ASSERT_EQ(mirror->sync().status, 128 + SIGKILL);
  ASSERT_EQ(mirror->sync().status, 0);
  ASSERT_EQ(calls(*mirror), 2U);
  const auto first = call(*mirror, 0), again = call(*mirror, 1);
  ASSERT_GT(first["files"].Size(), 2U);
  EXPECT_EQ(first["files"], again["files"]);
  EXPECT_TRUE(file_bytes(mirror->folder() / "call1.json").find("/manifest.json") !=
              std::string::npos);
}

TEST_F(HookToldTest, IsToldOnceWhateverItsExitStatus) {
  const auto mirror = hooked(std::string(kKeepCall) + "; exit 3", kBloodCells);
  for (int sync = 1; sync <= 2; ++sync) {
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(calls(*mirror), 1U) << sync;
  }
}

TEST_F(HookToldTest, IsToldOnceAlsoWhenItsTimeIsUp) {
  const auto mirror = hooked("exec sleep 1000", kBloodCells, "timeout = \"200ms\"\n");
  EXPECT_NE(mirror->sync().err.find("no end within 200 ms"), std::string::npos);
  const Ended second = mirror->sync();
  EXPECT_EQ(second.status, 0);
  EXPECT_EQ(second.err.find("running the hook"), std::string::npos) << second.err;
}

TEST_F(HookToldTest, IsToldOfEverythingInOneCallOnceItCanBeStarted) {
  const auto mirror = hooked(kKeepCall, kBloodCells);
  fs::rename(script_, script_.string() + ".away");
  for (std::size_t sync = 0; sync < 3; ++sync) {
    const Ended ended = mirror->sync();
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.err.find("it cannot be started"), std::string::npos) << ended.err;
    remove_asset(sync);
  }
  EXPECT_EQ(calls(*mirror), 0U);
  fs::rename(script_.string() + ".away", script_);
  ASSERT_EQ(mirror->sync().status, 0);
  ASSERT_EQ(calls(*mirror), 1U);
  EXPECT_EQ(seqs(call(*mirror, 0)),
            mirror->rows("SELECT seq FROM changes WHERE project_id IS NOT NULL ORDER BY seq"));
  EXPECT_EQ(mirror->number("SELECT count(DISTINCT sync_id) FROM changes WHERE project_id IS NOT "
                           "NULL"),
            4)
      << "this sync's and those of the three before";
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(calls(*mirror), 1U);
}

TEST_F(HookToldTest, ExactlyTheProjectsThatAStopKeptFromItAreToldByTheNextSync) {
  for (const std::size_t stopped_at : {1U, 2U}) {
    const auto mirror = hooked(
        "echo \"$NEXUS_MIRROR_PROJECT_ID\" >> begun.txt\n"
        "[ $(wc -l < begun.txt) != " +
        std::to_string(stopped_at) + " ] || { touch reached; exec sleep 1000; }");
    const auto process = mirror->start({"sync"});
    while (!fs::exists(mirror->folder() / "reached")) ASSERT_TRUE(process->running());
    process->terminate();
    process->wait();
    const std::vector<std::string> projects = mirror->rows(
        "SELECT DISTINCT project_id FROM changes WHERE project_id IS NOT NULL "
        "ORDER BY project_id");
    ASSERT_GT(projects.size(), 2U);
    std::string wanted;  // those that were begun, and then the last of them and the others
    for (std::size_t i = 0; i < stopped_at; ++i) wanted += projects[i] + "\n";
    EXPECT_EQ(file_bytes(mirror->folder() / "begun.txt"), wanted);
    for (std::size_t i = stopped_at - 1; i < projects.size(); ++i) wanted += projects[i] + "\n";
    // The script is stopped no more: it is past the line that stops it.
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(file_bytes(mirror->folder() / "begun.txt"), wanted);
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(file_bytes(mirror->folder() / "begun.txt"), wanted);
  }
}

TEST_F(HookToldTest, OfWhichTheConfigurationSaysNothingMoreIsDroppedAndBeginsAnew) {
  const std::string kRows = "SELECT count(*) FROM consumers WHERE name = 'hooks'";
  const auto mirror = hooked(kKeepCall, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->number(kRows), 1);
  configure(*mirror, "");
  remove_asset(0);
  const Ended without = mirror->sync();
  EXPECT_EQ(std::count(without.err.begin(), without.err.end(), '\n'), 2) << without.err;
  EXPECT_NE(without.err.find("hooks"), std::string::npos) << without.err;
  EXPECT_EQ(mirror->number(kRows), 0);
  EXPECT_EQ(mirror->sync().err.find("hooks"), std::string::npos) << "one warning is enough";
  configure(*mirror, script_.string());
  const std::string second = remove_asset(1);
  ASSERT_EQ(mirror->sync().status, 0);
  ASSERT_EQ(calls(*mirror), 2U);
  const auto told = call(*mirror, 1);
  EXPECT_EQ(seqs(told),
            mirror->rows("SELECT seq FROM changes WHERE project_id IS NOT NULL AND sync_id = "
                         "(SELECT max(id) FROM syncs) ORDER BY seq"));
  EXPECT_NE(file_bytes(mirror->folder() / "call1.json").find(second), std::string::npos);
}

// Every row of every table but `syncs`, links too.
std::string all_rows(const Mirror& mirror) {
  std::string text;
  for (const std::string& table :
       mirror.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'syncs' "
                   "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")) {
    for (const std::string& row : mirror.rows("SELECT * FROM \"" + table + "\"")) {
      if (table == "sqlite_sequence" && row.starts_with("syncs|")) continue;
      text.append(table).append(": ").append(row).append("\n");
    }
  }
  return text;
}

TEST_F(HookToldTest, AQuietSyncWritesItsOwnRowAndNothingElse) {
  const auto mirror =
      hooked(kKeepCall, kBloodCells, "[[export]]\nformats = [\"yolo\", \"coco\"]\n");
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string rows = all_rows(*mirror);
  const auto exports = files_below(mirror->folder() / "exports");
  ASSERT_GT(exports.size(), 2U);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM syncs"), 2);
  EXPECT_TRUE(all_rows(*mirror) == rows) << "rows differ";
  EXPECT_EQ(files_below(mirror->folder() / "exports"), exports);
  EXPECT_EQ(calls(*mirror), 1U);
}

class HeartbeatTest : public HooksTest {
 protected:
  Ended sync_with(const std::string& url) {
    mirror_ = mirror(kBloodCells);
    MirrorSettings wanted = settings(kBloodCells);
    wanted.sync = "[hooks]\nheartbeat_url = \"" + url + "\"\n";
    mirror_->configure(wanted);
    return mirror_->sync();
  }
  std::unique_ptr<Mirror> mirror_;
};

TEST_F(HeartbeatTest, FollowsASyncThatSucceededAndNoOther) {
  const HttpServer server([](const std::string&, int) { return Reply{answer(200, "ok")}; });
  EXPECT_EQ(sync_with(server.url() + "/ping/abc?x=1").status, 0);
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_TRUE(server.requests()[0].starts_with("GET /ping/abc?x=1 HTTP/1.1\r\n"));
  EXPECT_EQ(server.requests()[0].find(kKey), std::string::npos);
  fault(R"({"match": "/", "nth": 0, "fault": "status", "status": 403})");
  EXPECT_EQ(mirror_->sync().status, 3);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(HeartbeatTest, SaysWhoItIsWhereTheAddressDoes) {
  const HttpServer server([](const std::string&, int) { return Reply{answer(200, "ok")}; });
  const Ended ended = sync_with(replaced(server.url(), "http://", "http://u:p%40@") + "/ping#now");
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.err.find("p%40"), std::string::npos) << ended.err;
  ASSERT_EQ(server.requests().size(), 1U) << ended.err;
  EXPECT_TRUE(server.requests()[0].starts_with("GET /ping HTTP/1.1\r\n"));
  EXPECT_NE(server.requests()[0].find("\r\nAuthorization: Basic dTpwQA==\r\n"), std::string::npos);
}

TEST_F(HeartbeatTest, ThatFailsIsAWarningThatHidesTheToken) {
  const HttpServer server([](const std::string&, int) { return Reply{answer(404, "who?")}; });
  const Ended ended = sync_with(server.url() + "/0d6c8e4b-1f2a-4c3d-9e5f-7a8b9c0d1e2f");
  EXPECT_EQ(ended.status, 0);
  EXPECT_NE(ended.err.find("heartbeat"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("404"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find("0d6c8e4b"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace nexus_mirror::testing
