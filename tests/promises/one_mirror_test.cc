// One mirror, reached by several paths: whatever links lead to its file, its locks are one.
#include <gtest/gtest.h>

#include <fstream>

#include "nexus_mirror/env.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class OneMirrorTest : public PromiseTest {
 protected:
  // The configuration of `mirror` with another path of its database.
  static fs::path configured(const Mirror& mirror, const fs::path& database) {
    const std::string whole = file_bytes(mirror.folder() / "config.toml");
    const fs::path file = mirror.folder() / "linked.toml";
    std::ofstream(file) << replaced(whole, mirror.database().string(), database.string());
    return file;
  }

  static Ended run(const Mirror& mirror, const fs::path& database,
                   const std::vector<std::string>& command) {
    std::vector<std::string> arguments = {"--config", configured(mirror, database).string()};
    arguments.insert(arguments.end(), command.begin(), command.end());
    return MirrorProcess(mirror.folder(), std::move(arguments)).wait();
  }
};

TEST_F(OneMirrorTest, ALinkHasTheLocksOfTheFile) {
  serve();
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path elsewhere = mirror->folder() / "elsewhere";
  fs::create_directory(elsewhere);
  fs::create_symlink("../mirror.db", elsewhere / "link.db");
  fs::create_symlink(mirror->folder(), elsewhere / "folder");
  fs::create_symlink(elsewhere / "link.db", elsewhere / "second.db");
  const std::vector<fs::path> paths = {elsewhere / "link.db", elsewhere / "folder" / "mirror.db",
                                       elsewhere / "second.db"};
  for (const fs::path& path : paths) {
    {
      const FileLock lock(mirror->database().string() + ".lock");
      const Ended busy = run(*mirror, path, {"sync"});
      EXPECT_EQ(busy.status, 7) << path << ": " << busy.err;
    }
    {
      const FileLock lock(mirror->database().string() + ".daemon.lock");
      EXPECT_EQ(run(*mirror, path, {"daemon"}).status, 7) << path;
    }
    EXPECT_EQ(run(*mirror, path, {"sync"}).status, 0) << path;
    EXPECT_EQ(run(*mirror, path, {"query", "SELECT 1"}).status, 0) << path;
    EXPECT_EQ(run(*mirror, path, {"status"}).status, 0) << path;
  }
  // Nothing of the mirror lies beside the links.
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(elsewhere)) ++entries;
  EXPECT_EQ(entries, 3U);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM syncs WHERE result = 'ok'"), 4);
}

TEST_F(OneMirrorTest, ALinkWithoutAFileMakesTheFileThatItNames) {
  serve();
  const auto mirror = this->mirror(kKeypoints);
  const fs::path link = mirror->folder() / "link.db";
  fs::create_symlink("mirror.db", link);
  EXPECT_EQ(run(*mirror, link, {"query", "SELECT 1"}).status, 5);
  {
    const FileLock lock(mirror->database().string() + ".lock");
    EXPECT_EQ(run(*mirror, link, {"sync"}).status, 7);
  }
  EXPECT_EQ(run(*mirror, link, {"sync"}).status, 0);
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_TRUE(fs::is_regular_file(mirror->database()));
  EXPECT_FALSE(fs::exists(link.string() + ".lock"));
  EXPECT_GT(mirror->number("SELECT count(*) FROM annotations"), 0);
  ASSERT_EQ(mirror->sync().status, 0);
}

}  // namespace
}  // namespace nexus_mirror::testing
