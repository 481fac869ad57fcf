// HTTP to one API origin, as an interface: one real implementation, and decorators for retry and
// rate limit (and, in tests, for faults and recordings).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {

struct HttpRequest {
  std::string method = "GET";
  std::string target;  // path and query below the endpoint, e.g. "/workspace/projects"
  std::string body;    // JSON, for POST
  // An ETag that an earlier answer had: the server may answer 304, without a body. Empty = none.
  std::string if_none_match = {};
};

struct HttpResponse {
  int status = 0;
  // Body after decompression. Has at least 64 bytes of spare capacity, so that a JSON parser that
  // reads past the end needs no copy.
  std::string body;
  std::string content_type;          // as sent, may be empty
  std::string retry_after;           // as sent, may be empty
  std::string date;                  // as sent, may be empty
  std::string etag;                  // as sent, may be empty
  std::uint64_t bytes_received = 0;  // of the body on the wire, before decompression
};

// Any thread may call send(); each call blocks its thread.
class Transport {
 public:
  virtual ~Transport() = default;

  // Sends `request` and reads the whole answer, whatever its status.
  // Throws Error: unreachable (name not found, connection refused, TLS or proxy refused), timeout
  // (no answer in time, reset, or a body cut short), bad_response (larger than max_response,
  // cannot be unpacked, or a redirect elsewhere), interrupted (stop requested).
  virtual HttpResponse send(const HttpRequest& request, const std::stop_token& stop) = 0;
};

struct TransportOptions {
  std::string endpoint;  // "https://host[:port][/prefix]"; http for loopback hosts only
  std::optional<std::string> secret_key;
  std::string user;  // "user:password" as in an URL, sent as Basic Authorization; empty = none
  std::filesystem::path ca_file;  // empty = the system's
  std::filesystem::path client_certificate, client_key;
  std::chrono::milliseconds connect_timeout{10000};
  std::chrono::milliseconds read_timeout{120000};    // without a byte moving
  std::chrono::milliseconds answer_timeout{900000};  // of one answer, beside its size at 64 KiB/s
  std::string proxy;  // "http://[user:password@]host:port"; empty = HTTPS_PROXY / NO_PROXY
  std::int64_t max_response = 256LL << 20;  // bytes after decompression
  std::size_t max_idle_connections = 8;
  std::function<void()> on_bytes;  // told of each piece of an answer, on any thread; may be empty
};

// The real one: a pool of keep-alive connections to `endpoint` and to nothing else. The key goes
// out in the Secret-Key header to that origin only; redirects are followed within the same scheme,
// host and port (at most 5). Throws Error(config) when the endpoint or a certificate is unusable.
std::unique_ptr<Transport> make_http_transport(TransportOptions options);

struct RetryOptions {
  int max_retries = 8;         // for 5xx, time-outs, resets, cut bodies, no connection
  int max_rate_limited = 100;  // for 429
  std::chrono::milliseconds first_delay{100};  // doubles, with jitter, up to max_delay
  std::chrono::milliseconds max_delay{30000};
  // Told before each wait: the reason, the delay and how many tries went before. May be empty.
  std::function<void(const std::string& reason, std::chrono::milliseconds delay, int tries)>
      on_retry;
};

// Tries again what may pass: 429 (waiting as long as Retry-After says, all callers together; more
// than a day is not waited for, and the answer returned), 500,
// 502, 503, 504, 520..524 (with Retry-After where sent) and the errors `timeout` and
// `unreachable`. A request other than GET is sent again only where the server cannot have carried
// it out: after 429 (it said no) and `unreachable` (nobody was reached). What is left after the
// last try is returned or thrown as it came.
std::unique_ptr<Transport> make_retry(std::unique_ptr<Transport> inner, RetryOptions options,
                                      Env& env);

struct DownloadOptions {
  std::filesystem::path ca_file;  // trusted beside the system's; empty = those alone
  std::chrono::milliseconds connect_timeout{10000};
  std::chrono::milliseconds read_timeout{120000};    // without a byte moving
  std::chrono::milliseconds answer_timeout{900000};  // of one answer, beside its size at 64 KiB/s
  std::string proxy;                                 // as in TransportOptions
  // More than any archive of annotations, little enough to spare a disk from an endless one.
  std::int64_t max_bytes = 16LL << 30;
  RetryOptions retry;
};

// Writes what `link` (a signed URL of any host) leads to into `file`, which is created with mode
// 0600 or replaced, and is gone when this throws. The link is all that the host is shown: no key,
// no client certificate. https only (http for loopback hosts), redirects as in make_http_transport,
// tried again as in make_retry. Throws Error, which shows the link without its query: unreachable,
// timeout (a body cut short, too), http_status (anything but 200), bad_response (too large, a
// redirect elsewhere, no link), mirror (the disk), interrupted.
void download(const std::string& link, const std::filesystem::path& file,
              const DownloadOptions& options, Env& env, const std::stop_token& stop);

// At most `requests_per_second` sends begin per second (0 = no limit) and at most `in_flight` are
// under way; others wait their turn.
std::unique_ptr<Transport> make_rate_limit(std::unique_ptr<Transport> inner,
                                           double requests_per_second, int in_flight, Env& env);

// What went over the wire, for syncs.requests and syncs.bytes_received.
struct TransferCount {
  std::uint64_t requests = 0;
  std::uint64_t bytes_received = 0;
};

// Counts what passes; `count()` may be called from any thread at any time.
class CountingTransport : public Transport {
 public:
  virtual TransferCount count() const = 0;
};
std::unique_ptr<CountingTransport> make_counting(std::unique_ptr<Transport> inner);

// One request and what came of it, without anything secret: the path has no query.
struct Exchange {
  std::string_view workspace, method, path;
  int status = 0;                  // 0 = no answer: `error` says why
  std::optional<ErrorCode> error;  // timeout, unreachable, bad_response, interrupted
  std::uint64_t bytes_received = 0;
  std::int64_t ms = 0;
};

// Logs each request (level debug) and tells `on_exchange`, which may be empty, on the thread that
// sent it. `workspace` is the configuration's name for where `inner` leads.
std::unique_ptr<Transport> make_recorder(std::unique_ptr<Transport> inner, std::string workspace,
                                         std::function<void(const Exchange&)> on_exchange,
                                         Env& env);

// `url` up to its query or fragment: what may be shown of a link.
std::string without_query(std::string_view url);

// "Retry-After" as milliseconds from `now_ms` (RFC 9110, 10.2.3: seconds or an HTTP date);
// nullopt when it is neither. Never negative.
std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_ms);

}  // namespace nexus_mirror
