#include "daemon/listener.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/Net/TCPServerParams.h>
#include <Poco/ThreadPool.h>
#include <Poco/Timespan.h>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <sstream>
#include <string_view>

#include "error/on_the_way_out.h"
#include "log/guard.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::daemon {
namespace {

namespace net = Poco::Net;

constexpr int kMostThreads = 4;  // connections served at the same time
constexpr int kMostQueued = 16;  // connections that wait; more are closed at once
constexpr std::size_t kLongestHead = 8 << 10;
constexpr std::int64_t kHeadTimeMs = 3000;  // for the whole head: slow clients wait for nobody
const Poco::Timespan kSlice(0, 100'000);    // how soon a stop is noticed
const Poco::Timespan kSendTime(3, 0);

struct Page {
  int status;
  std::string_view reason;
  std::string body;
  std::string_view type = "text/plain; charset=utf-8";
};

std::string message(const Page& answer, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " " +
                     std::string(answer.reason) + "\r\nContent-Type: " + std::string(answer.type) +
                     "\r\nContent-Length: " + std::to_string(answer.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (answer.status == 405) text += "Allow: GET, HEAD\r\n";
  return text + "Connection: close\r\n\r\n" + (with_body ? answer.body : std::string());
}

// What all connections share; outlives them.
struct Service {
  const Metrics& metrics;
  Env& env;
  std::atomic<bool> ending = false;
};

Page answer_to(const std::string& method, const std::string& uri, const Service& service) {
  const std::string path = uri.substr(0, uri.find('?'));
  const std::int64_t now = service.env.now_ms();
  if (path != "/metrics" && path != "/healthz" && path != "/readyz") {
    return {404, "Not Found", "there are /metrics, /healthz and /readyz\n"};
  }
  if (method != "GET" && method != "HEAD") {
    return {405, "Method Not Allowed", "only GET and HEAD\n"};
  }
  if (path == "/metrics") {
    return {200, "OK", service.metrics.text(now), "text/plain; version=0.0.4; charset=utf-8"};
  }
  if (path == "/healthz" || service.metrics.ready(now)) return {200, "OK", "ok\n"};
  return {503, "Service Unavailable", "no success within stale_after\n"};
}

class Visit final : public net::TCPServerConnection {
 public:
  Visit(const net::StreamSocket& client, Service& service)
      : TCPServerConnection(client), service_(service) {}

  void run() override {
    try {
      socket().setSendTimeout(kSendTime);
      const std::optional<std::string> head = read_head();
      if (!head) return;
      respond(*head);
    } catch (const Poco::Exception&) {
      // The client has gone.
    } catch (...) {
      log::current_exception("answering", "a request for monitoring");
    }
  }

 private:
  // Up to the empty line; more than kLongestHead when there is none so far. Nullopt = not in time.
  std::optional<std::string> read_head() {
    const std::int64_t deadline = service_.env.monotonic_ms() + kHeadTimeMs;
    std::string head;
    std::array<char, 2048> block{};
    while (head.find("\r\n\r\n") == std::string::npos && head.size() <= kLongestHead) {
      if (service_.ending || service_.env.monotonic_ms() >= deadline) return std::nullopt;
      if (!socket().poll(kSlice, net::Socket::SELECT_READ)) continue;
      const int size = socket().receiveBytes(block.data(), static_cast<int>(block.size()));
      if (size <= 0) return std::nullopt;
      head.append(block.data(), static_cast<std::size_t>(size));
    }
    return head;
  }

  void respond(const std::string& head) {
    if (head.size() > kLongestHead) {
      return send({431, "Request Header Fields Too Large", "at most 8 KiB\n"}, true);
    }
    net::HTTPRequest request;
    try {
      std::istringstream stream(head);
      request.read(stream);
    } catch (const Poco::Exception&) {
      return send({400, "Bad Request", "this is no HTTP request\n"}, true);
    }
    send(answer_to(request.getMethod(), request.getURI(), service_),
         request.getMethod() != net::HTTPRequest::HTTP_HEAD);
  }

  void send(const Page& answer, bool with_body) {
    const std::string text = message(answer, with_body);
    std::size_t sent = 0;
    while (sent < text.size()) {
      const int size = socket().sendBytes(text.data() + sent, static_cast<int>(text.size() - sent));
      if (size <= 0) return;
      sent += static_cast<std::size_t>(size);
    }
    socket().shutdownSend();
    drain();
  }

  // What the client still sends is read away: a close with bytes unread resets the connection, and
  // the answer may be lost with it.
  void drain() {
    std::array<char, 2048> block{};
    for (int reads = 0; reads < 16 && !service_.ending; ++reads) {
      if (!socket().poll(kSlice, net::Socket::SELECT_READ)) return;
      if (socket().receiveBytes(block.data(), static_cast<int>(block.size())) <= 0) return;
    }
  }

  Service& service_;
};

class Visits final : public net::TCPServerConnectionFactory {
 public:
  explicit Visits(Service& service) : service_(service) {}
  net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
    return new Visit(socket, service_);
  }

 private:
  Service& service_;
};

net::SocketAddress resolve(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

net::ServerSocket listen_on(const std::string& address) {
  try {
    const net::SocketAddress place = resolve(address);
    net::ServerSocket socket;
    socket.bind(place, true, false);  // two programs on one port would share the requests
    socket.listen(kMostQueued);
    return socket;
  } catch (const Poco::Exception& error) {
    throw Error(ErrorCode::config, "listening on", "[daemon] listen = \"" + address + "\"",
                one_line(error.displayText()),
                "choose an address of this machine and a port that no other program uses");
  }
}

net::TCPServerParams::Ptr server_params() {
  net::TCPServerParams::Ptr params = new net::TCPServerParams;
  params->setMaxThreads(kMostThreads);
  params->setMaxQueued(kMostQueued);
  return params;
}

}  // namespace

class Listener::Server {
 public:
  Server(const std::string& address, const Metrics& metrics, Env& env)
      : service_{metrics, env},
        socket_(listen_on(address)),
        pool_(1, kMostThreads + 1),
        server_(new Visits(service_), pool_, socket_, server_params()) {
    server_.start();
  }
  ~Server() {
    service_.ending = true;
    // A thread that cannot be waited for has ended.
    on_the_way_out([this] {
      server_.stop();
      pool_.joinAll();
    });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url() const { return "http://" + socket_.address().toString(); }

 private:
  Service service_;
  net::ServerSocket socket_;
  Poco::ThreadPool pool_;
  net::TCPServer server_;
};

Listener::Listener(const std::string& address, const Metrics& metrics, Env& env) {
  try {
    server_ = std::make_unique<Server>(address, metrics, env);
  } catch (const Poco::Exception& error) {
    throw Error(ErrorCode::machine, "starting threads that listen on", address,
                one_line(error.displayText()),
                "raise the limit on threads: ulimit -u, or TasksMax= of the systemd unit");
  }
}

Listener::~Listener() = default;

std::string Listener::url() const { return server_->url(); }

}  // namespace nexus_mirror::daemon
