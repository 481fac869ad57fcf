// How a hook's program is run, with real ones.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "nexus_mirror/error.h"
#include "update/hooks.h"
#include "update/program_run.h"

namespace nexus_mirror::update {
namespace {

class ProgramRunTest : public ::testing::Test {
 protected:
  Program shell(const std::string& script) {
    Program program;
    program.argv = {"/bin/sh", "-c", script};
    program.environment = {"PATH=/usr/bin:/bin", "COLOUR=blue"};
    program.on_line = [this](std::string_view line) { lines_.emplace_back(line); };
    return program;
  }
  std::string run(const Program& program) {
    return run_program(program, Env::system(), {}).problem;
  }

  std::vector<std::string> lines_;
};

using Lines = std::vector<std::string>;

TEST_F(ProgramRunTest, GivesInputAndEnvironmentAndTakesBothOutputs) {
  Program program = shell("cat; echo $COLOUR >&2; printf end");
  program.input = "in\n";
  EXPECT_EQ(run(program), "");
  EXPECT_EQ(lines_, (Lines{"in", "blue", "end"}));
}

TEST_F(ProgramRunTest, UsesNoShell) {
  Program program = shell("");
  program.argv = {"echo", "$HOME; *", "a b"};
  EXPECT_EQ(run(program), "");
  EXPECT_EQ(lines_, Lines{"$HOME; * a b"});
}

TEST_F(ProgramRunTest, TellsHowItEnded) {
  EXPECT_EQ(run(shell("exit 3")), "exit status 3");
  EXPECT_EQ(run(shell("kill -9 $$")), "killed by signal 9");
  Program missing = shell("");
  missing.argv = {"/nonexistent/hook"};
  EXPECT_NE(run(missing).find("cannot be started: No such file"), std::string::npos);
}

TEST_F(ProgramRunTest, InputThatNobodyReadsHoldsNothingUp) {
  Program program = shell("exec true");
  program.input.assign(8 << 20, 'x');
  EXPECT_EQ(run(program), "");
}

TEST_F(ProgramRunTest, CutsOutputOffAtItsLimit) {
  Program program = shell("yes 123456789 | head -n 100000");
  program.most_output = 25;
  EXPECT_EQ(run(program), "");
  EXPECT_EQ(lines_,
            (Lines{"123456789", "123456789", "12345", "(more output, which is not shown)"}));
}

TEST_F(ProgramRunTest, InheritsNeitherDescriptorsNorSignalSettings) {
  const int open_file = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  EXPECT_EQ(run(shell("ls /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status")), "");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::close(open_file);
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_EQ(lines_[0], "4");  // the fourth is ls's own
  EXPECT_EQ(lines_[1], "SigBlk:\t0000000000000000");
  // glibc has its own way with 32 and 33.
  EXPECT_EQ(std::stoull(lines_[2].substr(8), nullptr, 16) & 0x7fffffff, 0U) << lines_[2];
}

bool alive(pid_t process) { return ::kill(process, 0) == 0 || errno != ESRCH; }

// A zombie is dead, though nobody has asked for it yet.
bool gone(pid_t process) {
  if (!alive(process)) return true;
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string id, name, state;
  stat >> id >> name >> state;
  return state.empty() || state == "Z" || state == "X";
}

TEST_F(ProgramRunTest, TheTimeLimitEndsTheWholeGroup) {
  Program program = shell("sleep 1000 & echo $!; sleep 1000");
  program.timeout = std::chrono::milliseconds(300);
  EXPECT_EQ(run(program), "no end within 300 ms, so it was stopped");
  ASSERT_EQ(lines_.size(), 1U);
  const auto child = static_cast<pid_t>(std::stol(lines_[0]));
  while (!gone(child)) std::this_thread::yield();
}

TEST_F(ProgramRunTest, AFloodOfOutputHoldsNothingUp) {
  Program program = shell("yes & yes & yes & yes & yes");
  program.timeout = std::chrono::milliseconds(200);
  EXPECT_NE(run(program).find("so it was stopped"), std::string::npos);
  EXPECT_EQ(run(shell("yes & yes & yes & yes & exit 0")), "");
}

TEST_F(ProgramRunTest, OneThatIgnoresSigtermIsKilled) {
  Program program = shell("trap '' TERM; while :; do sleep 1000; done");
  program.timeout = std::chrono::milliseconds(100);
  EXPECT_NE(run(program).find("so it was stopped"), std::string::npos);
}

TEST_F(ProgramRunTest, AStopEndsIt) {
  std::stop_source stop;
  Program program = shell("echo begun; sleep 1000");
  program.on_line = [&](std::string_view) { stop.request_stop(); };
  EXPECT_NE(run_program(program, Env::system(), stop.get_token()).problem.find("asked to stop"),
            std::string::npos);
}

TEST_F(ProgramRunTest, WhatItLeavesInTheBackgroundIsNotWaitedFor) {
  EXPECT_EQ(run(shell("sleep 1000 & echo $!")), "");
  ASSERT_EQ(lines_.size(), 1U);
  const auto child = static_cast<pid_t>(std::stol(lines_[0]));
  EXPECT_FALSE(gone(child));
  ::kill(child, SIGKILL);
}

TEST(HookEnvironmentTest, HoldsWhatTheHookIsToldAndNothingSecret) {
  Config config;
  config.mirror.export_dir = "/exports";
  config.workspaces.resize(2);
  config.workspaces[0].secret_key_env = "KEY_A";
  config.workspaces[1].secret_key_env = "KEY_B";
  const std::vector<std::string> current = {"PATH=/bin",        "KEY_A=secret",
                                            "KEY_B=secret",     "NEXUS_SECRET_KEY=secret",
                                            "KEY_AB=public",    "CREDENTIALS_DIRECTORY=/run",
                                            "NOTIFY_SOCKET=/s", "WATCHDOG_USEC=1",
                                            "WATCHDOG_PID=1",   "NEXUS_MIRROR_SYNC_ID=old"};
  EXPECT_EQ(
      hook_environment(config, current, 7, {"proj_1", "Cars"}),
      (std::vector<std::string>{"PATH=/bin", "KEY_AB=public", "NEXUS_MIRROR_PROJECT_ID=proj_1",
                                "NEXUS_MIRROR_PROJECT_NAME=Cars", "NEXUS_MIRROR_SYNC_ID=7",
                                "NEXUS_MIRROR_EXPORT_DIR=/exports/proj_1"}));
}

}  // namespace
}  // namespace nexus_mirror::update
