// nexus-emulator as a child process, for end-to-end tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nexus_mirror::testing {

struct FetchedAnswer {
  int status = 0;
  std::string body;  // as on the wire
  std::map<std::string, std::string> headers;
};

// One request over plain HTTP on a connection of its own. Throws Poco::Exception when there is no
// whole answer.
FetchedAnswer fetch(const std::string& method, const std::string& url,
                    const std::map<std::string, std::string>& headers = {},
                    const std::string& body = {});

// Belongs to one thread.
class EmulatorProcess {
 public:
  // Starts the program with `arguments` and, unless they name one, a free port; returns when it
  // listens. Throws std::runtime_error with its exit status and stderr when it ends instead.
  explicit EmulatorProcess(std::vector<std::string> arguments);
  ~EmulatorProcess();  // stops
  EmulatorProcess(const EmulatorProcess&) = delete;
  EmulatorProcess& operator=(const EmulatorProcess&) = delete;

  const std::string& url() const { return url_; }  // "http://127.0.0.1:4711"
  std::uint16_t port() const;
  std::string storage_url() const;  // what its signed links begin with

  // One request to /_emulator/`path`; returns the answer's body. Plain HTTP only. Throws
  // std::runtime_error for a status other than 200.
  std::string control(const std::string& method, const std::string& path,
                      const std::string& body = {}) const;

  // The journal: {"count":N,"requests":[...]}.
  std::string requests() const { return control("GET", "requests"); }

  // Sends SIGTERM and waits. Returns the exit status, -1 for an end by a signal; the first call's
  // answer when called again.
  int stop() noexcept;

 private:
  std::string standard_error() const;

  pid_t pid_ = -1;  // -1 = has ended
  int exit_status_ = -1;
  int error_file_ = -1;
  std::string url_;
};

}  // namespace nexus_mirror::testing
