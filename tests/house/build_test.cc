// Every test that is there is also built.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/places.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;

TEST(BuildTest, LeavesNoTestOut) {
  std::ifstream in(testing::in_build("compile_commands.json"));
  ASSERT_TRUE(in) << "CMAKE_EXPORT_COMPILE_COMMANDS is off";
  const std::string commands(std::istreambuf_iterator<char>(in), {});
  int tests = 0;
  const fs::path top = testing::in_source("tests");
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    const std::string name = fs::relative(entry.path(), top).string();
    if (!name.ends_with("_test.cc")) continue;
    ++tests;
    EXPECT_NE(commands.find("/tests/" + name + "\""), std::string::npos)
        << name << " is not built: run cmake again";
  }
  EXPECT_GT(tests, 20);
}

}  // namespace
}  // namespace nexus_mirror
