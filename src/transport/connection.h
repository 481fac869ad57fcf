// One TCP connection to the API's origin, through a proxy and under TLS where asked for.
#pragma once

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "transport/origin.h"
#include "transport/stop_signal.h"

namespace nexus_mirror::transport {

// Where and how to connect. Constant while connections use it.
struct Route {
  Origin origin;
  std::optional<Proxy> proxy;
  Poco::Net::Context::Ptr tls;                   // null for http
  std::chrono::milliseconds connect_timeout{0};  // name, TCP, proxy and TLS together
  std::chrono::milliseconds read_timeout{0};     // without a byte moving
  std::chrono::milliseconds answer_timeout{0};   // from a request to the end of its answer, beside
                                                 // what the answer's size needs at 64 KiB/s
  std::function<void()> on_bytes = {};           // TransportOptions::on_bytes
};

// While one lives, writing to a connection that the peer has closed raises no SIGPIPE on this
// thread, as OpenSSL would otherwise. May be nested.
class NoSigpipe {
 public:
  NoSigpipe();
  ~NoSigpipe();
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  bool blocked_here_ = false;
};

// Used by one thread at a time, under a NoSigpipe. Every method throws Failure; after that only
// the destructor may be called, and receive() when send() found the connection closed.
class Connection {
 public:
  // Connects, trying every address of the host. Throws unreachable, refused, interrupted.
  Connection(const Route& route, const StopSignal& stop);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The answer's time begins.
  void send(std::string_view bytes, const StopSignal& stop);

  // The answer is to have so many bytes; without it, those that have come count.
  void expect(std::uint64_t bytes) { expected_ = bytes; }

  // Reads what is there, at least one byte unless the peer has closed in an orderly way: 0.
  std::size_t receive(char* buffer, std::size_t size, const StopSignal& stop);

  // When the peer's certificate ends, UNIX ms; only of a connection under TLS.
  std::int64_t certificate_end() const;

  // True while nothing has come in, not even the peer's goodbye: fit for another request.
  bool quiet() const;

 private:
  void connect(const Poco::Net::SocketAddress& address, std::chrono::milliseconds timeout,
               const StopSignal& stop);
  void open_tunnel(const Route& route, const StopSignal& stop);
  void start_tls(const Route& route, std::chrono::milliseconds timeout, const StopSignal& stop);

  void wait(short event, const char* nothing, const char* hint, const StopSignal& stop) const;
  std::chrono::milliseconds time_left() const;
  void check_time() const;
  [[noreturn]] void throw_broken(const Poco::Exception& error) const;
  int fd() const { return socket_.impl()->sockfd(); }

  const Origin origin_;
  const std::function<void()> on_bytes_;
  Poco::Net::StreamSocket socket_;  // non-blocking; a SecureStreamSocket once TLS has started
  std::chrono::milliseconds idle_timeout_, answer_timeout_;
  std::int64_t began_at_;  // of the answer under way, on the clock that nobody sets
  std::uint64_t expected_ = 0, received_ = 0;  // bytes of it
};

}  // namespace nexus_mirror::transport
