#include "transport/resolver.h"

#include <Poco/Net/IPAddress.h>
#include <netdb.h>
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <system_error>
#include <thread>

#include "env/stop_descriptor.h"
#include "error/scarcity.h"
#include "text/address.h"
#include "transport/failure.h"

namespace nexus_mirror::transport {
namespace {

using Poco::Net::SocketAddress;

// A lookup under way. Shared by the thread that waits and the one that looks up, whichever ends
// last; the results are the lookup's until `done`, which `ended` then lets poll() see.
struct Lookup {
  Lookup(std::string name, std::uint16_t service) : host(std::move(name)), port(service) {}

  void run() noexcept;

  const std::string host;
  const std::uint16_t port;
  const env::EventDescriptor ended;
  std::atomic<bool> done = false;
  int error = 0;         // of getaddrinfo
  int system_error = 0;  // errno with EAI_SYSTEM
  std::vector<SocketAddress> addresses;
};

void Lookup::run() noexcept {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  try {
    error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    system_error = errno;
    for (const addrinfo* entry = found; error == 0 && entry != nullptr; entry = entry->ai_next) {
      addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
    }
  } catch (...) {
    error = EAI_MEMORY;
  }
  if (found != nullptr) ::freeaddrinfo(found);
  done = true;
  ended.raise();
}

Failure not_resolved(const Lookup& lookup) {
  const std::string what = "the name " + lookup.host;
  if (lookup.error == EAI_NONAME || lookup.error == EAI_NODATA || lookup.error == 0) {
    return {Failure::Cause::unreachable, what + " is not known", "check the endpoint's spelling"};
  }
  if (lookup.error == EAI_MEMORY) {
    return {Failure::Cause::machine, what + " could not be looked up: out of memory",
            scarcity_remedy(ENOMEM)};
  }
  if (lookup.error == EAI_SYSTEM && is_scarcity(lookup.system_error)) {
    return {
        Failure::Cause::machine,
        what + " could not be looked up: " + std::generic_category().message(lookup.system_error),
        scarcity_remedy(lookup.system_error)};
  }
  const std::string reason = lookup.error == EAI_SYSTEM
                                 ? std::generic_category().message(lookup.system_error)
                                 : std::string(::gai_strerror(lookup.error));
  return {Failure::Cause::unreachable, what + " could not be looked up: " + reason,
          "check the network and its name server"};
}

}  // namespace

std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port,
                                   std::chrono::milliseconds timeout, const StopSignal& stop) {
  if (text::is_ip_address(host)) return {SocketAddress(Poco::Net::IPAddress(host), port)};

  const auto lookup = std::make_shared<Lookup>(host, port);
  if (lookup->ended.error() != 0) {
    throw Failure(Failure::Cause::machine, "no descriptor is left",
                  scarcity_remedy(lookup->ended.error()));
  }
  try {
    // getaddrinfo() cannot be cancelled, so it is left alone with its Lookup when time is up.
    std::thread([lookup] { lookup->run(); }).detach();
  } catch (const std::system_error& error) {
    throw Failure(Failure::Cause::machine, std::string("no thread is left: ") + error.what(),
                  scarcity_remedy(error.code().value()));
  }
  if (!stop.wait(lookup->ended.get(), POLLIN, timeout) || !lookup->done) {
    throw Failure(Failure::Cause::unreachable, "no name server answered for " + host,
                  "check the network and its name server");
  }
  if (lookup->addresses.empty()) throw not_resolved(*lookup);
  return lookup->addresses;
}

}  // namespace nexus_mirror::transport
