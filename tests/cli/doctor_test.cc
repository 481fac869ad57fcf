#include "cli/doctor_command.h"

#include <gtest/gtest.h>

#include "cli/init_command.h"
#include "cli/own_service.h"
#include "support/captured_output.h"

namespace nexus_mirror::cli {
namespace {

UnitFacts facts_of(const std::string& service, const std::string& enabled,
                   const std::string& timer) {
  UnitFacts facts{true, true, true, false, {}, {}, {}};
  read_unit_states(
      {"Id=nexus-mirror.service", "LoadState=loaded", "ActiveState=" + service,
       "UnitFileState=" + enabled, "NeedDaemonReload=no", "", "Id=nexus-mirror-sync.timer",
       "LoadState=loaded", "ActiveState=" + timer, "UnitFileState=disabled", "NeedDaemonReload=no"},
      facts);
  return facts;
}

TEST(DoctorUnitsTest, SayWhatSystemdSays) {
  EXPECT_EQ(judge_units(facts_of("active", "enabled", "inactive")).health, Health::ok);
  EXPECT_EQ(judge_units(facts_of("inactive", "disabled", "active")).health, Health::ok);
  EXPECT_EQ(judge_units(facts_of("active", "disabled", "inactive")).health, Health::warning);
  EXPECT_EQ(judge_units(facts_of("active", "enabled", "active")).health, Health::warning);
  EXPECT_EQ(judge_units(facts_of("failed", "enabled", "inactive")).health, Health::fault);
  const DoctorLine idle = judge_units(facts_of("inactive", "disabled", "inactive"));
  EXPECT_EQ(idle.health, Health::warning);
  EXPECT_NE(idle.message.find("no daemon runs"), std::string::npos);
  EXPECT_EQ(idle.remedy, "sudo systemctl enable --now nexus-mirror");
}

TEST(DoctorUnitsTest, WithoutSystemdOrUnitsTheDaemonCounts) {
  UnitFacts facts;
  EXPECT_EQ(judge_units(facts).health, Health::ok);
  facts.installed = facts.ours = true;
  EXPECT_EQ(judge_units(facts).health, Health::warning);
  EXPECT_NE(judge_units(facts).message.find("systemd is not running here"), std::string::npos);
  facts.daemon_runs = true;
  EXPECT_EQ(judge_units(facts).health, Health::ok);
}

TEST(DoctorLineTest, IsWholeInAPipeAndWrappedOnATerminal) {
  const DoctorLine line{"key", Health::fault, "a message of some words that goes on for a while",
                        "and a remedy that has more of them"};
  const std::string whole = text_of(line, Terminal{});
  EXPECT_EQ(
      whole,
      "key            fault    a message of some words that goes on for a while; and a remedy "
      "that has more of them\n");
  for (const std::size_t width : {60U, 80U}) {
    const std::string text = text_of(line, testing::terminal_of(width));
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      EXPECT_LE(end - at, width) << text;
      at = end + 1;
    }
  }
}

TEST(InitTest, ProjectsAreChosenByNumberNameIdAndGlob) {
  using Names = std::vector<std::string>;
  const std::vector<ListedProject> projects = {{"proj_1", "cars"},
                                               {"proj_2", "cars"},
                                               {"proj_3", "a*"},
                                               {"proj_4", "bikes, red"},
                                               {"proj_5", "7"}};
  EXPECT_EQ(chosen_projects("", projects), Names{"*"});
  EXPECT_EQ(chosen_projects("all", projects), Names{"*"});
  EXPECT_EQ(chosen_projects("1, 4", projects), (Names{"proj_1", "bikes, red"}));
  EXPECT_EQ(chosen_projects("3", projects), Names{"proj_3"});
  EXPECT_EQ(chosen_projects("bi*", projects), Names{"bikes, red"});
  EXPECT_EQ(chosen_projects("cars", projects), Names{"cars"});
  EXPECT_EQ(chosen_projects("7", projects), Names{"7"});
  EXPECT_THROW(chosen_projects("6", projects), Error);
  EXPECT_THROW(chosen_projects("1,boats", projects), Error);
}

}  // namespace
}  // namespace nexus_mirror::cli
