// The power goes at any moment of a run: what was not synced is lost, torn or scattered
// (support/power_cut.h). Afterwards the mirror is sound and its state is one that it had (with
// synchronous=NORMAL the last commits may be undone, never more than those since the -wal was
// synced), and the next sync heals rows and exports to equality and tells the hook.
#include <sqlite3.h>

#include <algorithm>
#include <iostream>
#include <unordered_map>

#include "store/store.h"
#include "support/faults_in_turn.h"
#include "support/long_run.h"
#include "support/mirror_run.h"
#include "support/power_cut.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// Everything that the mirror holds, our own notes included; "" where it has no table yet.
std::string all_rows(const fs::path& database) {
  if (!fs::exists(database)) return "";
  sqlite3* connection = nullptr;
  EXPECT_EQ(sqlite3_open(database.c_str(), &connection), SQLITE_OK);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  const auto rows = [&](const std::string& sql) {
    std::vector<std::string> found;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(connection);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const void* const bytes = sqlite3_column_blob(statement, i);
        if (bytes != nullptr) {
          row.append(static_cast<const char*>(bytes),
                     static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
        }
        row += '\1';
      }
      found.push_back(std::move(row));
    }
    sqlite3_finalize(statement);
    return found;
  };
  std::string text;
  for (const std::string& table :
       rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) {
    const std::string name = table.substr(0, table.size() - 1);
    text += name + ":";
    for (const std::string& row : rows("SELECT * FROM \"" + name + "\"")) text += row + "\2";
  }
  sqlite3_close(connection);
  return text;
}

class PowerCutsTest : public FaultsInTurnTest {
 protected:
  void each_cut(Work work, std::size_t step);

  // The hook notes each time that it is told.
  Config hooked(bool changed) const {
    Config config = this->config(changed);
    config.hooks.on_change = {"/bin/sh", "-c", "echo told >> '" + told_.string() + "'"};
    return config;
  }

  const TemporaryFolder elsewhere_;
  const fs::path told_ = elsewhere_.path() / "told";

 private:
  void expect_a_state_that_was(const std::vector<std::size_t>& states, std::size_t n,
                               std::size_t synced) const;

  const fs::path copy_ = elsewhere_.path() / "copy";
};

void PowerCutsTest::expect_a_state_that_was(const std::vector<std::size_t>& states, std::size_t n,
                                            std::size_t synced) const {
  const std::size_t state = std::hash<std::string>()(all_rows(place() / "mirror.db"));
  // From the newest on: a state may come again.
  std::size_t at = n + 1;
  while (at > 0 && states[at - 1] != state) --at;
  EXPECT_NE(at, 0U) << "no state that the mirror ever had";
  EXPECT_GT(at, synced) << "what was synced is lost";
}

void PowerCutsTest::each_cut(Work work, std::size_t step) {
  prepare();
  begin(work);
  DiskRecord record(place());
  {
    FaultyVfs vfs;
    vfs.listen([&](const VfsEvent& event) { record.sqlite(event); });
    std::string why;
    ASSERT_EQ(work.run(vfs.name(), why), 0) << why;
  }
  record.finish();
  ASSERT_GT(record.changes(), 100U);
  std::vector<std::size_t> states;  // after each change, as a kill would leave it
  for (std::size_t n = 0; n <= record.changes(); ++n) {
    if (n > 0 && !record.is_of_mirror(n)) {
      states.push_back(states.back());
      continue;
    }
    record.replay(n, Loss::nothing, 0, copy_);
    states.push_back(std::hash<std::string>()(all_rows(copy_ / "mirror.db")));
  }
  Figures figures;
  figures.calls = record.changes();
  for (std::size_t n = 0, synced = 0; n <= record.changes() && !HasFailure(); ++n) {
    if (n > 0 && record.syncs_wal(n)) synced = n;
    for (const Loss loss : kLosses) {
      const auto seed =
          static_cast<std::uint32_t>(n * std::size(kLosses)) + static_cast<std::uint32_t>(loss);
      // Each change is the last with some loss; with every one in a long run.
      if (seed % step != 0) continue;
      SCOPED_TRACE(std::string(name_of(loss)) + " after " + std::to_string(n) + ": " +
                   record.change(n));
      fs::remove(told_);
      record.replay(n, loss, seed, place());
      ++figures.kinds[name_of(loss)];
      expect_a_state_that_was(states, n, synced);
      expect_healed(work, 128 + SIGKILL, "the power is back", figures);
      store::Database mirror(place() / "mirror.db", store::Use::query);
      store::ChangeFeed feed(mirror);
      if (work.meets_changes) {
        EXPECT_TRUE(feed.unread(store::kHooks, feed.newest()).empty());
      }
      if (HasFailure()) return;
    }
  }
  print("power cuts, " + work.name, figures);
}

TEST_F(PowerCutsTest, InAFirstLoadUndoCommitsAndNoMore) {
  each_cut(first_load(), long_or_short<std::size_t>(1, 47));
}

TEST_F(PowerCutsTest, InASecondSyncWithAHookUndoCommitsAndNoMore) {
  Work work = second_sync();
  work.name = "second sync with a hook";
  work.run = [this](const std::string& vfs, std::string& why) {
    return update(hooked(true), vfs, &why);
  };
  work.heal = [this](std::string& why) { return update(hooked(true), {}, &why); };
  each_cut(work, long_or_short<std::size_t>(1, 47));
}

}  // namespace
}  // namespace nexus_mirror::testing
