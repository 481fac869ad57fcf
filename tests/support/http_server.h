// A raw HTTP server on a loopback port that answers with scripted bytes, whole or broken.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nexus_mirror::testing {

struct Reply {
  enum class Then {
    keep,   // read the next request of this connection
    close,  // end the connection in an orderly way
    reset,  // end it with a TCP reset
    stall,  // say nothing more, until the server ends
    drip,   // ... but one blank a millisecond, until the other side has gone
  };
  std::string bytes;  // sent as they are
  Then then = Then::keep;
};

// "HTTP/1.1 `status`", Content-Length, `headers` (each ending in "\r\n") and `body`.
std::string answer(int status, const std::string& body, const std::string& headers = {});

// `bytes` as a chunked body, in chunks of `size`.
std::string chunked(const std::string& bytes, std::size_t size);

// `bytes` packed: windowBits 31 = gzip, 15 = zlib, -15 = bare deflate.
std::string packed(const std::string& bytes, int window_bits = 31);

// Serves every connection on a thread of its own. Any thread may call any method.
class HttpServer {
 public:
  // `number` counts requests from 0. Called on the connections' threads, one at a time.
  using Script = std::function<Reply(const std::string& request, int number)>;

  explicit HttpServer(Script script, Poco::Net::Context::Ptr tls = nullptr,
                      const std::string& address = "127.0.0.1");
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const;                    // "http://127.0.0.1:port", or https
  std::vector<std::string> requests() const;  // head and body, as they came
  int connections() const;

  // Waits until `count` requests have come in.
  void wait_for_requests(std::size_t count) const;

  // Waits until `count` connections have ended at the server's side.
  void wait_for_closed(int count) const;

 private:
  void accept_all();
  void serve(Poco::Net::StreamSocket socket);
  bool answer_one(Poco::Net::StreamSocket& socket, std::string& input);

  const Script script_;
  const Poco::Net::Context::Ptr tls_;
  Poco::Net::ServerSocket listener_;
  std::uint16_t port_ = 0;  // constant after construction

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool ending_ = false;  // guarded by mutex_, like all below
  int closed_ = 0;
  std::vector<std::string> requests_;
  std::vector<Poco::Net::StreamSocket> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;  // of the owner
};

}  // namespace nexus_mirror::testing
