// When a download is cut off: by a stop at once, by the end of the time limit as soon as nothing is
// lost by it (CONTRACT.md 8).
#pragma once

#include <atomic>
#include <functional>
#include <stop_token>

namespace nexus_mirror::files {

// Of one download. Any thread may request the stops meanwhile; the rest is the download's own.
class Cutoff {
 public:
  // `over`: the time is over. What is begun may end then where nobody could go on with it later.
  Cutoff(const std::stop_token& stop, std::stop_token over)
      : over_(std::move(over)),
        on_stop_(stop, [this] { own_.request_stop(); }),
        on_over_(over_, [this] {
          if (!holds_) own_.request_stop();
        }) {}

  std::stop_token token() const { return own_.get_token(); }
  // Bytes come that would be lost (or no more).
  void hold(bool holds) { holds_ = holds; }
  // Whether nothing further is to be begun.
  bool is_over() const { return own_.stop_requested() || over_.stop_requested(); }

 private:
  const std::stop_token over_;
  std::stop_source own_;
  std::atomic<bool> holds_{false};
  const std::stop_callback<std::function<void()>> on_stop_, on_over_;
};

}  // namespace nexus_mirror::files
