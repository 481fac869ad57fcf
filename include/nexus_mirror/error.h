// The one error type of the program.
//
// An error says what was being done, to what, why it failed and what to do, in one line:
//
//   reading configuration /etc/nexus-mirror/config.toml: line 3, column 1: unknown key "databse"
//   (did you mean "database"?)
//
// Exceptions of other libraries are translated in the layer that owns the library. Nothing that
// is thrown holds a secret key or the query part of a signed link.
#pragma once

#include <stdexcept>
#include <string>

namespace nexus_mirror {

// What went wrong, as far as a caller decides by it. exit_code() maps each to the exit status of
// the command line.
enum class ErrorCode {
  usage,         // a command line that makes no sense, SQL that does not run or would write
  config,        // the configuration file is missing, unreadable or wrong
  key_refused,   // the server refused the key: 401, or 403 on the workspace
  unreachable,   // no connection: name not found, refused, TLS not trusted, all retries used up
  timeout,       // connected, but no answer, an answer cut short or a reset; all retries used up
  http_status,   // the server answered with a status that is no success (Error::http_status())
  bad_response,  // the server's answer cannot be used: no JSON, too large, a cursor that repeats
  machine,       // this one: the mirror or another file, its disk, threads, descriptors
  guard,         // the mass-delete guard refused
  busy,          // another nexus-mirror works on this mirror
  exports,       // a file or folder of the exports cannot be written
  interrupted,   // asked to stop
};

// Immutable after construction; may be copied between threads.
class Error : public std::runtime_error {
 public:
  // `doing` is a present participle ("listing annotations"), `subject` what it was done to,
  // `reason` why it failed, `hint` what to do about it (may be empty).
  Error(ErrorCode code, std::string doing, std::string subject, std::string reason,
        std::string hint = {});

  // The same for an answer with a status code, 100..599.
  static Error from_status(int http_status, std::string doing, std::string subject,
                           std::string reason, std::string hint = {});

  ErrorCode code() const noexcept { return code_; }
  int http_status() const noexcept { return http_status_; }  // 0 = not an answer's status
  const std::string& doing() const noexcept { return doing_; }
  const std::string& subject() const noexcept { return subject_; }
  const std::string& reason() const noexcept { return reason_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  ErrorCode code_;
  int http_status_ = 0;
  std::string doing_, subject_, reason_, hint_;
};

// Exit statuses of the command line (CONTRACT.md 1).
enum class ExitCode : int {
  done = 0,
  partial = 1,
  usage = 2,
  key_refused = 3,
  unreachable = 4,
  machine = 5,
  guard = 6,
  busy = 7,
};

ExitCode exit_code(ErrorCode code) noexcept;

// `text` on one line: line breaks and other control characters become spaces.
std::string one_line(std::string text);

}  // namespace nexus_mirror
