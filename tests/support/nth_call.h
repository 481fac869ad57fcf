// The n-th call of some kinds goes wrong: how a test says which one it is and what comes of it, for
// SQLite's calls (support/faulty_vfs.h) and for those to other files (support/faulty_files.h).
//
//   for (std::uint64_t n = 1;; ++n) {
//     FaultyFiles files({kFileChanges, n, DiskFault::disk_full, Repeat::from_then_on});
//     ... what is to withstand it ...
//     if (!files.reached()) break;  // there were fewer than n: each has failed in its turn
//     EXPECT_EQ(...) << files.hit();
//   }
//
// Where it is to die, the same with a child:
//
//     if (const pid_t child = ::fork(); child == 0) {
//       FaultyFiles files({kFileChanges, n, DiskFault::death});
//       ... the same ...
//       ::_exit(0);  // it was not reached
//     }
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace nexus_mirror::testing {

enum class DiskFault {
  io_error,
  disk_full,
  short_write,  // half of the bytes are written, then the disk is full; else like disk_full
  death,        // SIGKILL to this process just before the call, which is just after the one before
};

enum class Repeat { once, from_then_on };

template <typename Kind>
struct NthCall {
  std::set<Kind> kinds;  // which of them count
  std::uint64_t n = 0;   // 1 = the first; 0 = none goes wrong
  DiskFault fault = DiskFault::io_error;
  Repeat repeat = Repeat::once;  // further calls of these kinds, as long as the plan holds
};

// What happened under a plan. Any thread may call any method.
template <typename Kind>
class PlannedCalls {
 public:
  PlannedCalls(const PlannedCalls&) = delete;
  PlannedCalls& operator=(const PlannedCalls&) = delete;

  // From here on this plan holds, and everything is counted anew.
  void plan(NthCall<Kind> next) {
    const std::lock_guard lock(mutex_);
    plan_ = std::move(next);
    counts_.clear();
    planned_ = 0;
    hit_.clear();
  }
  // Nothing goes wrong any more; counts and what was hit stay.
  void heal() {
    const std::lock_guard lock(mutex_);
    plan_.n = 0;
  }

  // How many came, those that went wrong among them.
  std::uint64_t calls(Kind kind) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(kind);
    return found == counts_.end() ? 0 : found->second;
  }
  std::uint64_t calls(const std::set<Kind>& kinds) const {
    std::uint64_t sum = 0;
    for (const Kind kind : kinds) sum += calls(kind);
    return sum;
  }

  // Whether the n-th call came, and so went wrong.
  bool reached() const { return !hit().empty(); }
  // That call, for messages: "write of /tmp/mirror.db-wal".
  std::string hit() const {
    const std::lock_guard lock(mutex_);
    return hit_;
  }

 protected:
  explicit PlannedCalls(NthCall<Kind> plan) : plan_(std::move(plan)) {}
  ~PlannedCalls() = default;

  // Counts one call; what is to go wrong with it, if anything is.
  std::optional<DiskFault> next(Kind kind, const char* name, const std::string& path) {
    const std::lock_guard lock(mutex_);
    ++counts_[kind];
    if (!plan_.kinds.contains(kind)) return std::nullopt;
    ++planned_;
    if (plan_.n == 0 || planned_ < plan_.n) return std::nullopt;
    if (planned_ > plan_.n && plan_.repeat == Repeat::once) return std::nullopt;
    if (hit_.empty()) hit_ = std::string(name) + " of " + path;
    return plan_.fault;
  }

 private:
  mutable std::mutex mutex_;
  // All of it guarded by mutex_.
  NthCall<Kind> plan_;
  std::map<Kind, std::uint64_t> counts_;
  std::uint64_t planned_ = 0;  // calls of the plan's kinds
  std::string hit_;
};

}  // namespace nexus_mirror::testing
