// CONTRACT.md 4.1 and 4.3: others edit while a sync reads. Whatever comes between two requests, no
// row is deleted that was there all the time, the feed tells what happened to the mirror, and at
// rest it equals one that is made anew.
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <string>

#include "log/log.h"
#include "objects/table.h"
#include "support/fake_env.h"
#include "support/feed_replay.h"
#include "support/long_run.h"
#include "support/moving_nexus.h"
#include "support/past_replay.h"
#include "support/temporary_folder.h"
#include "update/run_update.h"

namespace nexus_mirror::testing {
namespace {

struct Totals {
  std::uint64_t schedules = 0, syncs = 0, edits = 0, differing = 0, wrong_deletes = 0;
  std::map<int, std::uint64_t> exits;
};

class RemoteEdits : public ::testing::TestWithParam<int> {
 protected:
  static constexpr int kParts = 8;  // of all schedules, so that two cores have work

  void SetUp() override { log::configure(log::Level::off, log::Style::text); }
  void TearDown() override { log::configure(log::Level::info, log::Style::text); }

  int sync(const std::string& name, const MovingNexus& nexus, std::uint32_t seed, bool quick,
           bool at_rest, std::string& why) {
    Config config;
    config.mirror.database = folder_.path() / name;
    WorkspaceConfig workspace;
    workspace.name = "moving";
    workspace.endpoint = nexus.url();
    workspace.secret_key = "k";
    config.workspaces = {workspace};
    config.http.page_size = 3;
    config.http.max_retries = 0;
    config.http.concurrency = seed % 3 == 0 ? 3 : 1;
    update::UpdateRequest request;
    request.exports = false;
    request.sync.quick = quick;
    request.sync.full = !quick;
    request.sync.allow_mass_delete = at_rest;
    env_.clock += 60'000;
    sync::Observer nobody;
    const auto result = update::run_update(config, request, env_, nobody, {});
    why = result.error;
    ++totals_.syncs;
    return static_cast<int>(result.exit);
  }

  // Rows of what belongs to `projects`, and the projects themselves.
  std::set<std::string> rows(const std::string& name, const std::set<std::string>& projects) const {
    SQLite::Database mirror((folder_.path() / name).string());
    std::set<std::string> rows;
    for (const objects::Table* table : objects::all_tables()) {
      const bool project = table->name == "projects";
      if (table->storage == objects::Storage::counter || table->name == "exports") continue;
      if (!project && table->column("project_id") < 0) continue;
      std::string columns;
      for (const objects::Field& field : table->fields) {
        columns += (columns.empty() ? "quote(" : "||','||quote(") + std::string(field.column) + ")";
      }
      SQLite::Statement select(mirror, "SELECT " + std::string(project ? "id" : "project_id") +
                                           ", " + columns + " FROM " + std::string(table->name));
      while (select.executeStep()) {
        if (!projects.contains(select.getColumn(0).getString())) continue;
        rows.insert(std::string(table->name) + ": " + select.getColumn(1).getString());
      }
    }
    return rows;
  }

  std::set<MovingNexus::Key> ids() const {
    SQLite::Database mirror((folder_.path() / "mirror.db").string());
    std::set<MovingNexus::Key> keys;
    for (const char* table : {"assets", "annotations", "workflows"}) {
      SQLite::Statement select(mirror, "SELECT project_id, id FROM " + std::string(table));
      while (select.executeStep()) {
        keys.emplace(select.getColumn(0).getString(), table, select.getColumn(1).getString());
      }
    }
    return keys;
  }

  void expect_equal_to_a_new_one(const MovingNexus& nexus, std::uint32_t seed,
                                 const std::string& when) {
    std::string why;
    const std::string name = "clean" + std::to_string(++clean_) + ".db";
    ASSERT_EQ(sync(name, nexus, seed, false, true, why), 0) << why;
    const auto wanted = rows(name, nexus.projects()), found = rows("mirror.db", nexus.projects());
    if (found != wanted) ++totals_.differing;
    EXPECT_EQ(found, wanted) << "seed " << seed << " " << when;
  }

  // Of what was in the mirror and on the server all the time, all is there.
  void expect_no_wrong_delete(const std::set<MovingNexus::Key>& before, const MovingNexus& nexus,
                              std::uint32_t seed) {
    const auto lasting = nexus.lasting(), after = ids();
    for (const MovingNexus::Key& key : before) {
      if (!lasting.contains(key) || after.contains(key)) continue;
      ++totals_.wrong_deletes;
      ADD_FAILURE() << "seed " << seed << ": " << std::get<1>(key) << " " << std::get<2>(key)
                    << " was deleted, and was there all the time";
    }
  }

  void run_schedule(std::uint32_t seed) {
    MovingNexus nexus(seed);
    FeedReplay feed(folder_.path() / "mirror.db");
    std::string why;
    for (std::uint32_t round = 0; round < 4; ++round) {
      const auto before = round == 0 ? std::set<MovingNexus::Key>() : ids();
      nexus.move(1 + static_cast<int>((seed / 5 + round) % 4));
      const int exit = sync("mirror.db", nexus, seed, (seed + round) % 3 == 0, false, why);
      ++totals_.exits[exit];
      EXPECT_TRUE(exit == 0 || exit == 1 || exit == 6) << "seed " << seed << ": " << why;
      expect_no_wrong_delete(before, nexus, seed);
      feed.keep();
    }
    nexus.move(0);
    ASSERT_EQ(sync("mirror.db", nexus, seed, false, true, why), 0) << "seed " << seed << why;
    feed.keep();
    expect_equal_to_a_new_one(nexus, seed, "after a full sync at rest");
    nexus.edit(1, true);
    ASSERT_EQ(sync("mirror.db", nexus, seed, true, true, why), 0) << "seed " << seed << why;
    expect_equal_to_a_new_one(nexus, seed, "after a quick sync at rest");
    EXPECT_EQ(feed.differences(), "") << "seed " << seed;
    totals_.edits += nexus.edits();
    ++totals_.schedules;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      std::filesystem::remove(entry.path());
    }
  }

  TemporaryFolder folder_;
  FakeEnv env_;
  int clean_ = 0;
  Totals totals_;
};

TEST_P(RemoteEdits, DeleteNothingThatWasThereAndAtRestNothingDiffers) {
  const std::uint32_t count = long_or_short(4000U, 160U) / kParts;
  const auto first = static_cast<std::uint32_t>(GetParam()) * count;
  for (std::uint32_t seed = first; seed < first + count && !HasFailure(); ++seed) {
    run_schedule(seed);
  }
  std::cout << "[  EDITS   ] " << totals_.schedules << " schedules, " << totals_.syncs << " syncs, "
            << totals_.edits << " edits; exits while edited";
  for (const auto& [exit, times] : totals_.exits) std::cout << " " << exit << ": " << times;
  std::cout << "; mirrors that differ at rest " << totals_.differing << ", wrong deletes "
            << totals_.wrong_deletes << "; pasts that equal what was then " << pasts_compared()
            << "\n";
  EXPECT_GE(pasts_compared(), totals_.schedules * 3);
  EXPECT_GT(totals_.edits, 20U * count);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RemoteEdits, ::testing::Range(0, 8));

}  // namespace
}  // namespace nexus_mirror::testing
