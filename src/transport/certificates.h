// How long certificates live: the server's, asked for on a connection of its own, and those in
// files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"

namespace nexus_mirror::transport {

struct CertificateLook {
  std::optional<std::int64_t> end;  // UNIX ms; none where the endpoint is http, or it is refused
  std::optional<Error> refused;     // why it is not trusted
};

// Connects to the endpoint of `options` once and says goodbye. Blocks. Throws Error: config,
// unreachable, interrupted.
CertificateLook look_at_certificate(const TransportOptions& options, const std::stop_token& stop);

// When the first certificate in `file` (PEM) ends, UNIX ms; nullopt where it holds none that can be
// read.
std::optional<std::int64_t> certificate_end(const std::filesystem::path& file);

}  // namespace nexus_mirror::transport
