// CONTRACT.md and the program name the same things: what it does not mark is here, and what it
// marks is not, so that whoever builds a thing takes its mark away.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/settings.h"
#include "daemon/metrics.h"
#include "docs/command_tree.h"
#include "house/citations.h"
#include "objects/enumerations.h"
#include "objects/table.h"
#include "store/views.h"
#include "support/places.h"

namespace nexus_mirror {
namespace {

using Names = std::set<std::string>;

constexpr std::string_view kMark = "[not yet";

std::string contract() {
  std::ifstream in(testing::in_source("src/CONTRACT.md"), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Section `number`, from its heading to the next.
std::string section(int number) {
  const std::string text = contract();
  const std::size_t begin = text.find("\n## " + std::to_string(number) + ". ");
  return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// The items of its lists, "- `name` ...", each on one line.
std::vector<std::string> items_of(const std::string& text) {
  std::vector<std::string> items;
  bool inside = false;
  for (const std::string& line : lines_of(text)) {
    const bool begins = line.starts_with("- `");
    if (begins) items.emplace_back();
    inside = begins || (inside && line.starts_with("  "));
    if (inside) items.back() += line.substr(begins ? 3 : 1);
  }
  return items;
}

// `item` without what stands in its marks; what did is appended to `marked`.
std::string without_marked(std::string item, std::string& marked) {
  for (std::size_t at; (at = item.find(kMark)) != item.npos;) {
    const std::size_t end = std::min(item.find(']', at), item.size() - 1);
    marked += item.substr(at, end + 1 - at);
    item.erase(at, end + 1 - at);
  }
  return item;
}

bool is_marked(const std::string& item) {
  return item.substr(item.find('`')).starts_with("` " + std::string(kMark) + "]");
}

TEST(ContractTest, NamesTheSettings) {
  Names built, marked, known;
  std::string name;
  bool whole = false;
  for (const int number : {2, 8, 11}) {
    for (const std::string& line : lines_of(section(number))) {
      if (line.starts_with("## ")) whole = line.find(kMark) != line.npos;
      if (line.starts_with("[")) {
        name = line.substr(line.find_first_not_of('['));
        name.resize(std::min(name.find(']'), name.size()));
      }
      const std::size_t equals = line.find('=');
      const std::size_t end = std::min(line.find(' '), equals);
      const bool is_key = end > 0 && equals != line.npos && line[0] >= 'a' && line[0] <= 'z' &&
                          line.find_first_not_of(' ', end) == equals;
      if (!is_key) continue;
      const bool later = whole || line.find(kMark) != line.npos;
      (later ? marked : built).insert(name + "." + line.substr(0, end));
    }
  }
  // Three more ways to the key stand beside the first.
  for (const char* key : {"secret_key_file", "secret_credential", "secret_key"}) {
    EXPECT_NE(section(2).find(key), std::string::npos);
    built.insert(std::string("workspace.") + key);
  }
  for (const config::Setting& setting : config::settings()) {
    known.insert(std::string(setting.section) + "." + std::string(setting.key));
  }
  EXPECT_EQ(built, known);
  for (const std::string& key : marked) EXPECT_FALSE(known.contains(key)) << key << " is built";
  EXPECT_GT(marked.size(), 10U);
}

TEST(ContractTest, NamesTablesViewsAndTheirColumns) {
  std::map<std::string, std::vector<std::string>> known;
  for (const objects::Table* table : objects::all_tables()) {
    std::vector<std::string>& columns = known[std::string(table->name)];
    for (const objects::Field& field : table->fields) columns.emplace_back(field.column);
  }
  for (const store::View& view : store::all_views()) {
    for (const store::ViewColumn& column : view.columns) known[view.name].push_back(column.name);
  }
  std::size_t found = 0;
  for (const std::string& item : items_of(section(3))) {
    const std::string name = item.substr(0, item.find('`'));
    const std::size_t colon = item.find(": ");
    if (is_marked(item)) {
      EXPECT_FALSE(known.contains(name)) << name << " is built";
      continue;
    }
    if (!known.contains(name) || colon == item.npos) continue;  // of what columns hold
    ++found;
    std::string marked;
    std::string columns = without_marked(item.substr(colon + 2), marked);
    columns = columns.substr(0, columns.find('('));
    std::string expected;
    for (const std::string& column : known.at(name)) expected += column + " ";
    columns.erase(0, columns.find_first_not_of(' '));
    columns.erase(columns.find_last_not_of(' ') + 1);
    EXPECT_EQ(columns + " ", expected) << name;
    for (const std::string& column : testing::words_of(marked.substr(0, marked.find(';')))) {
      const auto& all = known.at(name);
      EXPECT_EQ(std::count(all.begin(), all.end(), column), 0) << name << "." << column;
    }
  }
  EXPECT_EQ(found, known.size());
}

// The options in `text`: what stands in backticks and begins with "--".
Names options_in(const std::string& text) {
  Names options;
  for (std::size_t at = 0; (at = text.find("--", at)) != text.npos;) {
    std::size_t end = at + 2;
    while (end < text.size() && ((text[end] >= 'a' && text[end] <= 'z') || text[end] == '-')) ++end;
    if (end > at + 2) options.insert(text.substr(at, end - at));
    at = end;
  }
  return options;
}

TEST(ContractTest, NamesCommandsAndTheirOptions) {
  std::map<std::string, Names> known;
  const auto add = [&](const docs::Command& command, const std::string& name) {
    for (const docs::Option& option : command.options) {
      for (const std::string& each : option.names) {
        if (each.starts_with("--") && each != "--help") known[name].insert(each);
      }
    }
    known[name];
  };
  for (const docs::Command& command : docs::command_tree().commands) {
    const bool is_one = command.commands.empty() || command.options.size() > 1;  // but --help
    if (is_one) add(command, command.name);
    for (const docs::Command& below : command.commands) {
      add(below, command.name + " " + below.name);
    }
  }
  std::map<std::string, Names> built;
  for (const std::string& item : items_of(section(1))) {
    std::string name = item.substr(0, item.find('`'));
    name.resize(std::min(name.find_first_of("[ABCDEFGHIJKLMNOPQRSTUVWXYZ"), name.size()));
    while (name.ends_with(' ')) name.pop_back();
    if (is_marked(item)) {
      EXPECT_FALSE(known.contains(name)) << name << " is built";
      continue;
    }
    std::string marked;
    built[name] = options_in(without_marked(item, marked));
    for (const std::string& option : options_in(marked)) {
      EXPECT_FALSE(known[name].contains(option)) << name << " " << option << " is built";
    }
  }
  for (auto& [name, options] : known) {
    // Options of the program stand on every command.
    for (const char* of_all : {"--config", "--log-level", "--log-format", "--local"})
      options.erase(of_all);
  }
  EXPECT_EQ(built, known);
}

TEST(ContractTest, NamesTheFormats) {
  const Names known(std::begin(objects::kExportFormats), std::end(objects::kExportFormats));
  Names built;
  for (const std::string& item : items_of(section(5))) {
    const std::string name = item.substr(0, item.find('`'));
    EXPECT_NE(is_marked(item), known.contains(name)) << name;
    if (!is_marked(item)) built.insert(name);
  }
  EXPECT_EQ(built, known);
}

TEST(ContractTest, NamesTheMetrics) {
  Names known, built;
  for (const std::string& line : lines_of(daemon::Metrics().text(0))) {
    constexpr std::string_view kBefore = "# TYPE nexus_mirror_";
    if (!line.starts_with(kBefore)) continue;
    known.insert(line.substr(kBefore.size(), line.find(' ', kBefore.size()) - kBefore.size()));
  }
  for (const std::string& line : lines_of(section(6))) {
    if (!line.starts_with("| `")) continue;
    std::string names = line.substr(2, line.find(" |", 2) - 2);
    const bool marked = names.find(kMark) != names.npos;
    while (names.starts_with('`')) {
      const std::size_t end = names.find('`', 1);
      const std::string name = names.substr(1, std::min(end, names.find('{')) - 1);
      if (marked) {
        EXPECT_FALSE(known.contains(name)) << name << " is built";
      } else {
        built.insert(name);
      }
      names.erase(0, std::min(end + 2, names.size()));
    }
  }
  EXPECT_EQ(built, known);
}

}  // namespace
}  // namespace nexus_mirror
