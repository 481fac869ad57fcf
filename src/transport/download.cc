// One file off a host that gets nothing but its link.
#include <Poco/Exception.h>

#include <cstdlib>
#include <tuple>
#include <utility>

#include "env/file.h"
#include "env/user.h"
#include "error/scarcity.h"
#include "log/log.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "transport/failure.h"
#include "transport/redirect.h"
#include "transport/response_reader.h"
#include "transport/tls.h"

namespace nexus_mirror {
namespace {

using namespace transport;  // one layer in two namespaces

constexpr const char* kDoing = "downloading";
constexpr int kFound = 200;

// Asks for the link once. As a Transport, so that make_retry() repeats it; the request's target is
// the whole link.
class FileDownload final : public Transport {
 public:
  FileDownload(const std::filesystem::path& file, const DownloadOptions& options)
      : file_(file), options_(options) {}

  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override;

 private:
  Route make_route(const Origin& origin) const;
  Answer exchange(const Route& route, const std::string& target, const StopSignal& stop) const;
  void check(int error) const;  // of writing the file

  const std::filesystem::path& file_;
  const DownloadOptions& options_;
};

Route FileDownload::make_route(const Origin& origin) const {
  Route route;
  route.origin = origin;
  route.proxy = choose_proxy(origin, options_.proxy,
                             [](const char* name) -> const char* { return std::getenv(name); });
  if (origin.secure()) route.tls = make_tls_context(origin, {options_.ca_file, {}, {}, true});
  route.connect_timeout = options_.connect_timeout;
  route.read_timeout = options_.read_timeout;
  route.answer_timeout = options_.answer_timeout;
  return route;
}

std::string message(const Route& route, const std::string& target) {
  // A proxy wants the whole URL, unless it only passes TLS on.
  const bool whole_url = route.proxy && !route.origin.secure();
  std::string text =
      "GET " + (whole_url ? route.origin.text() : "") + target +
      " HTTP/1.1\r\nHost: " + route.origin.text().substr(route.origin.scheme.size() + 3) +
      "\r\nUser-Agent: nexus-mirror/" NEXUS_MIRROR_VERSION
      "\r\nAccept: */*\r\nConnection: close\r\n";
  if (whole_url && !route.proxy->authorization.empty()) {
    text += "Proxy-Authorization: " + route.proxy->authorization + "\r\n";
  }
  return text + "\r\n";
}

void FileDownload::check(int error) const {
  if (error == 0) return;
  throw Error(ErrorCode::machine, "writing", file_.string(), reason_of_errno(error),
              env::remedy_for(error, file_, "check the disk's space and permissions"));
}

Answer FileDownload::exchange(const Route& route, const std::string& target,
                              const StopSignal& stop) const {
  // Empty at the beginning of each try.
  env::Descriptor file = env::open(file_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
  check(file.error());
  Connection connection(route, stop);
  ResponseReader reader(
      connection, stop,
      {options_.max_bytes, "a download may be", "the server sends no archive of annotations"},
      [&](std::string_view bytes) { check(env::write_all(file, bytes)); });
  connection.send(message(route, target), stop);
  Answer answer = reader.read_head();
  if (answer.response.status == kFound) reader.read_body(answer);
  check(env::close(file));
  return answer;
}

HttpResponse FileDownload::send(const HttpRequest& request, const std::stop_token& stop) {
  Link link = parse_link(request.target);
  const std::string subject = one_line(link.origin.text() + without_query(link.target));
  const NoSigpipe no_sigpipe;
  try {
    const Route route = make_route(link.origin);
    const StopSignal signal(stop);
    for (int redirects = 0;; ++redirects) {
      Answer answer = exchange(route, link.target, signal);
      log::debug("download",
                 {{"link", subject},
                  {"status", static_cast<std::int64_t>(answer.response.status)},
                  {"bytes", static_cast<std::int64_t>(answer.response.bytes_received)}});
      if (!is_redirect(answer.response.status)) return std::move(answer.response);
      if (redirects == kMostRedirects) {
        throw Failure(Failure::Cause::unusable,
                      "more than " + std::to_string(kMostRedirects) + " redirects");
      }
      link.target = redirect_target(link.origin, request.method, link.target, answer,
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

void download(const std::string& link, const std::filesystem::path& file,
              const DownloadOptions& options, Env& env, const std::stop_token& stop) {
  try {
    const auto transport =
        make_retry(std::make_unique<FileDownload>(file, options), options.retry, env);
    const HttpResponse response = transport->send({"GET", link, {}}, stop);
    if (response.status == kFound) return;
    throw Error::from_status(response.status, kDoing, one_line(without_query(link)),
                             "the server answered " + std::to_string(response.status),
                             "a link lives for hours only; ask again");
  } catch (...) {
    std::ignore = env::remove_file(file);
    throw;
  }
}

}  // namespace nexus_mirror
