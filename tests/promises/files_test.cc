// CONTRACT.md 8: images and models on the disk, through the real programs. Each test says in its
// name which promise it holds.
#include <SQLiteCpp/Database.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "content/content_folder.h"
#include "env/file.h"
#include "files/verification.h"
#include "support/mirror_run.h"
#include "sync/sync.h"
#include "text/digest.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class Files : public PromiseTest {
 protected:
  // A mirror of the keypoint project, whose 99 images are kept; `more` are lines of [files].
  std::unique_ptr<Mirror> keeper(const std::string& more = {}, const std::string& http = {}) {
    if (!has_emulator_) serve();
    has_emulator_ = true;
    return std::make_unique<Mirror>(with(more, http));
  }
  MirrorSettings with(const std::string& more = {}, const std::string& http = {}) const {
    MirrorSettings wanted = settings(kKeypoints);
    wanted.http = http.empty() ? "read_timeout = \"500ms\"\n" : http;
    wanted.tables = "[files]\nmin_free = \"0\"\n";
    if (more.find("images =") == more.npos) wanted.tables += "images = [\"*\"]\n";
    wanted.tables += more;
    return wanted;
  }
  void serve_links_for(const std::string& seconds) {
    serve({"--link-life", seconds});
    has_emulator_ = true;
  }

  // Every file that the mirror says is here is what it says, and nothing false is stored.
  static void expect_sound(const Mirror& mirror) {
    content::for_each_content(mirror.folder() / "files", [&](const auto& sha256, std::uint64_t) {
      const fs::path path = content::content_path(mirror.folder() / "files", sha256);
      EXPECT_EQ(content::hash_file(path, {})->sha256, sha256);
    });
    for (const std::string& row :
         mirror.rows("SELECT sha256, path FROM asset_files WHERE status = 'ok'")) {
      const std::size_t bar = row.find('|');
      EXPECT_EQ(text::sha256(file_bytes(row.substr(bar + 1))), row.substr(0, bar));
    }
  }
  static void expect_all_here(const Mirror& mirror) {
    expect_sound(mirror);
    EXPECT_EQ(mirror.value("SELECT count(*) FROM asset_files WHERE status = 'ok'"), "99");
    EXPECT_EQ(mirror.value("SELECT count(*) FROM files WHERE status <> 'ok'"), "0");
    EXPECT_EQ(mirror.value("SELECT count(*) FROM file_queue"), "0");
    EXPECT_TRUE(fs::is_empty(mirror.folder() / "files/partial"));
  }
  // The pause after a failure is over.
  static void let_pauses_pass(const Mirror& mirror) {
    SQLite::Database(mirror.database().string(), SQLite::OPEN_READWRITE, 5000)
        .exec("UPDATE file_queue SET next_at = 0");
  }
  std::size_t downloads() { return requests("/nexus-emulator/").size(); }

  bool has_emulator_ = false;
};

TEST_F(Files, AreFetchedAfterThePassesAndTheViewsSayWhereTheyAre) {
  const auto mirror = keeper();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_all_here(*mirror);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM assets a JOIN asset_files f ON f.asset_id = a.id "
                          "WHERE f.bytes = a.file_size AND f.filename = a.filename"),
            "99");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE mime_type = 'image/jpeg' AND etag "
                          "LIKE '\"%\"' AND length(crc32c) = 8 AND length(md5) = 24 AND "
                          "fetched_at > 0 AND verified_at IS NULL AND error IS NULL"),
            "99");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM changes WHERE entity = 'files'"), "0");
  const std::string path = mirror->value("SELECT path FROM asset_files LIMIT 1");
  EXPECT_TRUE(path.starts_with((mirror->folder() / "files/sha256/").string())) << path;
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0444U);
}

TEST_F(Files, OnlyWhatIsWantedIsFetched) {
  const auto mirror = keeper("statuses = [\"Review\"]\nmax_file = \"60kB\"\n");
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string wanted =
      mirror->value("SELECT count(*) FROM assets WHERE status = 'Review' AND file_size <= 60000");
  EXPECT_NE(wanted, "0");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE status = 'ok'"), wanted);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files"), wanted);
  mirror->configure(with("images = []\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files"), "0");
}

// The server says nothing of its size: it is asked for once.
TEST_F(Files, OneThatTurnsOutLargerThanMaxFileIsLeftOut) {
  const auto mirror = keeper("max_file = \"100B\"\n");
  const std::string line = corpus_line("assets", kKeypoints);
  put("assets", id_of(line), replaced(line, "\"fileSize\":33750", "\"fileSize\":null"));
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(downloads(), 1U);
  EXPECT_NE(ended.err.find("1 files are larger than max_file"), std::string::npos) << ended.err;
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files"), "0");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM file_queue"), "0");
  forget_requests();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(downloads(), 0U);
}

TEST_F(Files, NoFilesMeansNotThisTime) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  EXPECT_EQ(downloads(), 0U);
  EXPECT_FALSE(fs::exists(mirror->folder() / "files"));
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all_here(*mirror);
}

// Each fault of the storage at its first, second and last request.
TEST_F(Files, Promise1And2WholeOrNotThereWhateverTheStorageDoes) {
  serve();
  has_emulator_ = true;
  for (const char* const fault :
       {"cut", "reset", "hang", "slow", "html", "empty", "other_version", "no_hash", "wrong_hash",
        "short_file", "no_range", "other_range", "stored_packed", "packed_on_the_way", "expired",
        "redirect", "status"}) {
    const auto mirror = keeper("concurrency = 2\n");
    for (const int nth : {1, 2, 99}) {
      this->fault(R"({"match":"/nexus-emulator/","nth":)" + std::to_string(nth) + R"(,"fault":")" +
                  fault + R"(","location":"http://127.0.0.1:1/x?X-Goog-Signature=secret"})");
    }
    const Ended ended = mirror->sync();
    EXPECT_TRUE(ended.status == 0 || ended.status == 1) << fault << ended.err;
    EXPECT_EQ(ended.err.find("secret"), std::string::npos) << ended.err;
    EXPECT_EQ(ended.err.find("X-Goog-Signature"), std::string::npos) << ended.err;
    expect_sound(*mirror);
    clear_faults();
    let_pauses_pass(*mirror);
    const Ended healed = mirror->sync();
    EXPECT_EQ(healed.status, 0) << fault << healed.err;
    expect_all_here(*mirror);
  }
}

// What came is not held back for more of its kind.
TEST_F(Files, Promise1AKillCostsWhatCameWithinASecond) {
  const auto mirror = keeper("concurrency = 1\n", "read_timeout = \"600s\"\n");
  fault(R"({"match":"/nexus-emulator/","nth":4,"fault":"hang"})");
  const auto process = mirror->start({"sync"});
  const auto contents = [&] {
    int count = 0;
    content::for_each_content(mirror->folder() / "files", [&](const auto&, auto) { ++count; });
    return count;
  };
  while (contents() < 3 && process->running()) std::this_thread::yield();
  while (process->running() &&
         mirror->value("SELECT count(*) FROM files WHERE status = 'ok'") != "3") {
  }
  process->kill_now();
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE status = 'ok'"), "3");
  forget_requests();
  clear_faults();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(downloads(), 96U);
  expect_all_here(*mirror);
}

TEST_F(Files, Promise3ADeadLinkIsAskedForAnewByIdOnce) {
  const auto mirror = keeper("concurrency = 1\n");
  fault(R"({"match":"/nexus-emulator/","nth":5,"times":1,"fault":"expired"})");
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_all_here(*mirror);
  EXPECT_EQ(requests("/assets/asset_").size(), 1U + 99U + 1U) << "the link's host has the paths";
  EXPECT_EQ(downloads(), 100U);
}

// All links have died before the first is used: each is asked for just before it is.
TEST_F(Files, Promise3LinksThatDieInTheQueueAreAskedForLate) {
  serve_links_for("9");  // less than the margin within which none is used
  const auto mirror = keeper();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_all_here(*mirror);
  EXPECT_EQ(downloads(), 99U) << "no dead link was tried";
}

TEST_F(Files, Promise4TheKeyDoesNotGoToTheStorage) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string journal = emulator().requests();
  std::size_t storage = 0;
  for (std::size_t at = journal.find("\"storage\":true"); at != journal.npos;
       at = journal.find("\"storage\":true", at + 1)) {
    ++storage;
    EXPECT_EQ(journal.substr(journal.rfind("\"key\":", at), 11), "\"key\":false");
  }
  EXPECT_EQ(storage, 99U);
}

TEST_F(Files, Promise5NeverAFullDisk) {
  const auto mirror = keeper("");
  MirrorSettings full = with();
  full.tables = replaced(full.tables, "min_free = \"0\"", "min_free = \"1000000TiB\"");
  mirror->configure(full);
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 5) << ended.err;
  EXPECT_NE(ended.err.find("min_free"), std::string::npos) << ended.err;
  EXPECT_EQ(mirror->value("SELECT result FROM syncs"), "partial");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files WHERE status = 'missing'"), "99");
  EXPECT_EQ(downloads(), 0U) << "what is known not to fit is not asked for";
  EXPECT_TRUE(fs::exists(mirror->folder() / "exports/index.json")) << "the rest goes on";
  mirror->configure(with());
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all_here(*mirror);
}

TEST_F(Files, Promise6AFileThatCannotBeHadIsContained) {
  const auto mirror = keeper();
  const std::string id = id_of(corpus_line("assets", kKeypoints));
  fault(R"({"match":"/nexus-emulator/.*/)" + id + R"(","nth":0,"fault":"status","status":404})");
  const Ended first = mirror->sync();
  EXPECT_EQ(first.status, 1) << first.err;
  EXPECT_EQ(mirror->rows("SELECT entity_id, status, attempts, error FROM files "
                         "WHERE status <> 'ok'"),
            std::vector<std::string>{id + "|failed|1|the storage answered 404"});
  EXPECT_EQ(mirror->value("SELECT result FROM syncs"), "partial");
  const Ended status = mirror->run({"status", "--json"});
  EXPECT_EQ(status.status, 0) << "files alone never make the mirror stale: " << status.out;
  EXPECT_NE(status.out.find("\"files\":{\"ok\":98,\"missing\":0,\"failed\":1,"), std::string::npos)
      << status.out;
  forget_requests();
  EXPECT_EQ(mirror->sync().status, 0) << "neither result nor exit tell of it again";
  EXPECT_EQ(downloads(), 0U) << "its pause is not over";
  let_pauses_pass(*mirror);
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value("SELECT attempts FROM files WHERE status = 'failed'"), "2");
  EXPECT_EQ(mirror->value("SELECT next_at - unixepoch() * 1000 BETWEEN 60000 AND 121000 FROM "
                          "file_queue"),
            "1")
      << "the pauses double";
  clear_faults();
  let_pauses_pass(*mirror);
  EXPECT_EQ(mirror->sync().status, 0);
  expect_all_here(*mirror);
}

// A storage that has nothing for anybody is asked for twenty files, and the rest is left as it was.
TEST_F(Files, Promise6AStorageThatGivesNothingOutIsGivenUp) {
  for (const char* const fault : {R"("fault":"reset")", R"("fault":"status","status":403)",
                                  R"("fault":"status","status":503)", R"("fault":"html")"}) {
    const auto mirror = keeper();
    this->fault(R"({"match":"/nexus-emulator/","nth":0,)" + std::string(fault) + "}");
    forget_requests();
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("20 files in a row could not be had"), std::string::npos) << ended.err;
    EXPECT_LT(downloads(), 99U);
    EXPECT_LT(mirror->number("SELECT count(*) FROM files WHERE attempts > 0"), 30);
    EXPECT_GT(mirror->number("SELECT count(*) FROM files WHERE status = 'missing' AND "
                             "attempts = 0 AND error IS NULL"),
              60);
    clear_faults();
    let_pauses_pass(*mirror);
    EXPECT_EQ(mirror->sync().status, 0);
    expect_all_here(*mirror);
  }
}

TEST_F(Files, Promise7OnceWhatIsHereIsNotAskedForAgain) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync().status, 0);
  forget_requests();
  const std::string before = mirror->dump(true);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(downloads(), 0U);
  EXPECT_TRUE(mirror->dump(true) == before);
}

TEST_F(Files, Promise1AnAssetThatChangesIsLookedAtAnew) {
  const auto mirror = keeper();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string line = corpus_line("assets", kKeypoints), id = id_of(line);
  const std::string was = mirror->value("SELECT sha256 FROM files WHERE entity_id = '" + id + "'");
  // Of another type, and the same bytes: one is asked for.
  forget_requests();
  put("assets", id, replaced(line, "\"mimeType\":\"image/jpeg\"", "\"mimeType\":\"image/jpg\""));
  ASSERT_EQ(mirror->sync().status, 0);
  put("assets", id, replaced(line, "\"fileSize\":33750", "\"fileSize\":33760"));
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string is = mirror->value("SELECT sha256 FROM files WHERE entity_id = '" + id + "'");
  EXPECT_NE(is, was);
  expect_all_here(*mirror);
  const auto changes = mirror->rows(
      "SELECT op, entity_id, before, after FROM changes WHERE entity = 'files' ORDER BY seq");
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes.back().substr(0, changes.back().find('{')), "update|" + id + "|");
  EXPECT_NE(changes.back().find("{\"sha256\":\"" + is + "\"}"), std::string::npos);
  // What went is told behind the asset.
  remove("assets", id);
  ASSERT_EQ(mirror->sync({"--allow-mass-delete"}).status, 0);
  EXPECT_EQ(mirror->value("SELECT op || before FROM changes WHERE entity = 'files' "
                          "ORDER BY seq DESC LIMIT 1"),
            "delete{\"sha256\":\"" + is + "\"}");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM files"), "98");
  EXPECT_TRUE(content::content_bytes(mirror->folder() / "files", was)) << "the history names it";
  EXPECT_TRUE(content::content_bytes(mirror->folder() / "files", is)) << "this one, too";
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
