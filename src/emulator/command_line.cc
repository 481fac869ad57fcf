#include "emulator/command_line.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <ostream>

#include "nexus_mirror/error.h"

namespace nexus_mirror::emulator {
namespace {

constexpr const char* kFooter = R"(
Without a key every request is let in. With --tls-client-ca a client certificate does instead of it.

While it runs, these need no key:
  GET, DELETE  /_emulator/requests                what was asked; forget it
  PUT, DELETE  /_emulator/objects/{kind}/{id}     change the data; the body is the v2 object
  POST, DELETE /_emulator/faults                  plan failures; forget them
  GET          /_emulator/storage                 where signed links lead
src/emulator/README.md describes them.)";

struct Texts {
  std::string synthetic, rate_limit, dialect = "v2";
  std::int64_t latency_ms = 0, link_life_s = 86400;
};

void add_options(CLI::App& app, ServerOptions& options, Texts& texts) {
  app.add_option("--data", options.data, "serve the workspace in this folder of NDJSON files")
      ->type_name("DIR");
  app.add_option("--synthetic", texts.synthetic,
                 "serve made-up projects: assets=N,annotations=N,seed=N,projects=N")
      ->type_name("SPEC");
  app.add_option("--host", options.host, "address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "port to listen on; 0 = any free one")
      ->capture_default_str();
  app.add_option("--storage-port", options.storage_port,
                 "port of the files that signed links lead to; 0 = the one after --port, else any")
      ->capture_default_str();
  app.add_option("--link-life", texts.link_life_s, "seconds that a signed link lives")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{604800}))
      ->capture_default_str()
      ->type_name("SECONDS");
  app.add_option("--secret-key", options.secret_key,
                 "the key that requests must carry; else $NEXUS_SECRET_KEY")
      ->type_name("KEY");
  app.add_option("--wrong-key", options.wrong_key_status,
                 "status of the answer to a wrong key: 403 (what the official SDK expects) or 401")
      ->check(CLI::IsMember({403, 401}))
      ->capture_default_str()
      ->type_name("STATUS");
  app.add_option("--latency", texts.latency_ms, "wait so many milliseconds before each answer")
      ->check(CLI::Range(0, 3600000))
      ->type_name("MS");
  app.add_flag("--etags", options.etags,
               "give answers an ETag, and 304 where If-None-Match has the same");
  app.add_option("--rate-limit", texts.rate_limit,
                 "answer 429 above N requests in S seconds (1 if left out)")
      ->type_name("N/S");
  app.add_option("--max-page", options.max_page, "rows on a page at most")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  CLI::Option* certificate =
      app.add_option("--tls-cert", options.tls_certificate, "serve HTTPS with this certificate")
          ->type_name("PEM");
  CLI::Option* key =
      app.add_option("--tls-key", options.tls_key, "the certificate's key")->type_name("PEM");
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("--tls-client-ca", options.tls_client_ca,
                 "ask for client certificates that this authority signed")
      ->type_name("PEM")
      ->needs(certificate);
  app.add_option("--dialect", texts.dialect,
                 "spelling of the answers: v1 = the names of a 1.x server, snake = these in "
                 "snake_case, as the documentation shows them")
      ->check(CLI::IsMember({"v2", "v1", "snake"}))
      ->capture_default_str();
}

}  // namespace

std::optional<ServerOptions> read_command_line(int argc, const char* const* argv,
                                               std::ostream& out) {
  CLI::App app("nexus-emulator: a Nexus to try and to test against", "nexus-emulator");
  app.set_version_flag("--version", "nexus-emulator " NEXUS_MIRROR_VERSION);
  app.footer(kFooter);
  ServerOptions options;
  Texts texts;
  add_options(app, options, texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    app.exit(success, out, out);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorCode::usage, "reading", "the command line", error.what(),
                "see nexus-emulator --help");
  }
  if (options.data.empty() && texts.synthetic.empty()) {
    throw Error(ErrorCode::usage, "reading", "the command line", "there is nothing to serve",
                "give --data DIR or --synthetic assets=N,annotations=N");
  }
  if (!texts.synthetic.empty()) options.synthetic = parse_synthetic(texts.synthetic);
  if (!texts.rate_limit.empty()) options.rate_limit = parse_rate_limit(texts.rate_limit);
  options.link_life = std::chrono::seconds(texts.link_life_s);
  options.latency = std::chrono::milliseconds(texts.latency_ms);
  options.dialect = texts.dialect == "v1"      ? Dialect::v1
                    : texts.dialect == "snake" ? Dialect::snake
                                               : Dialect::v2;
  if (options.secret_key.empty()) {
    if (const char* key = std::getenv("NEXUS_SECRET_KEY")) options.secret_key = key;
  }
  return options;
}

}  // namespace nexus_mirror::emulator
