// CONTRACT.md 4: each request of `links --refresh` goes wrong in its turn, in each way that an
// answer can be wrong. Nothing but links is touched, and no model loses the link that it has.
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>

#include "log/log.h"
#include "objects/table.h"
#include "support/answer_faults.h"
#include "support/fake_env.h"
#include "support/long_run.h"
#include "support/mirror_run.h"
#include "support/small_workspace.h"
#include "update/run_update.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class LinksInTurn : public ::testing::Test {
 protected:
  LinksInTurn() : nexus_(arguments(folder_.path() / "data"), kKey) {
    log::configure(log::Level::off, log::Style::text);
  }
  ~LinksInTurn() override { log::configure(log::Level::info, log::Style::text); }

  static std::vector<std::string> arguments(const fs::path& data) {
    write_small_workspace(data, true);
    return {"--data", data.string(), "--secret-key", kKey};
  }

  Config config() const {
    Config config;
    config.mirror.database = place_ / "mirror.db";
    config.mirror.export_dir = place_ / "exports";
    WorkspaceConfig workspace;
    workspace.name = "small";
    workspace.endpoint = nexus_.url();
    workspace.secret_key = kKey;
    config.workspaces = {workspace};
    config.http.max_retries = 4;
    config.http.concurrency = 1;  // requests come in one order
    config.http.max_response = 1 << 20;
    if (impatient_) {
      config.http.read_timeout = std::chrono::milliseconds(50);
      config.http.answer_timeout = std::chrono::milliseconds(100);
    }
    return config;
  }

  int refresh(std::string& why) {
    FakeEnv env;
    sync::Observer nobody;
    try {
      return static_cast<int>(update::refresh_links(config(), {}, env, nobody, {}).exit);
    } catch (const Error& error) {
      why = error.what();
      return static_cast<int>(exit_code(error.code()));
    }
  }

  // Each value of the mirror but links; `links` gets the models that have one.
  std::set<std::string> rows(std::set<std::string>& links) const {
    SQLite::Database mirror((place_ / "mirror.db").string());
    std::set<std::string> found;
    for (const objects::Table* table : objects::all_tables()) {
      std::string columns;
      for (const objects::Field& field : table->fields) {
        if (field.column == table->link || field.column == table->link_expiry) continue;
        columns += (columns.empty() ? "quote(" : "||','||quote(") + std::string(field.column) + ")";
      }
      SQLite::Statement select(mirror, "SELECT " + columns + " FROM " + std::string(table->name));
      while (select.executeStep()) {
        found.insert(std::string(table->name) + ": " + select.getColumn(0).getString());
      }
    }
    SQLite::Statement models(mirror, "SELECT id FROM models WHERE download_url LIKE 'http%'");
    while (models.executeStep()) links.insert(models.getColumn(0).getString());
    return found;
  }

  TemporaryFolder folder_;
  const fs::path before_ = folder_.path() / "before", place_ = folder_.path() / "place";
  RecordedNexus nexus_;
  bool impatient_ = false;  // short time-outs
};

TEST_F(LinksInTurn, EachGoesWrongInEachWay) {
  fs::create_directories(place_);
  FakeEnv env;
  sync::Observer nobody;
  ASSERT_EQ(update::run_update(config(), {}, env, nobody, {}).exit, ExitCode::done);
  std::set<std::string> linked;
  const std::set<std::string> wanted = rows(linked);
  ASSERT_FALSE(linked.empty());
  fs::copy(place_, before_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  std::string why;
  nexus_.spoil({});
  ASSERT_EQ(refresh(why), 0) << why;
  const auto targets = nexus_.targets();
  const auto& faults = answer_faults();
  std::map<int, int> exits;
  std::set<std::string> kinds;
  const std::size_t step = long_or_short<std::size_t>(1, 3);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (std::size_t f = i % step; f < faults.size(); f += step) {
      const AnswerFault& fault = faults[f];
      const RecordedAnswer like = nexus_.answer_to(targets[i]);
      if (!fault.fits(like)) continue;
      SCOPED_TRACE(fault.name + " at " + std::to_string(i + 1) + ": " + targets[i]);
      kinds.insert(fault.name);
      fs::remove_all(place_);
      fs::copy(before_, place_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
      nexus_.spoil([&fault, nth = static_cast<int>(i) + 1, left = fault.times](
                       const RecordedAnswer& good, int number) mutable -> std::optional<Reply> {
        if (number < nth || (fault.times > 0 && left-- <= 0)) return std::nullopt;
        return fault.make(good, static_cast<unsigned>(nth));
      });
      why.clear();
      impatient_ = waits(fault);
      const int exit = refresh(why);
      impatient_ = false;
      nexus_.spoil({});
      ++exits[exit];
      EXPECT_TRUE(exit == 0 || exit == 1 || exit == 3 || exit == 4) << exit << ": " << why;
      if (fault.passes) {
        EXPECT_EQ(exit, 0) << why;
      }
      std::set<std::string> links;
      EXPECT_TRUE(rows(links) == wanted);
      EXPECT_EQ(links, linked);
      EXPECT_EQ(refresh(why), 0) << why;
      links.clear();
      EXPECT_TRUE(rows(links) == wanted);
      EXPECT_EQ(links, linked);
    }
  }
  std::cout << "[ REQUESTS ] links: " << targets.size() << " requests, " << kinds.size() << " of "
            << faults.size() << " faults; exits";
  for (const auto& [exit, count] : exits) std::cout << " " << exit << ": " << count;
  std::cout << "\n";
}

}  // namespace
}  // namespace nexus_mirror::testing
