// CONTRACT.md 4.7: what a reader who sleeps does to the write-ahead log, and that it is said.
#include <rapidjson/document.h>

#include <filesystem>
#include <thread>

#include "store/wal_state.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class WhoHoldsTheLogTest : public PromiseTest {
 protected:
  WhoHoldsTheLogTest() {
    serve();
    mirror_ = mirror(kKeypoints);
    EXPECT_EQ(mirror_->sync().status, 0);
  }
  // A query without end, in its transaction.
  std::unique_ptr<MirrorProcess> reader() const {
    auto process =
        mirror_->start({"query",
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                        "SELECT count(*) FROM n, projects"});
    while (process->running() && state().reader_pid == 0) std::this_thread::yield();
    return process;
  }
  store::WalState state() const { return store::wal_state(mirror_->database().string()); }
  rapidjson::Document status() const {
    rapidjson::Document document;
    const Ended ended = mirror_->run({"status", "--json"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    document.Parse(ended.out.c_str());
    return document;
  }

  std::unique_ptr<Mirror> mirror_;
};

TEST_F(WhoHoldsTheLogTest, NobodyDoesAfterASync) {
  EXPECT_EQ(state().bytes, 0);
  EXPECT_EQ(state().reader_pid, 0);
  const auto said = status();
  EXPECT_EQ(said["wal_bytes"].GetInt64(), 0);
  EXPECT_TRUE(said["wal_reader_pid"].IsNull());
}

TEST_F(WhoHoldsTheLogTest, AReaderIsNamedAndSoIsTheSizeOfWhatItHolds) {
  const auto reader = this->reader();
  const std::string line = corpus_line("annotations", kKeypoints);
  put("annotations", id_of(line), replaced(line, "\"createDate\":", "\"createDate\":1"));
  ASSERT_EQ(mirror_->sync().status, 0);
  const auto said = status();
  EXPECT_GT(said["wal_bytes"].GetInt64(), 0);
  EXPECT_EQ(said["wal_reader_pid"].GetInt64(), reader->pid());
  // What lies behind the last frame of a log is no part of it: as large as one that was held long.
  fs::resize_file(mirror_->database().string() + "-wal", 100 << 20);
  const Ended text = mirror_->run({"status"});
  EXPECT_NE(text.out.find("log         100.0 MiB, held by a reader, process " +
                          std::to_string(reader->pid()) + "\n"),
            std::string::npos)
      << text.out;
  reader->kill_now();
  EXPECT_EQ(state().reader_pid, 0);
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(state().bytes, 0) << "the next sync takes all of it in";
}

TEST_F(WhoHoldsTheLogTest, WhereThereIsNoMirrorThereIsNone) {
  const store::WalState none = store::wal_state("/nonexistent/mirror.db");
  EXPECT_EQ(none.bytes, 0);
  EXPECT_EQ(none.reader_pid, 0);
}

}  // namespace
}  // namespace nexus_mirror::testing
