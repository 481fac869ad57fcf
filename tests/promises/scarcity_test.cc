// CONTRACT.md 1 and 4: the machine runs out of memory, threads or descriptors at any instant. The
// program says so with the status that is promised, and the mirror stays sound.
#include <signal.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <thread>

#include "support/long_run.h"
#include "support/mirror_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// What is scarce, from which call on, and for how long.
struct Shortage {
  const char* what;
  long nth = 0;  // 0 = never
  bool lasting = false;
};

class Scarcity : public PromiseTest {
 protected:
  void SetUp() override {
    if (!can_preload()) GTEST_SKIP() << "a sanitizer has its own allocator";
    serve();
    clean_ = served();
    EXPECT_EQ(clean_->sync().status, 0);
    wanted_ = clean_->dump();
  }

  std::unique_ptr<Mirror> served() {
    MirrorSettings wanted = settings(kKeypoints);
    wanted.tables = "[[export]]\nformats = [\"coco\"]\n";
    return std::make_unique<Mirror>(wanted);
  }

  std::unique_ptr<MirrorProcess> start(const Mirror& mirror, const Shortage& shortage,
                                       std::vector<std::string> arguments) const {
    std::vector<std::string> environment = {
        "LD_PRELOAD=" + scarce(), std::string("SCARCE=") + shortage.what,
        "SCARCE_NTH=" + std::to_string(shortage.nth), "SCARCE_REPORT=" + report().string()};
    if (shortage.lasting) environment.emplace_back("SCARCE_LASTING=1");
    return mirror.start(std::move(arguments), environment);
  }

  fs::path report() const { return clean_->folder() / "report"; }
  long reported() const { return std::stol(file_bytes(report())); }

  // About `most` calls among the first `total`, or in a long run `more` of them.
  static std::vector<long> some_of(long total, long most, long more) {
    const long step = std::max(total / long_or_short(more, most), 1L);
    std::vector<long> calls;
    for (long call = 1; call <= total; call += step) calls.push_back(call);
    return calls;
  }

  // Each of some calls in its turn: the exit is promised, one line says what is lacking, and with
  // all that it needs the next sync ends as a clean mirror.
  void each(const char* what, std::vector<std::string> arguments, bool lasting, long most,
            long more) {
    const bool writes = arguments.front() == "sync";
    auto mirror = served();
    if (!writes) {
      ASSERT_EQ(mirror->sync().status, 0);
    }
    ASSERT_EQ(start(*mirror, {what}, arguments)->wait().status, 0);
    const long total = reported();
    std::map<int, int> exits;
    for (const long call : some_of(total, most, more)) {
      SCOPED_TRACE(std::string(what) + " " + arguments.front() + " " + std::to_string(call));
      if (writes) mirror = served();
      const Ended ended = start(*mirror, {what, call, lasting}, arguments)->wait();
      ++exits[ended.status];
      EXPECT_TRUE(ended.status == 0 || ended.status == 5) << ended.status << ": " << ended.err;
      // What was lacking for a moment SQLite may have got round, until something else failed.
      if (ended.status == 5 && lasting) {
        EXPECT_TRUE(says(what, ended.err)) << ended.err;
      }
      if (!writes || HasFailure()) continue;
      const Ended healed = mirror->sync();
      EXPECT_EQ(healed.status, 0) << healed.err;
      EXPECT_EQ(mirror->value("PRAGMA integrity_check"), "ok");
      EXPECT_TRUE(mirror->dump() == wanted_);
    }
    std::cout << "[ SCARCITY ] " << what << ", " << arguments.front()
              << (lasting ? ", from then on: " : ", once: ") << total << " calls; exits";
    for (const auto& [exit, count] : exits) std::cout << " " << exit << ": " << count;
    std::cout << "\n";
    EXPECT_GT(total, 0);
  }

  static bool synced(const Mirror& mirror) {
    try {
      return mirror.value("SELECT count(*) > 0 FROM syncs WHERE result = 'ok'") == "1";
    } catch (const std::exception&) {  // there is none yet, or its tables are being made
      return false;
    }
  }

  static bool says(const std::string& what, const std::string& err) {
    const auto has = [&](const char* part) { return err.find(part) != std::string::npos; };
    if (what == "memory") return has("out of memory") || has("annot allocate memory");
    if (what == "threads") return has("no thread is left") || has("temporarily unavailable");
    return has("Too many open files") || has("no descriptor is left");
  }

  std::unique_ptr<Mirror> clean_;
  std::string wanted_;
};

TEST_F(Scarcity, OfMemoryEndsASyncWithStatus5) { each("memory", {"sync"}, true, 16, 1500); }
TEST_F(Scarcity, OfMemoryForAMomentToo) { each("memory", {"sync"}, false, 16, 1500); }
TEST_F(Scarcity, OfThreadsEndsASyncWithStatus5OrSlowsIt) {
  each("threads", {"sync"}, true, 8, 100);
  each("threads", {"sync"}, false, 8, 100);
}
TEST_F(Scarcity, OfDescriptorsEndsASyncWithStatus5) {
  each("descriptors", {"sync"}, true, 12, 1000);
  each("descriptors", {"sync"}, false, 12, 1000);
}
TEST_F(Scarcity, EndsWhatReadsTheMirrorWithStatus5) {
  for (const char* what : {"memory", "descriptors"}) {
    each(what, {"status"}, true, 8, 400);
    each(what, {"query", "SELECT tag, count(*) FROM annotations GROUP BY 1"}, true, 8, 400);
    each(what, {"export", "--force"}, true, 8, 400);
  }
}

// A daemon that has begun outlives it: what it could not do it does in its next round.
TEST_F(Scarcity, IsOutlivedByADaemon) {
  for (const char* what : {"memory", "threads", "descriptors"}) {
    const auto run = [&](long nth, Ended& ended) {
      const auto mirror = served();
      const auto daemon = start(*mirror, {what, nth, false}, {"daemon"});
      // Each round that did not go through is followed by one that need not be waited for.
      std::size_t failed = 0;
      const auto has_synced = [&] {
        const std::string err = daemon->err_so_far();
        const std::size_t last = err.rfind("next_sync_ms=");
        if (last != err.npos && last + 1 > failed) {
          failed = last + 1;
          daemon->signal(SIGUSR1);
        }
        return err.find(" ok: ") != err.npos || synced(*mirror);  // the line may have been lost
      };
      while (daemon->running() && !has_synced()) std::this_thread::yield();
      const bool outlived = daemon->running();
      if (outlived) daemon->terminate();
      ended = daemon->wait();
      if (outlived) {
        EXPECT_TRUE(mirror->dump() == wanted_);
      }
    };
    Ended ended;
    run(0, ended);
    ASSERT_EQ(ended.status, 0) << ended.err;
    const long total = reported();
    std::map<int, int> exits;
    for (const long call : some_of(total, 8, 300)) {
      SCOPED_TRACE(std::string(what) + " daemon " + std::to_string(call));
      run(call, ended);
      ++exits[ended.status];
      const bool began = ended.err.find(" ready ") != std::string::npos;
      EXPECT_TRUE(ended.status == 0 || (!began && ended.status == 5))
          << ended.status << ": " << ended.err;
    }
    std::cout << "[ SCARCITY ] " << what << ", daemon, once: " << total << " calls; exits";
    for (const auto& [exit, count] : exits) std::cout << " " << exit << ": " << count;
    std::cout << "\n";
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
