#include "sync/writer_thread.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "support/hand_made_mirror.h"

namespace nexus_mirror::sync {
namespace {

class WriterThreadTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  store::Store store_{folder_.path() / "mirror.db", store::Access::write};
};

TEST_F(WriterThreadTest, RunsJobsInOrderOnOneThreadOfItsOwn) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  {
    WriterThread writer(store_);
    for (int i = 0; i < 100; ++i) {
      writer.post([&, i](store::Store&) {
        order.push_back(i);
        threads.push_back(std::this_thread::get_id());
      });
    }
  }
  ASSERT_EQ(order.size(), 100U) << "the jobs that wait are done before it ends";
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  for (const auto& thread : threads) {
    EXPECT_EQ(thread, threads.front());
    EXPECT_NE(thread, std::this_thread::get_id());
  }
}

TEST_F(WriterThreadTest, AnswersFromTheStore) {
  WriterThread writer(store_);
  EXPECT_EQ(writer.run([](store::Store& store) { return store.begin_sync(1, "full"); }), 1);
  EXPECT_TRUE(writer.run([](store::Store& store) { return store.tables.project_ids().empty(); }));
}

TEST_F(WriterThreadTest, HandsOnWhatAJobThrowsAndGoesOn) {
  WriterThread writer(store_);
  auto failed = writer.post([](store::Store&) -> int { throw std::runtime_error("disk full"); });
  EXPECT_EQ(writer.run([](store::Store&) { return 7; }), 7);
  EXPECT_THROW(failed.get(), std::runtime_error);
}

TEST_F(WriterThreadTest, TakesJobsFromManyThreads) {
  int count = 0;
  WriterThread writer(store_);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 100; ++n) writer.run([&](store::Store&) { ++count; });
      });
    }
  }
  EXPECT_EQ(writer.run([&](store::Store&) { return count; }), 800);
}

}  // namespace
}  // namespace nexus_mirror::sync
