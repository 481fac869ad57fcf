// The program is killed, or told to stop, at any call by which it changes a file or speaks with the
// server: what follows heals mirror and exports, asks for no page again that was committed, and has
// the hook told at least once.
#include <rapidjson/document.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "store/store.h"
#include "support/emulator_process.h"
#include "support/faults_in_turn.h"
#include "support/long_run.h"
#include "support/mirror_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// A request of a listing: which one, and which page of it ("" = the first).
struct PageRequested {
  std::string listing, page;
};

class KillsTest : public FaultsInTurnTest {
 protected:
  void SetUp() override {
    if (!can_preload()) GTEST_SKIP() << "a sanitizer comes first";
  }

  struct Victim {
    std::string name;
    std::vector<std::string> command;
    bool begins_with_mirror;
    bool meets_changes;
    bool has_hook;
    bool begins_untold = false;  // of a mirror whose changes the hook has not been told of
  };
  void kill_at_random(const Victim& victim);

 private:
  void configure(const Victim& victim) const;
  Ended run(const std::vector<std::string>& command, std::uint64_t at, int signal) const;
  std::uint64_t count_calls(const Victim& victim);
  Work work_of(const Victim& victim, const std::vector<PageRequested>& before);
  void begin_as(const Victim& victim, const Work& work);
  void leave_untold();
  void forget_requests(const Victim& victim) const {
    emulator(victim.meets_changes).control("DELETE", "requests");
  }
  std::vector<PageRequested> pages(const Victim& victim) const;
  void expect_no_page_again(const std::vector<PageRequested>& before,
                            const std::vector<PageRequested>& after);
  void note_checkpoints();
  std::int64_t times_told() const {
    const std::string bytes = file_bytes(told_);
    return std::count(bytes.begin(), bytes.end(), '\n');
  }

  const TemporaryFolder elsewhere_;
  const fs::path told_ = elsewhere_.path() / "told", config_ = elsewhere_.path() / "config.toml",
                 report_ = elsewhere_.path() / "report";
  std::vector<std::string> cursors_;  // with which listings were to go on
  std::vector<std::string> done_;     // paths of listings that were complete
  std::uint64_t resumed_ = 0;         // listings that went on where they were
};

void KillsTest::configure(const Victim& victim) const {
  std::ofstream(elsewhere_.path() / "key") << kKey << '\n';
  fs::permissions(elsewhere_.path() / "key", fs::perms(0600));
  std::ofstream file(config_);
  file << "[mirror]\ndatabase = \"" << (place() / "mirror.db").string() << "\"\nexport_dir = \""
       << (place() / "exports").string() << "\"\n[[workspace]]\nname = \"small\"\nendpoint = \""
       << emulator(victim.meets_changes).url() << "\"\nsecret_key_file = \""
       << (elsewhere_.path() / "key").string() << "\"\n[http]\npage_size = 4\nmax_retries = 0\n"
       << "[[export]]\nformats = [\"keypoints_coco\", \"yolo\", \"ndjson\"]\nsplit_ratio = 0.3\n";
  if (!victim.has_hook) return;
  file << "[hooks]\non_change = [\"/bin/sh\", \"-c\", \"echo told >> '" << told_.string()
       << "'\"]\n";
}

Ended KillsTest::run(const std::vector<std::string>& command, std::uint64_t at, int signal) const {
  std::vector<std::string> arguments = {"--config", config_.string()};
  arguments.insert(arguments.end(), command.begin(), command.end());
  std::vector<std::string> environment;
  if (signal != 0) {
    environment = {"LD_PRELOAD=" + kill_at(), "KILL_AT=" + std::to_string(at),
                   "KILL_WITH=" + std::to_string(signal), "KILL_REPORT=" + report_.string()};
  }
  return MirrorProcess(elsewhere_.path(), arguments, environment).wait();
}

std::vector<PageRequested> KillsTest::pages(const Victim& victim) const {
  rapidjson::Document journal;
  journal.Parse(emulator(victim.meets_changes).requests().c_str());
  std::vector<PageRequested> found;
  for (const auto& request : journal["requests"].GetArray()) {
    std::string query = request["query"].GetString(), page;
    const std::size_t at = query.find("page=");
    if (at != std::string::npos) {
      const std::size_t end = std::min(query.find('&', at), query.size());
      page = query.substr(at + 5, end - at - 5);
      query.erase(at, end - at);
    }
    std::erase(query, '&');
    found.push_back({request["path"].GetString() + ("?" + query), page});
  }
  return found;
}

void KillsTest::note_checkpoints() {
  cursors_.clear();
  done_.clear();
  try {
    store::Database mirror(place() / "mirror.db", store::Use::query);
    store::Statement select =
        mirror.prepare("SELECT project_id, entity, cursor, done FROM checkpoints");
    while (select.step()) {
      const std::string entity(select.text(1));
      if (select.integer(3) == 0) {
        if (!select.text(2).empty()) cursors_.emplace_back(select.text(2));
      } else if (entity == "assets" || entity == "annotations") {
        done_.push_back("/projects/" + std::string(select.text(0)) + "/" + entity + "?");
      }
    }
  } catch (const Error&) {  // there is no mirror yet
  }
}

void KillsTest::expect_no_page_again(const std::vector<PageRequested>& before,
                                     const std::vector<PageRequested>& after) {
  for (const std::string& cursor : cursors_) {
    const auto resumed = std::find_if(after.begin(), after.end(),
                                      [&](const auto& one) { return one.page == cursor; });
    if (resumed == after.end()) {
      ADD_FAILURE() << "no listing goes on at " << cursor;
      continue;
    }
    ++resumed_;
    std::vector<std::string> committed;
    for (const PageRequested& one : before) {
      if (one.listing != resumed->listing) continue;
      if (one.page == cursor) break;
      committed.push_back(one.page);
    }
    for (const PageRequested& one : after) {
      if (one.listing != resumed->listing) continue;
      EXPECT_EQ(std::count(committed.begin(), committed.end(), one.page), 0)
          << one.listing << " page '" << one.page << "' again";
    }
  }
  for (const std::string& path : done_) {
    for (const PageRequested& one : after) {
      EXPECT_EQ(one.listing.find(path), std::string::npos) << one.listing << " again";
    }
  }
}

Work KillsTest::work_of(const Victim& victim, const std::vector<PageRequested>& before) {
  Work work = victim.begins_with_mirror ? second_sync() : first_load();
  work.name = victim.name;
  work.meets_changes = victim.meets_changes;
  work.exits = {0, 1};
  work.sees_all = false;
  work.heal = [this, victim, &before](std::string& why) {
    note_checkpoints();
    forget_requests(victim);
    const Ended ended = run({"sync", "--full"}, 0, 0);
    why = ended.err;
    if (victim.command == std::vector<std::string>{"sync", "--full"}) {
      expect_no_page_again(before, pages(victim));
    }
    return ended.status;
  };
  return work;
}

void KillsTest::leave_untold() {
  begin_with(clean() / "before");
  Config config = this->config(true);
  config.hooks.on_change = {"/nonexistent/sh"};
  ASSERT_EQ(update(config), 0);
  fs::copy(place(), clean() / "untold",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

void KillsTest::begin_as(const Victim& victim, const Work& work) {
  victim.begins_untold ? begin_with(clean() / "untold") : begin(work);
  fs::remove(told_);
  forget_requests(victim);
}

std::uint64_t KillsTest::count_calls(const Victim& victim) {
  begin_as(victim, work_of(victim, {}));
  const Ended ended = run(victim.command, 0, SIGKILL);
  EXPECT_EQ(ended.status, 0) << ended.err;
  std::uint64_t calls = 0;
  std::ifstream(report_) >> calls;
  EXPECT_EQ(times_told() > 0, victim.has_hook);
  return calls;
}

void KillsTest::kill_at_random(const Victim& victim) {
  prepare();
  if (victim.begins_untold) leave_untold();
  configure(victim);
  const std::uint64_t calls = count_calls(victim);
  ASSERT_GT(calls, 50U);
  std::mt19937 chance(static_cast<std::uint32_t>(calls));
  Figures figures;
  figures.calls = calls;
  const int kills = long_or_short(500, 10);
  for (int i = 0; i < kills && !HasFailure(); ++i) {
    const std::uint64_t at = 1 + chance() % calls;
    const int signal = i % 2 == 0 ? SIGKILL : SIGTERM;
    std::vector<PageRequested> before;
    Work work = work_of(victim, before);
    // What has done its work listens no longer.
    if (signal == SIGTERM) work.exits.insert(128 + SIGTERM);
    begin_as(victim, work);
    const Ended ended = run(victim.command, at, signal);
    before = pages(victim);
    ++figures.kinds[signal == SIGKILL ? "SIGKILL" : "SIGTERM"];
    const std::string trace =
        "signal " + std::to_string(signal) + " at " + std::to_string(at) + ": " + ended.err;
    expect_healed(work, ended.status, trace, figures);
    if (!victim.has_hook) continue;
    EXPECT_GE(times_told(), 1) << trace;
    store::Database mirror(place() / "mirror.db", store::Use::query);
    store::ChangeFeed feed(mirror);
    EXPECT_TRUE(feed.unread(store::kHooks, feed.newest()).empty()) << trace;
  }
  figures.kinds["listings resumed"] = resumed_;
  print("killed at random, " + victim.name, figures);
}

TEST_F(KillsTest, AFirstLoad) {
  kill_at_random({"first load", {"sync", "--full"}, false, false, false});
}

TEST_F(KillsTest, AnUpdateWithAHook) {
  kill_at_random({"update with a hook", {"sync", "--full"}, true, true, true});
}

TEST_F(KillsTest, AQuickSyncWithAHook) {
  kill_at_random({"quick sync with a hook", {"sync", "--quick"}, true, true, true});
}

TEST_F(KillsTest, AForcedExport) {
  kill_at_random({"export --force", {"export", "--force"}, true, false, false});
}

TEST_F(KillsTest, AHook) {
  kill_at_random({"a hook", {"sync", "--quick"}, true, true, true, true});
}

}  // namespace
}  // namespace nexus_mirror::testing
