// What goes wrong on a connection, before it is known which request suffered: the transport adds
// the URL and throws nexus_mirror::Error.
#pragma once

#include <stdexcept>
#include <string>

#include "nexus_mirror/error.h"

namespace nexus_mirror::transport {

class Failure : public std::runtime_error {
 public:
  enum class Cause {
    machine,      // no memory, thread or descriptor is left here
    unreachable,  // no connection
    refused,      // no connection, and asking again changes nothing: a certificate, a proxy's "no"
    closed,       // the peer closed or reset the connection too early
    timed_out,    // nothing came in time
    unusable,     // an answer that breaks a limit or the protocol
    interrupted,  // stop was requested
  };

  Failure(Cause cause, const std::string& reason, std::string hint = {});

  Cause cause() const noexcept { return cause_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  Cause cause_;
  std::string hint_;
};

// An Error that make_retry() passes on at once, for its cause does not go away by itself.
class PermanentError : public Error {
 public:
  using Error::Error;
};

// `failure` as the Error that callers see. Does not return.
[[noreturn]] void throw_error(const Failure& failure, const std::string& doing,
                              const std::string& subject);

}  // namespace nexus_mirror::transport
