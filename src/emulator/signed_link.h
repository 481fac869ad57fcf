// Links as Google Cloud Storage signs them (V4), new at every call, and their examination.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "emulator/exchange.h"

namespace nexus_mirror::emulator {

// Where all files of the storage lie: /nexus-emulator/<project>/assets/<id>, .../models/<id>/...,
// .../exports/<id>.zip.
inline constexpr std::string_view kBucket = "/nexus-emulator/";

enum class LinkState { good, without_signature, wrong_signature, expired };

// Any thread may call any method.
class LinkSigner {
 public:
  // Links begin with `origin` ("http://127.0.0.1:8081") and live for `lifetime_s`. Those that
  // another signer made are wrong, unless it had the same `seed`.
  LinkSigner(std::string origin, std::int64_t lifetime_s, std::uint64_t seed)
      : origin_(std::move(origin)), lifetime_s_(lifetime_s), secret_(seed), next_(seed) {}

  const std::string& origin() const { return origin_; }
  std::int64_t lifetime_s() const { return lifetime_s_; }

  // Appends the link to `path` (percent-encoded, begins with '/'), signed at `now_ms` (UNIX
  // milliseconds). No two calls append the same; nothing in it needs escaping in JSON.
  void append_link(std::string_view path, std::int64_t now_ms, std::string& out);

  // What is to be thought of a request that follows a link. The signature is good for its path,
  // its times and GET.
  LinkState examine(const ApiRequest& request) const;

 private:
  std::string signature(std::string_view path, std::string_view date, std::string_view expires,
                        std::uint64_t nonce) const;

  const std::string origin_;
  const std::int64_t lifetime_s_;
  const std::uint64_t secret_;
  std::atomic<std::uint64_t> next_;
};

}  // namespace nexus_mirror::emulator
