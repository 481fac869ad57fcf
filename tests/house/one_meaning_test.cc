// A name of a type means one thing in the whole program.
#include <Poco/RegularExpression.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/places.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;
using Places = std::map<std::string, std::set<std::string>>;  // name -> where it is defined

// What a frame asks each of its users for, by that name.
const std::set<std::string> kAsked = {
    "Set",  // what a format keeps for a set (exports/formats/format_writer.h)
};

// Adds the types that `line` begins to define. A class that is hidden in a source of its own, as
// `struct Reader::Cursor`, counts with its owner's name.
void collect(const std::string& line, const std::string& place, Places& found) {
  static const Poco::RegularExpression definition(
      R"(^\s*(class|struct|enum class|enum)\s+(\w+)(\s+final)?\s*(:[^:]|\{|$))");
  std::vector<std::string> parts;
  if (definition.split(line, parts) > 0) found[parts.at(2)].insert(place);
}

// "store/reader.h" and "store/reader.cc" are one place.
Places types() {
  Places found;
  for (const char* top : {"src", "include"}) {
    for (const auto& entry : fs::recursive_directory_iterator(testing::in_source(top))) {
      const fs::path& path = entry.path();
      if (path.extension() != ".cc" && path.extension() != ".h") continue;
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);) {
        collect(line, fs::path(path).replace_extension().string(), found);
      }
    }
  }
  return found;
}

TEST(OneMeaningTest, OfEachTypesName) {
  const Places found = types();
  EXPECT_GT(found.size(), 300U);
  for (const auto& [name, places] : found) {
    if (kAsked.contains(name)) continue;
    std::string where;
    for (const std::string& place : places) where += "\n  " + place;
    EXPECT_EQ(places.size(), 1U) << name << " is defined in" << where;
  }
}

TEST(OneMeaningTest, KnowsADefinition) {
  Places found;
  for (const char* line : {"class Reader {", "struct Row : Base {", "  enum class Kind { a, b };",
                           "class Store final : public Base {", "struct Position"}) {
    collect(line, "x", found);
  }
  EXPECT_EQ(found.size(), 5U);
  for (const char* line : {"class Reader;", "struct Reader::Cursor {", "friend class Store;",
                           "template <class Value>", "const struct stat found;"}) {
    collect(line, "y", found);
  }
  EXPECT_EQ(found.size(), 5U);
}

}  // namespace
}  // namespace nexus_mirror
