// The way to an endpoint, as a TransportOptions describes it.
#pragma once

#include "nexus_mirror/transport.h"
#include "transport/connection.h"

namespace nexus_mirror::transport {

// Throws Error(config) where the proxy or a certificate cannot be used.
Route make_route(const TransportOptions& options, const Origin& origin);

}  // namespace nexus_mirror::transport
