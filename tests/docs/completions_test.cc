// What shells offer as names of projects: those of the mirror that the typed configuration names.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>

#include "support/hand_made_mirror.h"
#include "support/places.h"
#include "support/shell.h"

namespace nexus_mirror::testing {
namespace {

class CompletionNamesTest : public ::testing::Test {
 protected:
  CompletionNamesTest() {
    mirror_.execute(
        "INSERT INTO projects(id, workspace_id, name) VALUES ('proj_3', 'ws_1', 'Car park'),"
        "('proj_4', 'ws_1', 'Carl''s \"own\" $x'), ('proj_5', 'ws_1', 'Two\nlines'),"
        "('proj_6', 'ws_1', 'Bus: red'), ('proj_7', 'ws_1', 'a\\b');"
        "INSERT INTO workspaces(id, name) VALUES ('ws_1', 'The team')");
  }

  // What bash offers behind these words, which stand as they were typed; the last is begun. A line
  // each.
  std::string bash(std::string words) const {
    const std::string script = mirror_.folder() / "complete.sh";
    std::ofstream(script) << ". " << quoted(in_build("docs/nexus-mirror.bash")) << "\n"
                          << "compopt() { :; }\nCOMP_WORDS=(" << words << ")\n"
                          << "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_nexus_mirror "
                          << quoted(in_build("nexus-mirror")) << "\n"
                          << "[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    const ShellResult result = run_shell("bash " + quoted(script));
    EXPECT_EQ(result.status, 0) << result.output;
    return result.output;
  }
  std::string config() const { return "nexus-mirror --config " + mirror_.config().string(); }

  HandMadeMirror mirror_;
};

TEST_F(CompletionNamesTest, AreThoseOfTheMirrorAndOneWordEach) {
  EXPECT_EQ(bash(config() + " export --project ''"),
            "Bus\\:\\ red\nCar\\ park\nCarl\\'s\\ \\\"own\\\"\\ \\$x\nCars\nDogs\na\\\\b\n");
  EXPECT_EQ(bash(config() + " changes --project D"), "Dogs\n");
  EXPECT_EQ(bash(config() + " changes --project = D"), "Dogs\n");
  EXPECT_EQ(bash("nexus-mirror export --config " + mirror_.config().string() + " --project Dog"),
            "Dogs\n");
  EXPECT_EQ(bash("nexus-mirror --config = " + mirror_.config().string() + " sync --project Dog"),
            "Dogs\n");
  EXPECT_EQ(bash(config() + " hooks test --project Dog"), "Dogs\n");
  EXPECT_EQ(bash(config() + " forget --workspace ''"), "The\\ team\n");
}

TEST_F(CompletionNamesTest, GoOnAsTheWordWasBegun) {
  EXPECT_EQ(bash(config() + " export --project 'Car\\ '"), "Car\\ park\n");
  EXPECT_EQ(bash(config() + " export --project \"'Car \""), "Car park\n");
  EXPECT_EQ(bash(config() + " export --project \"'Carl\""), "Carl'\\''s \"own\" $x\n");
  EXPECT_EQ(bash(config() + " export --project '\"Carl'"), "Carl's \\\"own\\\" \\$x\n");
  EXPECT_EQ(bash(config() + " export --project Z"), "");
}

TEST_F(CompletionNamesTest, WithoutAMirrorThereAreNoneAndNothingIsSaid) {
  EXPECT_EQ(bash("nexus-mirror --config /nowhere.toml export --project ''"), "");
  const std::string other = mirror_.folder() / "other.toml";
  std::ofstream(other) << "[mirror]\ndatabase = \"" << (mirror_.folder() / "none.db").string()
                       << "\"\n[[workspace]]\nname = \"a\"\nsecret_key_env = \"K\"\n";
  EXPECT_EQ(bash("nexus-mirror --config " + other + " export --project ''"), "");
  EXPECT_FALSE(std::filesystem::exists(mirror_.folder() / "none.db"));
}

TEST_F(CompletionNamesTest, AreOfferedByTheOtherShells) {
  if (has_program("fish")) {
    const ShellResult fish =
        run_shell("PATH=" + quoted(in_build("")) +
                  ":$PATH HOME=" + quoted(mirror_.folder().string()) + " fish --no-config -c " +
                  quoted("source " + in_build("docs/nexus-mirror.fish") + "; complete -C '" +
                         config() + " export --project Car'"));
    EXPECT_NE(fish.output.find("Cars"), std::string::npos) << fish.output;
    EXPECT_NE(fish.output.find("park"), std::string::npos) << fish.output;
    EXPECT_EQ(fish.output.find("Dogs"), std::string::npos) << fish.output;
  }
  if (has_program("zsh")) {
    // As compsys calls it: `words` are those of the line, and compadd takes what is offered.
    const ShellResult zsh = run_shell(
        "PATH=" + quoted(in_build("")) + ":$PATH zsh -f -c " +
        quoted("compadd() { shift; print -rl -- \"$@\" }; words=(" + config() +
               " export --project Car); _arguments() { _nexus_mirror_names projects }; state=; . " +
               in_build("docs/_nexus-mirror")));
    EXPECT_EQ(zsh.output, "Bus: red\nCar park\nCarl's \"own\" $x\nCars\nDogs\na\\b\n");
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
