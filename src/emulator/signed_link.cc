#include "emulator/signed_link.h"

#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include "emulator/synthetic_records.h"
#include "text/hex.h"

namespace nexus_mirror::emulator {

void LinkSigner::append_query(std::int64_t now_ms, std::string& out) {
  const Poco::Timestamp now(now_ms * 1000);
  out.append("?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40");
  out.append("datature.iam.gserviceaccount.com%2F");
  Poco::DateTimeFormatter::append(out, now, "%Y%m%d");
  out.append("%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=");
  Poco::DateTimeFormatter::append(out, now, "%Y%m%dT%H%M%SZ");
  out.append("&X-Goog-Expires=").append(std::to_string(kLifetimeSeconds));
  out.append("&X-Goog-SignedHeaders=host&X-Goog-Signature=");
  // As long as an RSA-2048 signature: 512 digits.
  std::uint64_t value = mixed(state_.fetch_add(1, std::memory_order_relaxed));
  for (int i = 0; i < 32; ++i) {
    value = mixed(value);
    text::append_hex(out, value, 16);
  }
}

}  // namespace nexus_mirror::emulator
