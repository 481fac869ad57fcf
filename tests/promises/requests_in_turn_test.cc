// CONTRACT.md 4: each request of a sync goes wrong in its turn, in each way that an answer can be
// wrong. Nothing is deleted that the server has, the feed tells what happened to the mirror, and
// an undisturbed sync ends as a mirror ends that never met a fault.
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>

#include "log/log.h"
#include "objects/table.h"
#include "support/answer_faults.h"
#include "support/exports_test.h"
#include "support/fake_env.h"
#include "support/feed_replay.h"
#include "support/long_run.h"
#include "support/mirror_run.h"
#include "support/small_workspace.h"
#include "update/run_update.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

enum class Kind { first_load, update, quick };

class RequestsInTurn : public ::testing::TestWithParam<Kind> {
 protected:
  RequestsInTurn() {
    log::configure(log::Level::off, log::Style::text);
    for (const bool changed : {false, true}) {
      const fs::path data = folder_.path() / (changed ? "after" : "before");
      write_small_workspace(data, changed);
      served_[changed ? 1 : 0] = std::make_unique<RecordedNexus>(
          std::vector<std::string>{"--data", data.string(), "--secret-key", kKey}, kKey);
    }
  }
  ~RequestsInTurn() override { log::configure(log::Level::info, log::Style::text); }

  bool begins_with_mirror() const { return GetParam() != Kind::first_load; }
  RecordedNexus& nexus(bool changed) { return *served_[changed ? 1 : 0]; }
  RecordedNexus& met() { return nexus(begins_with_mirror()); }  // by the sync that is disturbed

  int sync(const fs::path& place, RecordedNexus& nexus, bool quick, std::string& why) {
    Config config;
    config.mirror.database = place / "mirror.db";
    config.mirror.export_dir = place / "exports";
    WorkspaceConfig workspace;
    workspace.name = "small";
    workspace.endpoint = nexus.url();
    workspace.secret_key = kKey;
    config.workspaces = {workspace};
    config.http.page_size = 4;
    config.http.max_retries = 4;
    config.http.concurrency = 1;  // requests come in one order
    config.http.max_response = 1 << 20;
    if (impatient_) {
      config.http.read_timeout = std::chrono::milliseconds(50);
      config.http.answer_timeout = std::chrono::milliseconds(100);
    }
    ExportConfig exports;
    exports.formats = {"coco", "ndjson"};
    config.exports = {exports};
    update::UpdateRequest request;
    request.sync.quick = quick;
    request.sync.full = !quick;
    FakeEnv env;
    sync::Observer nobody;
    try {
      const sync::SyncResult result = update::run_update(config, request, env, nobody, {});
      why = result.error;
      return static_cast<int>(result.exit);
    } catch (const Error& error) {
      why = error.what();
      return static_cast<int>(exit_code(error.code()));
    }
  }

  static std::set<std::string> rows_of(const fs::path& place) {
    SQLite::Database mirror((place / "mirror.db").string());
    std::set<std::string> rows;
    for (const objects::Table* table : objects::all_tables()) {
      if (table->storage == objects::Storage::counter || table->name == "exports") continue;
      std::string columns;
      for (const objects::Field& field : table->fields) {
        if (field.column == table->link || field.column == table->link_expiry) continue;
        columns += (columns.empty() ? "quote(" : "||','||quote(") + std::string(field.column) + ")";
      }
      SQLite::Statement select(mirror, "SELECT " + columns +
                                           (table->has_extra ? "||quote(extra)" : "") + " FROM " +
                                           std::string(table->name));
      while (select.executeStep()) {
        rows.insert(std::string(table->name) + ": " + select.getColumn(0).getString());
      }
    }
    return rows;
  }

  // Ids of what comes in listings.
  static std::set<std::string> ids_of(const fs::path& place) {
    SQLite::Database mirror((place / "mirror.db").string());
    std::set<std::string> ids;
    for (const objects::Table* table : objects::all_tables()) {
      if (!table->listed || table->id.empty() || table->column("project_id") < 0) continue;
      SQLite::Statement select(
          mirror, "SELECT " + std::string(table->id) + " FROM " + std::string(table->name));
      while (select.executeStep()) {
        ids.insert(std::string(table->name) + " " + select.getColumn(0).getString());
      }
    }
    return ids;
  }

  static std::map<std::string, std::string> labels_of(const fs::path& place) {
    std::map<std::string, std::string> labels;
    for (const auto& [path, state] : files_below(place / "exports")) {
      if (path.find("/annotations/") != path.npos) labels[path] = state.bytes;
    }
    return labels;
  }

  void prepare() {
    std::string why;
    fs::create_directories(before_);
    ASSERT_EQ(sync(before_, nexus(false), false, why), 0) << why;
    if (begins_with_mirror()) {
      fs::copy(before_, clean_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    } else {
      fs::create_directories(clean_);
    }
    ASSERT_EQ(sync(clean_, met(), false, why), 0) << why;
    wanted_ = rows_of(clean_);
    fs::create_directories(fresh_);
    ASSERT_EQ(sync(fresh_, met(), false, why), 0) << why;
    ASSERT_EQ(rows_of(fresh_), wanted_) << "an update is to end as a first load does";
    labels_ = labels_of(clean_);
    for (const std::string& id : ids_of(before_)) {
      if (ids_of(clean_).contains(id)) lasting_.insert(id);
    }
  }

  void begin() {
    fs::remove_all(place_);
    if (begins_with_mirror()) {
      fs::copy(before_, place_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    } else {
      fs::create_directories(place_);
    }
  }

  // The n-th request, and those that a burst goes on for, meet the fault.
  RecordedNexus::Spoil spoiling(const AnswerFault& fault, int nth, unsigned seed) {
    return [&fault, nth, seed, path = std::string(), left = fault.times](
               const RecordedAnswer& good, int number) mutable -> std::optional<Reply> {
      if (number < nth) return std::nullopt;
      const std::string asked = good.target.substr(0, good.target.find('?'));
      if (number == nth) path = asked;
      if (asked != path || (fault.times > 0 && left-- <= 0)) return std::nullopt;
      return fault.make(good, seed);
    };
  }

  void run(const AnswerFault& fault, const RecordedAnswer& asked, int nth, unsigned seed) {
    begin();
    FeedReplay feed(place_ / "mirror.db");
    if (begins_with_mirror()) feed.keep();
    std::string why;
    met().spoil(spoiling(fault, nth, seed));
    impatient_ = waits(fault);
    const int exit = sync(place_, met(), GetParam() == Kind::quick, why);
    impatient_ = false;
    met().spoil({});
    ++exits_[exit];
    ++runs_;
    EXPECT_TRUE(promised_exits(fault, asked).contains(exit)) << exit << ": " << why;
    if (fs::exists(place_ / "mirror.db")) feed.keep();
    if (begins_with_mirror()) {
      const auto ids = ids_of(place_);
      for (const std::string& id : lasting_) {
        if (ids.contains(id)) continue;
        ++wrong_deletes_;
        ADD_FAILURE() << id << " is gone; " << why;
      }
    }
    if (exit == 0 && !may_change_rows(fault, asked) && GetParam() != Kind::quick) {
      EXPECT_TRUE(rows_of(place_) == wanted_) << "not what the server sent, and exit 0";
    }
    ASSERT_EQ(sync(place_, met(), false, why), 0) << why;
    feed.keep();
    if (rows_of(place_) != wanted_) ++differing_;
    EXPECT_EQ(rows_of(place_), wanted_) << "after an undisturbed sync";
    EXPECT_TRUE(labels_of(place_) == labels_);
    EXPECT_EQ(feed.differences(), "");
  }

  TemporaryFolder folder_;
  const fs::path before_ = folder_.path() / "mirrored", clean_ = folder_.path() / "clean",
                 fresh_ = folder_.path() / "fresh", place_ = folder_.path() / "place";
  std::unique_ptr<RecordedNexus> served_[2];
  std::set<std::string> wanted_, lasting_;
  std::map<std::string, std::string> labels_;
  std::map<int, int> exits_;
  bool impatient_ = false;  // short time-outs
  std::uint64_t runs_ = 0, differing_ = 0, wrong_deletes_ = 0;
};

TEST_P(RequestsInTurn, EachGoesWrongInEachWay) {
  ASSERT_NO_FATAL_FAILURE(prepare());
  begin();
  std::string why;
  met().spoil({});
  ASSERT_EQ(sync(place_, met(), GetParam() == Kind::quick, why), 0) << why;
  const auto targets = met().targets();
  const auto& faults = answer_faults();
  std::set<std::string> kinds;
  // The short form: of each request some faults, others of the next.
  const std::size_t step = long_or_short<std::size_t>(1, 6);
  const unsigned seeds = long_or_short(8U, 1U);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (std::size_t f = i % step; f < faults.size(); f += step) {
      const RecordedAnswer like = met().answer_to(targets[i]);
      if (!faults[f].fits(like)) continue;
      kinds.insert(faults[f].name);
      const bool random = faults[f].name == "another type somewhere";
      for (unsigned seed = 0; seed < (random ? 8 * seeds : 1U) && !HasFailure(); ++seed) {
        SCOPED_TRACE(faults[f].name + " at " + std::to_string(i + 1) + ": " + targets[i] +
                     " seed " + std::to_string(seed));
        run(faults[f], like, static_cast<int>(i) + 1, seed + static_cast<unsigned>(i) * 100);
      }
    }
  }
  std::cout << "[ REQUESTS ] " << targets.size() << " requests, " << kinds.size() << " of "
            << faults.size() << " faults, " << runs_ << " runs; exits";
  for (const auto& [exit, count] : exits_) std::cout << " " << exit << ": " << count;
  std::cout << "; differing mirrors " << differing_ << ", wrong deletes " << wrong_deletes_ << "\n";
  EXPECT_GT(runs_, 100U);
}

INSTANTIATE_TEST_SUITE_P(Syncs, RequestsInTurn,
                         ::testing::Values(Kind::first_load, Kind::update, Kind::quick),
                         [](const auto& kind) {
                           return kind.param == Kind::first_load ? "FirstLoad"
                                  : kind.param == Kind::update   ? "Update"
                                                                 : "Quick";
                         });

}  // namespace
}  // namespace nexus_mirror::testing
