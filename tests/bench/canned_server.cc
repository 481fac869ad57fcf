// A Nexus for the bench: HTTP/1.1 on loopback, keep-alive, each answer after a fixed latency.
//
//   nexus-bench-server --assets N [--projects N]      prints its address, ends with its parent
//
// One thread with epoll: an answer that waits for its time blocks no other, as with a distant
// server, and what a client measures is not this program's scheduling. Rows come from
// canned_rows.h, so that it keeps ahead of any client; the bench shows by how much.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "canned_answers.h"

namespace nexus_mirror::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* doing) {
  std::perror(doing);
  std::exit(1);
}

class Server {
 public:
  Server(std::uint64_t projects, std::uint64_t assets) : nexus_(projects, assets) {}

  void run() {
    listen();
    epoll_event events[64];
    for (;;) {
      const timespec wait = until_due();
      const int count =
          ::epoll_pwait2(poll_, events, 64, waiting_.empty() ? nullptr : &wait, nullptr);
      if (count < 0 && errno != EINTR) fail("epoll_pwait2");
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == listener_) {
          accept();
        } else {
          serve(events[i].data.fd, events[i].events);
        }
      }
      answer_due();
    }
  }

 private:
  struct Connection {
    std::string in, out;
    std::size_t sent = 0;
    bool waits = false;  // a request of it is in waiting_: the next one is not looked at
    std::uint64_t serial = 0;
  };
  struct Waiting {
    Clock::time_point due;
    int socket;
    std::uint64_t serial;  // the socket's number may be another connection's by then
    std::string target;
  };

  void listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 128) != 0) fail("listen");
    ::getsockname(listener_, generic, &size);
    poll_ = ::epoll_create1(EPOLL_CLOEXEC);
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
    std::printf("http://127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  void watch(int socket, std::uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.fd = socket;
    ::epoll_ctl(poll_, operation, socket, &event);
  }

  timespec until_due() const {
    if (waiting_.empty()) return {};
    const auto left = std::max(waiting_.front().due - Clock::now(), Clock::duration::zero());
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
    return {ns / 1000000000, ns % 1000000000};
  }

  void accept() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0) return;
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[socket] = {};
      connections_[socket].serial = ++serial_;
      watch(socket, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void drop(int socket) {
    ::close(socket);
    connections_.erase(socket);
  }

  void serve(int socket, std::uint32_t events) {
    const auto found = connections_.find(socket);
    if (found == connections_.end()) return;
    if ((events & EPOLLOUT) != 0) return flush(socket, found->second);
    char piece[16384];
    const ssize_t size = ::recv(socket, piece, sizeof piece, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) return drop(socket);
    if (size > 0) found->second.in.append(piece, static_cast<std::size_t>(size));
    take_request(socket, found->second);
  }

  // The API's own requests have no body: one ends with its head.
  void take_request(int socket, Connection& connection) {
    if (connection.waits || !connection.out.empty()) return;
    const std::size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::size_t begin = connection.in.find(' ') + 1;
    const std::string target = connection.in.substr(begin, connection.in.find(' ', begin) - begin);
    connection.in.erase(0, end + 4);
    const bool at_once = target.starts_with("/control/") || nexus_.latency_ms() == 0;
    if (at_once) return answer(socket, connection, target);
    connection.waits = true;
    waiting_.push_back({Clock::now() + std::chrono::milliseconds(nexus_.latency_ms()), socket,
                        connection.serial, target});
  }

  // In the order in which they came, as all wait equally long.
  void answer_due() {
    while (!waiting_.empty() && waiting_.front().due <= Clock::now()) {
      const Waiting first = std::move(waiting_.front());
      waiting_.pop_front();
      const auto found = connections_.find(first.socket);
      if (found == connections_.end() || found->second.serial != first.serial) continue;
      found->second.waits = false;
      answer(first.socket, found->second, first.target);
    }
  }

  void answer(int socket, Connection& connection, const std::string& target) {
    const Answer answer = nexus_.answer(target);
    connection.out = answer.status == 200 ? "HTTP/1.1 200 OK" : "HTTP/1.1 404 Not Found";
    connection.out.append("\r\n").append(answer.headers).append("Content-Length: ");
    connection.out.append(std::to_string(answer.body.size())).append("\r\n\r\n");
    connection.out.append(answer.body);
    flush(socket, connection);
  }

  void flush(int socket, Connection& connection) {
    while (connection.sent < connection.out.size()) {
      const ssize_t size = ::send(socket, connection.out.data() + connection.sent,
                                  connection.out.size() - connection.sent, MSG_NOSIGNAL);
      if (size < 0 && errno == EAGAIN) return watch(socket, EPOLLOUT, EPOLL_CTL_MOD);
      if (size < 0) return drop(socket);
      connection.sent += static_cast<std::size_t>(size);
    }
    connection.out.clear();
    connection.sent = 0;
    watch(socket, EPOLLIN, EPOLL_CTL_MOD);
  }

  CannedNexus nexus_;
  int listener_ = -1, poll_ = -1;
  std::uint64_t serial_ = 0;
  std::map<int, Connection> connections_;
  std::deque<Waiting> waiting_;
};

}  // namespace
}  // namespace nexus_mirror::bench

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a bench that is killed leaves none behind
  std::uint64_t projects = 1, assets = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--projects") projects = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--assets") assets = std::strtoull(argv[i + 1], nullptr, 10);
  }
  if (assets == 0 || projects == 0 || projects > 255) {
    std::fputs("usage: nexus-bench-server --assets N [--projects N]\n", stderr);
    return 2;
  }
  nexus_mirror::bench::Server(projects, assets).run();
}
