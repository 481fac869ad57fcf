// The systemd units as they are installed: systemd finds no fault with them, and they may do
// little.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <string>

#include "support/mirror_run.h"
#include "support/places.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {
namespace {

class UnitsTest : public ::testing::Test {
 protected:
  // What `cmake --install` makes of the units, for a prefix where the program really is.
  void SetUp() override {
    const auto folder = root_.path() / "usr/bin";
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(mirror_program(), folder / "nexus-mirror");
    const ShellResult installed =
        run_shell("cmake -DCMAKE_INSTALL_PREFIX=" + quoted((root_.path() / "usr").string()) +
                  " -P " + quoted(in_build("systemd/cmake_install.cmake")));
    ASSERT_EQ(installed.status, 0) << installed.output;
  }

  std::string unit(const std::string& name) const {
    return (root_.path() / "usr/lib/systemd/system" / name).string();
  }

  TemporaryFolder root_;
};

TEST_F(UnitsTest, NameWhatIsInstalled) {
  const std::string program = (root_.path() / "usr/bin/nexus-mirror").string();
  for (const std::string name : {"nexus-mirror.service", "nexus-mirror-sync.service"}) {
    const std::string text = file_bytes(unit(name));
    EXPECT_NE(text.find("\nExecStart=" + program + " --config /etc/nexus-mirror/config.toml"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("\nLoadCredential=nexus-secret-key:/etc/nexus-mirror/secret-key\n"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find('@' + std::string("NEXUS")), std::string::npos) << text;
  }
}

// The units' command lines are ones that the program knows: it goes on to read the configuration.
TEST_F(UnitsTest, RunCommandsThatThereAre) {
  static const std::regex line("\\nExecStart=(\\S+) --config \\S+ ([^\\n]*)\\n");
  for (const std::string name : {"nexus-mirror.service", "nexus-mirror-sync.service"}) {
    const std::string text = file_bytes(unit(name));
    std::smatch match;
    ASSERT_TRUE(std::regex_search(text, match, line)) << text;
    const ShellResult run =
        run_shell(match[1].str() + " --config /nowhere/config.toml " + match[2].str());
    EXPECT_EQ(run.status, 2) << run.output;
    EXPECT_NE(run.output.find("/nowhere/config.toml"), std::string::npos) << run.output;
  }
}

// A reload asks first whether the file is right, and where it is not the daemon is told nothing.
TEST_F(UnitsTest, AReloadFailsWhereTheFileIsWrong) {
  static const std::regex line("\\nExecReload=([^\\n]*)");
  const std::string text = file_bytes(unit("nexus-mirror.service"));
  std::sregex_iterator reload(text.begin(), text.end(), line);
  ASSERT_NE(reload, std::sregex_iterator());
  std::string check = (*reload)[1];
  const std::string place = "/etc/nexus-mirror/config.toml";
  ASSERT_NE(check.find(place), std::string::npos) << check;
  EXPECT_TRUE(check.ends_with(" config check --no-credentials")) << check;
  check.replace(check.find(place), place.size(), quoted((root_.path() / "wrong.toml").string()));
  std::ofstream(root_.path() / "wrong.toml") << "odd = 1\n";
  EXPECT_EQ(run_shell(check).status, 2);
  ++reload;
  ASSERT_NE(reload, std::sregex_iterator());
  EXPECT_NE((*reload)[1].str().find("kill -HUP"), std::string::npos);
}

TEST_F(UnitsTest, PassSystemdAnalyzeVerify) {
  if (!has_program("systemd-analyze")) GTEST_SKIP() << "systemd-analyze is not installed";
  for (const std::string name :
       {"nexus-mirror.service", "nexus-mirror-sync.service", "nexus-mirror-sync.timer"}) {
    const ShellResult verified = run_shell("systemd-analyze verify --man=no " + quoted(unit(name)));
    EXPECT_EQ(verified.status, 0) << verified.output;
    EXPECT_EQ(verified.output, "") << name;
  }
}

TEST_F(UnitsTest, AreLittleExposed) {
  if (!has_program("systemd-analyze")) GTEST_SKIP() << "systemd-analyze is not installed";
  static const std::regex overall("Overall exposure level for \\S+: ([0-9.]+)");
  for (const std::string name : {"nexus-mirror.service", "nexus-mirror-sync.service"}) {
    const ShellResult security =
        run_shell("systemd-analyze security --no-pager --offline=yes " + quoted(unit(name)));
    std::smatch match;
    ASSERT_TRUE(std::regex_search(security.output, match, overall)) << security.output;
    EXPECT_LE(std::stod(match[1]), 1.5) << security.output;
  }
}

TEST_F(UnitsTest, TheUserIsOneThatSysusersMakes) {
  if (!has_program("systemd-sysusers")) GTEST_SKIP() << "systemd-sysusers is not installed";
  const auto etc = root_.path() / "etc";
  std::filesystem::create_directories(etc);
  const ShellResult made =
      run_shell("systemd-sysusers --root=" + quoted(root_.path().string()) + " nexus-mirror.conf");
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_NE(file_bytes(etc / "passwd").find("nexus-mirror:"), std::string::npos);
  EXPECT_NE(file_bytes(etc / "group").find("nexus-mirror:"), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::testing
