#include "support/notify_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

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
  if (kept_.empty()) return read(time);
  std::string message = std::move(kept_.front());
  kept_.pop_front();
  return message;
}

void NotifySocket::keep(std::chrono::milliseconds time) {
  if (std::string message = read(time); !message.empty()) kept_.push_back(std::move(message));
}

std::string NotifySocket::read(std::chrono::milliseconds time) {
  pollfd ready = {fd_, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(time.count())) <= 0) return {};
  char block[4096];
  const ssize_t size = recv(fd_, block, sizeof block, 0);
  return size <= 0 ? std::string() : std::string(block, static_cast<std::size_t>(size));
}

std::string NotifySocket::wait_for(const std::string& part) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::minutes kPatience{1};
  auto until = Clock::now() + kPatience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    std::string message = receive(std::max(left, std::chrono::milliseconds(0)));
    if (message.empty() && Clock::now() >= until) {
      std::string all;
      for (const std::string& each : seen) all += each + "; ";
      throw std::runtime_error("no message with " + part + " but " + all);
    }
    // A daemon that waits says so again and again: that is no news.
    if (std::find(seen.begin(), seen.end(), message) == seen.end())
      until = Clock::now() + kPatience;
    seen.push_back(message);
    if (message.find(part) != std::string::npos) return message;
  }
}

}  // namespace nexus_mirror::testing
