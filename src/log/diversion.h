// Log lines that somebody who draws on the same terminal takes in hand.
#pragma once

#include <functional>
#include <string_view>

#include "log/log.h"

namespace nexus_mirror::log {

// While it lives, each line that would be written is handed to `take` instead: its level, its text
// for people ("cars: listing ...", without time and level), and what writes it as it would have
// been. One line at a time, on any thread; `take` must not log. One at a time.
class Diversion {
 public:
  using Take =
      std::function<void(Level level, std::string_view text, const std::function<void()>& write)>;

  explicit Diversion(Take take);
  ~Diversion();
  Diversion(const Diversion&) = delete;
  Diversion& operator=(const Diversion&) = delete;
};

}  // namespace nexus_mirror::log
