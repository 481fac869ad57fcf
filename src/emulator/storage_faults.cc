#include "emulator/storage_faults.h"

#include "emulator/fault_delivery.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::string_view kHash = "x-goog-hash";

// Of other bytes than these, whatever they are: those of no bytes at all.
void falsify_hashes(Reply& reply) {
  for (auto& [name, value] : reply.headers) {
    if (name != kHash) continue;
    value = value.starts_with("md5=") ? "md5=1B2M2Y8AsgTpgAmY7PhCfg==" : "crc32c=AAAAAA==";
  }
}

// A part that begins at the file's begin, whatever was asked for, and says so.
void begin_elsewhere(Reply& reply) {
  if (reply.status != 206) return;
  for (auto& [name, value] : reply.headers) {
    if (name != "Content-Range") continue;
    const std::string size = value.substr(value.find('/'));
    value = "bytes 0-" + std::to_string(reply.body.size() - 1) + size;
  }
}

}  // namespace

bool is_of_file(FaultKind kind) {
  switch (kind) {
    case FaultKind::hang:
    case FaultKind::expired:
    case FaultKind::other_version:
    case FaultKind::no_hash:
    case FaultKind::wrong_hash:
    case FaultKind::short_file:
    case FaultKind::no_range:
    case FaultKind::other_range:
    case FaultKind::stored_packed:
    case FaultKind::packed_on_the_way:
      return true;
    default:
      return false;
  }
}

void mislead(const Fault& fault, StorageHeaders& headers) {
  headers.is_dead = fault.kind == FaultKind::expired;
  headers.other_version = fault.kind == FaultKind::other_version;
  headers.is_packed = fault.kind == FaultKind::stored_packed;
  if (fault.kind == FaultKind::no_range) headers.range.clear();
}

void spoil(const Fault& fault, Reply& reply) {
  if (reply.status >= 300) return;
  if (fault.kind == FaultKind::wrong_hash) falsify_hashes(reply);
  if (fault.kind == FaultKind::other_range) begin_elsewhere(reply);
  if (fault.kind == FaultKind::short_file) reply.body.resize(reply.body.size() / 2);
  if (fault.kind == FaultKind::no_hash) {
    std::erase_if(reply.headers, [](const auto& header) { return header.first == kHash; });
  }
  if (fault.kind == FaultKind::packed_on_the_way) {
    reply.body = gzipped(reply.body);
    reply.headers.emplace_back("Content-Encoding", "gzip");
  }
}

}  // namespace nexus_mirror::emulator
