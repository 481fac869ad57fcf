// Connections to one origin that wait for their next request.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "transport/connection.h"

namespace nexus_mirror::transport {

// Any thread may call any method.
class ConnectionPool {
 public:
  explicit ConnectionPool(std::size_t most_idle) : most_idle_(most_idle) {}
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // The connection used last that still seems open; null when there is none.
  std::unique_ptr<Connection> take();

  // Keeps `connection` for later, or closes it when enough are idle.
  void give_back(std::unique_ptr<Connection> connection);

 private:
  const std::size_t most_idle_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_
};

}  // namespace nexus_mirror::transport
