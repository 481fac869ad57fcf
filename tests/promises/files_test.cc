// CONTRACT.md 8: images and models on the disk, through the real programs. Each test says in its
// name which promise it holds; files_kept_test.cc has the rest.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <random>
#include <thread>

#include "support/files_fixture.h"
#include "support/long_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

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
  EXPECT_NE(ended.err.find("1 file is larger than max_file"), std::string::npos) << ended.err;
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

// At any call that changes a file or goes to the network, over and over.
TEST_F(Files, Promise1WholeOrNotThereWhereverTheProcessDies) {
  if (!can_preload()) GTEST_SKIP() << "a sanitizer comes first";
  const int kills = long_or_short(500, 12);
  std::mt19937 random(15);
  auto mirror = keeper();
  const std::string report = (mirror->folder() / "calls").string();
  const auto run = [&](std::int64_t at) {
    return mirror
        ->start({"sync", "--no-export"},
                {"LD_PRELOAD=" + kill_at(), "KILL_AT=" + std::to_string(at),
                 "KILL_WITH=" + std::to_string(SIGKILL), "KILL_REPORT=" + report})
        ->wait()
        .status;
  };
  ASSERT_EQ(run(1'000'000'000), 0);
  const std::int64_t calls = std::stoll(file_bytes(report));
  ASSERT_GT(calls, 300);
  int killed = 0, ended = 0, in_a_row = 0;
  while (killed < kills) {
    if (in_a_row == 0) {
      mirror = keeper();
      ASSERT_EQ(mirror->sync({"--no-files", "--no-export"}).status, 0);
    }
    const int status = run(1 + static_cast<std::int64_t>(random() % calls));
    ASSERT_TRUE(status == 0 || status == 128 + SIGKILL) << status;
    expect_sound(*mirror);
    ++(status == 0 ? ended : killed);
    ++in_a_row;
    if (status != 0 && in_a_row < 8) continue;
    ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
    expect_all_here(*mirror);
    in_a_row = 0;
  }
  std::cout << killed << " kills among " << calls << " calls, " << ended << " syncs that ended\n";
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

// A storage that has nothing for anybody is asked for a hundred files, and the rest is left as it
// was.
TEST_F(Files, Promise6AStorageThatGivesNothingOutIsGivenUp) {
  for (const char* const fault : {R"("fault":"reset")", R"("fault":"status","status":403)",
                                  R"("fault":"status","status":503)", R"("fault":"html")"}) {
    serve();
    MirrorSettings wanted = with();
    wanted.workspace = settings(kBloodCells).workspace;
    const auto mirror = std::make_unique<Mirror>(wanted);
    this->fault(R"({"match":"/nexus-emulator/","nth":0,)" + std::string(fault) + "}");
    forget_requests();
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("100 files in a row could not be had"), std::string::npos)
        << ended.err;
    EXPECT_LT(downloads(), 360U);
    EXPECT_LT(mirror->number("SELECT count(*) FROM files WHERE attempts > 0"), 120);
    EXPECT_GT(mirror->number("SELECT count(*) FROM files WHERE status = 'missing' AND "
                             "attempts = 0 AND error IS NULL"),
              200);
    clear_faults();
    let_pauses_pass(*mirror);
    EXPECT_EQ(mirror->sync().status, 0);
    expect_sound(*mirror);
    EXPECT_EQ(mirror->number("SELECT count(*) FROM files WHERE status = 'ok'"), 364);
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

}  // namespace
}  // namespace nexus_mirror::testing
