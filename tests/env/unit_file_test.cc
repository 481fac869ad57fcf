#include "env/unit_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "support/temporary_folder.h"

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;
using Values = std::vector<std::string>;

class UnitFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("SYSTEMD_UNIT_PATH",
             ((folder_ / "etc").string() + ":" + (folder_ / "lib").string()).c_str(), 1);
  }
  void TearDown() override { ::unsetenv("SYSTEMD_UNIT_PATH"); }

  void write(const fs::path& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(UnitFileTest, ReadsSectionsCommentsAndLinesThatGoOn) {
  write("lib/a.service",
        "# a comment\n[Unit]\nUser=nobody\n[Service]\n User = one \nExecStart=/bin/a \\\n; "
        "within\n  --b\n"
        "LoadCredential=x:/one\nLoadCredential=y:/two\n");
  const auto unit = find_unit("a.service");
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->value("Service", "User"), "one");
  EXPECT_EQ(unit->value("Service", "ExecStart"), "/bin/a  --b");
  EXPECT_EQ(unit->values("Service", "LoadCredential"), (Values{"x:/one", "y:/two"}));
  EXPECT_EQ(unit->value("Service", "Group"), "");
  EXPECT_FALSE(find_unit("b.service"));
}

TEST_F(UnitFileTest, DropInsComeAfterItByNameAndAnEmptyValueTakesBack) {
  write("lib/a.service", "[Service]\nLoadCredential=x:/one\n");
  write("lib/a.service.d/20.conf", "[Service]\nLoadCredential=x:/three\n");
  write("etc/a.service.d/10.conf", "[Service]\nLoadCredential=\nLoadCredential=x:/two\n");
  write("lib/a.service.d/10.conf", "[Service]\nLoadCredential=hidden\n");
  write("etc/a.service.d/no", "[Service]\nLoadCredential=hidden\n");
  EXPECT_EQ(find_unit("a.service")->values("Service", "LoadCredential"),
            (Values{"x:/two", "x:/three"}));
}

TEST_F(UnitFileTest, TheFirstFolderCountsAndWhatIsMaskedIsNone) {
  write("lib/a.service", "[Service]\nUser=lib\n");
  write("etc/a.service", "[Service]\nUser=etc\n");
  EXPECT_EQ(find_unit("a.service")->value("Service", "User"), "etc");
  fs::remove(folder_ / "etc/a.service");
  fs::create_symlink("/dev/null", folder_ / "etc/a.service");
  EXPECT_FALSE(find_unit("a.service"));
}

}  // namespace
}  // namespace nexus_mirror::env
