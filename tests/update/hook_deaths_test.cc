// The process dies at each call of SQLite's while a hook is told: it is told at least once all the
// same, and never again once its end is recorded.
#include <signal.h>

#include <algorithm>
#include <set>

#include "store/store.h"
#include "support/faults_in_turn.h"
#include "support/faulty_vfs.h"
#include "support/long_run.h"
#include "support/mirror_run.h"
#include "update/hooks.h"
#include "update/run_update.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class HookDeathsTest : public FaultsInTurnTest {
 protected:
  Config hooked(const std::string& program) const {
    Config config = this->config(true);
    config.hooks.on_change = {program, "-c", "echo told >> '" + told_.string() + "'"};
    return config;
  }

  // The mirror at clean()/untold has synced, and the hook could not be started.
  void leave_untold() {
    begin_with(clean() / "before");
    FakeEnv env;
    sync::Observer nobody;
    synced_ = update::run_update(hooked("/nonexistent/sh"), {}, env, nobody, {});
    ASSERT_EQ(synced_.exit, ExitCode::done) << synced_.error;
    fs::copy(place(), clean() / "untold",
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }

  // What follows the sync, in a child whose n-th of such calls is its last.
  int tell(const std::set<VfsCall>& calls, std::uint64_t n, Figures* figures = nullptr) {
    const auto run = [&] {
      const FaultyVfs vfs({calls, n, DiskFault::death});
      Config config = hooked("/bin/sh");
      config.mirror.vfs = vfs.name();
      FakeEnv env;
      sync::Observer nobody;
      update::run_hooks(config, synced_, env, nobody, {});
      if (figures == nullptr) return 0;
      for (const VfsCall kind : calls) figures->kinds[name_of(kind)] = vfs.calls(kind);
      return 0;
    };
    return figures == nullptr ? in_child(run) : run();
  }

  // Each `step`-th of such calls is the last in its turn.
  void die_at(const std::set<VfsCall>& calls, std::uint64_t step) {
    Figures figures;
    begin_with(clean() / "untold");
    ASSERT_EQ(tell(calls, 0, &figures), 0);
    ASSERT_TRUE(is_recorded());
    std::uint64_t counted = 0;
    for (const auto& [kind, count] : figures.kinds) counted += count;
    for (std::uint64_t n = 1 + (counted - 1) % step; !HasFailure(); n += step) {
      SCOPED_TRACE(n);
      begin_with(clean() / "untold");
      fs::remove(told_);
      const int exit = tell(calls, n);
      if (exit != 128 + SIGKILL) {
        EXPECT_EQ(exit, 0);
        break;
      }
      ++figures.calls;
      ++figures.runs;
      ++figures.exits[exit];
      const std::int64_t before = times_told();
      const bool recorded = is_recorded();
      EXPECT_TRUE(!recorded || before == 1) << "recorded, and not told";
      ASSERT_EQ(update(hooked("/bin/sh")), 0);
      const std::int64_t healed = times_told();
      EXPECT_EQ(healed, before + (recorded ? 0 : 1));
      EXPECT_TRUE(is_recorded());
      ASSERT_EQ(update(hooked("/bin/sh")), 0);
      EXPECT_EQ(times_told(), healed) << "told again of nothing";
    }
    EXPECT_GT(figures.runs, 0U) << "no call was the last";
    print("SQLite, telling a hook, deaths", figures);
  }

  // What follows the sync, with its n-th change of a file failing.
  bool tell_badly(std::uint64_t n, DiskFault fault, Repeat repeat, bool& reached) {
    const FaultyVfs vfs({kVfsChanges, n, fault, repeat});
    Config config = hooked("/bin/sh");
    config.mirror.vfs = vfs.name();
    FakeEnv env;
    sync::Observer nobody;
    bool went_well = true;
    try {
      update::run_hooks(config, synced_, env, nobody, {});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::machine) << error.what();
      went_well = false;
    }
    reached = vfs.reached();
    return went_well;
  }

  std::int64_t times_told() const {
    const std::string bytes = file_bytes(told_);
    return std::count(bytes.begin(), bytes.end(), '\n');
  }

  bool is_recorded() const {
    store::Database mirror(place() / "mirror.db", store::Use::query);
    store::ChangeFeed feed(mirror);
    return feed.unread(store::kHooks, feed.newest()).empty();
  }

  TemporaryFolder folder_;
  const fs::path told_ = folder_.path() / "told";
  sync::SyncResult synced_;
};

TEST_F(HookDeathsTest, AtEachCallOfSQLiteAfterTheSyncLeaveItToldAtLeastOnce) {
  prepare();
  leave_untold();
  ASSERT_FALSE(is_recorded());
  die_at(kVfsChanges, 1);
  // Most calls change nothing, and a death at one leaves what the change before it has left.
  die_at(kVfsCalls, long_or_short(1U, 10U));
}

TEST_F(HookDeathsTest, AMarkThatCannotBeWrittenHasItToldAgain) {
  prepare();
  leave_untold();
  Figures figures;
  for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
    bool reached = true;
    for (std::uint64_t n = 1; reached && !HasFailure(); ++n) {
      SCOPED_TRACE(n);
      begin_with(clean() / "untold");
      fs::remove(told_);
      const DiskFault fault = n % 2 == 0 ? DiskFault::io_error : DiskFault::disk_full;
      const bool went_well = tell_badly(n, fault, repeat, reached);
      if (reached) ++figures.calls;
      ++figures.runs;
      ++figures.exits[went_well ? 0 : 5];
      const std::int64_t before = times_told();
      EXPECT_TRUE(before == 1 || !went_well);  // unless the mirror could not be opened
      const bool recorded = is_recorded();
      EXPECT_TRUE(!recorded || before == 1) << "recorded, and not told";
      EXPECT_TRUE(recorded || !went_well) << "it was told, and nobody says that it is not recorded";
      ASSERT_EQ(update(hooked("/bin/sh")), 0);
      EXPECT_EQ(times_told(), before + (recorded ? 0 : 1));
      EXPECT_TRUE(is_recorded());
    }
  }
  print("SQLite, telling a hook, failures", figures);
}

}  // namespace
}  // namespace nexus_mirror::testing
