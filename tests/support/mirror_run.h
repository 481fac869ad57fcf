// nexus-mirror as a child process beside an emulator, for end-to-end tests of its promises.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/emulator_process.h"
#include "support/feed_replay.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {

constexpr const char* kKey = "5f1d0c4b7a3e92865f1d0c4b7a3e92865f1d0c4b7a3e92865f1d0c4b7a3e9286";

// Projects of tests/corpus.
constexpr const char* kBloodCells = "proj_2286d7d1a0e86c51f6e1417ffc98be60";
constexpr const char* kKeypoints = "proj_9e03306b4b36a005c696eca52507a895";

struct Ended {
  int status = -1;  // 128 + number of the signal that ended it
  std::string out, err;
  // The most memory that it had, but no less than what this process had of its own (heap, not
  // code) when it started it: the system counts from the fork on.
  std::int64_t peak_kib = 0;
};

// One run of the program. Belongs to one thread.
class MirrorProcess {
 public:
  // `environment` ("NAME=VALUE") is added to this process's.
  MirrorProcess(const std::filesystem::path& folder, std::vector<std::string> arguments,
                std::vector<std::string> environment = {});
  ~MirrorProcess();  // kills
  MirrorProcess(const MirrorProcess&) = delete;
  MirrorProcess& operator=(const MirrorProcess&) = delete;

  bool running();
  pid_t pid() const { return pid_; }
  Ended wait();
  Ended kill_now();
  void terminate();  // SIGTERM
  void signal(int number);
  std::string err_so_far() const;

 private:
  bool reap(int options);  // whether it has ended

  pid_t pid_ = -1;  // -1 = has ended
  // Once it has ended:
  int status_ = 0;  // of wait4
  std::int64_t peak_kib_ = 0;
  std::filesystem::path out_, err_;
};

// What the tests vary of a configuration: lines of TOML.
struct MirrorSettings {
  std::string endpoint;
  std::string workspace = {};  // lines of [[workspace]]
  std::string http = {};       // of [http]
  std::string sync = {};       // of [sync]
  std::string tables = {};     // further tables, e.g. [[export]]
  std::string key = kKey;
};

// A mirror in a temporary folder of its own, which goes with the object. The mirror as it is after
// each sync() is kept, and at the end the feed of changes is gone back through to all of them: the
// test fails where it leads elsewhere (support/feed_replay.h).
class Mirror {
 public:
  explicit Mirror(const MirrorSettings& settings);
  ~Mirror();
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  void configure(const MirrorSettings& settings);
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path database() const { return folder_ / "mirror.db"; }

  std::unique_ptr<MirrorProcess> start(std::vector<std::string> arguments,
                                       std::vector<std::string> environment = {}) const;
  Ended run(std::vector<std::string> arguments) const;
  Ended sync(std::vector<std::string> options = {}) const;

  // Rows of a query as texts, columns parted by '|', NULL as "NULL".
  std::vector<std::string> rows(const std::string& sql) const;
  std::string value(const std::string& sql) const;  // of the only row
  std::int64_t number(const std::string& sql) const { return std::stoll(value(sql)); }

  // Every row of every table but syncs, changes, who follows them, exports, the mirror's own id and
  // what a quick sync has still to fetch, in an order of their own.
  std::string dump(bool with_links = false) const;

  // The test itself has written to the mirror: what was before is in no feed.
  void forget_feed() const { feed_.forget(); }

 private:
  TemporaryFolder folder_;
  mutable FeedReplay feed_;
};

// An emulator of tests/corpus, or of another folder, with kKey; `arguments` are added.
class PromiseTest : public ::testing::Test {
 protected:
  void serve(std::vector<std::string> arguments = {}, const std::filesystem::path& folder = {});
  EmulatorProcess& emulator() { return *emulator_; }

  // A mirror of the emulator; of `project` alone unless that is empty.
  std::unique_ptr<Mirror> mirror(const std::string& project = {}, const std::string& http = {},
                                 const std::string& sync = {});
  MirrorSettings settings(const std::string& project = {}) const;

  void fault(const std::string& json);  // one object or several, parted by commas
  void clear_faults();
  void forget_requests();
  void put(const std::string& kind, const std::string& id, const std::string& body);
  void remove(const std::string& kind, const std::string& id);

  // The requests of the journal that contain `part`: "path?query", and the answer's status, 0 =
  // none yet, or none at all.
  struct Answered {
    std::string target;
    int status;
  };
  std::vector<Answered> answered(std::string_view part = {});
  std::vector<std::string> requests(std::string_view part = {});  // their targets

 private:
  std::unique_ptr<EmulatorProcess> emulator_;
};

// Lines of tests/corpus/<kind>.ndjson that contain `part`.
std::vector<std::string> corpus_lines(const std::string& kind, std::string_view part = {});

// The first line of them, which must exist, and its id.
std::string corpus_line(const std::string& kind, std::string_view part);
std::string id_of(const std::string& line);

// `text` with the first `from`, which must be in it, as `to`.
std::string replaced(std::string text, std::string_view from, std::string_view to);

std::string file_bytes(const std::filesystem::path& file);

}  // namespace nexus_mirror::testing
