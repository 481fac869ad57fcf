// CONTRACT.md 1, config init: a first configuration comes whole and tested, or not at all; nothing
// that is there already is changed, and nobody sees the key.
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "support/mirror_run.h"
#include "support/temporary_folder.h"
#include "support/terminal_run.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class ConfigInitTest : public PromiseTest {
 protected:
  void SetUp() override { serve(); }

  Ended run(std::vector<std::string> arguments) const {
    if (std::find(arguments.begin(), arguments.end(), "--config") == arguments.end()) {
      arguments.insert(arguments.begin(), {"--config", file().string()});
    }
    MirrorProcess process(output_.path(), std::move(arguments),
                          {"HOME=" + folder_.path().string(), std::string("OUR_KEY=") + kKey,
                           "WRONG_KEY=0123", "SYSTEMD_UNIT_PATH=" + (folder_ / "units").string()});
    return process.wait();
  }
  Ended init(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"config", "init"});
    return run(std::move(arguments));
  }
  std::vector<std::string> options(const std::string& name, const std::string& variable) {
    return {"--name", name, "--endpoint", emulator().url(), "--key-env", variable};
  }
  std::unique_ptr<TerminalRun> at_terminal(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"config", "init"});
    return std::make_unique<TerminalRun>(
        folder_.path(), std::move(arguments), 80,
        std::vector<std::string>{"HOME=" + folder_.path().string()});
  }

  bool is_empty() const { return fs::is_empty(folder_.path()); }
  fs::path file() const { return folder_ / "nexus-mirror.toml"; }
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }

  const TemporaryFolder folder_, output_;
};

TEST_F(ConfigInitTest, WhatOptionsSayIsWrittenAndPassesTheCheckAndSyncs) {
  const Ended made = init(options("my-team", "OUR_KEY"));
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_NE(made.out.find(file().string() + ": written\n"), std::string::npos) << made.out;
  EXPECT_NE(made.out.find(" doctor, then nexus-mirror --config " + file().string() + " sync\n"),
            std::string::npos);
  EXPECT_EQ(mode_of(file()), 0600U);
  EXPECT_EQ(run({"config", "check"}).status, 0);
  EXPECT_EQ(run({"sync", "--project", kKeypoints}).status, 0);
  EXPECT_TRUE(fs::exists(folder_ / "mirror.db"));
  EXPECT_EQ(file_bytes(file()).find(kKey), std::string::npos);
}

TEST_F(ConfigInitTest, NamesOfAnyKindAreQuoted) {
  for (const std::string name : {"a \"b\" \\ c", "Fabrik \xc3\xbc \xe2\x82\xac", "'''", "$x"}) {
    fs::remove(file());
    EXPECT_EQ(init(options(name, "OUR_KEY")).status, 0) << name;
    const Ended checked = run({"config", "check"});
    EXPECT_EQ(checked.status, 0) << name << checked.err;
  }
  fs::remove(file());
  for (const char* name : {"\xff", "two\nlines", "bell\a"}) {
    EXPECT_EQ(init(options(name, "OUR_KEY")).status, 2) << name;
  }
  EXPECT_TRUE(is_empty());
}

TEST_F(ConfigInitTest, NothingIsOverwritten) {
  std::ofstream(file()) << "mine";
  EXPECT_EQ(init(options("my-team", "OUR_KEY")).status, 2);
  EXPECT_EQ(file_bytes(file()), "mine");
  fs::remove(file());
  fs::create_symlink(folder_ / "nowhere", file());
  const Ended link = init(options("my-team", "OUR_KEY"));
  EXPECT_EQ(link.status, 2);
  EXPECT_NE(link.err.find("is there already"), std::string::npos) << link.err;
  EXPECT_FALSE(fs::exists(folder_ / "nowhere"));
  fs::remove(file());
  std::ofstream(folder_ / "nexus-mirror.key") << "mine";
  const auto terminal = at_terminal();
  EXPECT_TRUE(terminal->answer("name for the workspace: ", "my-team"));
  EXPECT_TRUE(terminal->answer("Endpoint [", emulator().url()));
  EXPECT_EQ(terminal->wait(), 2) << terminal->shown();
  EXPECT_EQ(file_bytes(folder_ / "nexus-mirror.key"), "mine");
  EXPECT_FALSE(fs::exists(file()));
}

// A machine is often set up before its network, or the service's environment, is there.
TEST_F(ConfigInitTest, WhatCannotBeTestedYetIsWrittenWithAWarning) {
  for (const auto& options :
       {std::vector<std::string>{"--name", "x", "--endpoint", "http://127.0.0.1:1", "--key-env",
                                 "OUR_KEY"},
        this->options("my-team", "NO_SUCH_VARIABLE")}) {
    const Ended made = init(options);
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_NE(made.err.find("the configuration is written untested"), std::string::npos)
        << made.err;
    EXPECT_TRUE(fs::remove(file()));
  }
}

TEST_F(ConfigInitTest, AKeyThatIsRefusedOrNonsenseLeavesNothing) {
  const Ended refused = init(options("my-team", "WRONG_KEY"));
  EXPECT_EQ(refused.status, 3);
  EXPECT_NE(refused.err.find("nothing was written"), std::string::npos) << refused.err;
  EXPECT_EQ(
      init({"--name", "x", "--endpoint", "http://example.com", "--key-env", "OUR_KEY"}).status, 2);
  EXPECT_EQ(init({"--name", "x", "--endpoint", "nonsense", "--key-env", "OUR_KEY"}).status, 2);
  EXPECT_EQ(init({"--name", "x"}).status, 2);
  EXPECT_EQ(init({"--key-env", "OUR_KEY"}).status, 2);
  EXPECT_EQ(init({"--name", "x", "--key-file", "nowhere"}).status, 2);
  EXPECT_TRUE(is_empty());
  auto unseen = options("my-team", "WRONG_KEY");
  unseen.emplace_back("--no-test");
  forget_requests();
  EXPECT_EQ(init(unseen).status, 0);
  EXPECT_TRUE(requests().empty());
}

// A shell that goes on with what it had stopped brings the echo back.
TEST_F(ConfigInitTest, CtrlZStopsNothingWhileTheKeyIsTyped) {
  const auto terminal = at_terminal();
  EXPECT_TRUE(terminal->answer("name for the workspace: ", "my-team"));
  EXPECT_TRUE(terminal->answer("Endpoint [", emulator().url()));
  ASSERT_TRUE(terminal->wait_for("Secret key"));
  terminal->type("\x1a" + std::string(kKey) + "\n");
  EXPECT_TRUE(terminal->answer("Secret key", kKey)) << "a key has no control characters";
  EXPECT_TRUE(terminal->answer("Which to mirror?", ""));
  EXPECT_EQ(terminal->wait(), 0) << terminal->shown();
  EXPECT_EQ(terminal->shown().find(kKey), std::string::npos) << terminal->shown();
}

TEST_F(ConfigInitTest, AKeyInPlaceOfItsPlaceIsRefusedAndNotShown) {
  for (const char* option : {"--name", "--key-env", "--key-file"}) {
    std::vector<std::string> arguments = {"--endpoint", emulator().url(), option, kKey};
    const Ended refused = init(arguments);
    EXPECT_EQ(refused.status, 2) << option;
    EXPECT_EQ(refused.err.find(kKey), std::string::npos) << refused.err;
  }
  EXPECT_TRUE(is_empty());
}

TEST_F(ConfigInitTest, AtATerminalWhatIsWrongIsAskedAgainAndTheKeyIsNotShown) {
  const auto terminal = at_terminal();
  EXPECT_TRUE(terminal->answer("name for the workspace: ", ""));
  EXPECT_TRUE(terminal->answer("name for the workspace: ", "my team"));
  EXPECT_TRUE(terminal->answer("Endpoint [https://api.datature.io]: ", "http://example.com"));
  EXPECT_TRUE(terminal->answer("Endpoint [https://api.datature.io]: ", "http://127.0.0.1:1"));
  EXPECT_TRUE(terminal->wait_for("not shown): "));
  EXPECT_FALSE(terminal->echoes());
  terminal->type("a-wrong-key\n");
  EXPECT_TRUE(terminal->answer("Endpoint [http://127.0.0.1:1]: ", emulator().url()));
  EXPECT_TRUE(terminal->answer("not shown): ", std::string(" ") + kKey + " "));
  EXPECT_TRUE(terminal->answer("[all]: ", "99"));
  EXPECT_TRUE(terminal->wait_for("there is no project '99'"));
  EXPECT_TRUE(terminal->answer("[all]: ", "1"));
  EXPECT_EQ(terminal->wait(), 0) << terminal->shown();
  EXPECT_EQ(terminal->shown().find(kKey), std::string::npos);
  EXPECT_EQ(terminal->shown().find("a-wrong-key"), std::string::npos);
  EXPECT_EQ(file_bytes(folder_ / "nexus-mirror.key"), std::string(kKey) + "\n");
  EXPECT_EQ(mode_of(folder_ / "nexus-mirror.key"), 0600U);
  EXPECT_NE(file_bytes(file()).find("\"blood-cells\"]"), std::string::npos) << file_bytes(file());
  EXPECT_EQ(run({"config", "check"}).status, 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 2);
}

TEST_F(ConfigInitTest, WhoStopsWhileItAsksLeavesNothingAndATerminalThatEchoes) {
  for (const char* how : {"\x03", "\x04"}) {
    const auto terminal = at_terminal();
    EXPECT_TRUE(terminal->answer("name for the workspace: ", "my-team"));
    EXPECT_TRUE(terminal->answer("Endpoint [", emulator().url()));
    EXPECT_TRUE(terminal->wait_for("not shown): "));
    terminal->type(how);
    EXPECT_TRUE(terminal->wait_for("nothing was written"));
    EXPECT_TRUE(terminal->echoes());
    EXPECT_EQ(terminal->wait(), *how == 3 ? 1 : 2) << terminal->shown();
    EXPECT_TRUE(is_empty());
  }
}

TEST_F(ConfigInitTest, WarningsAloneAreNoFaultOfTheCheck) {
  std::ofstream(folder_ / "key") << kKey;
  fs::permissions(folder_ / "key", fs::perms(0644));
  const Ended made = init(
      {"--name", "x", "--endpoint", emulator().url(), "--key-file", (folder_ / "key").string()});
  EXPECT_EQ(made.status, 0) << made.err;
  const Ended checked = run({"config", "check"});
  EXPECT_EQ(checked.status, 0);
  EXPECT_NE(checked.err.find("warning: others can read"), std::string::npos) << checked.err;
}

TEST_F(ConfigInitTest, PlacesGoByWhereTheFileIs) {
  const fs::path config = folder_ / ".config/nexus-mirror/config.toml";
  auto arguments = options("my-team", "OUR_KEY");
  arguments.push_back(config.string());  // which counts before --config
  EXPECT_EQ(init(arguments).status, 0);
  EXPECT_NE(
      file_bytes(config).find("\"" + (folder_ / ".local/share/nexus-mirror/mirror.db").string()),
      std::string::npos)
      << file_bytes(config);
  EXPECT_EQ(run({"--config", config.string(), "sync", "--project", kKeypoints}).status, 0);
  EXPECT_TRUE(fs::exists(folder_ / ".local/share/nexus-mirror/mirror.db"));
}

}  // namespace
}  // namespace nexus_mirror::testing
