// The hosts that files come from, as all downloads meet them together (CONTRACT.md 8.6): one that
// asks to wait is waited for by all, and one from which nothing comes is left alone.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::files {

// Any thread may call any method. A link stands for its host.
class StorageHosts {
 public:
  // Files in a row that could not be had, with none that came between them, before their host is
  // given up; from half of it on none is asked for twice.
  static constexpr int kMostFailures = 100;

  explicit StorageHosts(Env& env) : env_(env) {}

  // Waits for as long as the host has asked for. False once `stop` is requested.
  bool wait(std::string_view link, const std::stop_token& stop);
  // The host has asked all to wait for so long. One that asks for more than a minute is given up:
  // the next sync comes sooner than so long a wait ends.
  void ask_to_wait(std::string_view link, std::int64_t ms);

  // A file came, or is what it was.
  void came(std::string_view link);
  // One could not be had, for a reason (one line) that may be the trouble of all others, too.
  void failed(std::string_view link, const std::string& reason);

  bool is_ailing(std::string_view link) const;
  bool given_up(std::string_view link) const;
  // Why the first of those given up was; the others go on.
  std::optional<Error> trouble() const;

 private:
  struct Host {
    std::int64_t quiet_until = 0;  // Env::monotonic_ms()
    int failures = 0;              // in a row
    bool given_up = false;
  };

  void give_up(Host& host, const std::string& name, const std::string& reason);

  Env& env_;
  mutable std::mutex mutex_;
  std::map<std::string, Host, std::less<>> hosts_;  // guarded by mutex_, like the next one
  std::optional<Error> trouble_;
};

}  // namespace nexus_mirror::files
