// CONTRACT.md 4.8: the key is in nothing that anybody else reads.
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <thread>

#include "support/http_server.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class Promise8Private : public PromiseTest {
 protected:
  // Files below the mirror's folder that hold `secret`, without those that are there for it.
  static std::vector<std::string> files_with(const Mirror& mirror, const std::string& secret) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(mirror.folder())) {
      if (!entry.is_regular_file() || entry.path().filename() == "key") continue;
      if (file_bytes(entry.path()).find(secret) != std::string::npos) {
        found.push_back(entry.path().filename().string());
      }
    }
    return found;
  }

  static void execute(const Mirror& mirror, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(mirror.database().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }
};

TEST_F(Promise8Private, TheKeyIsInNoOutputAndNoFile) {
  const auto mirror = this->mirror(kKeypoints);
  std::vector<Ended> runs;
  for (const char* format : {"text", "json"}) {
    for (const std::string kind :
         {R"("fault":"status","status":503)", R"("fault":"reset")", R"("fault":"html")",
          R"("fault":"status","status":403)",
          R"("fault":"redirect","location":"https://example.com/x?X-Goog-Signature=ab")"}) {
      fault(R"({"match":"/annotations","nth":0,)" + kind + "}");
      const Ended ended =
          mirror->run({"--log-level", "debug", "--log-format", format, "sync", "--json"});
      EXPECT_NE(ended.status, 0);
      EXPECT_EQ(ended.err.find("X-Goog-Signature=ab"), std::string::npos) << ended.err;
      clear_faults();
    }
  }
  EXPECT_EQ(mirror->run({"--log-level", "debug", "sync", "--json"}).status, 0);
  EXPECT_EQ(mirror->run({"config", "print"}).status, 0);
  EXPECT_EQ(mirror->run({"status", "--json"}).status, 0);
  EXPECT_EQ(files_with(*mirror, kKey), std::vector<std::string>());
}

TEST_F(Promise8Private, AServerThatRepeatsTheKeyDoesNotGetItIntoALog) {
  const auto mirror = this->mirror(kKeypoints);
  fault(R"({"match":"/annotations","nth":0,"fault":"redirect","location":"https://example.com/)" +
        std::string(kKey) + R"("})");
  EXPECT_EQ(mirror->run({"--log-level", "debug", "sync"}).status, 1);
  EXPECT_EQ(files_with(*mirror, kKey), std::vector<std::string>());
  const HttpServer server([](const std::string&, int) -> Reply {
    return {answer(401, R"({"code":"UnauthorizedError","message":"the key )" + std::string(kKey) +
                            R"( is not known"})")};
  });
  MirrorSettings wanted = settings();
  wanted.endpoint = server.url();
  const Mirror refused(wanted);
  const Ended ended = refused.run({"--log-level", "debug", "sync", "--json"});
  EXPECT_EQ(ended.status, 3);
  EXPECT_NE(ended.err.find("is not known"), std::string::npos) << ended.err;
  EXPECT_EQ(files_with(refused, kKey), std::vector<std::string>());
}

TEST_F(Promise8Private, SignaturesStayInTheLinkColumns) {
  const auto mirror = this->mirror();
  const Ended ended = mirror->run({"--log-level", "debug", "sync", "--json"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  const std::string asset = corpus_line("assets", kKeypoints);
  const std::string model = corpus_line("models", kKeypoints);
  put("assets", id_of(asset), replaced(asset, "\"width\":", "\"width\":1,\"old\":"));
  remove("models", id_of(model));
  ASSERT_EQ(mirror->run({"--log-level", "debug", "sync"}).status, 0);
  EXPECT_GT(mirror->number("SELECT count(*) FROM assets WHERE url LIKE '%X-Goog-Signature=%'"), 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM changes WHERE before LIKE '%X-Goog%' OR after "
                           "LIKE '%X-Goog%'"),
            0);
  EXPECT_EQ(ended.out.find("X-Goog"), std::string::npos);
  EXPECT_EQ(ended.err.find("X-Goog"), std::string::npos);
}

TEST_F(Promise8Private, TheMirrorIsReadableByItsOwnerAlone) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  struct stat file {};
  ASSERT_EQ(stat(mirror->database().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(Promise8Private, EveryRequestOfTheApiCarriesTheKey) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(emulator().requests().find("\"key\":false"), std::string::npos);
}

// What stops a sync before it begins has an exit status of its own.
TEST_F(Promise8Private, AWrongKeyIsThree) {
  for (const char* const status : {"403", "401"}) {
    serve({"--wrong-key", status});
    MirrorSettings wanted = settings();
    wanted.key = std::string(64, 'a');
    const Mirror mirror(wanted);
    const Ended ended = mirror.sync();
    EXPECT_EQ(ended.status, 3) << status << ended.err;
    EXPECT_NE(ended.err.find("secret key"), std::string::npos) << ended.err;
    EXPECT_TRUE(files_with(mirror, wanted.key).empty()) << status;
    mirror.rows("SELECT 1");
  }
}

TEST_F(Promise8Private, AServerThatIsNotThereIsFour) {
  const auto mirror = this->mirror();
  emulator().stop();
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 4) << ended.err;
  EXPECT_NE(ended.err.find("127.0.0.1"), std::string::npos) << ended.err;
}

TEST_F(Promise8Private, AConfigurationWithAMistakeIsTwo) {
  const auto mirror = this->mirror("", "max_retrys = 3");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_NE(ended.err.find("max_retries"), std::string::npos) << ended.err;
  EXPECT_TRUE(requests().empty());
  EXPECT_FALSE(fs::exists(mirror->database()));
}

TEST_F(Promise8Private, AMirrorOfANewerVersionIsFive) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  execute(*mirror, "PRAGMA user_version = 99");
  const std::string before = mirror->dump(true);
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 5) << ended.err;
  EXPECT_TRUE(mirror->dump(true) == before);
}

TEST_F(Promise8Private, ADamagedMirrorIsFive) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  execute(*mirror, "PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string good = file_bytes(mirror->database());
  for (const std::size_t at : {std::size_t{0}, std::size_t{4096}, good.size() / 4}) {
    std::string bad = good;
    std::fill(bad.begin() + static_cast<std::ptrdiff_t>(at), bad.end(), '\x5a');
    for (const char* end : {"-wal", "-shm"}) fs::remove(mirror->database().string() + end);
    std::ofstream(mirror->database(), std::ios::binary) << bad;
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 5) << "from byte " << at << ": " << ended.err;
    EXPECT_NE(ended.err.find("mirror.db"), std::string::npos) << ended.err;
  }
  mirror->forget_feed();  // which nobody can read any more
}

TEST_F(Promise8Private, ASecondInstanceIsSeven) {
  const auto mirror = this->mirror(kKeypoints);
  fault(R"({"match":"/workspace","fault":"stall"})");
  const auto first = mirror->start({"sync"});
  while (first->running() && requests("/workspace").empty()) std::this_thread::yield();
  const Ended second = mirror->sync();
  EXPECT_EQ(second.status, 7) << second.err;
  first->terminate();
  EXPECT_EQ(first->wait().status, 1);
  EXPECT_EQ(mirror->sync().status, 0);
}

TEST_F(Promise8Private, ADryRunWritesNothing) {
  const auto mirror = this->mirror(kKeypoints);
  const auto files = [&] {
    std::map<std::string, std::string> bytes;
    for (const auto& entry : fs::recursive_directory_iterator(mirror->folder())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("out_") || name.starts_with("err_")) continue;
      bytes[entry.path().string()] = entry.is_regular_file() ? file_bytes(entry.path()) : "";
    }
    return bytes;
  };
  const auto nothing = files();
  const Ended first = mirror->sync({"--dry-run"});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_TRUE(files() == nothing);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files();
  remove("annotations", id_of(corpus_line("annotations", kKeypoints)));
  const Ended second = mirror->sync({"--dry-run"});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_TRUE(files() == before);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 125);
}

}  // namespace
}  // namespace nexus_mirror::testing
