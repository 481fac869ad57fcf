// Every test that is there is also built.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace nexus_mirror {
namespace {

TEST(BuildTest, LeavesNoTestOut) {
  std::ifstream in(BINARY_DIR "/compile_commands.json");
  ASSERT_TRUE(in) << "CMAKE_EXPORT_COMPILE_COMMANDS is off";
  const std::string commands(std::istreambuf_iterator<char>(in), {});
  int tests = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/tests")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with("_test.cc")) continue;
    ++tests;
    EXPECT_NE(commands.find("/tests/" + name + "\""), std::string::npos)
        << name << " is not built: run cmake again";
  }
  EXPECT_GT(tests, 20);
}

}  // namespace
}  // namespace nexus_mirror
