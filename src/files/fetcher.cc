#include "files/fetcher.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "files/content_download.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::files {
namespace {

constexpr int kTooMany = 429, kPreconditionFailed = 412, kRangeBehindTheEnd = 416;
constexpr int kNotFound = 404;
constexpr int kMostRequests = 1000;
constexpr std::uint64_t kProgress = std::uint64_t{1} << 20;

// Whether the answer says that the link's life is over: CONTRACT.md 8.3. What a 400 is, only its
// body tells.
bool is_dead(const FileHead& head) {
  if (head.status == 401 || head.status == 403 || head.status == 410) return true;
  if (head.status != 400) return false;
  for (const char* const code : {"ExpiredToken", "expired", "Expired"}) {
    if (head.explanation.find(code) != std::string::npos) return true;
  }
  return false;
}

bool may_pass(int status) {
  return status == kTooMany || status == 408 || status == 500 || (status >= 502 && status <= 504) ||
         (status >= 520 && status <= 524);
}

// A file on its way, try after try.
class FileFetch {
 public:
  FileFetch(const FetchOrder& order, const FetchContext& context, const std::stop_token& stop)
      : order_(order), context_(context), cutoff_(stop, context.over), stop_(cutoff_.token()) {}

  FetchOutcome run();

 private:
  // One answer; true when the outcome is known.
  bool ask();
  bool settle(const FileHead& head, ContentDownload& download);
  bool begin_anew(ContentDownload& download, const std::string& reason);
  bool is_here();
  bool is_known(const FileHead& head);
  bool is_left_over(const FileHead& head);
  // Something that may pass went wrong: true when it was the last time.
  bool note(std::string reason, std::uint64_t progress);
  bool wait(std::int64_t ms);
  bool end(FetchEnd how) {
    outcome_.end = how;
    return true;
  }

  const FetchOrder& order_;
  const FetchContext& context_;
  Cutoff cutoff_;
  const std::stop_token stop_;
  FetchOutcome outcome_;
  int failures_ = 0;        // in a row, without a mebibyte between them
  int from_the_begin_ = 0;  // times that an answer was of another version
  int asked_ = 0;           // in all: a storage that always has another version ends, too
};

FetchOutcome FileFetch::run() {
  while (context_.hosts.wait(order_.link, stop_) && !cutoff_.is_over() &&
         !context_.hosts.given_up(order_.link)) {
    if (asked_ == 0 && is_here()) return std::move(outcome_);
    if (ask()) return std::move(outcome_);
    if (++asked_ < kMostRequests) continue;
    end(FetchEnd::failed);
    return std::move(outcome_);
  }
  end(FetchEnd::stopped);
  return std::move(outcome_);
}

bool FileFetch::ask() {
  ContentDownload download(
      order_, context_, context_.store.resume(order_.key, [&] { return !stop_.stop_requested(); }),
      cutoff_);
  try {
    const FileHead head = context_.transport.get(download.request(), download, stop_);
    return settle(head, download);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::machine) throw;
    if (error.code() == ErrorCode::interrupted) return end(FetchEnd::stopped);
    if (download.verdict() == HeadVerdict::no_room) {
      outcome_.missing_bytes = download.wanted_bytes();
      return end(FetchEnd::no_room);
    }
    if (download.verdict() == HeadVerdict::too_large) return end(FetchEnd::too_large);
    const bool silent =
        error.code() == ErrorCode::unreachable || error.code() == ErrorCode::timeout;
    if (!silent) {
      outcome_.reason = one_line(error.reason());
      return end(FetchEnd::failed);
    }
    return note(error.reason(), download.received());
  }
}

bool FileFetch::settle(const FileHead& head, ContentDownload& download) {
  const std::string answered = "the storage answered " + std::to_string(head.status);
  switch (download.verdict()) {
    case HeadVerdict::taken: {
      const std::string reason = download.check(head, outcome_);
      if (reason.empty()) return end(FetchEnd::fetched);
      // Bytes of an earlier try may be what is wrong: then nothing was learned of the storage.
      if (download.resumed()) return false;
      return note(reason, 0);
    }
    case HeadVerdict::no_room:
      outcome_.missing_bytes = download.wanted_bytes();
      return end(FetchEnd::no_room);
    case HeadVerdict::too_large:
      return end(FetchEnd::too_large);
    case HeadVerdict::anew:
      return begin_anew(download, "the storage sends another part than was asked for");
    default:
      break;
  }
  if (head.status == kPreconditionFailed || head.status == kRangeBehindTheEnd) {
    return begin_anew(download, answered);
  }
  if (is_dead(head)) {
    outcome_.reason = "its link has died (" + std::to_string(head.status) + ")";
    return end(FetchEnd::dead_link);
  }
  if (may_pass(head.status)) {
    // It is the host that asks, and of all that ask it.
    if (const auto asked = parse_retry_after(head.retry_after, context_.env.now_ms())) {
      context_.hosts.ask_to_wait(order_.link, *asked);
    }
    return note(answered, 0);
  }
  outcome_.missing = head.status == kNotFound;
  outcome_.reason = answered;
  return end(FetchEnd::failed);
}

// What there is of before is of another version. Once that is nobody's fault.
bool FileFetch::begin_anew(ContentDownload& download, const std::string& reason) {
  download.forget();
  return ++from_the_begin_ > 1 && note(reason, 0);
}

// Where it may be: asks for one byte, whose head has the hashes of the whole.
bool FileFetch::is_here() {
  const bool known = !order_.known_crc32c.empty() || !order_.known_md5.empty();
  LeftoverContent* const leftovers = context_.leftovers;
  const bool may_be_left = leftovers != nullptr && !leftovers->empty() &&
                           (!order_.said_bytes || leftovers->any_of(*order_.said_bytes));
  if (!known && !may_be_left) return false;
  class FirstByte final : public FileSink {
   public:
    // A server that sends the whole is not listened to.
    bool begin(const FileHead& head) override { return head.status == 206; }
    void take(std::string_view) override {}
  } sink;
  FileRequest request;
  request.link = order_.link;
  request.one_byte = true;
  try {
    const FileHead head = context_.transport.get(request, sink, stop_);
    if (head.status != 200 && head.status != 206) return false;  // asked for as a whole, it is said
    outcome_.etag = head.etag;
    outcome_.content_type = head.content_type;
    if (known && is_known(head)) return end(FetchEnd::unchanged);
    return may_be_left && is_left_over(head) && end(FetchEnd::left_over);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::machine) throw;
    return error.code() == ErrorCode::interrupted && end(FetchEnd::stopped);
  }
}

bool FileFetch::is_known(const FileHead& head) {
  bool same = false;
  for (const std::string& hash : head.hashes) {
    if (hash == "crc32c=" + order_.known_crc32c || hash == "md5=" + order_.known_md5) {
      same = true;
    } else if (hash.starts_with("crc32c=") || hash.starts_with("md5=")) {
      return false;
    }
  }
  return same;
}

bool FileFetch::is_left_over(const FileHead& head) {
  constexpr std::string_view kMd5 = "md5=";
  if (!head.part || head.packed) return false;
  for (const std::string& hash : head.hashes) {
    if (!hash.starts_with(kMd5)) continue;
    const auto found =
        context_.leftovers->find(head.part->whole, std::string_view(hash).substr(kMd5.size()),
                                 [&] { return !stop_.stop_requested(); });
    if (found) outcome_.content = *found;
    return found.has_value();
  }
  return false;
}

bool FileFetch::note(std::string reason, std::uint64_t progress) {
  outcome_.reason = one_line(std::move(reason));
  if (progress >= kProgress) failures_ = 0;
  ++failures_;
  // A host that was given up meanwhile is no fault of this file.
  if (context_.hosts.given_up(order_.link)) return end(FetchEnd::stopped);
  const bool once = context_.hosts.is_ailing(order_.link);
  if (once || !context_.tries.again(failures_)) return end(FetchEnd::failed);
  return !wait(context_.tries.wait_ms(failures_, context_.env.random()));
}

bool FileFetch::wait(std::int64_t ms) {
  if (context_.env.sleep(std::chrono::milliseconds(ms), stop_)) return true;
  end(FetchEnd::stopped);
  return false;
}

}  // namespace

FetchOutcome fetch(const FetchOrder& order, const FetchContext& context,
                   const std::stop_token& stop) {
  return FileFetch(order, context, stop).run();
}

}  // namespace nexus_mirror::files
