#include "emulator/signed_link.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Timestamp.h>

#include "emulator/synthetic_records.h"
#include "text/hex.h"
#include "text/number.h"

namespace nexus_mirror::emulator {
namespace {

constexpr int kNonceDigits = 16;
constexpr int kWords = 31;  // of 16 digits, behind the nonce: 512 digits as of RSA-2048

std::uint64_t mixed_in(std::uint64_t value, std::string_view text) {
  value = mixed(value ^ text.size());
  for (const char c : text) value = mixed(value ^ static_cast<unsigned char>(c));
  return value;
}

}  // namespace

std::string LinkSigner::signature(std::string_view path, std::string_view date,
                                  std::string_view expires, std::uint64_t nonce) const {
  std::uint64_t value = mixed(secret_ ^ mixed(nonce));
  for (const std::string_view part : {path, date, expires}) value = mixed_in(value, part);
  std::string digits;
  text::append_hex(digits, nonce, kNonceDigits);
  for (int i = 0; i < kWords; ++i) {
    value = mixed(value);
    text::append_hex(digits, value, 16);
  }
  return digits;
}

void LinkSigner::append_link(std::string_view path, std::int64_t now_ms, std::string& out) {
  const Poco::Timestamp now(now_ms * 1000);
  const std::string date = Poco::DateTimeFormatter::format(now, "%Y%m%dT%H%M%SZ");
  const std::string expires = std::to_string(lifetime_s_);
  out.append(origin_).append(path);
  out.append("?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40");
  out.append("datature.iam.gserviceaccount.com%2F").append(date, 0, 8);
  out.append("%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=").append(date);
  out.append("&X-Goog-Expires=").append(expires);
  out.append("&X-Goog-SignedHeaders=host&X-Goog-Signature=");
  const std::uint64_t nonce = mixed(next_.fetch_add(1, std::memory_order_relaxed));
  out.append(signature(path, date, expires, nonce));
}

LinkState LinkSigner::examine(const ApiRequest& request) const {
  const auto signed_as = request.query.first("X-Goog-Signature");
  if (!signed_as) return LinkState::without_signature;
  const std::string date = request.query.first("X-Goog-Date").value_or("");
  const std::string expires = request.query.first("X-Goog-Expires").value_or("");
  const auto nonce =
      text::parse_number<std::uint64_t>(std::string_view(*signed_as).substr(0, kNonceDigits), 16);
  if (request.method != "GET" || !nonce ||
      *signed_as != signature(request.path, date, expires, *nonce)) {
    return LinkState::wrong_signature;
  }
  int zone = 0;
  Poco::DateTime begin;
  const auto seconds = text::parse_number<std::int64_t>(expires);
  if (!seconds || !Poco::DateTimeParser::tryParse("%Y%m%dT%H%M%SZ", date, begin, zone)) {
    return LinkState::wrong_signature;
  }
  const std::int64_t end_ms = begin.timestamp().epochMicroseconds() / 1000 + *seconds * 1000;
  return request.now_ms < end_ms ? LinkState::good : LinkState::expired;
}

}  // namespace nexus_mirror::emulator
