#include "support/faults_in_turn.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <regex>
#include <sstream>
#include <vector>

#include "exports/export_owner.h"
#include "log/log.h"
#include "objects/table.h"
#include "store/database.h"
#include "store/mirror_state.h"
#include "support/emulator_process.h"
#include "support/exports_test.h"
#include "support/faulty_files.h"
#include "support/long_run.h"
#include "support/mirror_run.h"
#include "support/small_workspace.h"
#include "update/run_update.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSamples = 10;  // of each enumeration in a short run
constexpr std::uint64_t kFewestCalls = 20;

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

// Rows of the tables of CONTRACT.md 3, but for links and our own notes.
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
// signatures and the hashes of what holds them; of the mirror's id only whether it is its own.
std::map<std::string, std::string> exports_of(const fs::path& folder) {
  static const std::regex moment(R"re("(sync_id|written_at)":[0-9]+)re"),
      link(R"re(\?[^",\n]*|"expiry":[0-9]+)re"),
      links_file(R"re("models/links\.(csv|json)","sha256":"[0-9a-f]+","bytes":[0-9]+)re");
  std::map<std::string, std::string> files;
  for (const auto& [path, state] : files_below(folder / "exports")) {
    std::string bytes = state.bytes;
    if (path == exports::kOwnerFile) {
      bytes = bytes == store::mirror_id_at(folder / "mirror.db") + "\n" ? "its own" : "another's";
    } else if (path.ends_with("links.csv")) {
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

MirrorImage image_of(const fs::path& folder) {
  return {rows_of(folder / "mirror.db"), exports_of(folder)};
}

// What call `n` of those that are tried meets: in a long run each of them in turn.
std::vector<DiskFault> faults_of(std::uint64_t n, Blow blow) {
  const std::vector<DiskFault> all = {DiskFault::io_error, DiskFault::disk_full,
                                      DiskFault::short_write};
  if (blow == Blow::death) return {DiskFault::death};
  return long_run() ? all : std::vector<DiskFault>{all[n % all.size()]};
}

Repeat repeat_of(Blow blow) {
  return blow == Blow::from_then_on ? Repeat::from_then_on : Repeat::once;
}

// A full disk is called one, whatever change to it failed, and is exit 5.
void expect_reason(int exit, DiskFault fault, const std::string& hit, const std::string& why) {
  if (hit.empty() || exit == 0 || fault == DiskFault::io_error) return;
  for (const char* read : {"open ", "read ", "lock ", "shm "}) {
    if (hit.starts_with(read)) return;
  }
  EXPECT_EQ(exit, 5) << hit << ": " << why;
  EXPECT_NE(why.find("the disk is full"), std::string::npos) << hit << ": " << why;
}

template <typename Plan, typename Kinds>
std::map<std::string, std::uint64_t> counts_of(const Plan& plan, const Kinds& kinds) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto kind : kinds) counts[name_of(kind)] = plan.calls(kind);
  return counts;
}

std::uintmax_t size_of(const fs::path& file) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  return none ? 0 : size;
}

}  // namespace

// The workspace as it was and as it is, each served by an emulator of its own. One for all tests:
// they only ask it.
class FaultsInTurnTest::Workspaces {
 public:
  Workspaces() {
    write_small_workspace(folder_.path() / "before", false);
    write_small_workspace(folder_.path() / "after", true);
    before_ = serve("before");
    after_ = serve("after");
  }
  const EmulatorProcess& emulator(bool changed) const { return changed ? *after_ : *before_; }
  std::string url(bool changed) const { return emulator(changed).url(); }

 private:
  std::unique_ptr<EmulatorProcess> serve(const char* name) const {
    return std::make_unique<EmulatorProcess>(
        std::vector<std::string>{"--data", (folder_.path() / name).string(), "--secret-key", kKey});
  }
  TemporaryFolder folder_;
  std::unique_ptr<EmulatorProcess> before_, after_;
};

std::unique_ptr<FaultsInTurnTest::Workspaces> FaultsInTurnTest::workspaces_;

void FaultsInTurnTest::SetUpTestSuite() {
  log::configure(log::Level::off, log::Style::text);
  workspaces_ = std::make_unique<Workspaces>();
}

void FaultsInTurnTest::TearDownTestSuite() {
  workspaces_.reset();
  log::configure(log::Level::info, log::Style::text);
}

int FaultsInTurnTest::update(Config config, const std::string& vfs, std::string* why, bool quick) {
  config.mirror.vfs = vfs;
  FakeEnv env;
  sync::Observer nobody;
  try {
    update::UpdateRequest request;
    request.sync.quick = quick;
    const sync::SyncResult result = update::run_update(config, request, env, nobody, {});
    if (why != nullptr) *why = result.error;
    return static_cast<int>(result.exit);
  } catch (const Error& error) {
    if (why != nullptr) *why = error.what();
    return static_cast<int>(exit_code(error.code()));
  }
}

int FaultsInTurnTest::in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const EmulatorProcess& FaultsInTurnTest::emulator(bool changed) {
  return workspaces_->emulator(changed);
}

Config FaultsInTurnTest::config(bool changed) const {
  return config_of(place(), workspaces_->url(changed));
}

Work FaultsInTurnTest::first_load() const {
  return {"first load",
          false,
          false,
          {0, 5},
          kVfsChanges,
          false,
          [this](const std::string& vfs, std::string& why) {
            return update(config(false), vfs, &why);
          }};
}

Work FaultsInTurnTest::second_sync() const {
  return {
      "second sync",
      true,
      true,
      {0, 5},
      kVfsChanges,
      false,
      [this](const std::string& vfs, std::string& why) { return update(config(true), vfs, &why); }};
}

// It may miss what a quick sync cannot see: the one that heals it is a full one.
Work FaultsInTurnTest::quick_sync() const {
  Work work = second_sync();
  work.name = "quick sync";
  work.sees_all = false;
  work.run = [this](const std::string& vfs, std::string& why) {
    return update(config(true), vfs, &why, true);
  };
  work.heal = [this](std::string& why) { return update(config(true), {}, &why); };
  return work;
}

void FaultsInTurnTest::mirror_into(const fs::path& folder, bool changed) {
  fs::create_directories(folder);
  std::string why;
  ASSERT_EQ(update(config_of(folder, workspaces_->url(changed)), {}, &why), 0) << why;
}

void FaultsInTurnTest::prepare() {
  mirror_into(clean() / "before", false);
  fs::copy(clean() / "before", clean() / "after",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  mirror_into(clean() / "after", true);
  before_ = image_of(clean() / "before");
  after_ = image_of(clean() / "after");
  ASSERT_NE(before_.rows, after_.rows);
}

void FaultsInTurnTest::begin_with(const fs::path& folder) {
  fs::remove_all(place());
  fs::copy(folder, place(), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

void FaultsInTurnTest::begin(const Work& work) {
  if (work.begins_with_mirror) return begin_with(clean() / "before");
  fs::remove_all(place());
  fs::create_directories(place());
}

// A sound database, whose rows are of before or of after; exports that are as promised.
void FaultsInTurnTest::expect_sound(const Work& work, Figures& figures) const {
  const fs::path database = place() / "mirror.db";
  const bool there =
      fs::exists(database) && size_of(database) + size_of(place() / "mirror.db-wal") > 0;
  if (there && is_mirror()) {
    EXPECT_EQ(integrity_of(database), "ok");
    std::uint64_t strange = 0;
    for (const std::string& row : rows_of(database)) {
      const bool known = work.begins_with_mirror && before_.rows.contains(row);
      if (!known && !wanted(work).rows.contains(row)) ++strange;
    }
    EXPECT_EQ(strange, 0U);
    figures.differing += strange;
  } else {
    EXPECT_FALSE(work.begins_with_mirror) << "the old rows cannot be read";
  }
  if (!work.keeps_exports) return;
  const auto exports = exports_of(place());
  for (const auto& [path, bytes] : before_.exports) {
    const auto found = exports.find(path);
    EXPECT_TRUE(found != exports.end() && found->second == bytes) << path << " is not what it was";
  }
}

void FaultsInTurnTest::expect_healed(const Work& work, int exit, const std::string& fault,
                                     Figures& figures) {
  SCOPED_TRACE(fault);
  ++figures.runs;
  ++figures.exits[exit];
  EXPECT_TRUE(exit == 128 + SIGKILL || work.exits.contains(exit)) << exit;
  expect_sound(work, figures);
  if (exit == 0 && work.sees_all) {
    EXPECT_EQ(rows_of(place() / "mirror.db"), wanted(work).rows) << "done is done";
  }
  std::string why;
  const int healing = work.heal ? work.heal(why) : update(config(work.meets_changes), {}, &why);
  ASSERT_EQ(healing, 0) << why;
  const MirrorImage healed = image_of(place());
  if (healed.rows != wanted(work).rows) ++figures.differing;
  EXPECT_EQ(healed.rows, wanted(work).rows);
  EXPECT_EQ(healed.exports, wanted(work).exports);
  EXPECT_EQ(leftovers(), "");
}

bool FaultsInTurnTest::is_mirror() const {
  try {
    const store::Database mirror(place() / "mirror.db", store::Use::query);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Files that no finished run leaves.
std::string FaultsInTurnTest::leftovers() const {
  std::string found;
  for (const auto& entry : fs::recursive_directory_iterator(place())) {
    const std::string name = entry.path().filename().string();
    if (name == ".staging" || name.ends_with(".new") || name.ends_with("-journal")) {
      found += entry.path().string() + "\n";
    }
  }
  return found;
}

void FaultsInTurnTest::print(const std::string& what, const Figures& figures) {
  std::ostringstream text;
  text << "[  FAULTS  ] " << what << ": " << figures.calls << " tried of";
  for (const auto& [kind, count] : figures.kinds) text << " " << kind << " " << count;
  text << "; " << figures.runs << " runs, exits";
  for (const auto& [exit, count] : figures.exits) text << " " << exit << ": " << count;
  text << "; differing rows " << figures.differing << "\n";
  std::cout << text.str() << std::flush;
  EXPECT_EQ(figures.differing, 0U);
  EXPECT_GT(figures.runs, 0U) << "nothing was enumerated";
}

// `run` lets the n-th call go wrong (0 = none, to count them) and tells what was hit; a child that
// dies cannot tell.
void FaultsInTurnTest::enumerate(const std::string& what, const Work& work, Blow blow,
                                 const OneRun& run) {
  Figures figures;
  std::string hit;
  begin(work);
  ASSERT_EQ(run(0, DiskFault::io_error, hit, figures.kinds), 0);
  std::uint64_t counted = 0;
  for (const auto& [kind, count] : figures.kinds) counted += count;
  EXPECT_GT(counted, kFewestCalls) << "nothing was enumerated";
  // A short run takes samples, which end with the last call.
  const std::uint64_t step = long_run() ? 1 : std::max<std::uint64_t>(1, counted / kSamples);
  for (std::uint64_t n = 1 + (counted - 1) % step; !HasFailure(); n += step) {
    bool came = false;
    for (const DiskFault fault : faults_of(n / step, blow)) {
      begin(work);
      hit.clear();
      std::map<std::string, std::uint64_t> kinds;
      const int exit = blow == Blow::death ? in_child([&] { return run(n, fault, hit, kinds); })
                                           : run(n, fault, hit, kinds);
      if (blow == Blow::death ? exit != 128 + SIGKILL : hit.empty()) {
        EXPECT_EQ(exit, 0);
        continue;  // pages that waited for the writer have shared a commit: fewer calls this time
      }
      came = true;
      expect_healed(work, exit, std::to_string(n) + ": " + hit, figures);
    }
    if (came) ++figures.calls;
    if (!came && n > counted) break;
  }
  const char* const how[] = {"once", "from then on", "deaths"};
  print(what + ", " + work.name + ", " + how[static_cast<int>(blow)], figures);
}

void FaultsInTurnTest::each_sqlite_call(const Work& work, Blow blow) {
  prepare();
  enumerate("SQLite", work, blow,
            [&](std::uint64_t n, DiskFault fault, std::string& hit, Kinds& kinds) {
              FaultyVfs vfs({work.calls, n, fault, repeat_of(blow)});
              std::string why;
              const int exit = work.run(vfs.name(), why);
              hit = vfs.hit();
              expect_reason(exit, fault, hit, why);
              kinds = counts_of(vfs, work.calls);
              return exit;
            });
}

void FaultsInTurnTest::each_file_change(const Work& work, Blow blow) {
  prepare();
  enumerate("files", work, blow,
            [&](std::uint64_t n, DiskFault fault, std::string& hit, Kinds& kinds) {
              FaultyFiles files({kFileChanges, n, fault, repeat_of(blow)});
              std::string why;
              const int exit = work.run({}, why);
              hit = files.hit();
              expect_reason(exit, fault, hit, why);
              kinds = counts_of(files, kFileChanges);
              return exit;
            });
}

}  // namespace nexus_mirror::testing
