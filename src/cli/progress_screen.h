// Lines at the bottom of a terminal that are written over in place.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "cli/output.h"

namespace nexus_mirror::cli {

// Any thread may call anything. An output that cannot be written ends the drawing, and nothing
// else.
class ProgressScreen {
 public:
  // Nothing is drawn where `terminal` is none or cannot move its cursor. `fd` stays the caller's.
  ProgressScreen(int fd, Terminal terminal);
  ~ProgressScreen();  // as finish()
  ProgressScreen(const ProgressScreen&) = delete;
  ProgressScreen& operator=(const ProgressScreen&) = delete;

  bool draws();
  // In place of those shown before. `lines` is asked for what fits the terminal as it is now.
  void show(const std::function<std::vector<std::string>(const Terminal&)>& lines);
  // Calls `write`, which writes whole lines to the same terminal, above those that are shown.
  void above(const std::function<void()>& write);
  // Takes the lines away; nothing is drawn any more.
  void finish();

 private:
  void erase();
  void put(const std::string& text);

  std::mutex mutex_;  // guards everything below
  const int fd_;
  Output output_;
  bool drawing_;
  std::vector<std::string> shown_;
};

}  // namespace nexus_mirror::cli
