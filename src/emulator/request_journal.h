// What clients asked for: the last requests, for tests to look at.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace nexus_mirror::emulator {

struct JournalEntry {
  std::uint64_t n = 0;  // 1 = the first since the start or the last clear()
  std::string method, path, query;
  int status = 0;  // as answered; 0 = not yet, or without an answer
  std::vector<std::pair<std::string, std::string>> headers;  // the key masked
  bool key = false;                                          // the right key came with it
  bool storage = false;                                      // it came to the storage's address
};

// Any thread may call any method.
class RequestJournal {
 public:
  static constexpr std::size_t kMostEntries = 100000;

  // Returns a ticket for set_status().
  std::uint64_t add(JournalEntry entry);
  void set_status(std::uint64_t ticket, int status);
  void clear();

  // {"count":N,"requests":[...]}; count includes the entries that were dropped as too old.
  std::string json() const;

 private:
  mutable std::mutex mutex_;
  std::deque<JournalEntry> entries_;  // guarded by mutex_
  std::uint64_t next_ticket_ = 1;     // guarded by mutex_; never starts again
  std::uint64_t cleared_before_ = 1;  // guarded by mutex_; ticket of the entry n = 1
};

}  // namespace nexus_mirror::emulator
