// The daemon, left alone for long: sync after sync of a workspace that changes and a server that
// has faults. What it takes of the machine does not grow, and each so-many-th mirror is a new
// one's, row for row.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <random>

#include "support/long_run.h"
#include "support/mirror_run.h"
#include "support/notify_socket.h"
#include "support/places.h"
#include "support/small_workspace.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// What a process takes.
struct Footprint {
  std::int64_t memory_kib = 0, descriptors = 0, threads = 0, wal_bytes = 0;

  Footprint most_of(const Footprint& other) const {
    return {std::max(memory_kib, other.memory_kib), std::max(descriptors, other.descriptors),
            std::max(threads, other.threads), std::max(wal_bytes, other.wal_bytes)};
  }
};

std::ostream& operator<<(std::ostream& out, const Footprint& footprint) {
  return out << footprint.memory_kib << " KiB, " << footprint.descriptors << " descriptors, "
             << footprint.threads << " threads, WAL " << footprint.wal_bytes << " B";
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class SoakTest : public PromiseTest {
 protected:
  SoakTest() {
    const fs::path data = folder_.path() / "data";
    fs::create_directories(data);
    write_small_workspace(data, false);
    serve({}, data);
    annotations_ = lines_of(data / "annotations.ndjson");
    assets_ = lines_of(data / "assets.ndjson");
    here_.assign(annotations_.size(), true);
    mirror_ = mirror({}, {}, "interval = \"24h\"\nmax_delete_fraction = 1.0\n");
    const fs::path config = mirror_->folder() / "config.toml";
    const std::string text = replaced(file_bytes(config), "max_retries = 2", "max_retries = 0");
    std::ofstream(config) << text;
    socket_ = std::make_unique<NotifySocket>(mirror_->folder() / "notify");
    daemon_ = mirror_->start({"--log-level", "error", "daemon"}, {socket_->variable()});
  }

  std::size_t below(std::size_t count) { return random_() % count; }

  // An annotation goes or comes back, an asset is looked at, or nothing.
  void edit() {
    const std::size_t what = below(8), i = below(annotations_.size());
    if (what < 4) {
      here_[i] ? remove("annotations", id_of(annotations_[i]))
               : put("annotations", id_of(annotations_[i]), annotations_[i]);
      here_[i] = !here_[i];
      ++edits_;
    } else if (what < 7) {
      constexpr const char* kStatuses[] = {"Annotated", "Review", "Completed", "Tofix"};
      std::string& asset = assets_[below(assets_.size())];
      const std::size_t begin = asset.find("\"status\":\"") + 10;
      asset.replace(begin, asset.find('"', begin) - begin, kStatuses[below(4)]);
      put("assets", id_of(asset), asset);
      ++edits_;
    }
  }

  void fail_somewhere() {
    constexpr const char* kFaults[] = {R"("status","status":503)",
                                       R"("reset")",
                                       R"("cut")",
                                       R"("html")",
                                       R"("empty")",
                                       R"("not_json")"};
    fault(R"({"match":"/","nth":)" + std::to_string(1 + below(12)) + R"(,"fault":)" +
          kFaults[below(6)] + "}");
    ++faults_;
  }

  // The daemon's next sync; returns how it ended.
  std::string sync() {
    if (++syncs_ > 1) daemon_->signal(SIGUSR1);
    socket_->seen.clear();
    std::string told;
    try {
      told = socket_->wait_for("STATUS=Sync " + std::to_string(syncs_) + " ");
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what() << "\n" << daemon_->err_so_far();
      return "nothing";
    }
    const std::size_t result = told.find(' ', told.find(' ') + 1) + 1;
    return told.substr(result, told.find_first_of(",; ", result) - result);
  }

  Footprint footprint() const {
    Footprint footprint;
    const fs::path process = fs::path("/proc") / std::to_string(daemon_->pid());
    for (const std::string& line : lines_of(process / "status")) {
      if (line.starts_with("VmRSS:")) footprint.memory_kib = std::stoll(line.substr(6));
      if (line.starts_with("Threads:")) footprint.threads = std::stoll(line.substr(8));
    }
    footprint.descriptors = std::distance(fs::directory_iterator(process / "fd"), {});
    footprint.wal_bytes =
        static_cast<std::int64_t>(fs::file_size(mirror_->database().string() + "-wal"));
    return footprint;
  }

  void expect_equal_to_a_new_one() {
    clear_faults();
    ASSERT_EQ(sync(), "ok");
    forget_requests();  // the emulator's own memory
    const auto clean = mirror();
    ASSERT_EQ(clean->sync().status, 0);
    const std::string here = mirror_->dump(), wanted = clean->dump();
    if (here != wanted) ++differing_;
    EXPECT_EQ(here, wanted) << "at sync " << syncs_;
    ++compared_;
  }

  TemporaryFolder folder_;
  std::mt19937 random_{13};
  std::vector<std::string> annotations_, assets_;
  std::vector<bool> here_;
  std::unique_ptr<Mirror> mirror_;
  std::unique_ptr<NotifySocket> socket_;
  std::unique_ptr<MirrorProcess> daemon_;
  int syncs_ = 0, edits_ = 0, faults_ = 0, compared_ = 0, differing_ = 0;
  std::map<std::string, int> results_;
};

TEST_F(SoakTest, TakesNoMoreAfterManySyncsThanAfterFew) {
  const int all = long_or_short(10'000, 160), each = long_or_short(100, 40);
  Footprint early, late;
  while (syncs_ < all && !HasFailure()) {
    edit();
    if (below(7) == 0) fail_somewhere();
    ++results_[sync()];
    if (below(3) == 0) clear_faults();
    if (syncs_ % each != 0) continue;
    expect_equal_to_a_new_one();
    Footprint& half = syncs_ <= all / 2 ? early : late;
    half = half.most_of(footprint());
  }
  daemon_->terminate();
  EXPECT_EQ(daemon_->wait().status, 0);
  std::cout << "[  SOAK    ] " << syncs_ << " syncs, " << edits_ << " edits, " << faults_
            << " faults;";
  for (const auto& [result, count] : results_) std::cout << " " << result << " " << count;
  std::cout << "; compared " << compared_ << ", differing " << differing_ << "; first half at most "
            << early << "; second " << late << "\n";
  // Sanitizers remember what was freed, and more of it the longer it goes on.
  if (can_preload()) {
    EXPECT_LE(late.memory_kib, early.memory_kib + early.memory_kib / 20 + 1024);
  }
  EXPECT_LE(late.descriptors, early.descriptors);
  EXPECT_LE(late.threads, early.threads);
  EXPECT_LE(late.wal_bytes, early.wal_bytes + early.wal_bytes / 4);
  EXPECT_GT(results_["ok"], all / 2);
  EXPECT_LT(results_["ok"], syncs_) << "no fault was met";
}

}  // namespace
}  // namespace nexus_mirror::testing
