// Every test that is there is also built.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
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

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The fuzzers are linked from single sources of the upper layers: one that is missing there is
// found by their build alone, which takes long and is not everybody's.
TEST(BuildTest, GivesTheFuzzersWhatTheirSourcesInclude) {
  const std::string kTypesAlone = "daemon/mirror_facts";
  const std::string list = text_of(testing::in_source("tests/fuzz/CMakeLists.txt"));
  static const std::regex source("(cli|daemon)/([a-z_]+)\\.cc");
  static const std::regex include("#include \"((cli|daemon)/[a-z_]+)\\.h\"");
  int sources = 0;
  for (std::sregex_iterator each(list.begin(), list.end(), source), end; each != end; ++each) {
    ++sources;
    const std::string name = each->str().substr(0, each->str().size() - 3);
    const std::string text = text_of(testing::in_source("src/" + name + ".cc")) +
                             text_of(testing::in_source("src/" + name + ".h"));
    for (std::sregex_iterator used(text.begin(), text.end(), include); used != end; ++used) {
      const std::string other = (*used)[1];
      if (other == kTypesAlone || !fs::exists(testing::in_source("src/" + other + ".cc"))) continue;
      EXPECT_NE(list.find(other + ".cc"), std::string::npos)
          << name << " needs " << other << ".cc in tests/fuzz/CMakeLists.txt";
    }
  }
  EXPECT_GT(sources, 8);
}

}  // namespace
}  // namespace nexus_mirror
