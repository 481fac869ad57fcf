// One file off a host that gets nothing but its link.
#include <Poco/Exception.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "log/log.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "transport/failure.h"
#include "transport/redirect.h"
#include "transport/response_reader.h"
#include "transport/tls.h"

namespace nexus_mirror {
namespace {

using namespace transport;  // NOLINT(google-build-using-namespace): one layer in two namespaces

constexpr const char* kDoing = "downloading";
constexpr int kFound = 200;

// The file of one try, empty at its beginning.
class TargetFile {
 public:
  explicit TargetFile(const std::filesystem::path& path) : path_(path) {
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) fail(errno);
  }
  ~TargetFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  TargetFile(const TargetFile&) = delete;
  TargetFile& operator=(const TargetFile&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) fail(errno);
      if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void close() {
    if (::close(std::exchange(fd_, -1)) != 0) fail(errno);
  }

 private:
  [[noreturn]] void fail(int error) const {
    throw Error(ErrorCode::mirror, "writing", path_.string(),
                std::generic_category().message(error), "check the disk's space and permissions");
  }

  const std::filesystem::path& path_;
  int fd_ = -1;
};

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

Answer FileDownload::exchange(const Route& route, const std::string& target,
                              const StopSignal& stop) const {
  TargetFile file(file_);
  Connection connection(route, stop);
  ResponseReader reader(
      connection, stop,
      {options_.max_bytes, "a download may be", "the server sends no archive of annotations"},
      [&](std::string_view bytes) { file.write(bytes); });
  connection.send(message(route, target), stop);
  Answer answer = reader.read_head();
  if (answer.response.status == kFound) reader.read_body(answer);
  file.close();
  return answer;
}

HttpResponse FileDownload::send(const HttpRequest& request, const std::stop_token& stop) {
  Link link = parse_link(request.target);
  const std::string subject = one_line(link.origin.text() + without_query(link.target));
  if (!is_plain(link.target, 0x21)) {
    throw Error(ErrorCode::bad_response, kDoing, subject, "this is no path that can be asked for");
  }
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
        throw Failure(Failure::Kind::unusable,
                      "more than " + std::to_string(kMostRedirects) + " redirects");
      }
      link.target = redirect_target(link.origin, request.method, link.target, answer,
                                    "a link should lead to its file without detours");
    }
  } catch (const Failure& failure) {
    if (failure.kind() != Failure::Kind::unreachable) throw_error(failure, kDoing, subject);
    throw_error({failure.kind(), failure.what(),
                 "the link's host is not the API's: check that the network lets it through"},
                kDoing, subject);
  } catch (const Poco::Exception& error) {
    throw_error({Failure::Kind::unusable, error.displayText()}, kDoing, subject);
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
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    throw;
  }
}

}  // namespace nexus_mirror
