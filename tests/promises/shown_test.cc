// What a sync shows to people and to programs (CONTRACT.md 1).
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "support/mirror_run.h"
#include "support/terminal_run.h"

namespace nexus_mirror::testing {
namespace {

class ShownPromise : public PromiseTest {
 protected:
  void SetUp() override {
    serve({"--max-page", "100"});
    mirror_ = mirror();
  }
  std::unique_ptr<TerminalRun> on_terminal(std::vector<std::string> arguments,
                                           unsigned short columns = 80,
                                           std::vector<std::string> environment = {
                                               "TERM=xterm", "LANG=C.UTF-8"}) {
    arguments.insert(arguments.begin(), {"--config", "config.toml"});
    return std::make_unique<TerminalRun>(mirror_->folder(), std::move(arguments), columns,
                                         std::move(environment));
  }

  std::unique_ptr<Mirror> mirror_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// Those of stderr, each of which must be JSON; "" of a log line.
struct Events {
  explicit Events(const std::string& err) {
    for (const std::string& line : lines_of(err)) {
      auto& document = all.emplace_back();
      document.Parse(line.c_str());
      EXPECT_TRUE(document.IsObject()) << line;
      if (!document.IsObject()) continue;
      names.emplace_back(document.HasMember("event") ? document["event"].GetString() : "");
    }
  }
  const rapidjson::Document& first(const std::string& name) const {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) return all[i];
    }
    throw std::runtime_error("no event " + name);
  }

  std::vector<rapidjson::Document> all;
  std::vector<std::string> names;
};

TEST_F(ShownPromise, ProgressJsonIsOneObjectALineFromStartToEnd) {
  const Ended ended = mirror_->sync({"--progress", "json"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  const Events events(ended.err);
  const rapidjson::Document& start = events.first("start");
  EXPECT_EQ(start["sync_id"].GetInt(), 1);
  EXPECT_STREQ(start["mode"].GetString(), "full");
  EXPECT_EQ(start["projects"].GetInt(), std::stoi(mirror_->value("SELECT count(*) FROM projects")));
  const rapidjson::Document& progress = events.first("progress");
  for (const char* key : {"phase", "project", "rows", "total", "rows_per_s", "files", "bytes",
                          "bytes_per_s", "eta_s", "whole"}) {
    EXPECT_TRUE(progress.HasMember(key)) << key;
  }
  ASSERT_EQ(events.names.back(), "end") << ended.err;
  const rapidjson::Document& end = events.all.back();
  EXPECT_STREQ(end["result"].GetString(), "ok");
  EXPECT_EQ(end["exit"].GetInt(), 0);
  EXPECT_GE(end["exports"].GetInt64(), mirror_->number("SELECT count(*) FROM exports"))
      << "and what describes them";
}

TEST_F(ShownPromise, ProgressJsonTellsEachTroubleOnce) {
  fault(R"({"match": "/)" + std::string(kBloodCells) +
        R"(/annotations", "nth": 0, "fault": "status", "status": 400})");
  const Ended ended = mirror_->sync({"--progress", "json"});
  ASSERT_EQ(ended.status, 1) << ended.err;
  const Events events(ended.err);
  EXPECT_EQ(std::count(events.names.begin(), events.names.end(), "error"), 1) << ended.err;
  EXPECT_STREQ(events.first("error")["project"].GetString(), "blood-cells");
  EXPECT_EQ(events.all.back()["exit"].GetInt(), 1);
  EXPECT_STREQ(events.all.back()["result"].GetString(), "partial");
}

TEST_F(ShownPromise, ProgressJsonTellsWhatDidNotEvenBegin) {
  fault(R"({"match": "/workspace", "nth": 0, "fault": "status", "status": 403})");
  const Ended refused = mirror_->sync({"--progress", "json"});
  ASSERT_EQ(refused.status, 3);
  const Events events(refused.err);
  EXPECT_EQ(std::count(events.names.begin(), events.names.end(), "error"), 1) << refused.err;
  EXPECT_EQ(events.all.back()["exit"].GetInt(), 3);
  clear_faults();
  const Ended unmatched = mirror_->sync({"--progress", "json", "--project", "no-such"});
  EXPECT_EQ(unmatched.status, 2);
  const Events of_unmatched(unmatched.err);
  EXPECT_EQ(of_unmatched.names.back(), "end") << unmatched.err;
  EXPECT_EQ(of_unmatched.all.back()["exit"].GetInt(), 2);
}

TEST_F(ShownPromise, ASyncOnATerminalEndsInOneSummary) {
  const auto first = on_terminal({"sync"}, 100);
  EXPECT_EQ(first->wait(), 0) << first->shown();
  const std::string& shown = first->shown();
  EXPECT_EQ(count_of(shown, "sync 1 ok, "), 1U) << shown;
  const std::string annotations =
      mirror_->value("SELECT printf('%,d', count(*)) FROM annotations WHERE project_id = '" +
                     std::string(kBloodCells) + "'");
  EXPECT_NE(shown.find("annotations +" + annotations), std::string::npos) << shown;
  EXPECT_NE(shown.find("exports   "), std::string::npos) << shown;
  EXPECT_EQ(shown.find(" info "), std::string::npos) << "the log is for what is no terminal";
  EXPECT_EQ(shown.find("needs a hand"), std::string::npos);
  const auto second = on_terminal({"sync"});
  EXPECT_EQ(second->wait(), 0);
  EXPECT_NE(second->shown().find("sync 2 ok, nothing changed"), std::string::npos)
      << second->shown();
}

TEST_F(ShownPromise, ASummarySaysEachTroubleOnce) {
  fault(R"({"match": "/)" + std::string(kBloodCells) +
        R"(/annotations", "nth": 0, "fault": "status", "status": 400})");
  const auto run = on_terminal({"sync"}, 400);
  EXPECT_EQ(run->wait(), 1);
  EXPECT_EQ(count_of(run->shown(), "the server answered 400"), 1U) << run->shown();
  EXPECT_NE(run->shown().find("needs a hand:\r\n- blood-cells: "), std::string::npos)
      << run->shown();
}

TEST_F(ShownPromise, AnInterruptedSyncSaysWhatIsKeptAndTheNextWhereItGoesOn) {
  fault(R"({"match": "/annotations", "nth": 2, "times": 0, "fault": "stall"})");
  const auto run = on_terminal({"sync"}, 100);
  ASSERT_TRUE(run->wait_for("rows  ")) << run->shown();
  run->type("\x03");
  EXPECT_EQ(run->wait(), 1);
  const std::string kept = "sync 1 interrupted; ";
  const std::size_t at = run->shown().find(kept);
  ASSERT_NE(at, std::string::npos) << run->shown();
  const std::size_t end = run->shown().find(" rows are kept, run it again", at);
  ASSERT_NE(end, std::string::npos) << run->shown();
  clear_faults();
  const std::string rows = run->shown().substr(at + kept.size(), end - at - kept.size());
  const auto next = on_terminal({"sync"}, 100);
  EXPECT_EQ(next->wait(), 0);
  EXPECT_NE(next->shown().find("goes on at "), std::string::npos) << next->shown();
  EXPECT_NE(rows, "0");
}

TEST_F(ShownPromise, StatusAndDoctorSeeASyncThatRuns) {
  if (!std::ifstream("/proc/locks")) GTEST_SKIP() << "this system shows no locks";
  fault(R"({"match": "/annotations", "nth": 2, "times": 0, "fault": "stall"})");
  const auto sync = mirror_->start({"sync"});
  while (sync->running() && requests("/annotations").size() < 2) std::this_thread::yield();
  const std::string status = mirror_->run({"status"}).out;
  EXPECT_NE(status.find("#1 full, running now, "), std::string::npos) << status;
  const std::string doctor = mirror_->run({"doctor"}).out;
  EXPECT_NE(doctor.find("a sync is running: wait for its end"), std::string::npos) << doctor;
  sync->kill_now();
  const std::string killed = mirror_->run({"status"}).out;
  EXPECT_NE(killed.find("#1 full, running (or cut short), "), std::string::npos) << killed;
}

TEST_F(ShownPromise, ATerminalThatCannotMoveItsCursorGetsTheSummaryAlone) {
  const auto run = on_terminal({"sync"}, 80, {"TERM=dumb", "LANG=C"});
  EXPECT_EQ(run->wait(), 0);
  EXPECT_EQ(run->shown().find('\x1b'), std::string::npos) << run->shown();
  EXPECT_NE(run->shown().find("sync 1 ok"), std::string::npos) << run->shown();
  for (const char c : run->shown()) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST_F(ShownPromise, NoProgressAndVShowTheLogAsItComes) {
  for (const auto& arguments :
       {std::vector<std::string>{"sync", "--no-progress"}, {"-v", "sync"}}) {
    const auto run = on_terminal(arguments, 200);
    EXPECT_EQ(run->wait(), 0);
    EXPECT_NE(run->shown().find(" ok: "), std::string::npos) << run->shown();
    EXPECT_EQ(run->shown().find("\x1b[J"), std::string::npos);
  }
}

// 200,000 paths are nothing to read.
TEST_F(ShownPromise, ExportSaysHowManyFilesEachFolderGot) {
  ASSERT_EQ(mirror_->sync({"--no-export"}).status, 0);
  const Ended counted = mirror_->run({"export", "--project", kBloodCells, "--format", "yolo"});
  ASSERT_EQ(counted.status, 0) << counted.err;
  const std::int64_t files = mirror_->number("SELECT count(*) FROM exports WHERE format = 'yolo'");
  EXPECT_NE(counted.out.find("/annotations/yolo: " + std::to_string(files) + " files written\n"),
            std::string::npos)
      << counted.out;
  EXPECT_LT(lines_of(counted.out).size(), 6U);
  const Ended listed = mirror_->run({"-v", "export", "--force", "--project", kBloodCells});
  EXPECT_GT(count_of(listed.out, ".txt\n"), 300U);
}

}  // namespace
}  // namespace nexus_mirror::testing
