#include "env/noted_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "nexus_mirror/error.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;

class NotedLockTest : public ::testing::Test {
 protected:
  const testing::TemporaryFolder folder_;
  const fs::path path_ = folder_ / "mirror.lock";
};

TEST_F(NotedLockTest, NobodyHoldsOneThatIsNotThere) {
  EXPECT_EQ(read_lock_note(path_).held, Held::no);
  EXPECT_FALSE(fs::exists(path_)) << "to ask writes nothing";
}

TEST_F(NotedLockTest, SaysWhatItsHolderWroteLast) {
  {
    NotedLock lock(path_, 0640);
    EXPECT_EQ(read_lock_note(path_).held, Held::yes);
    EXPECT_EQ(read_lock_note(path_).line, "");
    lock.write("a note that is longer");
    lock.write("a note");
    EXPECT_EQ(read_lock_note(path_).line, "a note");
    lock.write(std::string(100, 'x'));
    EXPECT_EQ(read_lock_note(path_).line, std::string(63, 'x'));
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0640U);
    EXPECT_EQ(status.st_size, 64);
  }
  EXPECT_EQ(read_lock_note(path_).held, Held::no) << "the note stays, its holder does not";
}

TEST_F(NotedLockTest, AskingKeepsNobodyFromTakingIt) {
  { const NotedLock made(path_, 0600); }
  const Descriptor reader = open(path_, O_RDONLY);
  EXPECT_EQ(read_lock_note(path_).held, Held::no);
  const NotedLock lock(path_, 0600);
  EXPECT_EQ(read_lock_note(path_).held, Held::yes);
  EXPECT_THROW(NotedLock(path_, 0600), Error);
  EXPECT_THROW(FileLock{path_}, Error) << "it is the lock that it always was";
}

TEST_F(NotedLockTest, EndsWithItsProcessAndIsNotHandedOn) {
  int ready[2], go[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    NotedLock lock(path_, 0600);
    lock.write("here");
    char byte = 0;
    if (::write(ready[1], "x", 1) != 1 || ::read(go[0], &byte, 1) != 1) ::_exit(1);
    ::_exit(0);  // no destructor runs
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(read_lock_note(path_).line, "here");
  ASSERT_EQ(::write(go[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(read_lock_note(path_).held, Held::no);
}

TEST_F(NotedLockTest, WhoMayNotReadItCannotTell) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const NotedLock lock(path_, 0200);
  EXPECT_EQ(read_lock_note(path_).held, Held::unknown);
}

}  // namespace
}  // namespace nexus_mirror::env
