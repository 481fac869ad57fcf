#include "env/file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/faulty_files.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;
using testing::DiskFault;
using testing::FaultyFiles;
using testing::kFileChanges;
using testing::name_of;
using testing::Repeat;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

unsigned mode_of(const fs::path& path) {
  struct stat found {};
  EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777U;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Names and their bytes, as the seam's tests compare a folder before and after.
std::string picture_of(const fs::path& folder) {
  std::string picture;
  for (const std::string& name : names_in(folder)) {
    const fs::path path = folder / name;
    picture += name + ' ' + std::to_string(mode_of(path)) + ' ';
    if (fs::is_symlink(path)) picture += fs::read_symlink(path).string();
    if (fs::is_directory(fs::symlink_status(path))) picture += "(" + picture_of(path) + ")";
    if (fs::is_regular_file(fs::symlink_status(path))) picture += bytes_of(path);
    picture += '\n';
  }
  return picture;
}

class FileTest : public ::testing::Test {
 protected:
  FileTest() : umask_(::umask(027)) {}
  ~FileTest() override { ::umask(umask_); }

  fs::path at(const std::string& name) const { return folder_.path() / name; }
  static void put(const fs::path& file, const std::string& bytes) {
    Descriptor out = env::open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ASSERT_EQ(out.error(), 0) << file;
    ASSERT_EQ(write_all(out, bytes), 0);
    ASSERT_EQ(env::close(out), 0);
  }

  testing::TemporaryFolder folder_;
  const mode_t umask_;
};

TEST_F(FileTest, ADescriptorClosesWhatItOwnsAndNothingTwice) {
  Descriptor one = env::open(at("one"), O_RDWR | O_CREAT, 0600);
  const int first = one.get();
  EXPECT_NE(::fcntl(first, F_GETFD) & FD_CLOEXEC, 0);
  Descriptor two = std::move(one);
  EXPECT_FALSE(one);
  EXPECT_EQ(two.get(), first);
  two = env::open(at("two"), O_RDWR | O_CREAT, 0600);
  EXPECT_EQ(::fcntl(first, F_GETFD), -1);
  const int second = two.release();
  EXPECT_FALSE(two);
  two.reset();
  EXPECT_NE(::fcntl(second, F_GETFD), -1);
  { const Descriptor owner(second); }
  EXPECT_EQ(::fcntl(second, F_GETFD), -1);
}

TEST_F(FileTest, ADescriptorSaysWhyThereIsNone) {
  EXPECT_EQ(Descriptor().error(), 0);
  const Descriptor none = env::open(at("nothing"), O_RDONLY);
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
  EXPECT_EQ(none.error(), ENOENT);
}

TEST_F(FileTest, WritesAllAndReadsUpToTheEnd) {
  const std::string all(3 << 20, 'x');
  put(at("file"), all);
  const Descriptor file = env::open(at("file"), O_RDONLY);
  std::string block(2 << 20, '\0');
  std::size_t count = 0;
  ASSERT_EQ(read_some(file, block, count), 0);
  EXPECT_EQ(count, block.size());
  ASSERT_EQ(read_some(file, block, count), 0);
  EXPECT_EQ(count, all.size() - block.size());
  ASSERT_EQ(read_some(file, block, count), 0);
  EXPECT_EQ(count, 0U);
  EXPECT_EQ(bytes_of(at("file")), all);
}

TEST_F(FileTest, SaysWhatTheSystemSays) {
  put(at("file"), "");
  std::size_t count = 0;
  std::string block(1, '\0');
  EXPECT_EQ(read_some(env::open(folder_.path(), O_RDONLY), block, count), EISDIR);
  EXPECT_EQ(write_all(env::open(at("file"), O_RDONLY), "x"), EBADF);
  EXPECT_EQ(env::rename(at("nothing"), at("file")), ENOENT);
  EXPECT_EQ(env::exchange(at("file"), at("nothing")), ENOENT);
  EXPECT_EQ(remove_file(at("nothing")), ENOENT);
  EXPECT_EQ(remove_folder(at("file")), ENOTDIR);
  EXPECT_EQ(make_folder(at("file"), 0755), EEXIST);
  EXPECT_EQ(make_folder(at("no/where"), 0755), ENOENT);
  EXPECT_EQ(make_folders(at("file/below")), EEXIST);
  EXPECT_EQ(make_folders(at("file")), EEXIST);
  EXPECT_EQ(make_link("there", at("file")), EEXIST);
  EXPECT_EQ(set_mode(at("nothing"), 0600), ENOENT);
  EXPECT_EQ(flush_folder(at("nothing")), ENOENT);
  EXPECT_EQ(flush_folder(at("file")), ENOTDIR);
  EXPECT_EQ(flush_filesystem(at("nothing")), ENOENT);
}

TEST_F(FileTest, TheUmaskBitesModesUntilTheyAreSet) {
  const Descriptor file = env::open(at("file"), O_WRONLY | O_CREAT, 0666);
  EXPECT_EQ(mode_of(at("file")), 0640U);
  ASSERT_EQ(set_mode(file, 0666), 0);
  EXPECT_EQ(mode_of(at("file")), 0666U);
  ASSERT_EQ(make_folder(at("folder"), 0777), 0);
  EXPECT_EQ(mode_of(at("folder")), 0750U);
  ASSERT_EQ(set_mode(at("folder"), 0777), 0);
  EXPECT_EQ(mode_of(at("folder")), 0777U);
}

TEST_F(FileTest, MakesTheFoldersThatAreMissing) {
  ASSERT_EQ(make_folder(at("a"), 0700), 0);
  ASSERT_EQ(make_folders(at("a/b/c")), 0);
  ASSERT_EQ(make_folders(at("a/b/c")), 0);
  EXPECT_EQ(mode_of(at("a")), 0700U);
  EXPECT_EQ(mode_of(at("a/b")), 0750U);
  EXPECT_EQ(mode_of(at("a/b/c")), 0750U);
  // A link to a folder will do, as it does for all who look for a file below it.
  ASSERT_EQ(make_link("a", at("link")), 0);
  ASSERT_EQ(make_folders(at("link/d")), 0);
  EXPECT_TRUE(fs::is_directory(at("a/d")));
}

TEST_F(FileTest, RenamesAndExchanges) {
  put(at("one"), "1");
  put(at("two"), "2");
  ASSERT_EQ(env::exchange(at("one"), at("two")), 0);
  EXPECT_EQ(bytes_of(at("one")), "2");
  EXPECT_EQ(bytes_of(at("two")), "1");
  ASSERT_EQ(env::rename(at("one"), at("two")), 0);
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"two"});
  EXPECT_EQ(bytes_of(at("two")), "2");
}

TEST_F(FileTest, RemovesATreeAndNothingThatALinkLeadsTo) {
  ASSERT_EQ(make_folders(at("kept/inside")), 0);
  put(at("kept/inside/file"), "1");
  ASSERT_EQ(make_folders(at("tree/a/b")), 0);
  put(at("tree/a/b/file"), "2");
  put(at("tree/file"), "3");
  ASSERT_EQ(make_link(at("kept"), at("tree/a/folder")), 0);
  ASSERT_EQ(make_link(at("kept/inside/file"), at("tree/file.link")), 0);
  ASSERT_EQ(make_link("nowhere", at("tree/dangling")), 0);
  ASSERT_EQ(remove_tree(at("tree")), 0);
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"kept"});
  EXPECT_EQ(bytes_of(at("kept/inside/file")), "1");

  ASSERT_EQ(make_link("kept", at("link")), 0);
  ASSERT_EQ(remove_tree(at("link")), 0);
  ASSERT_EQ(remove_tree(at("link")), 0) << "what is not there is no failure";
  put(at("file"), "");
  ASSERT_EQ(remove_tree(at("file")), 0);
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"kept"});
}

TEST_F(FileTest, RemovingATreeEndsAtWhatCannotBeRemoved) {
  ASSERT_EQ(make_folders(at("tree/a")), 0);
  put(at("tree/a/file"), "1");
  const FaultyFiles files({kFileChanges, 2});
  EXPECT_EQ(remove_tree(at("tree")), EIO);
  EXPECT_EQ(names_in(at("tree/a")), std::vector<std::string>{}) << "the first was removed";
  EXPECT_EQ(files.hit(), "remove of " + at("tree/a").string());
}

TEST_F(FileTest, ANamelessFileIsSeenByNobody) {
  const auto expect_nameless = [&] {
    const Descriptor file = open_nameless(folder_.path());
    ASSERT_EQ(file.error(), 0);
    EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{});
    struct stat found {};
    ASSERT_EQ(::fstat(file.get(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    ASSERT_EQ(write_all(file, "abc"), 0);
    ASSERT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
    std::string block(10, '\0');
    std::size_t count = 0;
    ASSERT_EQ(read_some(file, block, count), 0);
    EXPECT_EQ(block.substr(0, count), "abc");
  };
  expect_nameless();
  // As where the file system has none: one with a name, which it loses.
  const FaultyFiles files({{FileCall::create}, 1}, EOPNOTSUPP);
  expect_nameless();
  EXPECT_TRUE(files.reached());
  EXPECT_EQ(files.calls(FileCall::create), 2U);
  EXPECT_EQ(files.calls(FileCall::remove), 1U);
}

// Every change that there is, each on its own and with something to change.
struct Change {
  FileCall call;
  std::string name;  // of what changes, below the folder
  std::function<int(const fs::path& folder)> make;
};

const std::vector<Change>& changes() {
  const auto opened = [](const fs::path& folder) { return env::open(folder / "file", O_WRONLY); };
  static const std::vector<Change> all = {
      {FileCall::create, "made",
       [](const fs::path& folder) {
         return env::open(folder / "made", O_WRONLY | O_CREAT, 0600).error();
       }},
      {FileCall::create, "file",
       [](const fs::path& folder) {
         return env::open(folder / "file", O_WRONLY | O_TRUNC).error();
       }},
      {FileCall::create, "",
       [](const fs::path& folder) {
         return env::open(folder, O_TMPFILE | O_WRONLY, 0600).error();
       }},
      {FileCall::write, "file",
       [opened](const fs::path& folder) { return write_all(opened(folder), "new!"); }},
      {FileCall::close, "file",
       [opened](const fs::path& folder) {
         Descriptor file = opened(folder);
         const int fd = file.get(), error = env::close(file);
         EXPECT_EQ(::fcntl(fd, F_GETFD), -1) << "also when it fails";
         return error;
       }},
      {FileCall::set_mode, "file",
       [](const fs::path& folder) { return set_mode(folder / "file", 0600); }},
      {FileCall::set_mode, "file",
       [opened](const fs::path& folder) { return set_mode(opened(folder), 0600); }},
      {FileCall::flush, "file", [opened](const fs::path& folder) { return flush(opened(folder)); }},
      {FileCall::flush, "empty",
       [](const fs::path& folder) { return flush_folder(folder / "empty"); }},
      {FileCall::flush, "empty",
       [](const fs::path& folder) { return flush_filesystem(folder / "empty"); }},
      {FileCall::rename, "other",
       [](const fs::path& folder) { return env::rename(folder / "file", folder / "other"); }},
      {FileCall::rename, "other",
       [](const fs::path& folder) { return env::exchange(folder / "file", folder / "other"); }},
      {FileCall::remove, "file",
       [](const fs::path& folder) { return remove_file(folder / "file"); }},
      {FileCall::remove, "empty",
       [](const fs::path& folder) { return remove_folder(folder / "empty"); }},
      {FileCall::remove, "empty",
       [](const fs::path& folder) { return remove_tree(folder / "empty"); }},
      {FileCall::make_folder, "made",
       [](const fs::path& folder) { return make_folder(folder / "made", 0700); }},
      {FileCall::make_folder, "made",
       [](const fs::path& folder) { return make_folders(folder / "made"); }},
      {FileCall::make_link, "made",
       [](const fs::path& folder) { return make_link("file", folder / "made"); }},
  };
  return all;
}

class FileFaultsTest : public FileTest {
 protected:
  void make_anew() {
    ASSERT_EQ(remove_tree(at("work")), 0);
    ASSERT_EQ(make_folders(at("work/empty")), 0);
    put(at("work/file"), "old.");
    put(at("work/other"), "2");
  }
};

TEST_F(FileFaultsTest, EveryKindOfChangeIsAskedForByItsNameAndThenCarriedOut) {
  std::set<FileCall> kinds;
  for (const Change& change : changes()) {
    make_anew();
    FaultyFiles files({kFileChanges, 1});
    EXPECT_EQ(change.make(at("work")), EIO);
    const fs::path path = change.name.empty() ? at("work") : at("work/" + change.name);
    EXPECT_EQ(files.hit(), std::string(name_of(change.call)) + " of " + path.string());
    EXPECT_EQ(files.calls(kFileChanges), 1U) << files.hit();
    EXPECT_EQ(change.make(at("work")), 0) << "a fault that comes once is over: " << files.hit();
    kinds.insert(change.call);
  }
  EXPECT_EQ(kinds, kFileChanges);
}

TEST_F(FileFaultsTest, AChangeThatFailsChangesNothing) {
  for (const Change& change : changes()) {
    make_anew();
    const std::string before = picture_of(at("work"));
    const FaultyFiles files({kFileChanges, 1, DiskFault::disk_full, Repeat::from_then_on});
    for (int i = 0; i < 2; ++i) EXPECT_EQ(change.make(at("work")), ENOSPC);
    EXPECT_EQ(picture_of(at("work")), before) << files.hit();
  }
}

TEST_F(FileFaultsTest, AFolderWithoutItsModeIsNoneUnlessTheDiskKnowsOfNoModes) {
  make_anew();
  {
    const FaultyFiles files({{FileCall::set_mode}, 1});
    EXPECT_EQ(make_folders(at("work/a/b"), 0755), EIO);
    EXPECT_EQ(files.hit(),
              std::string(name_of(FileCall::set_mode)) + " of " + at("work/a").string());
  }
  EXPECT_FALSE(fs::exists(at("work/a")));
  EXPECT_EQ(make_folders(at("work/a/b"), 0755), 0);
  EXPECT_EQ(mode_of(at("work/a")), 0755U);
  EXPECT_EQ(mode_of(at("work/a/b")), 0755U);
}

TEST_F(FileFaultsTest, AShortWriteLeavesHalfOfIt) {
  make_anew();
  const FaultyFiles files({{FileCall::write}, 1, DiskFault::short_write});
  const Descriptor file = env::open(at("work/file"), O_WRONLY);
  EXPECT_EQ(write_all(file, "new!"), ENOSPC);
  EXPECT_EQ(bytes_of(at("work/file")), "ned.");
  EXPECT_EQ(write_all(file, "xt"), 0);
  EXPECT_EQ(bytes_of(at("work/file")), "next");
}

TEST_F(FileFaultsTest, WhoReadsAsksNobody) {
  make_anew();
  const FaultyFiles files({kFileChanges, 1});
  const Descriptor file = env::open(at("work/file"), O_RDONLY | O_NOFOLLOW);
  std::string block(10, '\0');
  std::size_t count = 0;
  EXPECT_EQ(read_some(file, block, count), 0);
  EXPECT_TRUE(env::open(at("work"), O_RDONLY | O_DIRECTORY));
  EXPECT_EQ(make_folders(at("work/empty")), 0) << "it is there";
  EXPECT_FALSE(files.reached());
}

TEST_F(FileFaultsTest, CountsTheKindsOfItsPlanAndFailsTheOneThatIsMeant) {
  make_anew();
  FaultyFiles files({{FileCall::make_folder}, 2, DiskFault::io_error, Repeat::once}, EACCES);
  EXPECT_EQ(make_folder(at("work/1"), 0700), 0);
  EXPECT_EQ(make_link("1", at("work/link")), 0);
  EXPECT_EQ(make_folder(at("work/2"), 0700), EACCES);
  EXPECT_EQ(make_folder(at("work/2"), 0700), 0);
  EXPECT_EQ(files.hit(), "make_folder of " + at("work/2").string());
  EXPECT_EQ(files.calls(FileCall::make_folder), 3U);
  EXPECT_EQ(files.calls(kFileChanges), 4U);

  files.plan({{FileCall::remove}, 1, DiskFault::io_error, Repeat::from_then_on});
  EXPECT_EQ(files.calls(kFileChanges), 0U);
  EXPECT_EQ(remove_folder(at("work/2")), EACCES);
  EXPECT_EQ(remove_folder(at("work/2")), EACCES);
  files.heal();
  EXPECT_EQ(remove_folder(at("work/2")), 0);
  EXPECT_TRUE(files.reached());
}

TEST_F(FileFaultsTest, DiesInPlaceOfTheCallThatIsMeant) {
  make_anew();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const FaultyFiles files({kFileChanges, 2, DiskFault::death});
    std::ignore = make_folder(at("work/1"), 0700);
    std::ignore = make_folder(at("work/2"), 0700);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_TRUE(fs::exists(at("work/1")));
  EXPECT_FALSE(fs::exists(at("work/2")));
}

}  // namespace
}  // namespace nexus_mirror::env
