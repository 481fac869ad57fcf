// Files on their way into a folder while every change to the disk fails, or kills, in its turn.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "exports/staging.h"
#include "exports/unpack.h"
#include "nexus_mirror/error.h"
#include "support/archives.h"
#include "support/faulty_files.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;
using Tree = std::map<std::string, std::string>;  // files by their path

Tree tree_of(const fs::path& folder) {
  Tree tree;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::string& bytes = tree[entry.path().lexically_relative(folder).string()];
    bytes.resize(entry.file_size());
    std::ifstream(entry.path(), std::ios::binary)
        .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  return tree;
}

void put(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

// The files of a project as Staging's owner writes them: some change, one is large and has parts
// that wait in a scratch file.
struct Project {
  static constexpr std::size_t kLarge = 300 << 10;  // more than is held in memory
  static inline const std::string kPart = std::string(kLarge, 'p');

  static void make_old(const fs::path& folder) {
    put(folder / "annotations/same.txt", "same");
    put(folder / "annotations/labels/a.txt", "old a");
    put(folder / "annotations/large.json", std::string(kLarge, 'o') + kPart);
    put(folder / "links.json", "old links");
    put(folder / ".staging/left/by-a-kill", "x");
  }
  static Tree old_files() {
    return {{"annotations/same.txt", "same"},
            {"annotations/labels/a.txt", "old a"},
            {"annotations/large.json", std::string(kLarge, 'o') + kPart},
            {"links.json", "old links"}};
  }
  static Tree new_files() {
    return {{"annotations/same.txt", "same"},
            {"annotations/labels/a.txt", "new a"},
            {"annotations/labels/b.txt", "new b"},
            {"annotations/large.json", std::string(kLarge, 'n') + kPart},
            {"links.json", "new links"}};
  }
  static void write(const fs::path& folder) {
    std::set<std::string> changed;
    exports::Staging staging(folder, false, [&](const exports::StagedFile& file) {
      if (file.changed) changed.insert(file.path);
    });
    const auto files = staging.files("annotations");
    for (const char* path : {"same.txt", "labels/a.txt", "labels/b.txt"}) {
      const auto out = files->create(path);
      out->write(new_files().at(std::string("annotations/") + path));
      out->close();
    }
    const auto scratch = files->scratch();
    scratch->write(kPart.substr(0, kLarge - 1));
    scratch->write(kPart.substr(kLarge - 1));
    const auto out = files->create("large.json");
    out->write(std::string(kLarge, 'n'));
    out->append(*scratch);
    out->close();
    staging.flush();
    for (const std::string& path : changed) staging.put_in_place(path);
    staging.settle();
    staging.write_file("links.json", "new links");
  }
};

// An archive that takes the place of another.
struct Archive {
  static void make_old(const fs::path& folder) {
    put(folder / "coco/old.json", "old");
    put(folder / "coco/images/old.jpg", "old");
    put(folder / ".coco.unpacking/by-a-kill", "x");
    put(folder / ".archive", zip_of({{"new.json", std::string(100 << 10, 'n')},
                                     {"images/a.jpg", "new a"},
                                     {"images/b.jpg", "new b"}}));
  }
  static Tree old_files() { return {{"coco/old.json", "old"}, {"coco/images/old.jpg", "old"}}; }
  static Tree new_files() {
    return {{"coco/new.json", std::string(100 << 10, 'n')},
            {"coco/images/a.jpg", "new a"},
            {"coco/images/b.jpg", "new b"}};
  }
  static void write(const fs::path& folder) {
    exports::unpack(folder / ".archive", folder / "coco", {});
  }
};

// Without what is on its way, which nobody is to look at: names that begin with a point.
Tree visible(const Tree& tree) {
  Tree seen;
  for (const auto& [path, bytes] : tree) {
    if (!path.starts_with(".")) seen[path] = bytes;
  }
  return seen;
}

// Each file is the old one or the new one.
template <typename Work>
void expect_no_file_torn(const Tree& tree, const std::string& what) {
  const Tree before = Work::old_files(), after = Work::new_files();
  for (const auto& [path, bytes] : visible(tree)) {
    const bool old_one = before.contains(path) && before.at(path) == bytes;
    const bool new_one = after.contains(path) && after.at(path) == bytes;
    EXPECT_TRUE(old_one || new_one) << path << " after " << what;
  }
}

template <typename Work>
class ExportsFaults : public ::testing::Test {
 protected:
  // Undisturbed, whatever has happened before: all is there and nothing is left.
  void expect_whole_in_the_end(const fs::path& folder, const std::string& what) {
    Work::write(folder);
    Tree tree = tree_of(folder);
    tree.erase(".archive");
    EXPECT_TRUE(tree == Work::new_files()) << "after " << what;
  }

  TemporaryFolder folder_;
};

using Works = ::testing::Types<Project, Archive>;
TYPED_TEST_SUITE(ExportsFaults, Works);

TYPED_TEST(ExportsFaults, EveryChangeFailsInTurnAndNoFileIsTorn) {
  int said = 0, silent = 0;
  std::set<env::FileCall> kinds;
  for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
    for (std::uint64_t n = 1;; ++n) {
      ASSERT_LT(n, 200U);
      const fs::path folder = this->folder_.path() / "work";
      fs::remove_all(folder);
      TypeParam::make_old(folder);
      FaultyFiles files({kFileChanges, n, DiskFault::short_write, repeat});
      bool failed = false;
      try {
        TypeParam::write(folder);
      } catch (const Error& error) {
        failed = true;
        EXPECT_EQ(error.code(), ErrorCode::machine) << files.hit();
        // What a kill has left is in the way where it could not be removed.
        const bool in_the_way = files.hit().starts_with("remove of ");
        EXPECT_TRUE(error.reason() == "the disk is full" ||
                    (in_the_way && error.reason() == "File exists"))
            << error.what();
      }
      files.heal();
      const Tree tree = tree_of(folder);
      expect_no_file_torn<TypeParam>(tree, files.hit());
      EXPECT_TRUE(failed || visible(tree) == TypeParam::new_files()) << files.hit();
      if (!files.reached()) break;
      ++(failed ? said : silent);
      for (const env::FileCall kind : kFileChanges) {
        if (files.hit().starts_with(name_of(kind))) kinds.insert(kind);
      }
      this->expect_whole_in_the_end(folder, files.hit());
    }
  }
  EXPECT_GT(said, 20);
  EXPECT_GT(kinds.size(), 5U);
  std::printf("%d changes failed with an error and %d without one, of %zu kinds\n", said, silent,
              kinds.size());
}

TYPED_TEST(ExportsFaults, ADeathAtAnyChangeTearsNoFile) {
  for (std::uint64_t n = 1;; ++n) {
    ASSERT_LT(n, 200U);
    const fs::path folder = this->folder_.path() / "work";
    fs::remove_all(folder);
    TypeParam::make_old(folder);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const FaultyFiles files({kFileChanges, n, DiskFault::death});
      TypeParam::write(folder);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const std::string what = "death " + std::to_string(n);
    expect_no_file_torn<TypeParam>(tree_of(folder), what);
    this->expect_whole_in_the_end(folder, what);
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      EXPECT_GT(n, 20U);
      break;
    }
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
  }
}

// Beside a folder that is replaced whole nothing half is to be seen, either.
TEST(ExportsFaultsTest, AFolderOfAnArchiveIsTheOldOneOrTheNewOne) {
  const TemporaryFolder scratch;
  for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
    for (std::uint64_t n = 1;; ++n) {
      const fs::path folder = scratch.path() / "work";
      fs::remove_all(folder);
      Archive::make_old(folder);
      FaultyFiles files({kFileChanges, n, DiskFault::io_error, repeat});
      try {
        Archive::write(folder);
      } catch (const Error&) {
      }
      const Tree tree = visible(tree_of(folder));
      EXPECT_TRUE(tree == Archive::old_files() || tree == Archive::new_files()) << files.hit();
      if (!files.reached()) break;
    }
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
