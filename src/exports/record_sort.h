// Sorts more records than memory should hold: those that fit are sorted and written to a file
// without a name as a run, and the runs are merged. What is written is written once, from begin to
// end, and read once, so that a record costs the same at a thousand of them and at ten million.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "env/file.h"

namespace nexus_mirror::exports {

// add() for each record, then next() until it returns false. One thread at a time. Throws Error:
// machine, exports (as Staging does).
class RecordSort {
 public:
  // Files are made in `folder`, which must be there as soon as there are more than `most` bytes.
  // Memory is that or one record, half as much more while it is sorted, and 4 KiB for each `most`
  // bytes, or record that is larger, of all.
  explicit RecordSort(std::filesystem::path folder, std::size_t most = kMost);
  RecordSort(const RecordSort&) = delete;
  RecordSort& operator=(const RecordSort&) = delete;

  void add(std::int64_t key, std::string_view record);

  // By key; of one key, in the order of add(). `record` lives until the next call.
  bool next(std::int64_t& key, std::string_view& record);

  // Bytes of records in memory.
  std::size_t held() const;

 private:
  static constexpr std::size_t kMost = 2UL << 20;

  struct UnsortedRecord {
    std::int64_t key;
    std::size_t begin, size;  // in waiting_
  };
  // A sorted part of the file on its way out: `at` is the place in it of what follows `window`. Of
  // the record at hand only the head is sure to be in the window: there may be many large ones.
  struct Run {
    std::uint64_t at = 0, end = 0;
    std::string window;
    std::size_t taken = 0;  // of the window
    std::int64_t key = 0;   // of the record at hand
    std::size_t size = 0;
  };

  void sort_waiting();
  void spill();
  void open_runs();
  bool load(Run& run);
  void fill(Run& run, std::size_t wanted);
  bool later(std::size_t one, std::size_t other) const;

  const std::filesystem::path folder_;
  const std::size_t most_;
  std::string waiting_;
  std::vector<UnsortedRecord> entries_;
  env::Descriptor file_;
  std::uint64_t written_ = 0;
  std::vector<Run> runs_;
  std::vector<std::size_t> heap_;  // places in runs_, that with the least key first
  std::size_t window_ = 0;
  std::size_t taken_ = 0;  // entries, where nothing was spilled
  bool reading_ = false;
};

}  // namespace nexus_mirror::exports
