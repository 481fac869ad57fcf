// The HTTP endpoint for monitoring: /metrics, /healthz, /readyz.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/metrics.h"
#include "nexus_mirror/env.h"

namespace nexus_mirror::daemon {

// Serves from the constructor to the destructor, on threads of its own: GET and HEAD, one request a
// connection, a handful of connections at a time, a head of at most 8 KiB that has to be in within
// three seconds. Knows no secret and takes no input but the path.
class Listener {
 public:
  // `address` is the setting daemon.listen, "host:port", port 0 = a free one. Throws Error(config)
  // when it cannot be listened on. The others outlive it.
  Listener(const std::string& address, const Metrics& metrics, Env& env);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::string url() const;  // "http://127.0.0.1:9464"

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace nexus_mirror::daemon
