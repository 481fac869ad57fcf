#include "support/http_server.h"

#include <Poco/Exception.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <sys/socket.h>
#include <zlib.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <stdexcept>

namespace nexus_mirror::testing {
namespace {

// The length of the first whole request in `input`, 0 while it is incomplete.
std::size_t request_size(const std::string& input) {
  const auto head = input.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  std::size_t body = 0;
  const std::string field = "\r\nContent-Length: ";
  if (const auto at = input.find(field); at < head)
    body = std::stoul(input.substr(at + field.size()));
  const std::size_t size = head + 4 + body;
  return input.size() < size ? 0 : size;
}

void send_all(Poco::Net::StreamSocket& socket, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto size = static_cast<int>(std::min<std::size_t>(bytes.size() - sent, 1 << 20));
    const int written = socket.sendBytes(bytes.data() + sent, size, MSG_NOSIGNAL);
    if (written <= 0) throw Poco::IOException("nothing sent");
    sent += static_cast<std::size_t>(written);
  }
}

}  // namespace

std::string answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Reason\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chunked(const std::string& bytes, std::size_t size) {
  std::ostringstream out;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const std::string chunk = bytes.substr(at, size);
    out << std::hex << chunk.size() << "\r\n" << chunk << "\r\n";
  }
  out << "0\r\n\r\n";
  return out.str();
}

std::string packed(const std::string& bytes, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  std::string input = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

HttpServer::HttpServer(Script script, Poco::Net::Context::Ptr tls, const std::string& address)
    : script_(std::move(script)), tls_(std::move(tls)) {
  listener_.bind(Poco::Net::SocketAddress(address, Poco::UInt16{0}), true);
  listener_.listen(64);
  port_ = listener_.address().port();
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    // Wakes whoever reads from or writes to a client; shutdown() keeps the descriptors valid.
    for (auto& socket : sockets_) ::shutdown(socket.impl()->sockfd(), SHUT_RDWR);
  }
  changed_.notify_all();
  ::shutdown(listener_.impl()->sockfd(), SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

std::string HttpServer::url() const {
  return (tls_ ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(port_);
}

std::vector<std::string> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int HttpServer::connections() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(threads_.size());
}

void HttpServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_.size() >= count; });
}

void HttpServer::wait_for_closed(int count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ >= count; });
}

void HttpServer::accept_all() {
  while (true) {
    Poco::Net::StreamSocket socket;
    try {
      socket = listener_.acceptConnection();
    } catch (const Poco::Exception&) {
      return;
    }
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void HttpServer::serve(Poco::Net::StreamSocket socket) {
  // OpenSSL writes without MSG_NOSIGNAL.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  const Poco::Net::StreamSocket plain = socket;
  try {
    if (tls_) {
      Poco::Net::SecureStreamSocket secure = Poco::Net::SecureStreamSocket::attach(socket, tls_);
      secure.completeHandshake();
      socket = secure;
    }
    std::string input;
    while (answer_one(socket, input)) {
    }
  } catch (const Poco::Exception&) {
    // A client that goes away, or refuses our certificate, is part of many tests.
  }
  try {
    socket.close();
  } catch (const Poco::Exception&) {
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(sockets_, [&](const auto& other) { return other.impl() == plain.impl(); });
  ++closed_;
  changed_.notify_all();
}

bool HttpServer::answer_one(Poco::Net::StreamSocket& socket, std::string& input) {
  std::size_t size = 0;
  while ((size = request_size(input)) == 0) {
    char buffer[16384];
    const int got = socket.receiveBytes(buffer, sizeof buffer);
    if (got <= 0) return false;
    input.append(buffer, static_cast<std::size_t>(got));
  }
  const std::string request = input.substr(0, size);
  input.erase(0, size);
  Reply reply;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    reply = script_(request, static_cast<int>(requests_.size()) - 1);
  }
  changed_.notify_all();
  send_all(socket, reply.bytes);
  switch (reply.then) {
    case Reply::Then::keep:
      return true;
    case Reply::Then::close:
      break;
    case Reply::Then::reset:
      socket.setLinger(true, 0);
      break;
    case Reply::Then::drip: {
      std::unique_lock lock(mutex_);
      while (!changed_.wait_for(lock, std::chrono::milliseconds(1), [&] { return ending_; })) {
        lock.unlock();
        send_all(socket, " ");  // throws once nobody is there
        lock.lock();
      }
      break;
    }
    case Reply::Then::stall: {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_; });
      break;
    }
  }
  return false;
}

}  // namespace nexus_mirror::testing
