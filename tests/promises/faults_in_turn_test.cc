// A first load, a second sync and an export, of which every change to the disk goes wrong in turn.
#include "support/faults_in_turn.h"

#include "error/exit_status.h"
#include "exports/exports.h"
#include "nexus_mirror/error.h"
#include "store/project_row.h"
#include "store/store.h"

namespace nexus_mirror::testing {
namespace {

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInAFirstLoadOnce) {
  each_sqlite_call(first_load(), Blow::once);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInAFirstLoadFromThenOn) {
  each_sqlite_call(first_load(), Blow::from_then_on);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInAFirstLoadIsTheLast) {
  each_sqlite_call(first_load(), Blow::death);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInAQuickSyncOnce) {
  each_sqlite_call(quick_sync(), Blow::once);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInAQuickSyncFromThenOn) {
  each_sqlite_call(quick_sync(), Blow::from_then_on);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInAQuickSyncIsTheLast) {
  each_sqlite_call(quick_sync(), Blow::death);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInASecondSyncOnce) {
  each_sqlite_call(second_sync(), Blow::once);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInASecondSyncFromThenOn) {
  each_sqlite_call(second_sync(), Blow::from_then_on);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInASecondSyncIsTheLast) {
  each_sqlite_call(second_sync(), Blow::death);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInAFirstLoadOnce) {
  each_file_change(first_load(), Blow::once);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInAFirstLoadFromThenOn) {
  each_file_change(first_load(), Blow::from_then_on);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInAFirstLoadIsTheLast) {
  each_file_change(first_load(), Blow::death);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInASecondSyncOnce) {
  each_file_change(second_sync(), Blow::once);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInASecondSyncFromThenOn) {
  each_file_change(second_sync(), Blow::from_then_on);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInASecondSyncIsTheLast) {
  each_file_change(second_sync(), Blow::death);
}

// `export --force` where everything has been exported: no byte may become another.
class ExportFaultsInTurnTest : public FaultsInTurnTest {
 protected:
  Work forced_export() const {
    return {"export by itself",
            true,
            false,
            {0, 5},
            kVfsCalls,
            true,
            [this](const std::string& vfs, std::string& why) { return run(vfs, why); }};
  }

 private:
  int run(const std::string& vfs, std::string& why) const {
    Config config = this->config(false);
    config.mirror.vfs = vfs;
    FakeEnv env(kNoon + 1000);  // so that the manifest is another
    exports::ExportRequest request;
    request.everything = request.force = true;
    try {
      store::Store store(config.mirror, store::Access::write);
      store.set_now(env.now_ms());
      store::Database mirror(config.mirror, store::Use::query);
      for (const auto& project : store::all_projects(mirror)) {
        request.project_ids.push_back(project.id);
      }
      exports::ExportReport report;
      exports::run_exports(config, store, env, request, {}, report);
      ExitCode exit = ExitCode::done;
      for (const exports::ProjectError& failure : report.failures) {
        why += failure.error.what();
        exit = graver(exit, exit_code(failure.error.code()));
      }
      for (const Error& trouble : report.troubles) {
        why += trouble.what();
        exit = graver(exit, exit_code(trouble.code()));
      }
      return static_cast<int>(exit);
    } catch (const Error& error) {
      why = error.what();
      return static_cast<int>(exit_code(error.code()));
    }
  }
};

TEST_F(ExportFaultsInTurnTest, EachCallOfSQLiteOnce) {
  each_sqlite_call(forced_export(), Blow::once);
}

TEST_F(ExportFaultsInTurnTest, EachCallOfSQLiteFromThenOn) {
  each_sqlite_call(forced_export(), Blow::from_then_on);
}

TEST_F(ExportFaultsInTurnTest, EachCallOfSQLiteIsTheLast) {
  each_sqlite_call(forced_export(), Blow::death);
}

TEST_F(ExportFaultsInTurnTest, EachChangeOfAFileOnce) {
  each_file_change(forced_export(), Blow::once);
}

TEST_F(ExportFaultsInTurnTest, EachChangeOfAFileFromThenOn) {
  each_file_change(forced_export(), Blow::from_then_on);
}

TEST_F(ExportFaultsInTurnTest, EachChangeOfAFileIsTheLast) {
  each_file_change(forced_export(), Blow::death);
}

}  // namespace
}  // namespace nexus_mirror::testing
