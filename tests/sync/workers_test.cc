#include "sync/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace nexus_mirror::sync {
namespace {

// What `thrown` holds, as text.
std::string text_of(const std::exception_ptr& thrown) {
  if (!thrown) return "nothing";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "something";
  }
}

TEST(WorkersTest, RunTasksInTheirOrderOnTheCallersThread) {
  std::stop_source abort;
  Workers workers(abort);
  std::vector<int> done;
  std::set<std::thread::id> threads;
  for (int i = 0; i < 100; ++i) {
    workers.add([&, i] {
      done.push_back(i);
      threads.insert(std::this_thread::get_id());
    });
  }
  EXPECT_EQ(text_of(workers.run(1)), "nothing");
  ASSERT_EQ(done.size(), 100U);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
}

TEST(WorkersTest, RunAsManyTasksAtOnceAsTheyMay) {
  std::stop_source abort;
  Workers workers(abort);
  std::latch together(4);
  for (int i = 0; i < 4; ++i) workers.add([&] { together.arrive_and_wait(); });
  EXPECT_EQ(text_of(workers.run(4)), "nothing");
}

TEST(WorkersTest, HandOnWhateverIsThrownAndBeginNoFurtherTask) {
  const std::vector<std::pair<std::string, Workers::Task>> thrown = {
      {"something", [] { throw 7; }},
      {"no", [] { throw std::runtime_error("no"); }},
      {"std::bad_alloc", [] { throw std::bad_alloc(); }}};
  for (const auto& [text, task] : thrown) {
    std::stop_source abort;
    Workers workers(abort);
    int later = 0;
    workers.add(task);
    workers.add([&] { ++later; });
    EXPECT_EQ(text_of(workers.run(1)), text);
    EXPECT_TRUE(abort.stop_requested());
    EXPECT_EQ(later, 0);
  }
}

TEST(WorkersTest, HandOnWhatIsThrownOnAnyThread) {
  std::stop_source abort;
  Workers workers(abort);
  std::latch together(4);
  std::atomic<int> ended = 0;
  for (int i = 0; i < 4; ++i) {
    workers.add([&] {
      together.arrive_and_wait();
      ++ended;
      throw std::runtime_error("no");
    });
  }
  EXPECT_EQ(text_of(workers.run(4)), "no");
  EXPECT_EQ(ended, 4);
}

TEST(WorkersTest, BeginNothingOnceAStopIsRequested) {
  std::stop_source abort;
  Workers workers(abort);
  workers.add([&] { abort.request_stop(); });
  workers.add([] { FAIL(); });
  EXPECT_EQ(text_of(workers.run(1)), "nothing");
}

}  // namespace
}  // namespace nexus_mirror::sync
