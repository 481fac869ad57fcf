// This machine's zone, as a test wants it.
#pragma once

#include <stdlib.h>
#include <time.h>

#include <optional>
#include <string>

namespace nexus_mirror::testing {

// $TZ is `name` ("Europe/Berlin", or a rule of POSIX) as long as it lives. Not beside other
// threads.
class LocalZone {
 public:
  explicit LocalZone(const char* name) {
    if (const char* now = ::getenv("TZ")) before_ = now;
    set(name);
  }
  ~LocalZone() { set(before_ ? before_->c_str() : nullptr); }
  LocalZone(const LocalZone&) = delete;
  LocalZone& operator=(const LocalZone&) = delete;

 private:
  static void set(const char* name) {
    name == nullptr ? ::unsetenv("TZ") : ::setenv("TZ", name, 1);
    ::tzset();
  }
  std::optional<std::string> before_;
};

}  // namespace nexus_mirror::testing
