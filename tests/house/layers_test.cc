// Includes point down the layers, and each foreign library stays in the layer that owns it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/places.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

// What src/CMakeLists.txt says, which the linker holds: a layer, and those that it names behind
// USES.
std::map<std::string, Names> uses() {
  std::map<std::string, Names> layers;
  std::ifstream in(testing::in_build("layers.txt"));
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(':');
    std::istringstream names(line.substr(colon + 1));
    layers[line.substr(0, colon)] = {std::istream_iterator<std::string>(names), {}};
  }
  return layers;
}

// The same with all that these use in turn.
std::map<std::string, Names> below() {
  std::map<std::string, Names> layers = uses();
  for (std::size_t round = 0; round < layers.size(); ++round) {
    for (auto& [layer, used] : layers) {
      for (const std::string& name : Names(used))
        used.insert(layers.at(name).begin(), layers.at(name).end());
    }
  }
  return layers;
}

// The layer whose interface a public header is.
const std::map<std::string, std::string> kPublic = {
    {"error.h", "error"},         {"env.h", "env"},           {"config.h", "config"},
    {"transport.h", "transport"}, {"emulator.h", "emulator"}, {"cli.h", "cli"}};

const std::map<std::string, Names> kOwners = {{"Poco/", {"transport", "emulator", "daemon"}},
                                              {"SQLiteCpp/", {"store"}},
                                              {"sqlite3.h", {"store"}},
                                              {"toml++/", {"config"}},
                                              {"spdlog/", {"log"}},
                                              {"CLI/", {"cli", "docs", "emulator"}},
                                              {"simdjson.h", {"nexus"}},
                                              {"archive.h", {"exports", "emulator"}},
                                              {"archive_entry.h", {"exports", "emulator"}},
                                              {"google/protobuf/", {"exports"}},
                                              {"boost/", {"text"}},
                                              {"systemd/", {"daemon"}},
                                              {"utf8proc.h", {"text"}}};

// Digests and XML want no network: these may stay outside transport.
const std::set<std::pair<std::string, std::string>> kExceptions = {
    {"text", "Poco/Base64Encoder.h"},
    {"text", "Poco/Crypto/OpenSSLInitializer.h"},
    {"exports", "Poco/XML/XMLWriter.h"},
    {"text", "Poco/RegularExpression.h"},
    {"text", "Poco/Exception.h"}};

// The layer that holds SQL; all others ask it for rows. What --help shows is the user's own.
const Names kSpeakSql = {"store"};
const Names kShowSql = {"cli/commands.cc", "cli/history_commands.cc", "docs/completions.cc"};

struct Include {
  std::string layer, file, target;
  bool quoted;
};

std::vector<Include> includes() {
  static const std::regex line_of("^\\s*#\\s*include\\s*([\"<])([^\">]+)[\">].*");
  std::vector<Include> found;
  const fs::path source = testing::in_source("src");
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    const fs::path file = fs::relative(entry.path(), source);
    std::ifstream in(entry.path());
    std::smatch match;
    for (std::string line; std::getline(in, line);) {
      if (!std::regex_match(line, match, line_of)) continue;
      found.push_back({file.begin()->string(), file.string(), match[2], match[1] == "\""});
    }
  }
  return found;
}

TEST(LayersTest, PointDown) {
  const auto allowed = below();
  const auto all = includes();
  ASSERT_GT(all.size(), 100U);
  for (const auto& [layer, file, target, quoted] : all) {
    ASSERT_TRUE(allowed.contains(layer)) << file << " is in a layer that this test does not know";
    if (!quoted) continue;
    const auto slash = target.find('/');
    ASSERT_NE(slash, std::string::npos) << file << " names no layer in " << target;
    std::string used = target.substr(0, slash);
    if (used == "nexus_mirror") {
      const auto owner = kPublic.find(target.substr(slash + 1));
      ASSERT_NE(owner, kPublic.end()) << file << " includes " << target << ", unknown to this test";
      used = owner->second;
    }
    EXPECT_TRUE(used == layer || allowed.at(layer).contains(used))
        << "src/" << file << " must not include " << target;
  }
}

// The table of src/README.md is what is built.
TEST(LayersTest, StandInTheReadmeAsTheyAreLinked) {
  std::ifstream in(testing::in_source("src/README.md"));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::size_t layers = 0;
  for (const auto& [layer, names] : uses()) {
    std::string row = "\n| `" + layer + "` | ";
    for (const std::string& name : names) row += "`" + name + "` ";
    EXPECT_NE(text.find(row + "| "), std::string::npos) << "README.md lacks the row" << row;
    ++layers;
  }
  EXPECT_GT(layers, 10U);
}

TEST(LayersTest, KeepForeignLibrariesWhereTheyBelong) {
  for (const auto& [layer, file, target, quoted] : includes()) {
    for (const auto& [library, owners] : kOwners) {
      if (!target.starts_with(library) || kExceptions.contains({layer, target})) continue;
      EXPECT_TRUE(owners.contains(layer)) << "src/" << file << " must not include " << target;
    }
  }
}

TEST(LayersTest, KeepSqlToTheStore) {
  static const std::regex sql(
      "SELECT |INSERT (OR|INTO) |UPDATE [a-z_.]+ SET|DELETE FROM |(CREATE|DROP) [A-Z]|PRAGMA |"
      "json_each");
  const fs::path source = testing::in_source("src");
  std::map<std::string, int> found;
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    const fs::path file = fs::relative(entry.path(), source);
    const std::string layer = file.begin()->string();
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      const std::string code = line.substr(0, line.find("//"));
      if (!std::regex_search(code, sql)) continue;
      ++found[layer];
      EXPECT_TRUE(kSpeakSql.contains(layer) || kShowSql.contains(file.string()))
          << "src/" << file.string() << " holds SQL: " << line;
    }
  }
  EXPECT_GT(found["store"], 50);  // or this test looks for the wrong thing
}

// What a table is like is said in objects/; nobody asks which table it is.
TEST(LayersTest, AskNoTableForItsName) {
  static const std::regex asks("[=!]= *&objects::|table->name *[=!]=|table\\(\\)\\.name *[=!]=");
  const fs::path source = testing::in_source("src");
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    const fs::path file = fs::relative(entry.path(), source);
    if (*file.begin() == "objects" || *file.begin() == "emulator") continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      EXPECT_FALSE(std::regex_search(line, asks)) << "src/" << file.string() << ": " << line;
    }
  }
}

// The feed of changes is read through ChangeFeed, so that a consumer has one place to look.
TEST(LayersTest, ReadTheTableOfChangesInTheFeedAlone) {
  static const std::regex reads("(FROM|JOIN|INTO) changes\\b");
  const Names feed = {"change_feed.cc", "change_log.cc", "consumers.cc",
                      "migrations.cc",  "as_of.cc",      "created_runs.cc",
                      "past_rows.cc",   "lineage.cc",    "forgetting.cc"};
  const fs::path source = testing::in_source("src");
  int found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    if (entry.path().extension() != ".cc") continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (!std::regex_search(line, reads)) continue;
      ++found;
      EXPECT_TRUE(feed.contains(entry.path().filename().string())) << entry.path() << ": " << line;
    }
  }
  EXPECT_GT(found, 5);
}

}  // namespace
}  // namespace nexus_mirror
