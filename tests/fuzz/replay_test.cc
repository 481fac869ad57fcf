// What the fuzzers begin with, and what once broke something, in each run of the tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "fuzz/target.h"
#include "log/log.h"
#include "support/places.h"

namespace nexus_mirror::fuzz {
namespace {

namespace fs = std::filesystem;

fs::path regressions() { return testing::in_source("tests/fuzz/regressions"); }

class FuzzReplayTest : public ::testing::TestWithParam<Target> {
 protected:
  static void SetUpTestSuite() { log::configure(log::Level::off, log::Style::text); }
  static void TearDownTestSuite() { log::configure(log::Level::info, log::Style::text); }
};

void replay(const Target& target, const std::string& name, const std::string& input) {
  try {
    target.run(input);
  } catch (const std::exception& error) {
    ADD_FAILURE() << target.name << ", " << name << ": " << error.what();
  }
}

TEST_P(FuzzReplayTest, TakesItsSeedsAndRegressions) {
  const Target target = GetParam();
  const auto seeds = target.seeds();
  ASSERT_FALSE(seeds.empty());
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    ASSERT_FALSE(seeds[i].empty()) << "seed " << i;
    replay(target, "seed " + std::to_string(i), seeds[i]);
    // Cut anywhere, which is what goes wrong first.
    replay(target, "half of seed " + std::to_string(i), seeds[i].substr(0, seeds[i].size() / 2));
  }
  replay(target, "nothing", {});
  std::size_t kept = 0;
  const fs::path folder = regressions() / target.name;
  if (fs::exists(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      replay(target, entry.path().filename().string(), {std::istreambuf_iterator<char>(in), {}});
      ++kept;
    }
  }
  std::cout << "[  FUZZ    ] " << target.name << ": " << seeds.size() << " seeds, " << kept
            << " regressions\n";
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzReplayTest, ::testing::ValuesIn(targets()),
                         [](const ::testing::TestParamInfo<Target>& each) {
                           return std::string(each.param.name);
                         });

TEST(FuzzTargetsTest, HaveAFileOfTheirNameEach) {
  std::vector<std::string> names, files;
  for (const Target& target : targets()) names.push_back(std::string(target.name) + "_fuzz.cc");
  for (const auto& entry : fs::directory_iterator(testing::in_source("tests/fuzz"))) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with("_fuzz.cc")) files.push_back(name);
  }
  std::sort(names.begin(), names.end());
  std::sort(files.begin(), files.end());
  EXPECT_EQ(names, files);
  // Regressions of a target that is not there would be replayed by nobody.
  if (!fs::exists(regressions())) return;
  for (const auto& entry : fs::directory_iterator(regressions())) {
    const std::string file = entry.path().filename().string() + "_fuzz.cc";
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), file)) << entry.path();
  }
}

}  // namespace
}  // namespace nexus_mirror::fuzz
