#include "nexus_mirror/error.h"

#include <utility>

namespace nexus_mirror {
namespace {

std::string sentence(const std::string& doing, const std::string& subject,
                     const std::string& reason, const std::string& hint) {
  std::string text = doing;
  if (!subject.empty()) text += (text.empty() ? "" : " ") + subject;
  if (!reason.empty()) text += (text.empty() ? "" : ": ") + reason;
  if (!hint.empty()) text += "; " + hint;
  return one_line(std::move(text));
}

}  // namespace

Error::Error(ErrorCode code, std::string doing, std::string subject, std::string reason,
             std::string hint)
    : std::runtime_error(sentence(doing, subject, reason, hint)),
      code_(code),
      doing_(std::move(doing)),
      subject_(std::move(subject)),
      reason_(std::move(reason)),
      hint_(std::move(hint)) {}

Error Error::from_status(int http_status, std::string doing, std::string subject,
                         std::string reason, std::string hint) {
  Error error(ErrorCode::http_status, std::move(doing), std::move(subject), std::move(reason),
              std::move(hint));
  error.http_status_ = http_status;
  return error;
}

ExitCode exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::usage:
    case ErrorCode::config:
      return ExitCode::usage;
    case ErrorCode::key_refused:
      return ExitCode::key_refused;
    case ErrorCode::unreachable:
    case ErrorCode::timeout:
      return ExitCode::unreachable;
    case ErrorCode::machine:
      return ExitCode::machine;
    case ErrorCode::guard:
      return ExitCode::guard;
    case ErrorCode::busy:
      return ExitCode::busy;
    case ErrorCode::http_status:
    case ErrorCode::bad_response:
    case ErrorCode::exports:
    case ErrorCode::interrupted:
      break;
  }
  return ExitCode::partial;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace nexus_mirror
