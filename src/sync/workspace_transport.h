// How a workspace is spoken to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>

#include "nexus/client.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/transport.h"
#include "objects/row_batch.h"
#include "sync/sync.h"

namespace nexus_mirror::sync {

// The transport of `workspace`: one real connection pool, recorded, counted, limited, retried.
class WorkspaceTransport {
 public:
  // Throws Error(config) when the key or a certificate is missing. `observer` outlives it.
  WorkspaceTransport(const Config& config, const WorkspaceConfig& workspace, Env& env,
                     Observer& observer);

  Transport& get() { return *transport_; }
  TransferCount count() const { return counting_->count(); }
  // How long the fastest answer so far took, ms; -1 = none came. Any thread.
  std::int64_t distance_ms() const { return fastest_ms_; }

 private:
  void note(std::int64_t ms);

  std::atomic<std::int64_t> fastest_ms_{-1};
  CountingTransport* counting_ = nullptr;  // inside transport_
  std::unique_ptr<Transport> transport_;
};

// The workspace's row as the server answers it. Throws Error(bad_response) when the answer is no
// workspace, and what a Client does.
objects::RowBatch read_workspace(const nexus::Client& client, const std::stop_token& stop);

}  // namespace nexus_mirror::sync
