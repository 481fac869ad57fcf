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

// Files off hosts that get nothing but their links, over connections that are kept.

struct FileRequest {
  std::string link;           // a signed URL of any host: a secret
  std::uint64_t from = 0;     // bytes that are here already: only what follows is asked for
  std::string if_match = {};  // the ETag of these; empty = none
  bool one_byte = false;      // the first byte alone is asked for
};

// What an answer says of a file. Texts are as sent, empty where nothing was.
struct FileHead {
  int status = 0;
  std::string content_type, etag, retry_after, date;
  std::vector<std::string> hashes;      // "crc32c=...", "md5=...": x-goog-hash, taken apart
  std::optional<std::uint64_t> length;  // bytes that follow on the wire; none = nobody knows
  bool packed = false;                  // they are packed, with gzip or deflate
  bool ends_with_connection = false;    // nothing tells the body's end from a cut
  struct Part {
    std::uint64_t first = 0, last = 0, whole = 0;
  };
  std::optional<Part> part;  // Content-Range; none where it is no such, or does not know the whole
  std::string explanation;   // of a status other than 200 and 206: the body, 16 KiB of it at most
};

// Where the body of a 200 or 206 goes. What it throws ends the answer and comes out of get().
class FileSink {
 public:
  virtual ~FileSink() = default;
  // False: the body is not wanted.
  virtual bool begin(const FileHead& head) = 0;
  virtual void take(std::string_view bytes) = 0;       // unpacked
  virtual void on_wire(std::string_view /*bytes*/) {}  // of a packed body: as it came
};

// Any thread may call get(); each call blocks its thread.
class FileTransport {
 public:
  virtual ~FileTransport() = default;

  // Asks once, and follows redirects within the link's scheme, host and port, 5 at most. Throws
  // Error, which shows the link without its query: unreachable, timeout (a body cut short, too),
  // bad_response (no link, a redirect elsewhere, what cannot be unpacked), interrupted, and what
  // the sink throws.
  virtual FileHead get(const FileRequest& request, FileSink& sink, const std::stop_token& stop) = 0;
};

struct FileTransportOptions {
  std::vector<std::filesystem::path> ca_files;  // trusted beside the system's
  std::chrono::milliseconds connect_timeout{10000};
  std::chrono::milliseconds read_timeout{120000};    // without a byte moving
  std::chrono::milliseconds answer_timeout{900000};  // of one answer, beside its size at 64 KiB/s
  std::string proxy;                                 // as in TransportOptions
  std::size_t max_idle_connections = 8;              // to each host
  std::function<void()> on_bytes;                    // as in TransportOptions
};

// The real one: https only (http for loopback hosts), no key, no client certificate. Throws
// nothing.
std::unique_ptr<FileTransport> make_file_transport(FileTransportOptions options);

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
