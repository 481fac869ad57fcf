// CONTRACT.md 8, 8 and what follows: content that is here stays, is verified, and goes when nothing
// refers to it.
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "env/file.h"
#include "files/verification.h"
#include "support/files_fixture.h"
#include "sync/sync.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// What was begun of a file that is gone by now, and nothing else is due.
TEST_F(Files, Promise8WhatNobodyWillGoOnWithGoes) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path begun =
      mirror->folder() / "files/partial" / (std::string(32, 'a') + "-2274616722-1.1");
  std::ofstream(begun) << "bytes";
  forget_requests();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(begun));
  EXPECT_EQ(downloads(), 0U);
  expect_all_here(*mirror);
  // Nor where another file waits for its next try, whose own begin stays.
  const std::string id = mirror->value("SELECT entity_id FROM files LIMIT 1");
  const std::string base = mirror->value(
      "SELECT substr(url, 1, instr(url, '?') - 1) FROM assets WHERE id = '" + id + "'");
  SQLite::Database(mirror->database().string(), SQLite::OPEN_READWRITE, 5000)
      .exec(
          "INSERT INTO file_queue SELECT project_id, entity, entity_id, (unixepoch() + 3600) * "
          "1000 FROM files WHERE entity_id = '" +
          id + "'");
  mirror->forget_feed();
  const std::string key = std::string("assets\n") + kKeypoints + "\n" + id + "\n" + base;
  const fs::path waits =
      mirror->folder() / "files/partial" / (text::sha256(key).substr(0, 32) + "-2274616722-1.2");
  std::ofstream(begun) << "bytes";
  std::ofstream(waits) << "bytes";
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(begun));
  EXPECT_TRUE(fs::exists(waits));
}

TEST_F(Files, Promise8WhatNothingRefersToGoesByHand) {
  const auto mirror = keeper("keep_unused = \"0\"\n");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->run({"files", "gc", "--dry-run"}).out.substr(0, 8), "0 files,");
  mirror->configure(with("images = []\nkeep_unused = \"0\"\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files"), "0");
  const Ended dry = mirror->run({"files", "gc", "--dry-run"});
  EXPECT_EQ(dry.out.substr(0, 9), "99 files,") << dry.out << dry.err;
  const Ended gone = mirror->run({"files", "gc"});
  EXPECT_EQ(gone.out.substr(0, 9), "99 files,") << gone.out << gone.err;
  std::size_t left = 0;
  content::for_each_content(mirror->folder() / "files", [&](const auto&, auto) { ++left; });
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM content_leftovers"), "0");
}

TEST_F(Files, Promise8UnusedContentStaysForAsLongAsItSays) {
  const auto mirror = keeper("keep_unused = \"1h\"\n");
  ASSERT_EQ(mirror->sync().status, 0);
  mirror->configure(with("images = []\nkeep_unused = \"1h\"\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->run({"files", "gc"}).out.substr(0, 8), "0 files,");
  SQLite::Database(mirror->database().string(), SQLite::OPEN_READWRITE, 5000)
      .exec("UPDATE content_leftovers SET since = since - 3600000");
  ASSERT_EQ(mirror->sync().status, 0);
  std::size_t left = 0;
  content::for_each_content(mirror->folder() / "files", [&](const auto&, auto) { ++left; });
  EXPECT_EQ(left, 0U) << "at a sync's end";
}

// Nobody but who made the folder removes anything from it.
TEST_F(Files, Promise8AFolderOfAnotherMirrorLosesNothing) {
  const auto owner = keeper();
  ASSERT_EQ(owner->sync().status, 0);
  const std::string dir = "dir = \"" + (owner->folder() / "files").string() + "\"\n";
  const auto other = keeper("images = []\n");
  ASSERT_EQ(other->sync().status, 0);
  other->configure(with("images = []\nkeep_unused = \"0\"\n" + dir));
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"files", "gc"}, {"files", "verify"}}) {
    const Ended refused = other->run(command);
    EXPECT_EQ(refused.status, 2) << refused.err;
    EXPECT_NE(refused.err.find("another mirror"), std::string::npos) << refused.err;
  }
  expect_all_here(*owner);
}

// A mirror that is not there is not made, and an empty one would need nothing of what is here.
TEST_F(Files, Promise8AMirrorThatIsNotThereLosesNothing) {
  const auto mirror = keeper("keep_unused = \"0\"\n");
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path away = mirror->folder() / "away.db";
  fs::rename(mirror->database(), away);
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(mirror->database().string() + suffix);
  EXPECT_EQ(mirror->run({"files", "gc"}).status, 5);
  EXPECT_FALSE(fs::exists(mirror->database()));
  std::size_t left = 0;
  content::for_each_content(mirror->folder() / "files", [&](const auto&, auto) { ++left; });
  EXPECT_EQ(left, 99U);
  fs::rename(away, mirror->database());
  expect_all_here(*mirror);
}

// Its content stays for keep_unused, and so it is not sent again: a byte of each tells.
TEST_F(Files, Promise7OnceAProjectThatIsPutBackIsNotFetchedAgain) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->value(
      "SELECT group_concat(entity_id || sha256 || bytes || md5 || etag || mime_type) "
      "FROM (SELECT * FROM files ORDER BY entity_id)");
  mirror->configure(with("images = []\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files"), "0");
  mirror->configure(with());
  forget_requests();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_all_here(*mirror);
  EXPECT_EQ(downloads(), 99U);
  for (const Answered& one : answered("/nexus-emulator/")) EXPECT_EQ(one.status, 206) << one.target;
  EXPECT_EQ(mirror->value("SELECT group_concat(entity_id || sha256 || bytes || md5 || etag || "
                          "mime_type) FROM (SELECT * FROM files ORDER BY entity_id)"),
            before);
}

// What is not mounted is not damaged, and is not fetched onto the disk below.
TEST_F(Files, AFolderThatIsNotMountedIsNoDamage) {
  const auto mirror = keeper();
  const fs::path disk = mirror->folder() / "disk", away = mirror->folder() / "away";
  const std::string dir = "dir = \"" + disk.string() + "\"\n";
  mirror->configure(with(dir));
  ASSERT_EQ(mirror->sync().status, 0);
  fs::rename(disk, away);
  fs::create_directory(disk);
  const Ended verified = mirror->run({"files", "verify"});
  EXPECT_EQ(verified.status, 5) << verified.err;
  EXPECT_NE(verified.err.find("mount its disk"), std::string::npos) << verified.err;
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE status = 'ok'"), "99");
  // One that is due is not fetched there either.
  SQLite::Database(mirror->database().string(), SQLite::OPEN_READWRITE, 5000)
      .exec("INSERT INTO file_queue SELECT project_id, entity, entity_id, 0 FROM files LIMIT 1");
  const Ended synced = mirror->sync();
  EXPECT_EQ(synced.status, 5) << synced.err;
  EXPECT_TRUE(fs::is_empty(disk));
  fs::remove(disk);
  fs::rename(away, disk);
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->run({"files", "verify"}).status, 0);
}

TEST_F(Files, AreVerifiedAndDamagedOnesFetchedAnew) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync().status, 0);
  const Ended fine = mirror->run({"files", "verify"});
  EXPECT_EQ(fine.status, 0) << fine.err;
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE verified_at > 0"), "99");
  const std::string path = mirror->value("SELECT path FROM asset_files LIMIT 1");
  const std::string bytes = file_bytes(path);
  fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put(static_cast<char>(bytes[100] ^ 1));
  }
  const Ended damaged = mirror->run({"files", "verify", "100"});
  EXPECT_EQ(damaged.status, 1) << damaged.err;
  EXPECT_NE(damaged.err.find(path), std::string::npos) << damaged.err;
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE status = 'missing'"), "1");
  const Ended listed = mirror->run({"files", "--missing", "--format", "csv"});
  EXPECT_TRUE(listed.out.starts_with(
      "entity,entity_id,project_id,filename,status,bytes,sha256,path,error\nassets,asset_"))
      << listed.out;
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all_here(*mirror);
  EXPECT_EQ(file_bytes(path), bytes);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM changes WHERE entity = 'files'"), "0");
}

// What the disk does not give back is told, and is no reason to read nothing behind it.
TEST_F(Files, ThatCannotBeReadAreToldAndTheOthersVerified) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync().status, 0);
  Config config;
  config.mirror.database = mirror->database();
  struct Unreadable final : env::FileFaults {
    env::FileFault before(env::FileCall, const fs::path&) override { return {}; }
    int reading(const fs::path& path) override {
      return path.filename().string().size() == 64 && ++reads <= 2 ? EIO : 0;
    }
    int reads = 0;
  } unreadable;
  env::set_file_faults(&unreadable);
  const files::Verification found =
      files::verify_content(config, {.once_a_day = true}, Env::system(), {});
  env::set_file_faults(nullptr);
  EXPECT_EQ(found.files, 97);
  EXPECT_EQ(found.unreadable, 2);
  ASSERT_EQ(found.unreadable_reasons.size(), 2U);
  EXPECT_NE(found.unreadable_reasons[0].find("/files/sha256/"), std::string::npos);
  EXPECT_TRUE(found.damaged.empty());
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE status = 'ok'"), "99");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE verified_at > 0"), "97");
  // After a restart the day goes on with what was not read.
  const files::Verification rest =
      files::verify_content(config, {.once_a_day = true}, Env::system(), {});
  EXPECT_EQ(rest.files, 2);
  // A slice leaves the rest, and says where.
  int most = 10;
  files::VerifyRequest slice;
  slice.go_on = [&] { return most-- > 0; };
  const files::Verification first = files::verify_content(config, slice, Env::system(), {});
  EXPECT_EQ(first.files, 10);
  ASSERT_FALSE(first.after.empty());
  const files::Verification second =
      files::verify_content(config, {.after = first.after}, Env::system(), {});
  EXPECT_EQ(second.files, 89);
  EXPECT_EQ(second.after, "");
}

// Beside a sync that holds the mirror: what is sound is no reason to wait for it.
TEST_F(Files, ASliceThatFoundNothingWaitsForNoSync) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync().status, 0);
  Config config;
  config.mirror.database = mirror->database();
  const auto lock = sync::lock_mirror(config);
  int most = 10;
  files::VerifyRequest slice;
  slice.go_on = [&] { return most-- > 0; };
  EXPECT_EQ(files::verify_content(config, slice, Env::system(), {}).files, 10);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE verified_at > 0"), "0");
}

TEST_F(Files, OfModelsAreKeptToo) {
  serve();
  has_emulator_ = true;
  MirrorSettings wanted = settings(kBloodCells);
  wanted.tables = "[files]\nmin_free = \"0\"\nmodels = [\"*\"]\n";
  const auto mirror = std::make_unique<Mirror>(wanted);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const std::string finished =
      mirror->value("SELECT count(*) FROM models WHERE status = 'Finished'");
  EXPECT_NE(finished, "0");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM model_files WHERE status = 'ok' AND path IS NOT "
                          "NULL AND artifact_id IS NOT NULL"),
            finished);
  expect_sound(*mirror);
}

TEST_F(Files, AFolderOfAnotherMirrorIsRefused) {
  const auto one = keeper();
  ASSERT_EQ(one->sync().status, 0);
  const auto other = keeper("dir = \"" + (one->folder() / "files").string() + "\"\n");
  const Ended refused = other->sync();
  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_EQ(other->value("SELECT count(*) FROM files WHERE status = 'missing'"), "99");
}

}  // namespace
}  // namespace nexus_mirror::testing
