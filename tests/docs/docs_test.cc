// Manual pages and completions say what the program says.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config/settings.h"
#include "docs/page_date.h"
#include "store/schema_doc.h"
#include "support/mirror_run.h"
#include "support/places.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {
namespace {

std::string built(const std::string& name) {
  const std::string text = file_bytes(in_build("docs/") + name);
  EXPECT_FALSE(text.empty()) << name << " was not built";
  return text;
}

// A page as it reads, without roff.
std::string plain(const std::string& page) {
  static const std::regex font("\\\\f[BIR]|\\\\&");
  std::string text = std::regex_replace(built(page), font, "");
  const std::pair<const char*, const char*> escapes[] = {
      {"\\-", "-"}, {"\\(aq", "'"}, {"\\(dq", "\""}, {"\\(ti", "~"}, {"\\(ga", "`"}, {"\\e", "\\"}};
  for (const auto& [roff, sign] : escapes) {
    const std::string escape = roff;
    for (auto at = text.find(escape); at != std::string::npos; at = text.find(escape, at + 1)) {
      text.replace(at, escape.size(), sign);
    }
  }
  // Texts are filled: where their lines end says nothing.
  std::string filled;
  std::istringstream in(text);
  bool after_text = false;
  for (std::string line; std::getline(in, line);) {
    const bool is_macro = line.starts_with('.');
    filled += (after_text && !is_macro ? " " : "\n") + line;
    after_text = !is_macro;
  }
  return filled + "\n";
}

std::string help_of(const std::vector<std::string>& words) {
  std::string command = quoted(mirror_program());
  for (const std::string& word : words) command += " " + word;
  const ShellResult help = run_shell(command + " --help");
  EXPECT_EQ(help.status, 0) << help.output;
  return help.output;
}

std::set<std::string> options_of(const std::string& help) {
  static const std::regex option("(?:^|\\n)  (?:-[a-z],)?(--[a-z][a-z-]*)");
  std::set<std::string> found;
  for (std::sregex_iterator each(help.begin(), help.end(), option), end; each != end; ++each) {
    found.insert((*each)[1]);
  }
  return found;
}

std::vector<std::string> commands_of(const std::string& help) {
  std::vector<std::string> names;
  static const std::regex title("\n\n(Commands|Subcommands):\n");
  std::smatch match;
  if (!std::regex_search(help, match, title)) return names;
  std::istringstream in(match.suffix());
  std::string line;
  while (std::getline(in, line) && line.starts_with("  ")) {
    names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

// Each command that help knows, with its help: {} is the program itself.
void walk(const std::vector<std::string>& words,
          std::vector<std::pair<std::vector<std::string>, std::string>>& found) {
  const std::string help = help_of(words);
  found.emplace_back(words, help);
  for (const std::string& name : commands_of(help)) {
    std::vector<std::string> below = words;
    below.push_back(name);
    walk(below, found);
  }
}

class DocsTest : public ::testing::Test {
 protected:
  DocsTest() { walk({}, commands_); }
  std::vector<std::pair<std::vector<std::string>, std::string>> commands_;
};

// The part of the page that is about one command.
std::string part_of(const std::string& page, const std::string& path) {
  const std::string title = path.empty() ? ".SH \"OPTIONS\"\n" : ".SS \"" + path + "\"\n";
  const auto begin = page.find(title);
  EXPECT_NE(begin, std::string::npos) << "no part about " << path;
  if (begin == std::string::npos) return {};
  return page.substr(begin, page.find("\n.S", begin + 1) - begin);
}

std::string path_of(const std::vector<std::string>& words) {
  std::string path;
  for (const std::string& word : words) path += (path.empty() ? "" : " ") + word;
  return path;
}

TEST_F(DocsTest, ThePageHasEveryOptionOfHelp) {
  ASSERT_GT(commands_.size(), 10U);
  const std::string page = plain("nexus-mirror.1");
  for (const auto& [words, help] : commands_) {
    const std::string part = part_of(page, path_of(words));
    std::set<std::string> options = options_of(help);
    EXPECT_TRUE(options.contains("--help")) << help;
    if (!words.empty()) options.erase("--help");
    for (const std::string& option : options) {
      const bool there = part.find("\n.TP\n" + option + " ") != std::string::npos;
      EXPECT_TRUE(there) << path_of(words) << " " << option << "\n" << part;
    }
  }
  for (int status = 0; status <= 7; ++status) {
    EXPECT_NE(page.find("\n.TP\n" + std::to_string(status) + " "), std::string::npos) << status;
  }
}

// Completes as bash does for `words` with the cursor behind the last one.
std::set<std::string> bash_offers(const std::vector<std::string>& words) {
  std::string array;
  for (const std::string& word : words) array += " " + quoted(word);
  const std::string script =
      ". " + in_build("docs/nexus-mirror.bash") + "; COMP_WORDS=(" + array +
      "); COMP_CWORD=" + std::to_string(words.size() - 1) +
      "; compopt() { :; }; _nexus_mirror; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const ShellResult offered = run_shell("bash -c " + quoted(script));
  EXPECT_EQ(offered.status, 0) << offered.output;
  std::set<std::string> found;
  std::istringstream in(offered.output);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) found.insert(line);
  }
  return found;
}

TEST_F(DocsTest, BashOffersEveryCommandAndOption) {
  for (const auto& [words, help] : commands_) {
    std::vector<std::string> line = {"nexus-mirror"};
    line.insert(line.end(), words.begin(), words.end());
    line.push_back("");
    const std::set<std::string> offered = bash_offers(line);
    for (const std::string& option : options_of(help)) {
      EXPECT_TRUE(offered.contains(option)) << path_of(words) << " " << option;
    }
    for (const std::string& name : commands_of(help)) {
      EXPECT_TRUE(offered.contains(name)) << path_of(words) << " " << name;
    }
  }
}

TEST_F(DocsTest, BashOffersChoicesAndFiles) {
  using Words = std::set<std::string>;
  EXPECT_EQ(bash_offers({"nexus-mirror", "query", "--format", "c"}), Words{"csv"});
  EXPECT_EQ(bash_offers({"nexus-mirror", "query", "--format", "=", "nd"}), Words{"ndjson"});
  EXPECT_EQ(bash_offers({"nexus-mirror", "--log-level", "="}),
            (Words{"debug", "info", "warning", "error"}));
  EXPECT_EQ(bash_offers({"nexus-mirror", "--config", in_build("docs/nexus-mirror.f")}),
            Words{in_build("docs/nexus-mirror.fish")});
  EXPECT_EQ(bash_offers({"nexus-mirror", "--config", "sync", "que"}), Words{"query"});
  EXPECT_EQ(bash_offers({"nexus-mirror", "--log-level", "=", "info", "sync", "--qu"}),
            Words{"--quick"});
  EXPECT_EQ(bash_offers({"nexus-mirror", "schema", "annotation_"}), Words{"annotation_boxes"});
  EXPECT_EQ(bash_offers({"nexus-mirror", "changes", "--since", ""}), Words{});
}

TEST_F(DocsTest, OtherShellsKnowEveryCommandAndOption) {
  const std::string zsh = built("_nexus-mirror"), fish = built("nexus-mirror.fish");
  for (const auto& [words, help] : commands_) {
    std::string function = "_nexus_mirror", seen;
    for (const std::string& word : words) {
      function += "_" + word;
      seen += (seen.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    }
    const auto begin = zsh.find("\n" + function + "() {\n");
    ASSERT_NE(begin, std::string::npos) << function;
    const std::string body = zsh.substr(begin, zsh.find("\n}\n", begin) - begin);
    for (const std::string& option : options_of(help)) {
      EXPECT_TRUE(body.find(option + "[") != std::string::npos ||
                  body.find(option + "=[") != std::string::npos)
          << function << " " << option;
      const bool shared = words.empty() || option == "--help";
      const std::string line = "complete -c nexus-mirror" + (shared ? "" : " -n '" + seen + "'") +
                               " -l " + option.substr(2) + " ";
      EXPECT_NE(fish.find(line), std::string::npos) << line;
    }
    for (const std::string& name : commands_of(help)) {
      EXPECT_NE(fish.find(" -a " + name + " -d "), std::string::npos) << name;
    }
  }
}

TEST_F(DocsTest, ShellsReadTheirCompletions) {
  for (const auto& [shell, file] : {std::pair{"bash", "nexus-mirror.bash"},
                                    {"zsh", "_nexus-mirror"},
                                    {"fish", "nexus-mirror.fish"}}) {
    if (!has_program(shell)) continue;  // bash is everywhere; the others where they are
    const ShellResult read =
        run_shell(std::string(shell) + " -n " + quoted(in_build("docs/") + file));
    EXPECT_EQ(read.status, 0) << read.output;
    EXPECT_EQ(read.output, "") << shell;
  }
}

TEST(SettingsPageTest, HasEverySetting) {
  const std::string page = plain("nexus-mirror.toml.5");
  for (const config::Setting& setting : config::settings()) {
    const std::string section(setting.section), key(setting.key);
    const bool repeated = config::find_section(section)->repeated;
    const std::string part = part_of(page, repeated ? "[[" + section + "]]" : "[" + section + "]");
    const auto item = part.find("\n.TP\n" + key + " " + std::string(setting.meaning));
    ASSERT_NE(item, std::string::npos) << section << "." << key << "\n" << part;
    EXPECT_NE(part.find("Default: " + config::default_value(setting) + ".", item),
              std::string::npos)
        << key;
  }
}

TEST(SchemaPageTest, HasEveryColumn) {
  const std::string page = plain("nexus-mirror-schema.7");
  for (const store::ColumnDoc& line : store::schema_documentation()) {
    const std::string part = part_of(page, std::string(line.table));
    const std::string title = line.column.empty() ? "\n"
                                                  : ".TP\n" + std::string(line.column) + " " +
                                                        std::string(line.type) + " ";
    EXPECT_NE(part.find(title + std::string(line.meaning)), std::string::npos)
        << line.table << "." << line.column;
  }
}

// Two builds of one source give the same bytes, and a date only where one was asked for.
TEST(DocsBuildTest, IsReproducible) {
  const TemporaryFolder first, second, dated;
  const std::string program = quoted(in_build("nexus-mirror-docs")) + " ";
  const auto write = [&](const std::string& setting, const TemporaryFolder& folder) {
    const ShellResult run = run_shell(setting + program + quoted(folder.path().string()));
    EXPECT_EQ(run.status, 0) << run.output;
  };
  write("env -u SOURCE_DATE_EPOCH ", first);
  write("env -u SOURCE_DATE_EPOCH TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8 ", second);
  write("env SOURCE_DATE_EPOCH=1700000000 TZ=Asia/Tokyo ", dated);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(first.path())) {
    const auto name = entry.path().filename();
    EXPECT_EQ(file_bytes(entry.path()), file_bytes(second.path() / name)) << name;
    ++files;
  }
  EXPECT_EQ(files, 6);
  EXPECT_EQ(file_bytes(first.path() / "nexus-mirror.1").find("2023"), std::string::npos);
  EXPECT_NE(file_bytes(dated.path() / "nexus-mirror.1").find("\"2023-11-14\""), std::string::npos);
}

TEST(DocsBuildTest, ADateIsADayInUtc) {
  EXPECT_EQ(docs::page_date("0"), "1970-01-01");
  EXPECT_EQ(docs::page_date("1709251199"), "2024-02-29");
  EXPECT_EQ(docs::page_date("253402300799"), "9999-12-31");
  for (const char* wrong : {"", "-1", "253402300800", "12x", " 1", "99999999999999999999"}) {
    EXPECT_EQ(docs::page_date(wrong), "") << wrong;
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
