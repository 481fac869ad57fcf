// A hook that ends badly is told of until it ends well, and `hooks test` tries it.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class HookTroublesTest : public PromiseTest {
 protected:
  void make(const std::string& script) {
    mirror_ = mirror(kBloodCells);
    write(script);
    configure({hook().string(), "an argument"});
  }
  void configure(const std::vector<std::string>& program, const std::string& more = {}) {
    MirrorSettings wanted = settings(kBloodCells);
    if (!program.empty()) {
      wanted.sync = "[hooks]\non_change = [";
      for (const std::string& each : program) wanted.sync += "\"" + each + "\", ";
      wanted.sync += "]\n" + more;
    }
    mirror_->configure(wanted);
  }
  fs::path hook() const { return mirror_->folder() / "hook.sh"; }
  void write(const std::string& script) const {
    std::ofstream(hook()) << "#!/bin/sh\ncd '" << mirror_->folder().string() << "'\n"
                          << script << "\n";
    fs::permissions(hook(), fs::perms::owner_all);
  }
  void change(std::size_t n) { remove("assets", id_of(corpus_lines("assets", kBloodCells).at(n))); }

  std::string troubles() const {
    return mirror_->value("SELECT count(*) || ' ' || ifnull(max(problem), '') FROM hook_troubles");
  }
  rapidjson::Document json_of(const std::vector<std::string>& command) const {
    rapidjson::Document document;
    const Ended ended = mirror_->run(command);
    document.Parse(ended.out.c_str());
    EXPECT_FALSE(document.HasParseError()) << ended.out << ended.err;
    return document;
  }

  std::unique_ptr<Mirror> mirror_;
};

TEST_F(HookTroublesTest, StandInTheStatusUntilItEndsWell) {
  make("exit 3");
  ASSERT_EQ(mirror_->sync().status, 0);
  const Ended status = mirror_->run({"status"});
  EXPECT_NE(status.out.find("hook        failed for blood-cells "), std::string::npos)
      << status.out;
  EXPECT_NE(status.out.find("s ago: exit status 3\n"), std::string::npos) << status.out;
  const auto json = json_of({"status", "--json"});
  ASSERT_EQ(json["hooks"].Size(), 1U);
  const auto& trouble = json["hooks"][0];
  EXPECT_STREQ(trouble["hook"].GetString(), "on_change");
  EXPECT_STREQ(trouble["project_id"].GetString(), kBloodCells);
  EXPECT_STREQ(trouble["project_name"].GetString(), "blood-cells");
  EXPECT_STREQ(trouble["problem"].GetString(), "exit status 3");
  EXPECT_EQ(trouble["sync_id"].GetInt64(), 1);
  EXPECT_GE(trouble["at"].GetInt64(), json["last_sync"]["finished_at"].GetInt64());

  write("exit 0");
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(troubles(), "1 exit status 3") << "nothing changed, so nothing was told";
  change(0);
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(troubles(), "0 ");
  EXPECT_EQ(mirror_->run({"status"}).out.find("hook  "), std::string::npos);
}

TEST_F(HookTroublesTest, OfOneThatCannotBeStartedAreWrittenOnce) {
  make("exit 0");
  fs::remove(hook());
  ASSERT_EQ(mirror_->sync().status, 0);
  const std::string row = "SELECT sync_id || ' ' || at || problem FROM hook_troubles";
  const std::string first = mirror_->value(row);
  EXPECT_NE(first.find("it cannot be started"), std::string::npos) << first;
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(mirror_->value(row), first) << "a sync without changes writes its own row alone";
  write("exit 0");
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(troubles(), "0 ") << "it is told as soon as it can be started";
}

TEST_F(HookTroublesTest, GoWithTheProjectAndWithTheHook) {
  make("exit 3");
  ASSERT_EQ(mirror_->sync().status, 0);
  ASSERT_EQ(mirror_->run({"forget", "--project", kBloodCells, "--yes"}).status, 0);
  EXPECT_EQ(troubles(), "0 ");
  mirror_->forget_feed();
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(troubles(), "1 exit status 3");
  configure({});
  EXPECT_EQ(json_of({"status", "--json"})["hooks"].Size(), 0U) << "no hook is configured";
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(troubles(), "0 ");
}

TEST_F(HookTroublesTest, TestRunsItWithASampleAndRecordsNothing) {
  make("cat > told.json; echo \"$1: $NEXUS_MIRROR_PROJECT_NAME $NEXUS_MIRROR_SYNC_ID\"; exit 3");
  Ended tried = mirror_->run({"hooks", "test"});
  EXPECT_EQ(tried.status, 1) << tried.err;
  EXPECT_NE(tried.out.find("made up"), std::string::npos) << tried.out;
  EXPECT_NE(tried.out.find("\n  an argument: sample 1\n"), std::string::npos) << tried.out;
  EXPECT_FALSE(fs::exists(mirror_->database())) << "nor is a mirror made";

  ASSERT_EQ(mirror_->sync().status, 0);
  rapidjson::Document real, sample;
  real.Parse(file_bytes(mirror_->folder() / "told.json").c_str());
  const std::string before = mirror_->dump();
  const std::string kept = mirror_->value("SELECT sync_id || ' ' || at FROM hook_troubles");
  tried = mirror_->run({"hooks", "test"});
  EXPECT_EQ(tried.status, 1);
  EXPECT_NE(tried.out.find("sample     project blood-cells, sync 1, 3 changes, "),
            std::string::npos)
      << tried.out;
  EXPECT_NE(tried.out.find("\n  an argument: blood-cells 1\n"), std::string::npos) << tried.out;
  EXPECT_NE(tried.out.find("\nfailed after "), std::string::npos) << tried.out;
  EXPECT_NE(tried.err.find("exit status 3; nothing was recorded"), std::string::npos) << tried.err;
  sample.Parse(file_bytes(mirror_->folder() / "told.json").c_str());
  std::string keys, real_keys;
  for (const auto& member : sample.GetObject()) keys += std::string(member.name.GetString()) + " ";
  for (const auto& member : real.GetObject()) {
    real_keys += std::string(member.name.GetString()) + " ";
  }
  EXPECT_EQ(keys, real_keys);
  EXPECT_EQ(sample["changes"].Size(), 3U);
  EXPECT_EQ(mirror_->dump(), before);
  EXPECT_EQ(mirror_->value("SELECT sync_id || ' ' || at FROM hook_troubles"), kept);

  write("exit 0");
  tried = mirror_->run({"hooks", "test", "--project", "blood-cells"});
  EXPECT_EQ(tried.status, 0) << tried.err;
  EXPECT_EQ(mirror_->value("SELECT sync_id || ' ' || at FROM hook_troubles"), kept);
  EXPECT_EQ(mirror_->run({"hooks", "test", "--project", "nobody"}).status, 2);
}

TEST_F(HookTroublesTest, TestEndsByItsTimeLimitAndNeedsAHook) {
  make("sleep 1000");
  configure({hook().string()}, "timeout = \"200ms\"\n");
  const auto trial = json_of({"hooks", "test", "--json"});
  EXPECT_STREQ(trial["hook"].GetString(), "on_change");
  EXPECT_TRUE(trial["made_up"].GetBool());
  EXPECT_TRUE(trial["input"]["changes"].IsArray());
  EXPECT_NE(std::string(trial["problem"].GetString()).find("no end within 200 ms"),
            std::string::npos);
  configure({});
  const Ended none = mirror_->run({"hooks", "test"});
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("set [hooks] on_change"), std::string::npos) << none.err;
}

}  // namespace
}  // namespace nexus_mirror::testing
