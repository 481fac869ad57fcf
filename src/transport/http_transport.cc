#include <Poco/Exception.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "text/percent.h"
#include "transport/connection_pool.h"
#include "transport/failure.h"
#include "transport/origin.h"
#include "transport/redirect.h"
#include "transport/response_reader.h"
#include "transport/route.h"

namespace nexus_mirror {
namespace {

using namespace transport;  // one layer in two namespaces

constexpr int kRequestTimeout = 408;

const char* doing(const HttpRequest& request) {
  return request.method == "GET" ? "asking" : "sending to";
}

void check_options(const TransportOptions& options) {
  if (options.secret_key && !is_plain(*options.secret_key, 0x21)) {
    throw Error(ErrorCode::config, "reading", "secret_key", "it holds blanks or control characters",
                "a key is 64 hexadecimal digits");
  }
  if (options.max_response <= 0) {
    throw Error(ErrorCode::config, "reading", "max_response", "not above 0", "set 256MiB");
  }
}

// Sends `text` and reads the answer. A server that hangs up while it is being asked may have said
// why before, in an answer or a TLS alert.
Answer converse(Connection& connection, const std::string& text, ResponseReader& reader,
                const StopSignal& stop) {
  bool sent = true;
  try {
    connection.send(text, stop);
  } catch (const Failure& failure) {
    if (failure.cause() != Failure::Cause::closed) throw;
    sent = false;
  }
  Answer answer = reader.read();
  answer.reusable = answer.reusable && sent;
  return answer;
}

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(TransportOptions options)
      : options_(std::move(options)),
        endpoint_(parse_base_url(options_.endpoint)),
        pool_(options_.max_idle_connections) {
    check_options(options_);
    route_ = make_route(options_, endpoint_.origin);
    headers_ = make_headers();
  }

  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override;

 private:
  std::string make_headers() const;
  std::string message(const HttpRequest& request, const std::string& target) const;
  std::string subject(const std::string& target) const {
    return endpoint_.origin.text() + without_query(target);
  }

  Answer follow(const HttpRequest& request, std::string& target, const StopSignal& stop);
  Answer exchange(const HttpRequest& request, const std::string& target, const StopSignal& stop);
  void mask_key(std::string& text) const;

  // All constant after construction.
  const TransportOptions options_;
  const BaseUrl endpoint_;
  Route route_;
  std::string headers_;  // what every request has; holds the key

  ConnectionPool pool_;
};

std::string HttpTransport::make_headers() const {
  std::string headers =
      "Host: " + endpoint_.origin.text().substr(endpoint_.origin.scheme.size() + 3) +
      "\r\nUser-Agent: nexus-mirror/" NEXUS_MIRROR_VERSION
      "\r\nAccept: application/json\r\nContent-Type: application/json\r\n";
  // On this machine packing costs more than it saves.
  if (!endpoint_.origin.loopback()) headers += "Accept-Encoding: gzip\r\n";
  if (!options_.user.empty()) {
    headers += "Authorization: " + basic_authorization(options_.user) + "\r\n";
  }
  if (options_.secret_key) headers += "Secret-Key: " + *options_.secret_key + "\r\n";
  if (route_.proxy && !endpoint_.origin.secure() && !route_.proxy->authorization.empty()) {
    headers += "Proxy-Authorization: " + route_.proxy->authorization + "\r\n";
  }
  return headers;
}

std::string HttpTransport::message(const HttpRequest& request, const std::string& target) const {
  // A proxy wants the whole URL, unless it only passes TLS on.
  const bool whole_url = route_.proxy && !endpoint_.origin.secure();
  std::string text = request.method + ' ' + (whole_url ? endpoint_.origin.text() : "") + target +
                     " HTTP/1.1\r\n" + headers_;
  if (request.method != "GET" || !request.body.empty()) {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  if (!request.if_none_match.empty() && is_plain(request.if_none_match, 0x20)) {
    text += "If-None-Match: " + request.if_none_match + "\r\n";
  }
  return text + "\r\n" + request.body;
}

HttpResponse HttpTransport::send(const HttpRequest& request, const std::stop_token& stop) {
  std::string target = text::request_target(endpoint_.prefix + request.target);
  if (!target.starts_with('/') || !is_plain(request.method, 0x21)) {
    throw Error(ErrorCode::bad_response, doing(request), one_line(subject(target)),
                "this is no path that can be asked for");
  }
  const NoSigpipe no_sigpipe;
  try {
    return follow(request, target, StopSignal(stop)).response;
  } catch (const Failure& failure) {
    throw_error(failure, doing(request), subject(target));
  } catch (const Poco::Exception& error) {
    throw_error({Failure::Cause::unusable, error.displayText()}, doing(request), subject(target));
  }
}

Answer HttpTransport::follow(const HttpRequest& request, std::string& target,
                             const StopSignal& stop) {
  std::uint64_t received = 0;
  for (int redirects = 0;; ++redirects) {
    Answer answer = exchange(request, target, stop);
    received += answer.response.bytes_received;
    if (!is_redirect(answer.response.status)) {
      answer.response.bytes_received = received;
      return answer;
    }
    std::string next =
        redirect_target(endpoint_.origin, request.method, target, answer,
                        "the key goes to the endpoint's own host only; check the endpoint");
    if (redirects == kMostRedirects) {
      throw Failure(Failure::Cause::unusable,
                    "more than " + std::to_string(kMostRedirects) + " redirects, the last to " +
                        without_query(next),
                    "check the endpoint");
    }
    target = std::move(next);
  }
}

Answer HttpTransport::exchange(const HttpRequest& request, const std::string& target,
                               const StopSignal& stop) {
  const std::string text = message(request, target);
  // Only what may be asked twice goes over a connection that the server may be about to close.
  bool pooled = request.method == "GET";
  while (true) {
    std::unique_ptr<Connection> connection = pooled ? pool_.take() : nullptr;
    pooled = connection != nullptr;
    if (!pooled) connection = std::make_unique<Connection>(route_, stop);
    ResponseReader reader(*connection, stop, options_.max_response);
    try {
      Answer answer = converse(*connection, text, reader, stop);
      if (pooled && answer.response.status == kRequestTimeout) {
        pooled = false;  // meant for the idle connection, not for this request
        continue;
      }
      if (answer.reusable) pool_.give_back(std::move(connection));
      if (answer.response.status >= 300) {
        mask_key(answer.response.body);
        mask_key(answer.location);
      }
      return answer;
    } catch (const Failure& failure) {
      const bool stale = pooled && !reader.begun() && failure.cause() == Failure::Cause::closed;
      if (!stale) throw;
      pooled = false;  // the server closed it while it was idle: once more, on a new one
    }
  }
}

// Explanations are shown and stored, and a server may repeat in them what it was sent.
void HttpTransport::mask_key(std::string& text) const {
  if (!options_.secret_key || options_.secret_key->empty()) return;
  constexpr std::string_view kMask = "***";
  const std::string& key = *options_.secret_key;
  for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos; at += kMask.size()) {
    text.replace(at, key.size(), kMask);
  }
}

}  // namespace

std::unique_ptr<Transport> make_http_transport(TransportOptions options) {
  return std::make_unique<HttpTransport>(std::move(options));
}

}  // namespace nexus_mirror
