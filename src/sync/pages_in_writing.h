// Pages on their way to the writer.
#pragma once

#include <cstddef>
#include <deque>
#include <future>
#include <utility>

#include "sync/writer_thread.h"

namespace nexus_mirror::sync {

// At most kPagesAhead of one listing. They refer to the listing, so it is not left before they are
// written, and a page that could not be written takes those behind it along: its cursor stays.
// Belongs to one thread.
class PagesInWriting {
 public:
  static constexpr std::size_t kPagesAhead = 2;

  explicit PagesInWriting(WriterThread& writer) : writer_(writer) {}
  ~PagesInWriting() {
    for (const auto& page : pages_) {
      if (page.valid()) page.wait();
    }
  }
  PagesInWriting(const PagesInWriting&) = delete;
  PagesInWriting& operator=(const PagesInWriting&) = delete;

  // Waits while there are `kPagesAhead` already. Throws what writing one of them did.
  template <typename Write>
  void add(Write write) {
    if (pages_.size() == kPagesAhead) take_first();
    pages_.emplace_back();  // its place first: a page on its way is waited for, whatever comes
    pages_.back() = writer_.post([this, write = std::move(write)](store::Store& store) {
      if (failed_) return;
      failed_ = true;
      write(store);
      failed_ = false;
    });
  }

  void finish() {
    while (!pages_.empty()) take_first();
  }

 private:
  void take_first() {
    std::future<void> page = std::move(pages_.front());
    pages_.pop_front();
    page.get();
  }

  WriterThread& writer_;
  std::deque<std::future<void>> pages_;
  bool failed_ = false;  // the writer's thread alone
};

}  // namespace nexus_mirror::sync
