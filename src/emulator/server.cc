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
  HandlerFactory(Pipeline& pipeline, Door door) : pipeline_(pipeline), door_(door) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(
      const Poco::Net::HTTPServerRequest&) override {
    return new ExchangeHandler(pipeline_, door_);
  }

 private:
  Pipeline& pipeline_;
  const Door door_;
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

// No client is asked for a certificate at the storage, as it is for the world.
Poco::Net::Context::Ptr tls_context(const ServerOptions& options, Door door) {
  using Poco::Net::Context;
  Context::VerificationMode mode = Context::VERIFY_NONE;
  const bool asks = door == Door::api && !options.tls_client_ca.empty();
  if (asks) {
    mode = options.secret_key.empty() ? Context::VERIFY_STRICT : Context::VERIFY_RELAXED;
  }
  try {
    return new Context(Context::TLS_SERVER_USE, options.tls_key.string(),
                       options.tls_certificate.string(), asks ? options.tls_client_ca.string() : "",
                       mode);
  } catch (const Poco::Exception& error) {
    throw Error(ErrorCode::config, "reading", options.tls_certificate.string(), error.displayText(),
                "give --tls-cert, --tls-key and --tls-client-ca readable PEM files");
  }
}

Poco::Net::ServerSocket listen(const ServerOptions& options, Door door, std::uint16_t port) {
  const bool tls = !options.tls_certificate.empty();
  Poco::Net::Context::Ptr context;
  if (tls) context = tls_context(options, door);
  try {
    const Poco::Net::SocketAddress address(options.host, port);
    Poco::Net::ServerSocket socket;
    if (tls) socket = Poco::Net::SecureServerSocket(context);
    // Left to itself, Poco shares the port with whoever listens there already.
    socket.bind(address, true, false);
    socket.listen(kBacklog);
    return socket;
  } catch (const Poco::Exception& error) {
    throw Error(ErrorCode::config, "listening on", options.host + ":" + std::to_string(port),
                error.displayText(),
                door == Door::api ? "give --port a free port, or 0 for any"
                                  : "give --storage-port a free port, or 0 for any");
  }
}

// Unless it has a port of its own, the storage takes the one after the API's: links of a server
// that is started again on its port lead where they led.
Poco::Net::ServerSocket listen_for_storage(const ServerOptions& options) {
  if (options.storage_port == 0 && options.port != 0 && options.port < 0xffff) {
    try {
      return listen(options, Door::storage, static_cast<std::uint16_t>(options.port + 1));
    } catch (const Error&) {
      // Somebody else's: any will do.
    }
  }
  return listen(options, Door::storage, options.storage_port);
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

// Where links lead: a client cannot ask "any address", which --host may be, for a file.
std::string link_origin(ServerOptions options, const Poco::Net::ServerSocket& socket) {
  if (options.host == "0.0.0.0") options.host = "127.0.0.1";
  if (options.host == "::") options.host = "::1";
  return url_of(options, socket);
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
        socket(listen(options, Door::api, options.port)),
        storage_socket(listen_for_storage(options)),
        url(url_of(options, socket)),
        signer(link_origin(options, storage_socket), options.link_life.count(), random_seed()),
        jobs(catalog, random_seed()),
        api(catalog, jobs, archives, signer, options.max_page),
        storage(catalog, jobs, archives, signer,
                options.data.empty() ? options.data : options.data / "images"),
        control(catalog, faults, journal, archives, signer.origin()),
        rate_limit(options.rate_limit),
        pipeline{api,
                 storage,
                 control,
                 faults,
                 journal,
                 rate_limit,
                 stop,
                 options.secret_key,
                 !options.tls_client_ca.empty(),
                 options.wrong_key_status,
                 options.latency.count(),
                 options.etags},
        threads("nexus-emulator", 2, 2 * (kMostThreads + 2)) {
    fill(options, catalog);
    server = std::make_unique<Poco::Net::HTTPServer>(new HandlerFactory(pipeline, Door::api),
                                                     threads, socket, server_params());
    storage_server = std::make_unique<Poco::Net::HTTPServer>(
        new HandlerFactory(pipeline, Door::storage), threads, storage_socket, server_params());
    server->start();
    storage_server->start();
  }

  TlsLibrary tls_library;
  Catalog catalog;
  FaultPlan faults;
  RequestJournal journal;
  ArchivePlan archives;
  Poco::Net::ServerSocket socket, storage_socket;
  std::string url;
  LinkSigner signer;
  ExportJobs jobs;
  Api api;
  LinkStorage storage;
  Control control;
  RateLimit rate_limit;
  ServerStop stop;
  Pipeline pipeline;
  Poco::ThreadPool threads;
  std::unique_ptr<Poco::Net::HTTPServer> server, storage_server;
};

EmulatorServer::EmulatorServer(const ServerOptions& options)
    : service_(std::make_unique<Service>(options)) {}

EmulatorServer::~EmulatorServer() { stop(); }

std::uint16_t EmulatorServer::port() const { return service_->socket.address().port(); }

std::string EmulatorServer::url() const { return service_->url; }

std::string EmulatorServer::storage_url() const { return service_->signer.origin(); }

void EmulatorServer::stop() noexcept {
  if (service_->stop.requested()) return;
  service_->stop.request();
  try {
    service_->server->stopAll(true);
    service_->storage_server->stopAll(true);
    service_->threads.joinAll();
  } catch (const std::exception&) {
    // A connection that cannot be shut down has ended already.
  }
}

}  // namespace nexus_mirror::emulator
