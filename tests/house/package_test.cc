// The Debian package: what is in it, and that a machine takes it and lets go of it again.
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

#include "support/mirror_run.h"
#include "support/places.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;
using Paths = std::set<std::string>;

const Paths kInstalled = {"/etc/nexus-mirror/config.toml",
                          "/usr/bin/nexus-mirror",
                          "/usr/lib/systemd/system/nexus-mirror-sync.service",
                          "/usr/lib/systemd/system/nexus-mirror-sync.timer",
                          "/usr/lib/systemd/system/nexus-mirror.service",
                          "/usr/lib/sysusers.d/nexus-mirror.conf",
                          "/usr/share/bash-completion/completions/nexus-mirror",
                          "/usr/share/doc/nexus-mirror/changelog.gz",
                          "/usr/share/doc/nexus-mirror/copyright",
                          "/usr/share/fish/vendor_completions.d/nexus-mirror.fish",
                          "/usr/share/man/man1/nexus-mirror.1.gz",
                          "/usr/share/man/man5/nexus-mirror.toml.5.gz",
                          "/usr/share/man/man7/nexus-mirror-schema.7.gz",
                          "/usr/share/zsh/vendor-completions/_nexus-mirror"};

Paths files_below(const fs::path& root) {
  Paths found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_directory()) found.insert("/" + fs::relative(entry.path(), root).string());
  }
  return found;
}

// The service's configuration as the program understands it.
void expect_service_settings(const fs::path& file) {
  const ShellResult printed =
      run_shell(quoted(mirror_program()) + " --config " + quoted(file.string()) + " config print");
  EXPECT_EQ(printed.status, 0) << printed.output;
  for (const char* line : {"\nmode = \"0640\"\n", "\nsecret_credential = \"nexus-secret-key\"\n",
                           "\ndatabase = \"/var/lib/nexus-mirror/mirror.db\"\n",
                           "\nexport_dir = \"/var/lib/nexus-mirror/exports\"\n"}) {
    EXPECT_NE(printed.output.find(line), std::string::npos) << line << printed.output;
  }
}

ShellResult install(const fs::path& root, const std::string& arguments) {
  return run_shell("DESTDIR=" + quoted(root.string()) + " cmake --install " + quoted(in_build("")) +
                   " --prefix " + arguments);
}

TEST(InstallTest, PutsEverythingBelowDestdirAndThePrefix) {
  const TemporaryFolder root;
  const fs::path config = root.path() / "etc/nexus-mirror/config.toml";
  const ShellResult installed = install(root.path(), "/usr");
  ASSERT_EQ(installed.status, 0) << installed.output;
  EXPECT_EQ(files_below(root.path()), kInstalled);
  expect_service_settings(config);
  EXPECT_NE(file_bytes(root.path() / "usr/lib/systemd/system/nexus-mirror.service")
                .find("\nExecStart=/usr/bin/nexus-mirror "),
            std::string::npos);

  std::ofstream(config) << "# mine\n";
  ASSERT_EQ(install(root.path(), "/usr").status, 0);
  EXPECT_EQ(file_bytes(config), "# mine\n");
}

TEST(InstallTest, ConfigInitTakesThePlaceOfAnExampleThatNobodyTouched) {
  const TemporaryFolder root;
  const fs::path config = root.path() / "etc/nexus-mirror/config.toml";
  ASSERT_EQ(install(root.path(), "/usr").status, 0);
  const std::string init = quoted(mirror_program()) + " config init " + quoted(config.string()) +
                           " --name mine --key-env OUR_KEY --no-test";
  std::ofstream(config, std::ios::app) << "# mine\n";
  EXPECT_EQ(run_shell(init).status, 2);
  EXPECT_NE(file_bytes(config).find("# mine\n"), std::string::npos);
  fs::remove(config);
  ASSERT_EQ(install(root.path(), "/usr").status, 0);
  const ShellResult made = run_shell(init);
  EXPECT_EQ(made.status, 0) << made.output;
  EXPECT_NE(file_bytes(config).find("\"mine\""), std::string::npos) << file_bytes(config);
  EXPECT_EQ(run_shell(init).status, 2);
}

TEST(InstallTest, TheProgramAloneStaysBelowThePrefix) {
  const TemporaryFolder root;
  const ShellResult installed = install(root.path(), "/opt/mirror --component program");
  ASSERT_EQ(installed.status, 0) << installed.output;
  const Paths files = files_below(root.path());
  EXPECT_TRUE(files.contains("/opt/mirror/bin/nexus-mirror"));
  EXPECT_TRUE(files.contains("/opt/mirror/share/man/man1/nexus-mirror.1.gz"));
  for (const std::string& file : files) {
    EXPECT_TRUE(file.starts_with("/opt/mirror/")) << file;
    EXPECT_EQ(file.find("systemd"), std::string::npos) << file;
  }
}

class PackageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"cpack", "dpkg-deb", "dpkg-shlibdeps", "file"}) {
      if (!has_program(program)) GTEST_SKIP() << program << " is not installed";
    }
    const ShellResult packed =
        run_shell("cd " + quoted(folder_.path().string()) +
                  " && cpack -G DEB -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip --config " +
                  quoted(in_build("CPackConfig.cmake")) + " -B " + quoted(folder_.path().string()));
    ASSERT_EQ(packed.status, 0) << packed.output;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().extension() == ".deb") package_ = entry.path();
    }
    ASSERT_FALSE(package_.empty()) << packed.output;
  }

  std::string field(const std::string& name) const {
    return run_shell("dpkg-deb -f " + quoted(package_.string()) + " " + name).output;
  }

  // dpkg in a root of its own, whose maintainer scripts run with this machine's programs.
  ShellResult dpkg(const std::string& arguments) const {
    return run_shell("dpkg --root=" + quoted(root_.string()) +
                     " --force-script-chrootless --force-depends " + arguments);
  }

  void make_root() {
    fs::create_directories(root_ / "var/lib/dpkg/info");
    fs::create_directories(root_ / "var/lib/dpkg/updates");
    fs::create_directories(root_ / "etc");
    std::ofstream(root_ / "var/lib/dpkg/status");
    std::ofstream(root_ / "var/lib/dpkg/available");
  }

  const TemporaryFolder folder_;
  const fs::path root_ = folder_.path() / "root";
  fs::path package_;
};

TEST_F(PackageTest, HoldsWhatItShould) {
  EXPECT_EQ(field("Package"), "nexus-mirror\n");
  const std::string depends = field("Depends");
  for (const char* library : {"libc6", "libsqlite3-0", "libssl3", "systemd"}) {
    EXPECT_NE(depends.find(library), std::string::npos) << depends;
  }
  const fs::path content = folder_.path() / "content", control = folder_.path() / "control";
  ASSERT_EQ(
      run_shell("dpkg-deb -x " + quoted(package_.string()) + " " + quoted(content.string()) +
                " && dpkg-deb -e " + quoted(package_.string()) + " " + quoted(control.string()))
          .status,
      0);
  EXPECT_EQ(files_below(content), kInstalled);
  EXPECT_EQ(file_bytes(control / "conffiles"), "/etc/nexus-mirror/config.toml\n");
  expect_service_settings(content / "etc/nexus-mirror/config.toml");
  std::istringstream list(run_shell("dpkg-deb -c " + quoted(package_.string())).output);
  for (std::string line; std::getline(list, line);) {
    EXPECT_NE(line.find(" root/root "), std::string::npos) << line;
    EXPECT_TRUE(line[5] != 'w' && line[8] != 'w') << line;
  }
  const ShellResult version =
      run_shell(quoted((content / "usr/bin/nexus-mirror").string()) + " --version");
  EXPECT_EQ("nexus-mirror " + field("Version"), version.output);
}

TEST_F(PackageTest, IsInstalledUpgradedRemovedAndPurged) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to install";
  if (!has_program("systemd-sysusers")) GTEST_SKIP() << "systemd-sysusers is not installed";
  make_root();
  const fs::path config = root_ / "etc/nexus-mirror/config.toml",
                 state = root_ / "var/lib/nexus-mirror";
  const ShellResult installed = dpkg("-i " + quoted(package_.string()));
  ASSERT_EQ(installed.status, 0) << installed.output;
  const std::string passwd = file_bytes(root_ / "etc/passwd");
  EXPECT_NE(passwd.find("nexus-mirror:x:"), std::string::npos) << passwd;
  ASSERT_TRUE(fs::is_directory(state));
  EXPECT_EQ(fs::status(state).permissions(), fs::perms(0750));
  const std::string owner = run_shell("stat -c :%u:%g: " + quoted(state.string())).output;
  EXPECT_NE(passwd.find(owner.substr(0, owner.size() - 1)), std::string::npos) << owner;

  std::ofstream(config, std::ios::app) << "# mine\n";
  std::ofstream(root_ / "etc/nexus-mirror/secret-key") << "key\n";
  std::ofstream(state / "mirror.db") << "rows\n";
  const ShellResult again = dpkg("-i " + quoted(package_.string()));
  ASSERT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(file_bytes(config).ends_with("# mine\n"));

  const ShellResult removed = dpkg("-r nexus-mirror");
  ASSERT_EQ(removed.status, 0) << removed.output;
  EXPECT_FALSE(fs::exists(root_ / "usr/bin/nexus-mirror"));
  EXPECT_TRUE(file_bytes(config).ends_with("# mine\n"));
  EXPECT_EQ(file_bytes(state / "mirror.db"), "rows\n");

  const ShellResult purged = dpkg("-P nexus-mirror");
  ASSERT_EQ(purged.status, 0) << purged.output;
  EXPECT_FALSE(fs::exists(root_ / "etc/nexus-mirror"));
  EXPECT_FALSE(fs::exists(state));
  for (const std::string& path : files_below(root_)) {
    EXPECT_FALSE(path.find("nexus-mirror") != std::string::npos) << path << " is left";
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
