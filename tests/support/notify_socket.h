// The socket at which systemd would listen to a service.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

namespace nexus_mirror::testing {

// Belongs to one thread.
class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& path);  // is created
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  std::string variable() const { return "NOTIFY_SOCKET=" + path_.string(); }

  // The next message that holds `part`; earlier ones are passed over, and kept in `seen`. Throws
  // when none comes that is new for a minute.
  std::string wait_for(const std::string& part);

  // The next message; empty when none comes within `time`.
  std::string receive(std::chrono::milliseconds time);

  // Takes in what comes within `time`, for receive() to find. A sender waits while ten messages are
  // unread.
  void keep(std::chrono::milliseconds time);

  std::vector<std::string> seen;

 private:
  std::string read(std::chrono::milliseconds time);

  std::filesystem::path path_;
  int fd_ = -1;
  std::deque<std::string> kept_;
};

}  // namespace nexus_mirror::testing
