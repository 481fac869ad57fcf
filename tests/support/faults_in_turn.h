// Every change to the disk goes wrong in its turn: SQLite's through a VFS of the test's own, those
// to other files through the seam of env/file.
//
// What each may leave behind is always the same (CONTRACT.md 4.1 and 4.4): a sound database whose
// rows are readable and are those of before or of after, an exit status of CONTRACT.md 1, and
// everything that an undisturbed sync needs to end as a mirror ends that never met a fault, exports
// included.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "nexus_mirror/config.h"
#include "support/faulty_vfs.h"
#include "support/hand_made_mirror.h"

namespace nexus_mirror::testing {

class EmulatorProcess;

// A mirror and its exports, as far as they can be compared.
struct MirrorImage {
  std::set<std::string> rows;                  // but for links and our own notes
  std::map<std::string, std::string> exports;  // by path, without times and signatures
};

// What an enumeration did, for the output of the tests.
struct Figures {
  std::uint64_t calls = 0, runs = 0, differing = 0;
  std::map<std::string, std::uint64_t> kinds;
  std::map<int, std::uint64_t> exits;
};

enum class Blow { once, from_then_on, death };

// What is to withstand the faults: works on place() through the VFS that it is told ("" = the
// system's) and returns the exit status that a command line would.
struct Work {
  std::string name;         // for the output
  bool begins_with_mirror;  // else with nothing
  bool meets_changes;       // the workspace has changed since
  std::set<int> exits;      // those of CONTRACT.md 1 that it may end with
  std::set<VfsCall> calls;  // of SQLite, those that go wrong
  bool keeps_exports;       // after any fault they are what they were
  // Where it ends badly and can say why it stores that in `why`.
  std::function<int(const std::string& vfs, std::string& why)> run;
  // The undisturbed sync after it; empty = with config().
  std::function<int(std::string& why)> heal = {};
  bool sees_all = true;  // once it ends with 0 the rows are those of the workspace
};

class FaultsInTurnTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

  // Lets each of SQLite's calls go wrong.
  void each_sqlite_call(const Work& work, Blow blow);
  // The same for the changes to other files.
  void each_file_change(const Work& work, Blow blow);

  Work first_load() const;
  Work second_sync() const;
  Work quick_sync() const;

  // Exit status of one update, as the command line has it.
  static int update(Config config, const std::string& vfs = {}, std::string* why = nullptr,
                    bool quick = false);

  // Runs `work` in a child process; its exit status, or 128 + the number of the signal.
  static int in_child(const std::function<int()>& work);

  // How the clean mirrors look: of the workspace as it was, and after it changed.
  void prepare();
  std::filesystem::path clean() const { return folder_.path() / "clean"; }
  std::filesystem::path place() const { return folder_.path() / "place"; }
  // What serves the workspace as it was, or as it is `changed`.
  static const EmulatorProcess& emulator(bool changed);
  // The mirror at place(), served the workspace as it was, or as it is `changed`.
  Config config(bool changed) const;

  // place() is of the workspace as it was.
  void mirror_of_before() { mirror_into(place(), false); }
  // place() becomes a copy of `folder`.
  void begin_with(const std::filesystem::path& folder);

  // place() becomes what the work begins with.
  void begin(const Work& work);
  // What is promised of a run that met a fault, and of the one that follows.
  void expect_healed(const Work& work, int exit, const std::string& fault, Figures& figures);

  static void print(const std::string& what, const Figures& figures);

 private:
  // Two emulators: of the workspace as it was and as it is. One pair for all tests: they only ask.
  class Workspaces;
  using Kinds = std::map<std::string, std::uint64_t>;
  using OneRun =
      std::function<int(std::uint64_t n, DiskFault fault, std::string& hit, Kinds& kinds)>;

  // A folder in which the workspace has been mirrored without a fault.
  static void mirror_into(const std::filesystem::path& folder, bool changed);
  const MirrorImage& wanted(const Work& work) const {
    return work.meets_changes ? after_ : before_;
  }
  void enumerate(const std::string& what, const Work& work, Blow blow, const OneRun& run);
  void expect_sound(const Work& work, Figures& figures) const;
  bool is_mirror() const;
  std::string leftovers() const;

  static std::unique_ptr<Workspaces> workspaces_;
  TemporaryFolder folder_;
  MirrorImage before_, after_;
};

}  // namespace nexus_mirror::testing
