#include "transport/failure.h"

#include <utility>

namespace nexus_mirror::transport {

Failure::Failure(Cause cause, const std::string& reason, std::string hint)
    : std::runtime_error(reason), cause_(cause), hint_(std::move(hint)) {}

void throw_error(const Failure& failure, const std::string& doing, const std::string& subject) {
  ErrorCode code = ErrorCode::bad_response;
  switch (failure.cause()) {
    case Failure::Cause::refused:
      throw PermanentError(ErrorCode::unreachable, doing, subject, failure.what(), failure.hint());
    case Failure::Cause::machine:
      code = ErrorCode::machine;
      break;
    case Failure::Cause::unreachable:
      code = ErrorCode::unreachable;
      break;
    case Failure::Cause::closed:
    case Failure::Cause::timed_out:
      code = ErrorCode::timeout;
      break;
    case Failure::Cause::interrupted:
      code = ErrorCode::interrupted;
      break;
    case Failure::Cause::unusable:
      break;
  }
  throw Error(code, doing, subject, failure.what(), failure.hint());
}

}  // namespace nexus_mirror::transport
