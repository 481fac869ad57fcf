// Links as Google Cloud Storage signs them (V4), new at every call.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace nexus_mirror::emulator {

// Any thread may call any method.
class LinkSigner {
 public:
  static constexpr std::int64_t kLifetimeSeconds = 86400;

  explicit LinkSigner(std::uint64_t seed) : state_(seed) {}

  // "?X-Goog-Algorithm=..." for a link signed at `now_ms` (UNIX milliseconds), appended to `out`.
  // No two calls append the same; nothing in it needs escaping in JSON.
  void append_query(std::int64_t now_ms, std::string& out);

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace nexus_mirror::emulator
