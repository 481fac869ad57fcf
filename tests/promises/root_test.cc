// What root runs on a mirror that another user owns leaves nothing that this user cannot change:
// the program reads its configuration and key, and goes on as the owner. With users of their own;
// needs root.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "support/mirror_run.h"
#include "support/places.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;    // has an account on every Debian
constexpr uid_t kNameless = 61004;  // has none

class RootTest : public PromiseTest {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root, to act for another user";
    if (!has_program("setpriv")) GTEST_SKIP() << "setpriv is not installed";
    serve();
    fs::permissions(folder_.path(), fs::perms(0755));
    fs::copy_file(mirror_program(), program_);
    if (run_shell(as(kNobody, "--version")).status != 0) {
      GTEST_SKIP() << "other users cannot run a program in " << folder_.path();
    }
    fs::create_directory(state_);
    fs::create_directory(private_);
    fs::permissions(private_, fs::perms(0700));
    std::ofstream(private_ / "key") << kKey << "\n";
    fs::permissions(private_ / "key", fs::perms(0600));
    configure(state_ / "mirror.db");
  }

  void configure(const fs::path& database, const std::string& tables = {}) {
    std::ofstream(private_ / "config.toml")
        << text(database, "secret_key_file = \"" + (private_ / "key").string() + "\"") << tables;
    std::ofstream(folder_ / "config.toml")
        << text(database, "secret_key_env = \"NEXUS_SECRET_KEY\"") << tables;
  }

  std::string text(const fs::path& database, const std::string& key) {
    return "[mirror]\ndatabase = \"" + database.string() + "\"\nexport_dir = \"" +
           exports_.string() + "\"\n[[workspace]]\nname = \"corpus\"\nendpoint = \"" +
           emulator().url() + "\"\n" + key + "\nprojects = [\"" + kKeypoints + "\"]\n";
  }

  void give(const fs::path& path, uid_t user) const {
    const std::string owner = std::to_string(user) + ":" + std::to_string(user);
    ASSERT_EQ(run_shell("chown -hR " + owner + " " + quoted(path.string())).status, 0);
  }

  // The program as the service runs it.
  std::string as(uid_t user, const std::string& arguments) const {
    const std::string number = std::to_string(user);
    return "cd /; exec env HOME=/ NEXUS_SECRET_KEY=" + std::string(kKey) + " setpriv --reuid " +
           number + " --regid " + number + " --clear-groups " + quoted(program_.string()) +
           " --config " + quoted((folder_ / "config.toml").string()) + " " + arguments;
  }

  // The same as root, with configuration and key that are root's alone.
  std::unique_ptr<MirrorProcess> start_as_root(std::vector<std::string> arguments) const {
    const auto config = {std::string("--config"), (private_ / "config.toml").string()};
    arguments.insert(arguments.begin(), config);
    return std::make_unique<MirrorProcess>(private_, arguments,
                                           std::vector<std::string>{"HOME=/root"});
  }
  Ended as_root(const std::vector<std::string>& arguments) const {
    return start_as_root(arguments)->wait();
  }

  // What lies below `folder` and does not belong to `user`, in user or group.
  static std::string foreign(const fs::path& folder, uid_t user) {
    const std::string number = std::to_string(user);
    return run_shell("find " + quoted(folder.string()) + " ! -uid " + number + " -o ! -gid " +
                     number)
        .output;
  }

  void expect_service_goes_on(uid_t user) const {
    const ShellResult synced = run_shell(as(user, "sync --json"));
    EXPECT_EQ(synced.status, 0) << synced.output;
    EXPECT_NE(synced.output.find("\"result\":\"ok\""), std::string::npos) << synced.output;
  }

  const TemporaryFolder folder_;
  const fs::path program_ = folder_ / "nexus-mirror", state_ = folder_ / "state",
                 private_ = folder_ / "private", exports_ = state_ / "exports";
};

class EachOwner : public RootTest, public ::testing::WithParamInterface<uid_t> {};
INSTANTIATE_TEST_SUITE_P(Root, EachOwner, ::testing::Values(kNobody, kNameless),
                         [](const auto& each) {
                           return each.param == kNobody ? "WithAName" : "WithoutAName";
                         });

TEST_P(EachOwner, KeepsAllThatCommandsOfRootMake) {
  const uid_t owner = GetParam();
  give(state_, owner);
  ASSERT_EQ(run_shell(as(owner, "sync")).status, 0);
  ASSERT_EQ(foreign(state_, owner), "");
  const std::vector<std::vector<std::string>> commands = {
      {"sync"},
      {"sync", "--full"},
      {"sync", "--dry-run"},
      {"export"},
      {"export", "--force", "--format", "keypoints_coco"},
      {"links", "--refresh"},
      {"export", "--server", "coco", "--project", kKeypoints},
      {"query", "SELECT count(*) FROM assets"},
      {"status"},
      {"changes"},
      {"links"},
      {"verify"},
      {"verify", "--remote"}};
  for (const auto& command : commands) {
    // There is something to make again.
    fs::remove_all(command.front() == "links" ? exports_ / kKeypoints / "models" : exports_);
    for (const char* suffix : {".lock", ".hook.lock", "-wal", "-shm"}) {
      fs::remove((state_ / "mirror.db").string() + suffix);
    }
    std::vector<std::string> loud = command;
    loud.insert(loud.begin(), "-v");
    const Ended ended = as_root(loud);
    EXPECT_EQ(ended.status, 0) << command.front() << " " << ended.err;
    EXPECT_EQ(foreign(state_, owner), "") << command.front() << " " << command.back();
    EXPECT_EQ(ended.err.find(kKey), std::string::npos);
    EXPECT_NE(ended.err.find("going on as the user who owns the mirror"), std::string::npos)
        << ended.err;
  }
  expect_service_goes_on(owner);
}

TEST_P(EachOwner, OfTheFolderOwnsANewMirror) {
  const uid_t owner = GetParam();
  give(state_, owner);
  configure(state_ / "new" / "mirror.db");
  const Ended synced = as_root({"sync"});
  EXPECT_EQ(synced.status, 0) << synced.err;
  EXPECT_TRUE(fs::exists(state_ / "new" / "mirror.db"));
  EXPECT_TRUE(fs::exists(exports_ / "index.json"));
  EXPECT_EQ(foreign(state_, owner), "");
  expect_service_goes_on(owner);
}

TEST_P(EachOwner, RunsTheHooks) {
  const uid_t owner = GetParam();
  give(state_, owner);
  const fs::path told = state_ / "told";
  configure(state_ / "mirror.db",
            "[hooks]\non_change = [\"/bin/sh\", \"-c\", \"echo $(id -u) $(id -G) $HOME $USER > " +
                told.string() + "\"]\n");
  const Ended synced = as_root({"sync"});
  EXPECT_EQ(synced.status, 0) << synced.err;
  EXPECT_EQ(file_bytes(told),
            owner == kNobody ? "65534 65534 /nonexistent nobody\n" : "61004 61004 /\n");
  EXPECT_EQ(foreign(state_, owner), "");
}

TEST_F(RootTest, ADaemonOfRootGoesOnAsTheOwnerToo) {
  give(state_, kNobody);
  const auto daemon = start_as_root({"daemon"});
  const auto wait_for = [&](const std::string& line) {
    while (daemon->running() && daemon->err_so_far().find(line) == std::string::npos) {
      std::this_thread::yield();
    }
    EXPECT_TRUE(daemon->running()) << daemon->err_so_far();
  };
  wait_for("files written");
  // The configuration is root's alone, and that is said; what was read counts on.
  daemon->signal(SIGHUP);
  wait_for("the configuration stays as it was: reading configuration " +
           (private_ / "config.toml").string());
  daemon->signal(SIGUSR1);
  const std::string syncs = quoted("SELECT 'syncs', count(*) FROM syncs WHERE result = 'ok'");
  while (daemon->running() &&
         run_shell(as(kNobody, "query --format csv " + syncs)).output.find("syncs,2") ==
             std::string::npos) {
    std::this_thread::yield();
  }
  daemon->terminate();
  const Ended ended = daemon->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(foreign(state_, kNobody), "");
  expect_service_goes_on(kNobody);
}

TEST_F(RootTest, TheConfigurationIsCheckedWithTheOwnersRights) {
  give(state_, kNobody);
  const Ended fine = as_root({"config", "check"});
  EXPECT_EQ(fine.status, 0) << fine.err;
  EXPECT_EQ(fine.out, (private_ / "config.toml").string() + ": ok\n");
  give(exports_.parent_path(), 0);
  fs::create_directory(exports_);
  std::ofstream(state_ / "mirror.db");
  give(state_ / "mirror.db", kNobody);
  const Ended wrong = as_root({"config", "check"});
  EXPECT_EQ(wrong.status, 2) << wrong.err;
  EXPECT_NE(wrong.err.find("export_dir " + exports_.string() + " cannot be written to by this"),
            std::string::npos)
      << wrong.err;
  std::ofstream(private_ / "config.toml", std::ios::app) << "odd = 1\n";
  const Ended unknown = as_root({"config", "check"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("unknown key"), std::string::npos) << unknown.err;
}

TEST_F(RootTest, AMirrorOfRootStaysRoots) {
  give(state_, kNobody);
  give(state_, 0);
  for (int i = 0; i < 2; ++i) {
    const Ended synced = as_root({"sync"});
    EXPECT_EQ(synced.status, 0) << synced.err;
    EXPECT_EQ(synced.err.find("going on as"), std::string::npos) << synced.err;
  }
  EXPECT_EQ(foreign(state_, 0), "");
}

TEST_F(RootTest, ALinkIsOfTheOwnerOfWhatItLeadsTo) {
  give(state_, kNobody);
  fs::create_symlink(state_ / "mirror.db", private_ / "link.db");
  configure(private_ / "link.db");
  for (int i = 0; i < 2; ++i) {
    const Ended synced = as_root({"sync"});
    EXPECT_EQ(synced.status, 0) << synced.err;
    EXPECT_EQ(foreign(state_, kNobody), "");
  }
}

TEST_F(RootTest, ACredentialIsReadBefore) {
  give(state_, kNameless);
  std::ofstream(private_ / "config.toml")
      << text(state_ / "mirror.db", "secret_credential = \"key\"");
  MirrorProcess sync(private_, {"--config", (private_ / "config.toml").string(), "sync"},
                     {"CREDENTIALS_DIRECTORY=" + private_.string()});
  const Ended synced = sync.wait();
  EXPECT_EQ(synced.status, 0) << synced.err;
  EXPECT_EQ(foreign(state_, kNameless), "");
}

TEST_F(RootTest, AFirstConfigurationIsOfTheOwnerOfItsFolder) {
  give(state_, kNobody);
  MirrorProcess init(
      private_, {"config", "init", "--name", "corpus", "--endpoint", emulator().url(), "--key-file",
                 (private_ / "key").string(), (state_ / "mine.toml").string()});
  const Ended made = init.wait();
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_TRUE(fs::exists(state_ / "mine.toml"));
  EXPECT_EQ(foreign(state_, kNobody), "");
}

// Of a service: without systemd the key is where its unit says, and root alone may read it.
class ServiceKeyTest : public RootTest {
 protected:
  void SetUp() override {
    RootTest::SetUp();
    if (IsSkipped()) return;
    give(state_, kNobody);
    std::ofstream(private_ / "config.toml")
        << text(state_ / "mirror.db", "secret_credential = \"nexus-secret-key\"");
    fs::permissions(private_, fs::perms(0755));  // as /etc/nexus-mirror
    fs::create_directory(units_);
    std::ofstream(units_ / "nexus-mirror.service")
        << "[Service]\nUser=nobody\nExecStart=/usr/bin/nexus-mirror --config "
        << (private_ / "config.toml").string()
        << " daemon\nLoadCredential=nexus-secret-key:" << (private_ / "key").string() << "\n";
  }

  Ended run(std::vector<std::string> arguments) const {
    const auto config = {std::string("--config"), (private_ / "config.toml").string()};
    arguments.insert(arguments.begin(), config);
    MirrorProcess process(private_, arguments, {"SYSTEMD_UNIT_PATH=" + units_.string()});
    return process.wait();
  }
  ShellResult run_as_colleague(const std::string& arguments) const {
    return run_shell("cd /; SYSTEMD_UNIT_PATH=" + quoted(units_.string()) +
                     " exec setpriv --reuid 61005 --regid 61005 --clear-groups " +
                     quoted(program_.string()) + " --config " +
                     quoted((private_ / "config.toml").string()) + " " + arguments);
  }

  const fs::path units_ = folder_ / "units";
};

TEST_F(ServiceKeyTest, RootFindsTheKeyByTheUnitAndLeavesNothingOfItsOwn) {
  const std::vector<std::vector<std::string>> commands = {
      {"config", "check"},    {"doctor"}, {"sync"}, {"verify", "--remote"},
      {"links", "--refresh"}, {"doctor"}};
  for (const auto& command : commands) {
    const Ended ended = run(command);
    EXPECT_EQ(ended.status, 0) << command.front() << ended.out << ended.err;
    EXPECT_EQ(foreign(state_, kNobody), "") << command.front();
    EXPECT_EQ((ended.out + ended.err).find(kKey), std::string::npos);
    if (command.front() == "doctor") {
      EXPECT_NE(ended.out.find("nobody (uid 65534) may write"), std::string::npos) << ended.out;
    }
  }
}

TEST_F(ServiceKeyTest, WhoMayNotReadItIsToldToBeRoot) {
  const ShellResult asked = run_as_colleague("config check");
  EXPECT_EQ(asked.status, 2);
  EXPECT_NE(asked.output.find("with sudo"), std::string::npos) << asked.output;
  const ShellResult doctor = run_as_colleague("doctor");
  EXPECT_EQ(doctor.status, 1);
  EXPECT_NE(doctor.output.find("run sudo nexus-mirror doctor"), std::string::npos) << doctor.output;
  fs::remove(private_ / "key");
  const Ended missing = run({"config", "check"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("put the workspace's secret key into " + (private_ / "key").string()),
            std::string::npos)
      << missing.err;
}

TEST_F(ServiceKeyTest, FilesThatRootLeftAreAFaultOfTheRights) {
  ASSERT_EQ(run({"sync"}).status, 0);
  give(exports_ / kKeypoints / "annotations", 0);
  const Ended ended = run({"doctor"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.out.find("\nrights         fault    " +
                           (exports_ / kKeypoints / "annotations").string()),
            std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("chown -hR nobody: "), std::string::npos) << ended.out;
}

TEST_F(ServiceKeyTest, WhatTheSandboxForbidsIsAFaultOfTheRights) {
  std::ofstream(units_ / "nexus-mirror.service", std::ios::app)
      << "ProtectSystem=strict\nStateDirectory=nexus-mirror\n";
  const Ended ended = run({"doctor"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.out.find("ReadWritePaths=" + state_.string()), std::string::npos) << ended.out;
  std::ofstream(units_ / "nexus-mirror.service", std::ios::app)
      << "ReadWritePaths=-" << state_.string() << "\n";
  EXPECT_EQ(run({"doctor"}).status, 0);
}

TEST_F(ServiceKeyTest, ConfigInitPutsTheKeyWhereTheServiceGetsIt) {
  const fs::path config = private_ / "config.toml", key = private_ / "key";
  fs::remove(config);
  fs::remove(key);
  const auto init = [&](std::vector<std::string> options) {
    options.insert(options.begin(),
                   {"config", "init", "--name", "corpus", "--endpoint", emulator().url()});
    MirrorProcess process(folder_.path(), {options},
                          {"SYSTEMD_UNIT_PATH=" + units_.string(), std::string("K=") + kKey});
    return process.wait();
  };
  const Ended made = init({"--key-env", "K", config.string()});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(file_bytes(key), std::string(kKey) + "\n");
  EXPECT_EQ(
      run_shell("stat -c '%a %u' " + quoted(key.string()) + " " + quoted(config.string())).output,
      "600 0\n644 0\n");
  EXPECT_NE(file_bytes(config).find("secret_credential = \"nexus-secret-key\"\n"),
            std::string::npos)
      << file_bytes(config);
  EXPECT_NE(file_bytes(config).find("mode       = \"0640\"\n"), std::string::npos);
  EXPECT_EQ(run({"config", "check"}).status, 0);
  fs::remove(config);
  EXPECT_EQ(init({"--key-env", "K", config.string()}).status, 2) << "the key's file is there";
  EXPECT_EQ(init({config.string()}).status, 0) << "and is used";
  EXPECT_EQ(file_bytes(key), std::string(kKey) + "\n");
}

TEST_F(RootTest, WhoCannotChangeTheUserDoesNotGoOnAsRoot) {
  give(state_, kNobody);
  const std::string command = "setpriv --bounding-set=-setuid,-setgid " + quoted(mirror_program()) +
                              " --config " + quoted((private_ / "config.toml").string()) + " ";
  for (const char* what : {"sync", "export", "query 'SELECT 1'"}) {
    const ShellResult ended = run_shell(command + what);
    EXPECT_EQ(ended.status, 5) << what << ended.output;
    EXPECT_NE(ended.output.find("going on as nobody (uid 65534) who owns mirror " +
                                (state_ / "mirror.db").string() +
                                ": Operation not permitted; run nexus-mirror as that user"),
              std::string::npos)
        << ended.output;
  }
  EXPECT_TRUE(fs::is_empty(state_));
  // What works on no mirror needs no such right.
  EXPECT_EQ(run_shell(command + "config print").status, 0);
}

class LeftBehindTest : public RootTest {
 protected:
  // What the service says of `folder` or file that is root's, and that the command which it names
  // is the remedy.
  void expect_remedy(const fs::path& path, int status) {
    give(path, 0);
    forget_exports();
    const ShellResult synced = run_shell(as(kNobody, "sync"));
    EXPECT_EQ(synced.status, status) << synced.output;
    const std::string command = "chown -hR nobody: " + path.string();
    EXPECT_NE(
        synced.output.find(path.string() + " belongs to root (uid 0): as root, run " + command),
        std::string::npos)
        << synced.output;
    ASSERT_EQ(run_shell(command).status, 0);
    expect_service_goes_on(kNobody);
  }

  // The next sync has all of them to write.
  void forget_exports() const {
    ASSERT_EQ(run_shell("find " + quoted(exports_.string()) + " ! -type d -delete").status, 0);
  }
};

TEST_F(LeftBehindTest, AReaderIsToldToo) {
  give(state_, kNobody);
  ASSERT_EQ(run_shell(as(kNobody, "sync")).status, 0);
  give(state_ / "mirror.db", 0);
  const ShellResult asked = run_shell(as(kNobody, "query 'SELECT 1'"));
  EXPECT_EQ(asked.status, 5) << asked.output;
  EXPECT_NE(asked.output.find("run chown -hR nobody: " + (state_ / "mirror.db").string()),
            std::string::npos)
      << asked.output;
}

TEST_F(LeftBehindTest, SoIsWhoAsksTheServer) {
  give(state_, kNobody);
  const std::string command =
      as(kNobody, std::string("export --server coco --project ") + kKeypoints);
  ASSERT_EQ(run_shell(as(kNobody, "sync")).status, 0);
  const fs::path folder = exports_ / kKeypoints;
  const auto expect_remedy = [&](const fs::path& path) {
    give(path, 0);
    const ShellResult asked = run_shell(command);
    EXPECT_EQ(asked.status, 5) << asked.output;
    EXPECT_NE(asked.output.find("run chown -hR nobody: " + path.string()), std::string::npos)
        << asked.output;
    give(path, kNobody);
  };
  expect_remedy(folder);
  ASSERT_EQ(run_shell(command).status, 0);
  expect_remedy(folder / "server");
}

TEST_F(LeftBehindTest, FilesOfRootAreNamedWithTheRemedy) {
  give(state_, kNobody);
  ASSERT_EQ(run_shell(as(kNobody, "sync")).status, 0);
  expect_remedy(exports_ / kKeypoints, 1);
  expect_remedy(exports_ / kKeypoints / "annotations", 1);
  expect_remedy(exports_ / kKeypoints / "models", 1);
  expect_remedy(exports_ / "by-name", 1);
  expect_remedy(exports_, 1);
  expect_remedy(state_ / "mirror.db.lock", 5);
  expect_remedy(state_ / "mirror.db", 5);
}

}  // namespace
}  // namespace nexus_mirror::testing
