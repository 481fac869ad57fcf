#include "exports/record_sort.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "exports/staging.h"

namespace nexus_mirror::exports {
namespace {

// In the file, before each record.
struct RecordHead {
  std::int64_t key;
  std::uint64_t size;
};

constexpr std::size_t kWrite = 64UL << 10;
constexpr std::size_t kLeastWindow = 4UL << 10, kMostWindow = 256UL << 10;

}  // namespace

RecordSort::RecordSort(std::filesystem::path folder, std::size_t most)
    : folder_(std::move(folder)), most_(most) {}

void RecordSort::add(std::int64_t key, std::string_view record) {
  const std::size_t held = waiting_.size() + entries_.size() * sizeof(UnsortedRecord);
  if (!entries_.empty() && held + record.size() > most_) spill();
  entries_.push_back({key, waiting_.size(), record.size()});
  waiting_ += record;
}

void RecordSort::sort_waiting() {
  // What comes sorted, as rows often lie in the order of their names, stays as it is.
  const auto by_key = [](const UnsortedRecord& a, const UnsortedRecord& b) {
    return a.key < b.key;
  };
  if (!std::is_sorted(entries_.begin(), entries_.end(), by_key)) {
    std::stable_sort(entries_.begin(), entries_.end(), by_key);
  }
}

void RecordSort::spill() {
  if (!file_) {
    file_ = env::open_nameless(folder_);
    if (file_.error() != 0) throw_io(file_.error(), "writing", folder_);
  }
  sort_waiting();
  Run& run = runs_.emplace_back();
  run.at = written_;
  std::string bytes;
  const auto write = [&] {
    if (const int error = env::write_all(file_, bytes); error != 0) {
      throw_io(error, "writing", folder_);
    }
    written_ += bytes.size();
    bytes.clear();
  };
  for (const UnsortedRecord& entry : entries_) {
    const RecordHead head{entry.key, entry.size};
    bytes.append(reinterpret_cast<const char*>(&head), sizeof head);
    bytes.append(waiting_, entry.begin, entry.size);
    if (bytes.size() >= kWrite) write();
  }
  if (!bytes.empty()) write();
  run.end = written_;
  waiting_.clear();
  entries_.clear();
}

void RecordSort::open_runs() {
  reading_ = true;
  if (runs_.empty()) return sort_waiting();
  spill();
  std::exchange(waiting_, {});
  std::exchange(entries_, {});
  window_ = std::clamp(most_ / runs_.size(), kLeastWindow, kMostWindow);
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (load(runs_[i])) heap_.push_back(i);
  }
  std::make_heap(heap_.begin(), heap_.end(),
                 [this](std::size_t a, std::size_t b) { return later(a, b); });
}

// Runs were written one after the other, so of one key the first run's came first.
bool RecordSort::later(std::size_t one, std::size_t other) const {
  if (runs_[one].key != runs_[other].key) return runs_[one].key > runs_[other].key;
  return one > other;
}

// Makes the window begin with what was not taken yet and hold `wanted` bytes or more.
void RecordSort::fill(Run& run, std::size_t wanted) {
  run.window.erase(0, std::exchange(run.taken, 0));
  if (run.window.capacity() > 2 * std::max(window_, wanted)) run.window.shrink_to_fit();
  const std::size_t before = run.window.size();
  if (before >= wanted) return;
  run.window.resize(before +
                    std::min<std::uint64_t>(std::max(window_, wanted) - before, run.end - run.at));
  std::size_t count = 0;
  const auto rest = std::span(run.window).subspan(before);
  const int error = env::read_at(file_, run.at, rest, count);
  run.at += count;
  if (error == 0 && count == rest.size() && run.window.size() >= wanted) return;
  throw_io(error != 0 ? error : EIO, "reading", folder_);
}

// Looks at the run's next record; false at its end.
bool RecordSort::load(Run& run) {
  const std::size_t left = run.window.size() - run.taken;
  if (left == 0 && run.at == run.end) return false;
  if (left < sizeof(RecordHead) || run.window.capacity() > 2 * window_) {
    fill(run, std::max(left, sizeof(RecordHead)));
  }
  RecordHead head{};
  std::memcpy(&head, run.window.data() + run.taken, sizeof head);
  run.taken += sizeof head;
  run.key = head.key;
  run.size = head.size;
  return true;
}

bool RecordSort::next(std::int64_t& key, std::string_view& record) {
  if (!reading_) open_runs();
  if (runs_.empty()) {
    if (taken_ == entries_.size()) return false;
    const UnsortedRecord& entry = entries_[taken_++];
    key = entry.key;
    record = std::string_view(waiting_).substr(entry.begin, entry.size);
    return true;
  }
  const auto order = [this](std::size_t a, std::size_t b) { return later(a, b); };
  // What was handed out last stands in its run's window until now.
  if (!heap_.empty() && taken_ > 0) {
    std::pop_heap(heap_.begin(), heap_.end(), order);
    Run& last = runs_[heap_.back()];
    last.taken += last.size;
    if (load(last)) {
      std::push_heap(heap_.begin(), heap_.end(), order);
    } else {
      std::exchange(last.window, {});
      heap_.pop_back();
    }
  }
  if (heap_.empty()) return false;
  taken_ = 1;
  Run& run = runs_[heap_.front()];
  if (run.window.size() - run.taken < run.size) fill(run, run.size);
  key = run.key;
  record = std::string_view(run.window).substr(run.taken, run.size);
  return true;
}

std::size_t RecordSort::held() const {
  std::size_t bytes = waiting_.capacity();
  for (const Run& run : runs_) bytes += run.window.capacity();
  return bytes;
}

}  // namespace nexus_mirror::exports
