#include "transport/failure.h"

#include <utility>

namespace nexus_mirror::transport {

Failure::Failure(Kind kind, const std::string& reason, std::string hint)
    : std::runtime_error(reason), kind_(kind), hint_(std::move(hint)) {}

void throw_error(const Failure& failure, const std::string& doing, const std::string& subject) {
  ErrorCode code = ErrorCode::bad_response;
  switch (failure.kind()) {
    case Failure::Kind::refused:
      throw LastingError(ErrorCode::unreachable, doing, subject, failure.what(), failure.hint());
    case Failure::Kind::unreachable:
      code = ErrorCode::unreachable;
      break;
    case Failure::Kind::closed:
    case Failure::Kind::timed_out:
      code = ErrorCode::timeout;
      break;
    case Failure::Kind::interrupted:
      code = ErrorCode::interrupted;
      break;
    case Failure::Kind::unusable:
      break;
  }
  throw Error(code, doing, subject, failure.what(), failure.hint());
}

}  // namespace nexus_mirror::transport
