// Every change to the disk fails in turn: SQLite's through a VFS of the test's own, those to other
// files through the seam of env/file.
//
// What each fault may leave behind is always the same (design.md, promises 1 and 4): a sound
// database whose rows are readable and are those of before or of after, the exit status that the
// contract names, and everything that an undisturbed sync needs to end as a mirror ends that never
// met a fault, exports included.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "exports/exports.h"
#include "log/log.h"
#include "mirror/update.h"
#include "store/mirror_state.h"
#include "store/store.h"
#include "support/emulator_process.h"
#include "support/exports_test.h"
#include "support/faulty_files.h"
#include "support/faulty_vfs.h"
#include "support/hand_made_mirror.h"
#include "support/mirror_run.h"
#include "support/small_workspace.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// The workspace as it was and as it is, each served by an emulator of its own. One for all tests:
// they only ask it.
class Workspaces {
 public:
  Workspaces() {
    write_small_workspace(folder_.path() / "before", false);
    write_small_workspace(folder_.path() / "after", true);
    before_ = serve("before");
    after_ = serve("after");
  }
  std::string before() const { return before_->url(); }
  std::string after() const { return after_->url(); }

 private:
  std::unique_ptr<EmulatorProcess> serve(const char* name) const {
    return std::make_unique<EmulatorProcess>(
        std::vector<std::string>{"--data", (folder_.path() / name).string(), "--secret-key", kKey});
  }
  TemporaryFolder folder_;
  std::unique_ptr<EmulatorProcess> before_, after_;
};

Config config_of(const fs::path& folder, const std::string& endpoint) {
  Config config;
  config.mirror.database = folder / "mirror.db";
  config.mirror.export_dir = folder / "exports";
  WorkspaceConfig workspace;
  workspace.name = "small";
  workspace.endpoint = endpoint;
  workspace.secret_key = kKey;
  config.workspaces = {workspace};
  config.http.page_size = 4;  // some pages of each kind
  config.http.max_retries = 0;
  ExportConfig exports;
  exports.formats = {"keypoints_coco", "yolo", "ndjson"};
  exports.split_ratio = 0.3;
  config.exports = {exports};
  return config;
}

// Exit status of one update, as the command line has it. `vfs` empty = the system's.
int update(Config config, const std::string& vfs = {}, std::string* why = nullptr) {
  config.mirror.vfs = vfs;
  FixedEnv env;
  sync::Observer nobody;
  try {
    const sync::SyncResult result = mirror::update(config, {}, env, nobody, {});
    if (why != nullptr) *why = result.error;
    return static_cast<int>(result.exit);
  } catch (const Error& error) {
    if (why != nullptr) *why = error.what();
    return static_cast<int>(exit_code(error.code()));
  }
}

// Rows of the contract's tables, but for links and our own notes.
std::set<std::string> rows_of(const fs::path& database) {
  store::Database mirror(database, store::Use::query);
  std::set<std::string> rows;
  for (const objects::Table* table : objects::all_tables()) {
    if (table->storage == objects::Storage::counter || table->name == "exports") continue;
    std::string columns;
    for (const objects::Field& field : table->fields) {
      if (field.column == table->link || field.column == table->link_expiry) continue;
      columns +=
          (columns.empty() ? "quote(" : " || ',' || quote(") + std::string(field.column) + ")";
    }
    store::Statement select =
        mirror.prepare("SELECT " + columns + " FROM " + std::string(table->name));
    while (select.step()) {
      rows.insert(std::string(table->name) + ": " + std::string(select.text(0)));
    }
  }
  return rows;
}

std::string integrity_of(const fs::path& database) {
  store::Database mirror(database, store::Use::query);
  store::Statement check = mirror.prepare("PRAGMA integrity_check");
  check.step();
  return std::string(check.text(0));
}

// Exported files by path, without what differs from one sync to the next: times, numbers of syncs,
// signatures and the hashes of what holds them.
std::map<std::string, std::string> exports_of(const fs::path& folder) {
  static const std::regex moment(R"re("(sync_id|written_at)":[0-9]+)re"),
      link(R"re(\?[^",\n]*|"expiry":[0-9]+)re"),
      links_file(R"re("models/links\.(csv|json)","sha256":"[0-9a-f]+","bytes":[0-9]+)re");
  std::map<std::string, std::string> files;
  for (const auto& [path, state] : files_below(folder / "exports")) {
    std::string bytes = state.bytes;
    if (path.ends_with("links.csv")) {
      bytes = bytes.substr(0, bytes.find('\n'));  // the header; links.json has the rest
    } else if (!path.ends_with(".txt")) {
      bytes = std::regex_replace(bytes, moment, "$1");
      if (path.ends_with("links.json")) bytes = std::regex_replace(bytes, link, "");
      bytes = std::regex_replace(bytes, links_file, "$1");
    }
    files[path] = bytes;
  }
  return files;
}

// The mirror and the exports at `folder`, as far as they can be compared.
struct Outcome {
  std::set<std::string> rows;
  std::map<std::string, std::string> exports;
};
Outcome outcome_of(const fs::path& folder) {
  return {rows_of(folder / "mirror.db"), exports_of(folder)};
}

// What an enumeration did, for the output of the tests.
struct Figures {
  std::uint64_t calls = 0, runs = 0, differing = 0;
  std::map<std::string, std::uint64_t> kinds;
  std::map<int, std::uint64_t> exits;
};

class FaultsInTurnTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    log::configure(log::Level::off, log::Format::text);
    workspaces_ = std::make_unique<Workspaces>();
  }
  static void TearDownTestSuite() {
    workspaces_.reset();
    log::configure(log::Level::info, log::Format::text);
  }

  // A folder in which the workspace of `endpoint` has been mirrored without a fault.
  static void mirror_into(const fs::path& folder, const std::string& endpoint) {
    fs::create_directories(folder);
    std::string why;
    ASSERT_EQ(update(config_of(folder, endpoint), {}, &why), 0) << why;
  }

  // How the clean mirrors look: of the workspace as it was, and after it changed.
  void prepare() {
    mirror_into(clean() / "before", workspaces_->before());
    fs::copy(clean() / "before", clean() / "after", fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    mirror_into(clean() / "after", workspaces_->after());
    before_ = outcome_of(clean() / "before");
    after_ = outcome_of(clean() / "after");
    ASSERT_NE(before_.rows, after_.rows);
  }
  fs::path clean() const { return folder_.path() / "clean"; }
  fs::path place() const { return folder_.path() / "place"; }

  // The state that a run begins with: nothing, or the mirror of before.
  void begin_with(bool mirror) {
    fs::remove_all(place());
    if (mirror) {
      fs::copy(clean() / "before", place(), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    } else {
      fs::create_directories(place());
    }
  }

  // After a fault; returns rows that are neither of before nor of after.
  std::uint64_t strange_rows(const Outcome& begun, const Outcome& wanted) const {
    std::uint64_t strange = 0;
    for (const std::string& row : rows_of(place() / "mirror.db")) {
      if (!begun.rows.contains(row) && !wanted.rows.contains(row)) ++strange;
    }
    return strange;
  }

  // What is promised of a run that met a fault, and of the one that follows.
  void expect_healed(int exit, bool began_with_mirror, const Outcome& wanted,
                     const std::string& fault, Figures& figures) {
    SCOPED_TRACE(fault);
    ++figures.runs;
    ++figures.exits[exit];
    const bool there = fs::exists(place() / "mirror.db") &&
                       fs::file_size(place() / "mirror.db") + size_of("mirror.db-wal") > 0;
    const bool died = exit > 128;
    if (!died) {
      EXPECT_TRUE(exit == 0 || exit == 5) << exit;
    }
    if (there && is_mirror()) {
      EXPECT_EQ(integrity_of(place() / "mirror.db"), "ok");
      const std::uint64_t strange = strange_rows(began_with_mirror ? before_ : Outcome(), wanted);
      EXPECT_EQ(strange, 0U);
      figures.differing += strange;
    } else {
      EXPECT_FALSE(began_with_mirror) << "the old rows cannot be read";
    }
    if (exit == 0) {
      EXPECT_EQ(rows_of(place() / "mirror.db"), wanted.rows) << "done is done";
    }
    std::string why;
    ASSERT_EQ(update(config_of(place(), workspaces_url(wanted)), {}, &why), 0) << why;
    const Outcome healed = outcome_of(place());
    if (healed.rows != wanted.rows) ++figures.differing;
    EXPECT_EQ(healed.rows, wanted.rows);
    EXPECT_EQ(healed.exports, wanted.exports);
    EXPECT_EQ(leftovers(), "");
  }

  std::string workspaces_url(const Outcome& wanted) const {
    return &wanted == &before_ ? workspaces_->before() : workspaces_->after();
  }

  std::uintmax_t size_of(const char* name) const {
    std::error_code none;
    const auto size = fs::file_size(place() / name, none);
    return none ? 0 : size;
  }

  bool is_mirror() const {
    try {
      const store::Database mirror(place() / "mirror.db", store::Use::query);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  // Files that no finished run leaves.
  std::string leftovers() const {
    std::string found;
    for (const auto& entry : fs::recursive_directory_iterator(place())) {
      const std::string name = entry.path().filename().string();
      if (name == ".staging" || name.ends_with(".new") || name.ends_with("-journal")) {
        found += entry.path().string() + "\n";
      }
    }
    return found;
  }

  static void print(const std::string& what, const Figures& figures) {
    std::ostringstream text;
    text << "[  FAULTS  ] " << what << ": " << figures.calls << " calls";
    for (const auto& [kind, count] : figures.kinds) text << ", " << kind << " " << count;
    text << "; " << figures.runs << " runs, exits";
    for (const auto& [exit, count] : figures.exits) text << " " << exit << ": " << count;
    text << "; differing rows " << figures.differing << "\n";
    std::cout << text.str() << std::flush;
    EXPECT_EQ(figures.differing, 0U);
    EXPECT_GT(figures.calls, 20U) << "nothing was enumerated";
  }

  static DiskFault fault_of(std::uint64_t n) {
    constexpr DiskFault kFaults[] = {DiskFault::io_error, DiskFault::disk_full,
                                     DiskFault::short_write};
    return kFaults[n % 3];
  }

  // Lets each call of SQLite's of a run fail.
  void enumerate_vfs(const std::string& what, bool second, Repeat repeat) {
    prepare();
    const Outcome& wanted = second ? after_ : before_;
    Figures figures;
    for (std::uint64_t n = 1; !HasFailure(); ++n) {
      begin_with(second);
      FaultyVfs vfs({kVfsChanges, n, fault_of(n), repeat});
      const int exit = update(config_of(place(), workspaces_url(wanted)), vfs.name());
      if (!vfs.reached()) {
        EXPECT_EQ(exit, 0);
        figures.calls = n - 1;
        for (const VfsCall kind : kVfsChanges) figures.kinds[name_of(kind)] = vfs.calls(kind);
        break;
      }
      expect_healed(exit, second, wanted, std::to_string(n) + ": " + vfs.hit(), figures);
    }
    print(what, figures);
  }

  // The same for the calls to other files.
  void enumerate_files(const std::string& what, bool second, Repeat repeat) {
    prepare();
    const Outcome& wanted = second ? after_ : before_;
    Figures figures;
    for (std::uint64_t n = 1; !HasFailure(); ++n) {
      begin_with(second);
      int exit = 0;
      std::string hit;
      {
        FaultyFiles files({kFileChanges, n, fault_of(n), repeat});
        exit = update(config_of(place(), workspaces_url(wanted)));
        hit = files.hit();
        if (hit.empty()) {
          figures.calls = n - 1;
          for (const env::FileCall kind : kFileChanges) {
            figures.kinds[name_of(kind)] = files.calls(kind);
          }
        }
      }
      if (hit.empty()) {
        EXPECT_EQ(exit, 0);
        break;
      }
      expect_healed(exit, second, wanted, std::to_string(n) + ": " + hit, figures);
    }
    print(what, figures);
  }

  static std::unique_ptr<Workspaces> workspaces_;
  TemporaryFolder folder_;
  Outcome before_, after_;
};

std::unique_ptr<Workspaces> FaultsInTurnTest::workspaces_;

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInAFirstLoadOnce) {
  enumerate_vfs("SQLite, first load, once", false, Repeat::once);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInAFirstLoadFromThenOn) {
  enumerate_vfs("SQLite, first load, from then on", false, Repeat::from_then_on);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInASecondSyncOnce) {
  enumerate_vfs("SQLite, second sync, once", true, Repeat::once);
}

TEST_F(FaultsInTurnTest, EachCallOfSQLiteInASecondSyncFromThenOn) {
  enumerate_vfs("SQLite, second sync, from then on", true, Repeat::from_then_on);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInAFirstLoadOnce) {
  enumerate_files("files, first load with its exports, once", false, Repeat::once);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInAFirstLoadFromThenOn) {
  enumerate_files("files, first load with its exports, from then on", false, Repeat::from_then_on);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInASecondSyncOnce) {
  enumerate_files("files, second sync with its exports, once", true, Repeat::once);
}

TEST_F(FaultsInTurnTest, EachChangeOfAFileInASecondSyncFromThenOn) {
  enumerate_files("files, second sync with its exports, from then on", true, Repeat::from_then_on);
}

}  // namespace
}  // namespace nexus_mirror::testing
