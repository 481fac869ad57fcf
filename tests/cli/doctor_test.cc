#include "cli/doctor_command.h"

#include <gtest/gtest.h>

#include "cli/init_command.h"
#include "cli/own_service.h"
#include "env/file.h"
#include "support/captured_output.h"
#include "support/fake_env.h"
#include "support/temporary_folder.h"

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

class DiskWith final : public env::FileFaults {
 public:
  explicit DiskWith(std::uint64_t free) : free_(free) { env::set_file_faults(this); }
  ~DiskWith() override { env::set_file_faults(nullptr); }
  env::FileFault before(env::FileCall, const std::filesystem::path&) override { return {}; }
  std::optional<std::uint64_t> free_space() override { return free_; }

 private:
  const std::uint64_t free_;
};

TEST(DoctorDiskTest, SaysHowMuchIsFreeAndWhenThatIsLittle) {
  const testing::TemporaryFolder folder;
  Config config;
  config.mirror.database = folder.path() / "not/yet/mirror.db";
  config.mirror.export_dir = folder.path() / "exports";
  const OwnService none;
  testing::FakeEnv env;
  const DoctorCase patient{config, none, env::current_user(), env};
  const auto health_with = [&](std::uint64_t free) {
    const DiskWith disk(free);
    return look_at_disk(patient).health;
  };
  constexpr std::uint64_t kMib = 1 << 20;
  EXPECT_EQ(health_with(1024 * kMib), Health::ok);
  EXPECT_EQ(health_with(1023 * kMib), Health::warning);
  EXPECT_EQ(health_with(63 * kMib), Health::fault);
  EXPECT_EQ(health_with(0), Health::fault);
  config.files.images = {"*"};  // min_free is 2 GiB
  EXPECT_EQ(health_with(2047 * kMib), Health::warning);
  EXPECT_EQ(health_with(2048 * kMib), Health::ok);
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
