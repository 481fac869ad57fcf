// Every change to a file goes wrong in its turn while an export of the server's comes down and is
// unpacked: the folder that was there stays whole, and the next one leaves nothing behind.
#include <signal.h>

#include "error/exit_status.h"
#include "support/exports_test.h"
#include "support/faults_in_turn.h"
#include "support/faulty_files.h"
#include "support/long_run.h"
#include "support/mirror_run.h"
#include "support/small_workspace.h"
#include "update/server_export.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class ServerExportFaultsTest : public FaultsInTurnTest {
 protected:
  void each_change(Repeat repeat, bool deaths);

 private:
  // Exit status, as the command line has it.
  int run(std::string& why) const {
    FakeEnv env;
    sync::JobObserver nobody;
    try {
      update::export_on_server(config(false), {"coco", {kSmallProject}}, env, nobody, {});
      return 0;
    } catch (const Error& error) {
      why = error.what();
      return static_cast<int>(exit_code(error.code()));
    }
  }
  int run_with(std::uint64_t n, DiskFault fault, Repeat repeat, std::string& hit, std::string& why,
               std::uint64_t* calls = nullptr) const {
    const FaultyFiles files({kFileChanges, n, fault, repeat});
    const int exit = run(why);
    hit = files.hit();
    if (calls != nullptr) *calls = files.calls(kFileChanges);
    return exit;
  }
  std::map<std::string, std::string> unpacked() const {
    std::map<std::string, std::string> files;
    for (const auto& [path, state] : files_below(server_folder() / "coco")) {
      files[path] = state.bytes;
    }
    return files;
  }
  fs::path server_folder() const { return place() / "exports" / kSmallProject / "server"; }
};

void ServerExportFaultsTest::each_change(Repeat repeat, bool deaths) {
  constexpr DiskFault kFaults[] = {DiskFault::io_error, DiskFault::disk_full,
                                   DiskFault::short_write};
  mirror_of_before();
  std::string why, hit;
  ASSERT_EQ(run(why), 0) << why;
  const auto whole = unpacked();
  ASSERT_FALSE(whole.empty());
  Figures figures;
  std::uint64_t calls = 0;
  ASSERT_EQ(run_with(0, DiskFault::io_error, repeat, hit, why, &calls), 0) << why;
  const std::uint64_t step = long_or_short<std::uint64_t>(1, 2);
  for (std::uint64_t n = 1; n <= calls && !HasFailure(); n += step) {
    const DiskFault fault = deaths ? DiskFault::death : kFaults[n / step % std::size(kFaults)];
    hit.clear();
    const int exit = deaths ? in_child([&] { return run_with(n, fault, repeat, hit, why); })
                            : run_with(n, fault, repeat, hit, why);
    SCOPED_TRACE(std::to_string(n) + ": " + hit + ": " + why);
    ++figures.calls;
    ++figures.runs;
    ++figures.exits[exit];
    EXPECT_TRUE(exit == 0 || exit == (deaths ? 128 + SIGKILL : 5)) << exit;
    if (!deaths && exit != 0 && fault != DiskFault::io_error) {
      EXPECT_NE(why.find("the disk is full"), std::string::npos);
    }
    EXPECT_EQ(unpacked(), whole) << "the folder that was there";
    ASSERT_EQ(run(why), 0) << why;
    EXPECT_EQ(unpacked(), whole);
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(server_folder())) {
      names.insert(entry.path().filename());
    }
    EXPECT_EQ(names, (std::set<std::string>{".coco.lock", "coco"}));
  }
  figures.kinds["changes"] = calls;
  print(std::string("files, export --server, ") + (deaths ? "deaths" : "failures"), figures);
}

TEST_F(ServerExportFaultsTest, EachChangeOfAFileOnce) { each_change(Repeat::once, false); }

TEST_F(ServerExportFaultsTest, EachChangeOfAFileFromThenOn) {
  each_change(Repeat::from_then_on, false);
}

TEST_F(ServerExportFaultsTest, EachChangeOfAFileIsTheLast) { each_change(Repeat::once, true); }

}  // namespace
}  // namespace nexus_mirror::testing
