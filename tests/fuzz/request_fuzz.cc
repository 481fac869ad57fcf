// Requests to the daemon's endpoint for monitoring.
//
// Input: what a client sends before it stops sending. It is answered by one whole answer of HTTP,
// or the connection is closed.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <set>

#include "daemon/listener.h"
#include "daemon/metrics.h"
#include "fuzz/target.h"
#include "nexus_mirror/env.h"
#include "transport/response_head.h"

namespace nexus_mirror::fuzz {
namespace {

struct Endpoint {
  daemon::Metrics metrics;
  daemon::Listener listener{"127.0.0.1:0", metrics, Env::system()};
  std::uint16_t port() const {
    const std::string url = listener.url();
    std::uint16_t number = 0;
    std::from_chars(url.data() + url.rfind(':') + 1, url.data() + url.size(), number);
    return number;
  }
};

// Who stops sending first keeps its port for a minute, and there are some 28,000 of an address:
// each client is another one of the loopback.
void come_from_elsewhere(int fd) {
  static std::uint32_t clients = 0;
  constexpr std::uint32_t kAddresses = 1U << 16;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (1U << 16) + clients++ % kAddresses);
  require(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
          "an address is left");
}

std::string answer_to(std::uint16_t port, std::string_view request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  come_from_elsewhere(fd);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
          "the endpoint listens");
  require(::send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(request.size()),
          "a request is taken");
  ::shutdown(fd, SHUT_WR);
  std::string answer;
  std::array<char, 4096> block{};
  for (ssize_t size = 0; (size = ::recv(fd, block.data(), block.size(), 0)) > 0;) {
    answer.append(block.data(), static_cast<std::size_t>(size));
  }
  ::close(fd);
  return answer;
}

void run(std::string_view input) {
  constexpr std::size_t kLongest = 12 * 1024;
  static const Endpoint endpoint;
  static const std::uint16_t port = endpoint.port();
  const std::string answer = answer_to(port, input.substr(0, kLongest));
  if (answer.empty()) return;
  const std::size_t end = answer.find("\r\n\r\n");
  require(end != answer.npos, "an answer has a head");
  const transport::ResponseHead head = transport::parse_head(answer.substr(0, end + 4));
  const std::set<int> known = {200, 400, 404, 405, 431, 503};
  require(known.contains(head.status), "a status is one of ours");
  const std::string body = answer.substr(end + 4);
  require(body.empty() || head.get("Content-Length") == std::to_string(body.size()),
          "a body has its length");
  require(answer.find("HTTP/1.1 ", 1) == answer.npos, "there is one answer");
}

std::vector<std::string> seeds() {
  return {"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
          "HEAD /healthz?x HTTP/1.0\r\n\r\n",
          "POST /readyz HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
          "GET http://h/metrics HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
          "GET\r\n\r\n",
          "\r\n\r\n",
          "GET /" + std::string(9000, 'a'),
          "GET / HTTP/1.1\r\n" + std::string(150, ':') + "\r\n\r\n"};
}

const Registration kRequest({"request", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
