#include "transport/route.h"

#include <cstdlib>

#include "transport/tls.h"

namespace nexus_mirror::transport {

Route make_route(const TransportOptions& options, const Origin& origin) {
  Route route;
  route.origin = origin;
  route.proxy = choose_proxy(origin, options.proxy,
                             [](const char* name) -> const char* { return std::getenv(name); });
  if (origin.secure()) {
    route.tls =
        make_tls_context(origin, {options.ca_file, options.client_certificate, options.client_key});
  }
  route.connect_timeout = options.connect_timeout;
  route.read_timeout = options.read_timeout;
  route.answer_timeout = options.answer_timeout;
  route.on_bytes = options.on_bytes;
  return route;
}

}  // namespace nexus_mirror::transport
