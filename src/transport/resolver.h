// Host names to addresses, without being stuck in the system's resolver when asked to stop.
#pragma once

#include <Poco/Net/SocketAddress.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "transport/stop_signal.h"

namespace nexus_mirror::transport {

// The addresses of `host`, in the order the system prefers. Throws Failure: unreachable (no such
// name, no name server, none answered within `timeout`), interrupted.
std::vector<Poco::Net::SocketAddress> resolve(const std::string& host, std::uint16_t port,
                                              std::chrono::milliseconds timeout,
                                              const StopSignal& stop);

}  // namespace nexus_mirror::transport
