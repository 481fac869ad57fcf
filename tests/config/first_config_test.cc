#include "config/first_config.h"

#include <gtest/gtest.h>

#include "config/loader.h"
#include "support/config_folder.h"

namespace nexus_mirror {
namespace {

using config::FirstChoices;

class FirstConfigTest : public ConfigFolder {
 protected:
  static FirstChoices choices() {
    FirstChoices choices;
    choices.workspace.name = "my-team";
    choices.workspace.secret_key_env = "KEY";
    return choices;
  }
};

TEST_F(FirstConfigTest, ReadsBackAsWhatWasChosen) {
  FirstChoices chosen = choices();
  chosen.workspace.name = "a \"quoted\" \\ \xc3\xbc";
  chosen.workspace.projects = {"a, b", "c\"d"};
  chosen.mode = 0640;
  EXPECT_EQ(config::first_config_problem(folder_ / "x.toml", chosen), "");
  const Config read = load_config(write(config::first_config(chosen)));
  EXPECT_EQ(read.workspaces.at(0).name, chosen.workspace.name);
  EXPECT_EQ(read.workspaces.at(0).projects, chosen.workspace.projects);
  EXPECT_EQ(read.mirror.database, folder_ / "mirror.db");
  EXPECT_EQ(read.mirror.export_dir, folder_ / "exports");
  EXPECT_EQ(read.mirror.mode, 0640U);
}

TEST_F(FirstConfigTest, WhatCannotStandThereIsSaid) {
  FirstChoices chosen = choices();
  chosen.workspace.secret_key_env = "no name";
  EXPECT_NE(config::first_config_problem("/x.toml", chosen), "");
  chosen = choices();
  chosen.workspace.name = "two\nlines";
  EXPECT_NE(config::first_config_problem("/x.toml", chosen), "");
  chosen = choices();
  chosen.workspace.endpoint = "http://example.com";
  EXPECT_NE(config::first_config_problem("/x.toml", chosen), "");
}

TEST_F(FirstConfigTest, PlacesGoByWhereTheFileIs) {
  set_environment("HOME", "/home/alice");
  set_environment("XDG_DATA_HOME", nullptr);
  const auto database = [](const char* file) {
    FirstChoices choices;
    config::choose_places(file, choices);
    return choices.database;
  };
  EXPECT_EQ(database("/etc/nexus-mirror/config.toml"), "/var/lib/nexus-mirror/mirror.db");
  EXPECT_EQ(database("/home/alice/.config/nexus-mirror/config.toml"),
            "/home/alice/.local/share/nexus-mirror/mirror.db");
  EXPECT_EQ(database("/home/alice/labels/nexus-mirror.toml"), "mirror.db");
  EXPECT_EQ(database("/etcetera/nexus-mirror.toml"), "mirror.db");
  set_environment("XDG_DATA_HOME", "/data");
  EXPECT_EQ(database("/home/alice/.config/x.toml"), "/data/nexus-mirror/mirror.db");
}

}  // namespace
}  // namespace nexus_mirror
