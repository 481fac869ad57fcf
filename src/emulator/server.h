// The emulator as an object: a listening server with its data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "emulator/kind.h"
#include "emulator/rate_limit.h"
#include "emulator/synthetic.h"

namespace nexus_mirror::emulator {

struct ServerOptions {
  std::filesystem::path data;  // a folder of NDJSON files; empty = none
  std::optional<SyntheticOptions> synthetic;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0 = any free one
  // Of the files that links lead to; 0 = the one after `port`, any free one where that is taken or
  // 0.
  std::uint16_t storage_port = 0;
  std::chrono::seconds link_life{86400};
  std::string secret_key;                // empty = every request is let in
  int wrong_key_status = 403;            // or 401
  std::chrono::milliseconds latency{0};  // before each answer
  bool etags = false;                    // answers have one, and 304 takes the place of the same
  RateLimitOptions rate_limit;
  std::size_t max_page = 1000;                     // rows
  std::filesystem::path tls_certificate, tls_key;  // PEM; both or none
  // PEM; asks for client certificates. Without a secret key a connection must have one; with a
  // secret key a request needs the one or the other.
  std::filesystem::path tls_client_ca;
  Dialect dialect = Dialect::v2;
};

// The methods belong to one thread; requests are answered on threads of its own.
class EmulatorServer {
 public:
  // Loads the data and listens. Throws Error(config): data that cannot be read, certificates that
  // cannot be used, an address that is taken.
  explicit EmulatorServer(const ServerOptions& options);
  ~EmulatorServer();  // stops
  EmulatorServer(const EmulatorServer&) = delete;
  EmulatorServer& operator=(const EmulatorServer&) = delete;

  std::uint16_t port() const;
  std::string url() const;          // "http://127.0.0.1:8080", without a slash at the end
  std::string storage_url() const;  // where signed links lead, likewise

  // Ends all connections, stalled ones too, and returns when no request is being answered.
  void stop() noexcept;

 private:
  struct Service;
  std::unique_ptr<Service> service_;
};

}  // namespace nexus_mirror::emulator
