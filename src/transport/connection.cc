#include "transport/connection.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/X509Certificate.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <system_error>

#include "error/on_the_way_out.h"
#include "error/scarcity.h"
#include "nexus_mirror/env.h"
#include "transport/failure.h"
#include "transport/resolver.h"
#include "transport/response_head.h"
#include "transport/tls.h"

namespace nexus_mirror::transport {
namespace {

using Poco::Net::SecureStreamSocket;
using std::chrono::milliseconds;

// What is left of a time-out that covers several steps.
class Deadline {
 public:
  explicit Deadline(milliseconds timeout) : end_(Env::system().monotonic_ms() + timeout.count()) {}
  milliseconds left() const {
    return milliseconds(std::max<std::int64_t>(0, end_ - Env::system().monotonic_ms()));
  }

 private:
  std::int64_t end_;
};

std::string seconds(milliseconds duration) {
  const auto ms = duration.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

// What poll() must wait for after a call that could not go on.
short wanted(int result, short otherwise) {
  if (result == SecureStreamSocket::ERR_SSL_WANT_WRITE) return POLLOUT;
  return otherwise;
}

}  // namespace

NoSigpipe::NoSigpipe() {
  sigset_t pipe, before;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  blocked_here_ =
      ::pthread_sigmask(SIG_BLOCK, &pipe, &before) == 0 && ::sigismember(&before, SIGPIPE) == 0;
}

NoSigpipe::~NoSigpipe() {
  if (!blocked_here_) return;
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  const timespec at_once{};
  while (::sigtimedwait(&pipe, nullptr, &at_once) == SIGPIPE) {
  }
  ::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
}

Connection::Connection(const Route& route, const StopSignal& stop)
    : origin_(route.origin),
      on_bytes_(route.on_bytes),
      idle_timeout_(route.connect_timeout),
      answer_timeout_(route.connect_timeout),
      began_at_(Env::system().monotonic_ms()) {
  const Deadline deadline(route.connect_timeout);
  const std::string& host = route.proxy ? route.proxy->host : route.origin.host;
  const std::uint16_t port = route.proxy ? route.proxy->port : route.origin.port;
  const auto addresses = resolve(host, port, deadline.left(), stop);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    try {
      // An address that swallows packets must leave time for those behind it.
      connect(addresses[i], deadline.left() / static_cast<int>(addresses.size() - i), stop);
      break;
    } catch (const Failure& failure) {
      if (failure.cause() != Failure::Cause::unreachable || i + 1 == addresses.size()) throw;
    }
  }
  if (route.proxy && route.origin.secure()) open_tunnel(route, stop);
  if (route.tls) start_tls(route, deadline.left(), stop);
  idle_timeout_ = route.read_timeout;
  answer_timeout_ = route.answer_timeout;
}

Connection::~Connection() {
  // Where the goodbye cannot be said, the descriptor is closed all the same.
  on_the_way_out([this] { socket_.close(); });
}

void Connection::connect(const Poco::Net::SocketAddress& address, milliseconds timeout,
                         const StopSignal& stop) {
  const std::string where = "no connection to " + address.toString() + ": ";
  const std::string hint = "check the endpoint and the network";
  try {
    socket_ = Poco::Net::StreamSocket();
    socket_.connectNB(address);
    socket_.setBlocking(false);
    if (!stop.wait(fd(), POLLOUT, timeout)) {
      throw Failure(Failure::Cause::unreachable, where + "no answer within " + seconds(timeout),
                    hint);
    }
    if (const int error = socket_.impl()->socketError(); error != 0) {
      throw Failure(Failure::Cause::unreachable, where + std::generic_category().message(error),
                    hint);
    }
    socket_.setNoDelay(true);
    socket_.setKeepAlive(true);
  } catch (const Poco::Exception& error) {
    if (is_scarcity(error.code())) {
      throw Failure(Failure::Cause::machine, where + error.displayText(),
                    scarcity_remedy(error.code()));
    }
    throw Failure(Failure::Cause::unreachable, where + error.displayText(), hint);
  }
}

void Connection::open_tunnel(const Route& route, const StopSignal& stop) {
  const std::string host = route.origin.authority();
  std::string request = "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n";
  if (!route.proxy->authorization.empty()) {
    request += "Proxy-Authorization: " + route.proxy->authorization + "\r\n";
  }
  const std::string who =
      "the proxy " + route.proxy->host + ':' + std::to_string(route.proxy->port);
  const std::string hint = "check proxy, or HTTPS_PROXY and NO_PROXY";
  std::string head;
  try {
    send(request + "\r\n", stop);
    // Byte by byte: what comes after the head belongs to TLS.
    while (!head.ends_with("\r\n\r\n")) {
      char c = 0;
      if (receive(&c, 1, stop) == 0) {
        throw Failure(Failure::Cause::unreachable, who + " closed the connection", hint);
      }
      head += c;
      if (head.size() > kLargestHead) {
        throw Failure(Failure::Cause::unreachable, who + " does not speak HTTP", hint);
      }
    }
  } catch (const Failure& failure) {
    if (failure.cause() == Failure::Cause::interrupted) throw;
    throw Failure(Failure::Cause::unreachable, who + " did not connect: " + failure.what(), hint);
  }
  const auto space = head.find(' ');
  const std::string status = space == std::string::npos ? "" : head.substr(space + 1, 3);
  if (status.size() == 3 && status.front() == '2') return;
  if (status == "407") {
    throw Failure(Failure::Cause::refused, who + " asks for a user and a password",
                  "set proxy to http://user:password@host:port");
  }
  const bool lasting = status.size() == 3 && status.front() == '4';
  throw Failure(lasting ? Failure::Cause::refused : Failure::Cause::unreachable,
                who + " refused the connection with status " + one_line(status), hint);
}

void Connection::start_tls(const Route& route, milliseconds timeout, const StopSignal& stop) {
  const Deadline deadline(timeout);
  clear_certificate_problem();
  try {
    // A socket that does not block postpones the handshake, which then can be waited for.
    SecureStreamSocket secure = SecureStreamSocket::attach(socket_, route.origin.host, route.tls);
    socket_ = secure;
    while (true) {
      const int result = secure.completeHandshake();
      if (result == 1) break;
      if (!stop.wait(fd(), wanted(result, POLLIN), deadline.left())) {
        throw Failure(Failure::Cause::unreachable, "no TLS handshake in time",
                      "check that the endpoint speaks https on this port");
      }
    }
    secure.verifyPeerCertificate(route.origin.host);
  } catch (const Poco::Exception& error) {
    throw handshake_failure(route.origin, error.displayText());
  }
}

void Connection::send(std::string_view bytes, const StopSignal& stop) {
  stop.check();
  began_at_ = Env::system().monotonic_ms();
  expected_ = received_ = 0;
  try {
    while (!bytes.empty()) {
      const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
      const int sent = socket_.sendBytes(bytes.data(), size, MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      const short event = socket_.secure() && sent == SecureStreamSocket::ERR_SSL_WANT_READ
                              ? static_cast<short>(POLLIN)
                              : static_cast<short>(POLLOUT);
      wait(event, "the server took no data for ", "", stop);
    }
  } catch (const Poco::Exception& error) {
    throw_broken(error);
  }
}

std::size_t Connection::receive(char* buffer, std::size_t size, const StopSignal& stop) {
  stop.check();
  const int wish = static_cast<int>(std::min<std::size_t>(size, INT_MAX));
  try {
    while (true) {
      const int got = socket_.receiveBytes(buffer, wish);
      if (got >= 0) {
        received_ += static_cast<std::uint64_t>(got);
        if (got > 0 && on_bytes_) on_bytes_();
        // Whoever never lets us wait is asked for the time here.
        if (got > 0) check_time();
        return static_cast<std::size_t>(got);
      }
      wait(wanted(got, POLLIN), "no answer within ",
           "if the server needs longer, raise read_timeout", stop);
    }
  } catch (const Poco::Exception& error) {
    throw_broken(error);
  }
}

// What is left of the time that the answer under way may take.
milliseconds Connection::time_left() const {
  constexpr std::uint64_t kBytesPerSecond = 64 * 1024;
  const std::uint64_t size = std::max(expected_, received_);
  const auto for_its_size = static_cast<std::int64_t>(size * 1000 / kBytesPerSecond);
  return answer_timeout_ + milliseconds(for_its_size - (Env::system().monotonic_ms() - began_at_));
}

void Connection::check_time() const {
  if (time_left() > milliseconds(0)) return;
  throw Failure(Failure::Cause::timed_out,
                "the answer is not complete after " +
                    seconds(milliseconds(Env::system().monotonic_ms() - began_at_)),
                "if the server or the line is that slow, raise answer_timeout");
}

void Connection::wait(short event, const char* nothing, const char* hint,
                      const StopSignal& stop) const {
  check_time();
  if (stop.wait(fd(), event, std::min(idle_timeout_, time_left()))) return;
  check_time();
  throw Failure(Failure::Cause::timed_out, nothing + seconds(idle_timeout_), hint);
}

// What Poco throws while bytes move: a reset, a broken pipe, a TLS stream that just ends.
void Connection::throw_broken(const Poco::Exception& error) const {
  const std::string text = error.displayText();
  if (socket_.secure() && refuses_us(text)) throw handshake_failure(origin_, text);
  const bool late = dynamic_cast<const Poco::TimeoutException*>(&error) != nullptr;
  throw Failure(late ? Failure::Cause::timed_out : Failure::Cause::closed,
                "the connection broke: " + text);
}

std::int64_t Connection::certificate_end() const {
  const auto end = SecureStreamSocket(socket_).peerCertificate().expiresOn();
  return end.timestamp().epochMicroseconds() / 1000;
}

bool Connection::quiet() const {
  pollfd waiting{fd(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 0;
}

}  // namespace nexus_mirror::transport
