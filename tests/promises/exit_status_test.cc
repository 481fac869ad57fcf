// CONTRACT.md 1: what a command ends with when there are several causes.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/fake_env.h"
#include "support/faulty_files.h"
#include "support/hand_made_mirror.h"
#include "support/http_server.h"
#include "support/mirror_run.h"
#include "update/run_update.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kForbidden = R"({"code":"ForbiddenError","message":"no"})";

// A server that gives every request the same answer.
HttpServer standing(int status, const std::string& body, const std::string& fields = "") {
  return HttpServer(
      [=](const std::string&, int) -> Reply { return {answer(status, body, fields)}; });
}

class ExitStatusTest : public PromiseTest {
 protected:
  void SetUp() override {
    serve();
    const fs::path key = folder_ / "key";
    std::ofstream(key) << kKey << '\n';
    fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  }

  // A mirror of the workspaces behind `endpoints`.
  std::unique_ptr<Mirror> mirror_of(const std::vector<std::string>& endpoints) {
    MirrorSettings settings{.endpoint = endpoints.front()};
    settings.workspace = "projects = [\"" + std::string(kKeypoints) + "\"]\n";
    for (std::size_t i = 1; i < endpoints.size(); ++i) {
      settings.workspace += "[[workspace]]\nname = \"w" + std::to_string(i) + "\"\nendpoint = \"" +
                            endpoints[i] + "\"\nsecret_key_file = \"" + (folder_ / "key").string() +
                            "\"\nprojects = [\"" + kKeypoints + "\"]\n";
    }
    return std::make_unique<Mirror>(settings);
  }

  TemporaryFolder folder_;
};

TEST_F(ExitStatusTest, RefusedAndUnreachableCountWhenEveryWorkspaceIsSo) {
  const HttpServer refusing = standing(403, kForbidden), silent = standing(503, "");
  const std::string good = emulator().url();
  struct Case {
    std::vector<std::string> endpoints;
    int status;
  };
  const std::vector<Case> cases = {
      {{refusing.url(), refusing.url()}, 3}, {{silent.url(), silent.url()}, 4},
      {{silent.url(), refusing.url()}, 3},   {{refusing.url(), silent.url()}, 3},
      {{good, refusing.url()}, 1},           {{silent.url(), good}, 1},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.endpoints[0] + " " + each.endpoints[1]);
    const auto mirror = mirror_of(each.endpoints);
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, each.status) << ended.err;
    for (const HttpServer* failing : {&refusing, &silent}) {
      const std::string reason = failing == &refusing ? "answered 403" : "answered 503";
      EXPECT_EQ(std::count(each.endpoints.begin(), each.endpoints.end(), failing->url()) > 0,
                ended.err.find(reason) != std::string::npos)
          << ended.err;
    }
  }
}

TEST_F(ExitStatusTest, AMistakeInTheConfigurationGoesBeforeWhatIsWellElsewhere) {
  MirrorSettings settings = this->settings(kKeypoints);
  settings.workspace +=
      "\n[[workspace]]\nname = \"w\"\nendpoint = \"https://127.0.0.1:9\"\nsecret_key_file = \"" +
      (folder_ / "key").string() + "\"\nca_file = \"" + (folder_ / "none.pem").string() + "\"\n";
  const Mirror mirror(settings);
  const Ended ended = mirror.sync();
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_NE(ended.err.find("none.pem"), std::string::npos) << ended.err;
}

TEST_F(ExitStatusTest, AMassDeleteGoesBeforeAStop) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kKeypoints);
  for (std::size_t i = 0; i < 100; ++i) remove("annotations", id_of(lines[i]));
  // Of the other projects one listing never ends; the keypoints are told to be refused before.
  fault(R"({"match":")" + std::string(kBloodCells) + R"(/annotations?","nth":0,"fault":"stall"})");
  const auto sync = mirror->start({"sync"});
  while (sync->running() && sync->err_so_far().find("--allow-mass-delete") == std::string::npos) {
  }
  sync->terminate();
  const Ended ended = sync->wait();
  EXPECT_EQ(ended.status, 6) << ended.err;
  EXPECT_EQ(mirror->value("SELECT result FROM syncs WHERE id = 2"), "interrupted");
}

TEST_F(ExitStatusTest, AMassDeleteGoesBeforeAnUnreachableWorkspace) {
  const HttpServer silent = standing(503, "");
  const auto mirror = mirror_of({emulator().url(), silent.url()});
  EXPECT_EQ(mirror->sync().status, 1);
  const auto lines = corpus_lines("annotations", kKeypoints);
  for (std::size_t i = 0; i < 100; ++i) remove("annotations", id_of(lines[i]));
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 6) << ended.err;
}

// A full disk says more than that a project failed, and than that one cannot be exported.
TEST_F(ExitStatusTest, WhatIsWrongWithThisMachineGoesBeforeAFailedProject) {
  fault(R"({"match":")" + std::string(kBloodCells) +
        R"(/annotations","nth":0,"fault":"status","status":500})");
  Config config;
  config.mirror.database = folder_ / "mirror.db";
  config.mirror.export_dir = folder_ / "exports";
  config.workspaces.emplace_back();
  config.workspaces.back().name = "w";
  config.workspaces.back().endpoint = emulator().url();
  config.workspaces.back().secret_key = kKey;
  config.workspaces.back().projects = {kKeypoints, kBloodCells};
  FakeEnv env;
  sync::Observer nobody;
  const FaultyFiles full({{env::FileCall::rename}, 1, DiskFault::disk_full, Repeat::from_then_on});
  const sync::SyncResult result = update::run_update(config, {}, env, nobody, {});
  EXPECT_TRUE(full.reached());
  EXPECT_EQ(result.exit, ExitCode::machine) << result.error;
  std::ofstream file(folder_ / "config.toml");
  file << "[mirror]\ndatabase = " << config.mirror.database
       << "\nexport_dir = " << config.mirror.export_dir << "\n[[workspace]]\nname = \"w\"\n"
       << "endpoint = \"" << emulator().url() << "\"\nsecret_key_file = " << folder_ / "key";
  file.close();
  const CommandResult exported = run_command(
      {"--config", (folder_ / "config.toml").string(), "export", "--project", kKeypoints}, env);
  EXPECT_EQ(exported.status, 5) << exported.error;
}

TEST_F(ExitStatusTest, AnAddressThatIsNoNexusIsFourAndAsksWhetherItIsRight) {
  const std::string page = "<!doctype html><html><body>Welcome</body></html>";
  struct Case {
    int status;
    std::string body, fields;
  };
  const std::vector<Case> cases = {
      {404, page, "Content-Type: text/html\r\n"},
      {404, R"({"code":"ResourceNotFoundError","message":"no such route"})", ""},
      {200, page, "Content-Type: text/html\r\n"},
      {200, "", ""},
      {200, "[]", ""},
      {200, R"({"status":"ok"})", ""},
      {405, "", ""},
      {410, page, ""},
      {301, "", "Location: https://www.example.com/\r\n"},
      {302, "", "Location: /login\r\n"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(std::to_string(each.status) + " " + each.body);
    const HttpServer server = standing(each.status, each.body, each.fields);
    const auto mirror = mirror_of({server.url()});
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 4) << ended.err;
    EXPECT_NE(ended.err.find("endpoint " + server.url()), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("right"), std::string::npos) << ended.err;
    EXPECT_EQ(mirror->run({"verify", "--remote"}).status, 4);
    EXPECT_EQ(mirror->run({"links", "--refresh"}).status, 4);
  }
}

TEST_F(ExitStatusTest, ServersTroubleIsNoQuestionOfTheEndpoint) {
  const HttpServer server = standing(503, "");
  const Ended ended = mirror_of({server.url()})->sync();
  EXPECT_EQ(ended.status, 4) << ended.err;
  EXPECT_EQ(ended.err.find("right"), std::string::npos) << ended.err;
}

TEST_F(ExitStatusTest, OtherCommandsThatAskAllWorkspacesSayTheSame) {
  const HttpServer refusing = standing(403, kForbidden), silent = standing(503, "");
  const auto all = mirror_of({silent.url(), refusing.url()});
  EXPECT_EQ(all->sync().status, 3);
  const auto some = mirror_of({silent.url(), emulator().url()});
  ASSERT_EQ(some->sync().status, 1);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"verify", "--remote"}, {"links", "--refresh"}}) {
    SCOPED_TRACE(command.front());
    EXPECT_EQ(all->run(command).status, 3);
    const Ended ended = some->run(command);
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("503"), std::string::npos) << ended.err;
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
