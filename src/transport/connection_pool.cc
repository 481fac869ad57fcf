#include "transport/connection_pool.h"

#include <utility>

namespace nexus_mirror::transport {

ConnectionPool::~ConnectionPool() {
  const NoSigpipe no_sigpipe;
  idle_.clear();
}

std::unique_ptr<Connection> ConnectionPool::take() {
  while (true) {
    std::unique_ptr<Connection> connection;
    {
      const std::lock_guard lock(mutex_);
      if (idle_.empty()) return nullptr;
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    if (connection->quiet()) return connection;
  }
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < most_idle_) idle_.push_back(std::move(connection));
}

}  // namespace nexus_mirror::transport
