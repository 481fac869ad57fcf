// Members of the service's group read mirror and exports at any time, and write neither; everybody
// else sees nothing. With users of their own, as the package sets them up; needs root.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "support/mirror_run.h"
#include "support/places.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kService = 61001, kColleague = 61002, kStranger = 61003;
constexpr gid_t kGroup = 61001;

class ColleaguesTest : public PromiseTest {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root, to act as three users";
    if (!has_program("setpriv")) GTEST_SKIP() << "setpriv is not installed";
    serve({"--max-page", "50"});
    fs::permissions(folder_.path(), fs::perms(0755));
    fs::copy_file(mirror_program(), program_);
    fs::create_directory(state_);
    chown(state_.c_str(), kService, kGroup);
    fs::permissions(state_, fs::perms(0750));
    if (run_shell(as(kColleague, quoted(program_.string()) + " --version")).status != 0) {
      GTEST_SKIP() << "other users cannot run a program in " << folder_.path();
    }
    std::ofstream(config_) << "[mirror]\nmode = \"0640\"\ndatabase = \"" << database()
                           << "\"\nexport_dir = \"" << (state_ / "exports").string()
                           << "\"\n[[workspace]]\nname = \"corpus\"\nendpoint = \""
                           << emulator().url() << "\"\nsecret_key_env = \"NEXUS_SECRET_KEY\"\n"
                           << "projects = [\"" << kKeypoints << "\"]\n";
  }

  std::string database() const { return (state_ / "mirror.db").string(); }

  // `command` of `user`, with the umask of the unit.
  static std::string as(uid_t user, const std::string& command) {
    const std::string groups =
        user == kColleague ? "--groups " + std::to_string(kGroup) : std::string("--clear-groups");
    const std::string number = std::to_string(user);
    return "umask 0027; cd /; exec env HOME=/ NEXUS_SECRET_KEY=" + std::string(kKey) +
           " setpriv --reuid " + number + " --regid " + number + " " + groups + " " + command;
  }

  std::string mirror_command(const std::string& arguments) const {
    return quoted(program_.string()) + " --config " + quoted(config_.string()) + " " + arguments;
  }

  std::string query(const std::string& sql) const {
    return mirror_command("query --format csv " + quoted(sql));
  }

  std::string sqlite(const std::string& sql) const {
    return "sqlite3 " + quoted(database()) + " " + quoted(sql);
  }

  // A sync that waits for an answer that does not come; its process.
  pid_t stalled_sync() {
    forget_requests();
    fault(R"({"match":"/annotations?","fault":"stall","nth":3})");
    const pid_t sync = fork();
    if (sync == 0) {
      const std::string quiet = "exec >/dev/null 2>&1; " + as(kService, mirror_command("sync"));
      execl("/bin/sh", "sh", "-c", quiet.c_str(), nullptr);
      _exit(127);
    }
    while (waitpid(sync, nullptr, WNOHANG) == 0 && requests("/annotations?").size() < 3) {
      std::this_thread::yield();
    }
    return sync;
  }

  void expect_readable() const {
    const ShellResult asked = run_shell(as(kColleague, query("SELECT count(*) > 0 FROM projects")));
    EXPECT_EQ(asked.status, 0) << asked.output;
    EXPECT_NE(asked.output.find("\n1\n"), std::string::npos) << asked.output;
    if (has_program("sqlite3")) {
      const ShellResult read =
          run_shell(as(kColleague, sqlite("SELECT count(*) > 0 FROM projects")));
      EXPECT_EQ(read.output, "1\n");
    }
    const std::string state = quoted(state_.string());
    const ShellResult read_all = run_shell(
        as(kColleague, "find " + state + " -type f ! -name '*.lock' -exec cat {} + >/dev/null"));
    EXPECT_EQ(read_all.status, 0);
    EXPECT_EQ(read_all.output, "");
    const ShellResult seen = run_shell(as(kStranger, "find " + state + " -type f"));
    EXPECT_NE(seen.output.find("Permission denied"), std::string::npos) << seen.output;
    EXPECT_EQ(seen.output.find('\n'), seen.output.size() - 1) << seen.output;
  }

  void expect_not_writable() const {
    const ShellResult writable =
        run_shell(as(kColleague, "find " + quoted(state_.string()) + " ! -type l -writable"));
    EXPECT_EQ(writable.status, 0);
    EXPECT_EQ(writable.output, "");
    EXPECT_EQ(run_shell(as(kColleague, query("DELETE FROM projects"))).status, 2);
    const ShellResult synced = run_shell(as(kColleague, mirror_command("sync")));
    EXPECT_EQ(synced.status, 5) << synced.output;
    EXPECT_NE(synced.output.find("Permission denied"), std::string::npos) << synced.output;
    if (has_program("sqlite3")) {
      const ShellResult write = run_shell(as(kColleague, sqlite("DELETE FROM projects")));
      EXPECT_NE(write.output.find("readonly"), std::string::npos) << write.output;
    }
  }

  void expect_modes() const {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      struct stat status {};
      ASSERT_EQ(stat((database() + suffix).c_str(), &status), 0) << suffix;
      EXPECT_EQ(status.st_mode & 0777, 0640U) << suffix;
      EXPECT_EQ(status.st_gid, kGroup) << suffix;
    }
  }

  const TemporaryFolder folder_;
  const fs::path program_ = folder_.path() / "nexus-mirror", state_ = folder_.path() / "state",
                 config_ = folder_.path() / "config.toml";
};

// As after the owner's own sqlite3: nothing is damaged, and nothing has to be moved away.
TEST_F(ColleaguesTest, AreToldWhoMakesTheFilesAgainThatTheyMayNotMake) {
  ASSERT_EQ(run_shell(as(kService, mirror_command("sync"))).status, 0);
  for (const char* suffix : {"-wal", "-shm"}) ASSERT_TRUE(fs::remove(database() + suffix));
  const ShellResult asked = run_shell(as(kColleague, mirror_command("status")));
  EXPECT_EQ(asked.status, 5) << asked.output;
  EXPECT_NE(asked.output.find("as the user that owns the mirror"), std::string::npos)
      << asked.output;
  EXPECT_EQ(asked.output.find("damaged"), std::string::npos) << asked.output;
  EXPECT_EQ(run_shell(as(kService, mirror_command("status"))).status, 0);
  expect_readable();
}

TEST_F(ColleaguesTest, ReadAndDoNotWriteWhileNobodySyncs) {
  const ShellResult synced = run_shell(as(kService, mirror_command("sync")));
  ASSERT_EQ(synced.status, 0) << synced.output;
  const fs::path project = state_ / "exports" / kKeypoints;
  for (const fs::path& file : {state_ / "exports/index.json", project / "manifest.json"}) {
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0644)) << file;
  }
  EXPECT_EQ(fs::status(project / "models/links.json").permissions(), fs::perms(0640));
  EXPECT_EQ(fs::status(project / "annotations").permissions(), fs::perms(0755));
  expect_modes();
  expect_readable();
  expect_not_writable();
  expect_modes();
}

TEST_F(ColleaguesTest, ReadAndDoNotWriteWhileASyncHoldsItOpen) {
  const pid_t sync = stalled_sync();
  ASSERT_EQ(kill(sync, 0), 0) << "the sync has ended";
  expect_modes();
  expect_readable();
  expect_not_writable();
  ASSERT_EQ(waitpid(sync, nullptr, WNOHANG), 0) << "the sync has ended";
  kill(sync, SIGTERM);
  waitpid(sync, nullptr, 0);
}

TEST_F(ColleaguesTest, ReadWhatAKilledSyncLeft) {
  const pid_t sync = stalled_sync();
  kill(sync, SIGKILL);
  waitpid(sync, nullptr, 0);
  expect_modes();
  expect_readable();
  expect_not_writable();
}

}  // namespace
}  // namespace nexus_mirror::testing
