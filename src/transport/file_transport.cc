// Files off hosts that get nothing but their links. Unlike download(), which fetches one archive,
// it keeps its connections: of many small files each would cost a handshake.
#include <Poco/Exception.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

#include "log/log.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "text/ascii.h"
#include "text/number.h"
#include "transport/connection_pool.h"
#include "transport/failure.h"
#include "transport/redirect.h"
#include "transport/response_reader.h"
#include "transport/tls.h"

namespace nexus_mirror {
namespace {

using namespace transport;  // one layer in two namespaces

constexpr const char* kDoing = "fetching";
constexpr int kFound = 200, kPart = 206, kRequestTimeout = 408;
constexpr std::size_t kLongestExplanation = 16 * 1024;
constexpr std::int64_t kLargestFile = std::int64_t{1} << 46;  // no limit but that of the disk

// A host that files come from, with the connections to it.
struct FileHost {
  FileHost(Route its_route, std::size_t most_idle) : route(std::move(its_route)), pool(most_idle) {}

  const Route route;
  ConnectionPool pool;
};

// "bytes 0-99/1000"
std::optional<FileHead::Part> part_of(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto number = [&](char behind) {
    const auto value = text::take_number<std::uint64_t>(text);
    if (behind == 0) return text.empty() ? value : std::nullopt;
    if (!text.starts_with(behind)) return std::optional<std::uint64_t>();
    text.remove_prefix(1);
    return value;
  };
  const auto first = number('-'), last = number('/'), whole = number(0);
  if (!first || !last || !whole || *last < *first || *whole <= *last) return std::nullopt;
  return FileHead::Part{*first, *last, *whole};
}

// Several values in one field, or several fields: both are said.
std::vector<std::string> hashes_of(const ResponseHead& head) {
  std::vector<std::string> hashes;
  for (const auto& [name, value] : head.fields) {
    if (!text::equal_ignoring_case(name, "x-goog-hash")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      std::string_view one = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (one.starts_with(' ')) one.remove_prefix(1);
      while (one.ends_with(' ')) one.remove_suffix(1);
      if (!one.empty()) hashes.emplace_back(one);
    }
  }
  return hashes;
}

FileHead file_head(const Answer& answer, const ResponseReader& reader) {
  FileHead head;
  head.status = answer.response.status;
  head.content_type = answer.response.content_type;
  head.etag = answer.response.etag;
  head.retry_after = answer.response.retry_after;
  head.date = answer.response.date;
  head.hashes = hashes_of(answer.head);
  head.length = reader.length();
  head.packed = reader.packed();
  head.ends_with_connection = reader.until_close();
  head.part = part_of(answer.head.get("Content-Range"));
  return head;
}

class HttpFileTransport final : public FileTransport {
 public:
  explicit HttpFileTransport(FileTransportOptions options) : options_(std::move(options)) {}

  FileHead get(const FileRequest& request, FileSink& sink, const std::stop_token& stop) override;

 private:
  struct Exchanged {
    Answer answer;
    FileHead head;
  };

  FileHost& host_of(const Origin& origin);
  Exchanged exchange(FileHost& host, const std::string& text, FileSink& sink,
                     const StopSignal& stop);
  static bool read(ResponseReader& reader, Exchanged& exchanged, FileSink& sink);

  const FileTransportOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<FileHost>> hosts_;  // by origin; guarded by mutex_
};

std::string file_message(const Route& route, const std::string& target,
                         const FileRequest& request) {
  // A proxy wants the whole URL, unless it only passes TLS on.
  const bool whole_url = route.proxy && !route.origin.secure();
  std::string text =
      "GET " + (whole_url ? route.origin.text() : "") + target +
      " HTTP/1.1\r\nHost: " + route.origin.text().substr(route.origin.scheme.size() + 3) +
      "\r\nUser-Agent: nexus-mirror/" NEXUS_MIRROR_VERSION "\r\nAccept: */*\r\n";
  // Of a file that is stored packed and unpacked on its way no hash would be right, and a part of
  // one that is packed is a part of nothing.
  const bool part = request.from > 0 || request.one_byte;
  text += part ? "Accept-Encoding: identity\r\n" : "Accept-Encoding: gzip\r\n";
  if (request.one_byte) text += "Range: bytes=0-0\r\n";
  if (request.from > 0) text += "Range: bytes=" + std::to_string(request.from) + "-\r\n";
  if (!request.if_match.empty() && is_plain(request.if_match, 0x20)) {
    text += "If-Match: " + request.if_match + "\r\n";
  }
  if (whole_url && !route.proxy->authorization.empty()) {
    text += "Proxy-Authorization: " + route.proxy->authorization + "\r\n";
  }
  return text + "\r\n";
}

FileHost& HttpFileTransport::host_of(const Origin& origin) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<FileHost>& host = hosts_[origin.text()];
  if (host) return *host;
  Route route;
  route.origin = origin;
  route.proxy = choose_proxy(origin, options_.proxy,
                             [](const char* name) -> const char* { return std::getenv(name); });
  if (origin.secure()) route.tls = make_tls_context(origin, {{}, {}, {}, true, options_.ca_files});
  route.connect_timeout = options_.connect_timeout;
  route.read_timeout = options_.read_timeout;
  route.answer_timeout = options_.answer_timeout;
  route.on_bytes = options_.on_bytes;
  host = std::make_unique<FileHost>(std::move(route), options_.max_idle_connections);
  return *host;
}

// Reads the body, or leaves it where nobody wants it; whether the connection is still in step.
bool HttpFileTransport::read(ResponseReader& reader, Exchanged& exchanged, FileSink& sink) {
  const int status = exchanged.head.status;
  const bool is_file = status == kFound || status == kPart;
  if (is_file && !sink.begin(exchanged.head)) return false;
  if (is_file && exchanged.head.packed) {
    reader.listen([&](std::string_view bytes) { sink.on_wire(bytes); });
  }
  reader.read_body(exchanged.answer);
  return exchanged.answer.reusable;
}

HttpFileTransport::Exchanged HttpFileTransport::exchange(FileHost& host, const std::string& text,
                                                         FileSink& sink, const StopSignal& stop) {
  for (bool pooled = true;;) {
    std::unique_ptr<Connection> connection = pooled ? host.pool.take() : nullptr;
    pooled = connection != nullptr;
    if (!pooled) connection = std::make_unique<Connection>(host.route, stop);
    Exchanged exchanged;
    ResponseReader reader(*connection, stop, {kLargestFile, "a file may be", "look at the link"},
                          [&](std::string_view bytes) {
                            const int status = exchanged.head.status;
                            if (status == kFound || status == kPart) return sink.take(bytes);
                            std::string& shown = exchanged.head.explanation;
                            shown.append(bytes.substr(0, kLongestExplanation - shown.size()));
                          });
    try {
      connection->send(text, stop);
      exchanged.answer = reader.read_head();
      exchanged.head = file_head(exchanged.answer, reader);
      if (pooled && exchanged.head.status == kRequestTimeout) {
        pooled = false;  // meant for the idle connection, not for this request
        continue;
      }
      if (read(reader, exchanged, sink)) host.pool.give_back(std::move(connection));
      return exchanged;
    } catch (const Failure& failure) {
      const bool stale = pooled && !reader.begun() && failure.cause() == Failure::Cause::closed;
      if (!stale) throw;
      pooled = false;  // the server closed it while it was idle: once more, on a new one
    }
  }
}

FileHead HttpFileTransport::get(const FileRequest& request, FileSink& sink,
                                const std::stop_token& stop) {
  Link link = parse_link(request.link);
  const std::string subject = one_line(link.origin.text() + without_query(link.target));
  const NoSigpipe no_sigpipe;
  try {
    FileHost& host = host_of(link.origin);
    const StopSignal signal(stop);
    for (int redirects = 0;; ++redirects) {
      Exchanged exchanged =
          exchange(host, file_message(host.route, link.target, request), sink, signal);
      log::debug("file",
                 {{"link", subject},
                  {"status", static_cast<std::int64_t>(exchanged.head.status)},
                  {"bytes", static_cast<std::int64_t>(exchanged.answer.response.bytes_received)}});
      if (!is_redirect(exchanged.head.status)) return std::move(exchanged.head);
      if (redirects == kMostRedirects) {
        throw Failure(Failure::Cause::unusable,
                      "more than " + std::to_string(kMostRedirects) + " redirects");
      }
      link.target = redirect_target(link.origin, "GET", link.target, exchanged.answer,
                                    "a link should lead to its file without detours");
    }
  } catch (const Failure& failure) {
    if (failure.cause() != Failure::Cause::unreachable) throw_error(failure, kDoing, subject);
    throw_error({failure.cause(), failure.what(),
                 "the link's host is not the API's: check that the network lets it through"},
                kDoing, subject);
  } catch (const Poco::Exception& error) {
    throw_error({Failure::Cause::unusable, error.displayText()}, kDoing, subject);
  }
}

}  // namespace

std::unique_ptr<FileTransport> make_file_transport(FileTransportOptions options) {
  return std::make_unique<HttpFileTransport>(std::move(options));
}

}  // namespace nexus_mirror
