// Mistakes at the command line: each is answered in one line, with the remedy.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/commands_test.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::contains;

class MistakesTest : public nexus_mirror::testing::CommandsTest {
 protected:
  // What is said of a command line that makes no sense, without what all begin and end with.
  std::string said_of(const std::vector<std::string>& arguments) {
    std::string said = failure_of(arguments, 2);
    said.erase(0, std::string("nexus-mirror: ").size());
    return said.substr(0, said.find("; see 'nexus-mirror"));
  }
};

TEST_F(MistakesTest, AreAnsweredInOurOwnWords) {
  EXPECT_EQ(said_of({"snyc"}), "there is no command 'snyc' (did you mean 'sync'?)");
  EXPECT_EQ(said_of({"help", "snyc"}), "there is no command 'snyc' (did you mean 'sync'?)");
  EXPECT_EQ(said_of({"help", "files", "verfy"}),
            "there is no command 'verfy' (did you mean 'verify'?)");
  EXPECT_EQ(said_of({"files", "verfy"}), "there is no command 'verfy' (did you mean 'verify'?)");
  EXPECT_EQ(said_of({"status", "more"}), "'more' is one argument too many");
  EXPECT_EQ(said_of({"--jsn"}), "there is no option '--jsn'");
  EXPECT_EQ(said_of({"hooks", "tets"}), "there is no command 'tets' (did you mean 'test'?)");
  EXPECT_EQ(said_of({"hooks"}), "a command is required");
  EXPECT_EQ(said_of({"status", "--jsno"}), "there is no option '--jsno' (did you mean '--json'?)");
  EXPECT_EQ(said_of({"init"}), "there is no command 'init' (did you mean 'config init'?)");
  EXPECT_EQ(said_of({"version"}), "there is no command 'version' (did you mean '--version'?)");
  EXPECT_EQ(said_of({"sync", "--progres"}),
            "there is no option '--progres' (did you mean '--progress'?)");
  EXPECT_EQ(said_of({"sync", "--progress"}), "--progress needs a value: json");
  EXPECT_EQ(said_of({"status", "--config"}), "--config needs a value: FILE");
  EXPECT_EQ(said_of({"query", "SELECT 1", "--format"}),
            "--format needs a value: table|csv|json|ndjson");
  EXPECT_EQ(said_of({"query", "SELECT 1", "--format", "jsn"}),
            "--format: 'jsn' is none of table|csv|json|ndjson (did you mean 'json'?)");
  EXPECT_EQ(said_of({"status", "--json", "--format", "text"}),
            "--json and --format exclude each other");
  EXPECT_EQ(said_of({"export", "--at", "1"}), "--at needs --to, too");
  EXPECT_EQ(said_of({"changes", "--since", "1", "--since", "2"}),
            "--since is given more than once");
  EXPECT_EQ(said_of({"status", "--json=maybe"}), "--json takes no such value");
  for (const char* wrong : {"0", "-5", "ten", "1.5", "99999999999999999999", ""}) {
    EXPECT_EQ(said_of({"changes", std::string("--limit=") + wrong}),
              *wrong == '\0'
                  ? std::string("--limit needs a value: N")
                  : "--limit: '" + std::string(wrong) + "' is no whole number from 1 on");
  }
  EXPECT_EQ(said_of({"files", "verify", "200"}), "PERCENT: '200' is no whole number from 1 to 100");
}

TEST_F(MistakesTest, NameWhatWasMeant) {
  EXPECT_TRUE(contains(failure_of({"query", "SELECT filenam FROM assets"}, 2),
                       "no such column: filenam; did you mean 'filename'?"));
  EXPECT_TRUE(contains(failure_of({"query", "SELECT * FROM anotations"}, 2),
                       "no such table: anotations; did you mean 'annotations'?"));
  EXPECT_TRUE(contains(failure_of({"schema", "asset"}, 2), "did you mean 'assets'?"));
  EXPECT_TRUE(contains(failure_of({"changes", "--entity", "annotation"}, 2),
                       "did you mean 'annotations'?"));
  EXPECT_TRUE(contains(failure_of({"export", "--format", "coc"}, 2), "(did you mean 'coco'?)"));
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"changes"}, {"files"}, {"links"}, {"export"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--project", "Carz*"});
    const std::string said = failure_of(arguments, 2);
    EXPECT_TRUE(contains(said, "did you mean 'Cars'?")) << said;
  }
}

TEST_F(MistakesTest, AFolderIsNoMirrorAndStaysAsItIs) {
  namespace fs = std::filesystem;
  const fs::path folder = mirror_.folder() / "folder.db";
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms(0755));
  fs::remove(mirror_.database());
  fs::create_directory_symlink(folder, mirror_.database());
  for (const char* command : {"status", "export"}) {
    EXPECT_TRUE(contains(failure_of({command}, 5), "it is not a regular file; correct [mirror]"));
  }
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms(0755));
}

}  // namespace
}  // namespace nexus_mirror::cli
