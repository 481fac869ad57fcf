// src/README.md, "Recovery": each kind of fault has tests, and those that the table names are
// there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "support/places.h"

namespace nexus_mirror {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> suites() {
  const std::regex test("\nTEST(?:_F|_P)?\\(\\s*(\\w+),");
  std::set<std::string> found;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(testing::in_source("tests"))) {
    if (entry.path().extension() != ".cc") continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), test), end; at != end; ++at) {
      found.insert((*at)[1]);
    }
  }
  return found;
}

TEST(RecoveryTest, EachKindOfFaultHasTests) {
  const std::string text = text_of(testing::in_source("src/README.md"));
  const std::size_t begin = text.find("| what goes wrong | what happens | tests |");
  ASSERT_NE(begin, std::string::npos);
  const std::set<std::string> known = suites();
  const std::regex name("`(\\w+)`");
  std::istringstream table(text.substr(begin));
  std::string row;
  std::getline(table, row);
  std::getline(table, row);  // the rule below the heads
  int kinds = 0;
  for (; std::getline(table, row) && row.starts_with('|'); ++kinds) {
    const std::string tests = row.substr(row.rfind('|', row.size() - 2));
    std::sregex_iterator at(tests.begin(), tests.end(), name);
    EXPECT_NE(at, std::sregex_iterator()) << "no test: " << row;
    for (; at != std::sregex_iterator(); ++at) {
      EXPECT_TRUE(known.contains((*at)[1])) << "there is no such test: " << (*at)[1];
    }
  }
  EXPECT_GT(kinds, 15);
}

}  // namespace
}  // namespace nexus_mirror
