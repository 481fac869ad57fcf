// Answers off a connection: head, framing, packing and limits of transport/response_reader.
//
// Input: a byte for the limit, then what the server sends before it closes. It comes over a real
// connection of the loopback. A body is never larger than the limit, and where the answer says
// where it ends, never another than it would be with more bytes behind it.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stop_token>

#include "fuzz/target.h"
#include "nexus_mirror/error.h"
#include "transport/connection.h"
#include "transport/failure.h"
#include "transport/redirect.h"
#include "transport/response_head.h"
#include "transport/response_reader.h"

namespace nexus_mirror::fuzz {
namespace {

using transport::Answer;
using transport::Failure;

// Who answers, whatever is asked.
class Server {
 public:
  Server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const place = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, place, size) != 0 || ::listen(listener_, 4) != 0 ||
        ::getsockname(listener_, place, &size) != 0) {
      throw std::runtime_error("no loopback");
    }
    port_ = ntohs(address.sin_port);
  }
  ~Server() { ::close(listener_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }
  int accept() const { return ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  int listener_;
  std::uint16_t port_ = 0;
};

// What a client reads of `bytes`. Throws Failure.
class Exchange {
 public:
  Exchange(const Server& server, std::string_view bytes)
      : connection_(route_to(server), stop_), peer_(server.accept()) {
    // Reset at the end, so that no port waits for stragglers.
    const linger at_once{1, 0};
    ::setsockopt(peer_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (::send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
        static_cast<ssize_t>(bytes.size())) {
      throw Failure(Failure::Cause::unusable, "the input is too long");
    }
    ::shutdown(peer_, SHUT_WR);
  }
  ~Exchange() { ::close(peer_); }  // before the connection
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Answer read(std::int64_t limit) {
    return transport::ResponseReader(connection_, stop_, transport::BodyLimit(limit)).read();
  }

  static transport::Route route_to(const Server& server) {
    transport::Route route;
    route.origin = {"http", "127.0.0.1", server.port()};
    route.connect_timeout = route.read_timeout = route.answer_timeout = std::chrono::seconds(10);
    return route;
  }

 private:
  const transport::StopSignal stop_{std::stop_token()};
  transport::Connection connection_;
  int peer_;
};

bool same(const Answer& one, const Answer& other) {
  const HttpResponse &a = one.response, &b = other.response;
  return a.status == b.status && a.body == b.body && a.content_type == b.content_type &&
         a.retry_after == b.retry_after && a.date == b.date && one.location == other.location;
}

void check_redirect(const Server& server, const Answer& answer) {
  const transport::Origin origin = Exchange::route_to(server).origin;
  try {
    const std::string target =
        transport::redirect_target(origin, "GET", "/v1/a?b=c", answer, "check the endpoint");
    require(target.starts_with("/") && transport::is_plain(target, 0x21),
            "a redirect's target is one word");
  } catch (const Failure& failure) {
    require(failure.cause() == Failure::Cause::unusable, "a redirect that is refused says so");
    require(std::string(failure.what()).find('?') == std::string::npos, "no query is shown");
  }
}

void run(std::string_view input) {
  const transport::NoSigpipe no_signal;
  static const Server server;
  const std::int64_t limit = 1 + 16 * std::int64_t{take_byte(input)};
  Answer answer;
  try {
    answer = Exchange(server, input).read(limit);
  } catch (const Failure& failure) {
    require(
        failure.cause() == Failure::Cause::closed || failure.cause() == Failure::Cause::unusable,
        "an answer is cut short or unusable");
    return;
  }
  const HttpResponse& response = answer.response;
  require(response.status >= 200 && response.status <= 599, "a status is one");
  require(response.body.size() <= static_cast<std::size_t>(limit), "a body keeps to the limit");
  require(response.bytes_received <= static_cast<std::uint64_t>(limit), "so it does on the wire");
  require(response.body.capacity() >= response.body.size() + transport::Body::kSpare,
          "a parser has room behind the body");
  if (transport::is_redirect(response.status)) check_redirect(server, answer);
  if (!answer.reusable) return;
  // What ends by itself is the same whatever comes behind it, and then carries nothing more.
  const Answer longer =
      Exchange(server, std::string(input) + "HTTP/1.1 200 OK\r\n\r\n").read(limit);
  require(same(answer, longer), "an answer that ends by itself does not depend on the next");
}

std::vector<std::string> seeds() {
  const std::string gzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a\x49\x2c\x49\x54\xb2\x8a\x8e\xad\x05\x00"
      "\x29\x73\x23\x38\x0b\x00\x00\x00",
      31);
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  const auto sized = [&ok](const std::string& more, const std::string& body) {
    return "\xff" + ok + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  };
  return {
      sized("", R"({"data":[]})"),
      sized("Content-Encoding: gzip\r\n", gzip),
      sized("Content-Encoding: deflate\r\n", gzip.substr(10, 13)),
      "\xff" + ok + "\r\nuntil the end",
      "\x01" + ok + "Content-Length: 99\r\n\r\nmore than the limit",
      "\xff" + ok + "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nabcde\r\n0\r\nA: b\r\n\r\n",
      "\xffHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
      "\xffHTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nDate: Sun, 06 Nov 1994 08:49:37 "
      "GMT\r\nContent-Length: 0\r\n\r\n",
      "\xffHTTP/1.1 302 Found\r\nLocation: ../other?x=1#y\r\nContent-Length: 0\r\n\r\n",
      "\xffHTTP/1.1 307 X\r\nLocation: //127.0.0.1/\r\n folded\r\nContent-Length: 0\r\n\r\n",
      "\xffHTTP/1.0 200\nConnection: keep-alive\nContent-Length: 2\n\nok",
      "\xff<html>no HTTP</html>",
  };
}

const Registration kResponse({"response", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
