#include "files/content_download.h"

#include <algorithm>
#include <utility>

#include "nexus_mirror/error.h"

namespace nexus_mirror::files {
namespace {

constexpr int kFound = 200, kPart = 206;
constexpr std::uint64_t kStep = std::uint64_t{1}
                                << 20;  // reserved at once where no length is known

// By which a part can be asked for later: a strong ETag (RFC 9110, 8.8.1) of bytes that are stored
// as they come, and that a hash will prove to be whole.
std::string validator_of(const FileHead& head) {
  const bool strong = head.etag.size() > 2 && head.etag.front() == '"' && head.etag.back() == '"';
  return strong && !head.packed && !head.hashes.empty() ? head.etag : std::string();
}

// The value behind "crc32c=", "md5="; empty where the hash is another.
std::string_view value_of(std::string_view hash, std::string_view name) {
  return hash.starts_with(name) ? hash.substr(name.size()) : std::string_view();
}

}  // namespace

ContentDownload::ContentDownload(const FetchOrder& order, const FetchContext& context,
                                 std::unique_ptr<content::ContentAttempt> attempt, Cutoff& cutoff)
    : order_(order), context_(context), cutoff_(cutoff), attempt_(std::move(attempt)) {}

ContentDownload::~ContentDownload() {
  cutoff_.hold(false);
  context_.room.settle(reserved_);
}

FileRequest ContentDownload::request() const {
  FileRequest request;
  request.link = order_.link;
  if (!attempt_) return request;
  request.from = attempt_->bytes();
  request.if_match = attempt_->validator();
  return request;
}

bool ContentDownload::begin(const FileHead& head) {
  const bool taken = head.status == kPart ? begin_part(head) : begin_whole(head);
  if (taken) verdict_ = HeadVerdict::taken;
  return taken;
}

bool ContentDownload::begin_part(const FileHead& head) {
  const bool fits = attempt_ && head.part && head.part->first == attempt_->bytes() &&
                    head.part->last + 1 == head.part->whole && !head.packed &&
                    head.etag == attempt_->validator() && !head.hashes.empty() &&
                    (!head.length || *head.length == head.part->whole - head.part->first);
  if (!fits) {
    verdict_ = HeadVerdict::anew;
    return false;
  }
  if (!fits_limit(head.part->whole)) return false;
  resumed_ = true;
  known_length_ = true;
  return reserve(head.part->whole - head.part->first);
}

bool ContentDownload::begin_whole(const FileHead& head) {
  if (head.status != kFound) {
    verdict_ = HeadVerdict::other;
    return false;
  }
  if (attempt_) attempt_->drop();
  // Of what is packed nobody knows what it comes to.
  known_length_ = head.length && !head.packed;
  if (known_length_ && !fits_limit(*head.length)) return false;
  const std::string validator = validator_of(head);
  cutoff_.hold(validator.empty());
  attempt_ = context_.store.begin(order_.key, validator);
  if (head.packed) wire_.emplace();
  return !known_length_ || reserve(*head.length);
}

bool ContentDownload::fits_limit(std::uint64_t bytes) {
  if (context_.max_file == 0 || bytes <= context_.max_file) return true;
  verdict_ = HeadVerdict::too_large;
  return false;
}

bool ContentDownload::reserve(std::uint64_t bytes) {
  if (!context_.room.reserve(bytes)) {
    verdict_ = HeadVerdict::no_room;
    wanted_bytes_ = bytes;
    return false;
  }
  reserved_ += bytes;
  return true;
}

void ContentDownload::take(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!fits_limit(attempt_->bytes() + bytes.size())) {
    attempt_->drop();
    throw Error(ErrorCode::bad_response, "fetching", "a file", "it is larger than max_file");
  }
  if (reserved_ < bytes.size() && !known_length_ &&
      !reserve(std::max<std::uint64_t>(bytes.size(), kStep))) {
    attempt_->drop();  // or it would take the room that is not there
    throw Error(ErrorCode::bad_response, "fetching", "a file", "it leaves too little free");
  }
  if (first_.size() < kFirstBytes && !resumed_) {
    first_.append(bytes.substr(0, kFirstBytes - first_.size()));
  }
  attempt_->write(bytes);
  const std::uint64_t written = std::min<std::uint64_t>(bytes.size(), reserved_);
  context_.room.settle(written);
  reserved_ -= written;
  received_ += bytes.size();
  context_.bytes += bytes.size();
  if (!context_.bandwidth.take(bytes.size(), cutoff_.token())) {
    throw Error(ErrorCode::interrupted, "fetching", "a file", "asked to stop");
  }
}

void ContentDownload::forget() {
  if (attempt_) attempt_->drop();
}

std::string ContentDownload::check(const FileHead& head, FetchOutcome& outcome) {
  const content::ContentHashes hashes = attempt_->finish();
  std::string reason = compare(head, hashes);
  if (!reason.empty()) {
    attempt_->drop();
    return reason;
  }
  outcome.content = hashes;
  outcome.content_type = head.content_type;
  outcome.etag = head.etag;
  context_.store.has(hashes) ? attempt_->drop() : attempt_->seal();
  return {};
}

std::string ContentDownload::compare(const FileHead& head, const content::ContentHashes& hashes) {
  content::ContentHashes wire;
  if (wire_) wire = wire_->take();
  bool proven = false;
  for (const std::string& hash : head.hashes) {
    const std::string_view crc = value_of(hash, "crc32c="), md5 = value_of(hash, "md5=");
    if (crc.empty() && md5.empty()) continue;  // one that nobody knows proves nothing
    const bool same = crc.empty() ? md5 == hashes.md5 || (wire_ && md5 == wire.md5)
                                  : crc == hashes.crc32c || (wire_ && crc == wire.crc32c);
    if (!same) return "what came has another hash than the storage says (" + hash + ")";
    proven = true;
  }
  if (proven) return {};
  if (head.ends_with_connection) {
    return "neither a length nor a hash says where it ends: it may have been cut short";
  }
  return why_not(order_.kind, head.content_type, first_);
}

}  // namespace nexus_mirror::files
