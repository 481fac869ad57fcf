#include "emulator/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/ThreadPool.h>

#include <random>
#include <utility>

#include "emulator/exchange_handler.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::emulator {
namespace {

constexpr int kMostThreads = 128;  // one for each connection, keep-alive ones too
constexpr int kBacklog = 128;

class HandlerFactory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit HandlerFactory(Pipeline& pipeline) : pipeline_(pipeline) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(
      const Poco::Net::HTTPServerRequest&) override {
    return new ExchangeHandler(pipeline_);
  }

 private:
  Pipeline& pipeline_;
};

Poco::Net::HTTPServerParams::Ptr server_params() {
  Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
  params->setKeepAlive(true);
  params->setMaxKeepAliveRequests(0);
  params->setKeepAliveTimeout(Poco::Timespan(75, 0));
  params->setTimeout(Poco::Timespan(300, 0));
  params->setMaxThreads(kMostThreads);
  params->setMaxQueued(kBacklog);
  params->setSoftwareVersion("nexus-emulator");
  return params;
}

Poco::Net::Context::Ptr tls_context(const ServerOptions& options) {
  using Poco::Net::Context;
  Context::VerificationMode mode = Context::VERIFY_NONE;
  if (!options.tls_client_ca.empty()) {
    mode = options.secret_key.empty() ? Context::VERIFY_STRICT : Context::VERIFY_RELAXED;
  }
  try {
    return new Context(Context::TLS_SERVER_USE, options.tls_key.string(),
                       options.tls_certificate.string(), options.tls_client_ca.string(), mode);
  } catch (const Poco::Exception& error) {
    throw Error(ErrorCode::config, "reading", options.tls_certificate.string(), error.displayText(),
                "give --tls-cert, --tls-key and --tls-client-ca readable PEM files");
  }
}

Poco::Net::ServerSocket listen(const ServerOptions& options) {
  const bool tls = !options.tls_certificate.empty();
  Poco::Net::Context::Ptr context;
  if (tls) context = tls_context(options);
  try {
    const Poco::Net::SocketAddress address(options.host, options.port);
    Poco::Net::ServerSocket socket;
    if (tls) socket = Poco::Net::SecureServerSocket(context);
    // Left to itself, Poco shares the port with whoever listens there already.
    socket.bind(address, true, false);
    socket.listen(kBacklog);
    return socket;
  } catch (const Poco::Exception& error) {
    throw Error(ErrorCode::config, "listening on",
                options.host + ":" + std::to_string(options.port), error.displayText(),
                "give --port a free port, or 0 for any");
  }
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// Holds Poco's TLS library ready for as long as the server lives.
struct TlsLibrary {
  TlsLibrary() { Poco::Net::initializeSSL(); }
  ~TlsLibrary() { Poco::Net::uninitializeSSL(); }
  TlsLibrary(const TlsLibrary&) = delete;
  TlsLibrary& operator=(const TlsLibrary&) = delete;
};

std::string url_of(const ServerOptions& options, const Poco::Net::ServerSocket& socket) {
  const std::string scheme = options.tls_certificate.empty() ? "http" : "https";
  const bool is_ipv6 = options.host.find(':') != std::string::npos;
  return scheme + "://" + (is_ipv6 ? "[" + options.host + "]" : options.host) + ":" +
         std::to_string(socket.address().port());
}

void fill(const ServerOptions& options, Catalog& catalog) {
  const std::unique_lock lock(catalog.mutex());
  if (!options.data.empty()) catalog.load(options.data);
  if (options.synthetic) add_synthetic(*options.synthetic, catalog);
}

}  // namespace

struct EmulatorServer::Service {
  explicit Service(const ServerOptions& options)
      : catalog(options.dialect),
        socket(listen(options)),
        url(url_of(options, socket)),
        api(catalog, archives, options.max_page, random_seed(), url),
        control(catalog, faults, journal, archives),
        rate_limit(options.rate_limit),
        pipeline{api,
                 control,
                 faults,
                 journal,
                 rate_limit,
                 stop,
                 options.secret_key,
                 !options.tls_client_ca.empty(),
                 options.wrong_key_status,
                 options.latency.count()},
        threads("nexus-emulator", 2, kMostThreads + 2) {
    fill(options, catalog);
    server = std::make_unique<Poco::Net::HTTPServer>(new HandlerFactory(pipeline), threads, socket,
                                                     server_params());
    server->start();
  }

  TlsLibrary tls_library;
  Catalog catalog;
  FaultPlan faults;
  RequestJournal journal;
  ArchivePlan archives;
  Poco::Net::ServerSocket socket;
  std::string url;
  Api api;
  Control control;
  RateLimit rate_limit;
  ServerStop stop;
  Pipeline pipeline;
  Poco::ThreadPool threads;
  std::unique_ptr<Poco::Net::HTTPServer> server;
};

EmulatorServer::EmulatorServer(const ServerOptions& options)
    : service_(std::make_unique<Service>(options)) {}

EmulatorServer::~EmulatorServer() { stop(); }

std::uint16_t EmulatorServer::port() const { return service_->socket.address().port(); }

std::string EmulatorServer::url() const { return service_->url; }

void EmulatorServer::stop() noexcept {
  if (service_->stop.requested()) return;
  service_->stop.request();
  try {
    service_->server->stopAll(true);
    service_->threads.joinAll();
  } catch (const std::exception&) {
    // A connection that cannot be shut down has ended already.
  }
}

}  // namespace nexus_mirror::emulator
