#include "support/notify_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace nexus_mirror::testing {

NotifySocket::NotifySocket(const std::filesystem::path& path) : path_(path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path_.native().size() >= sizeof address.sun_path) throw std::runtime_error("path too long");
  std::memcpy(address.sun_path, path_.c_str(), path_.native().size());
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_storage place = {};
  std::memcpy(&place, &address, sizeof address);
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&place), sizeof address) != 0) {
    throw std::runtime_error("a socket cannot be made");
  }
}

NotifySocket::~NotifySocket() { close(fd_); }

std::string NotifySocket::receive(std::chrono::milliseconds time) {
  pollfd ready = {fd_, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(time.count())) <= 0) return {};
  char block[4096];
  const ssize_t size = recv(fd_, block, sizeof block, 0);
  return size <= 0 ? std::string() : std::string(block, static_cast<std::size_t>(size));
}

std::string NotifySocket::wait_for(const std::string& part) {
  for (;;) {
    std::string message = receive(std::chrono::minutes(1));
    if (message.empty()) {
      std::string all;
      for (const std::string& each : seen) all += each + "; ";
      throw std::runtime_error("no message with " + part + " but " + all);
    }
    seen.push_back(message);
    if (message.find(part) != std::string::npos) return message;
  }
}

}  // namespace nexus_mirror::testing
