#include "transport/tls.h"

#include <Poco/Exception.h>
#include <Poco/Net/NetSSL.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <fstream>

#include "env/user.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::transport {
namespace {

using Poco::Net::Context;

thread_local int certificate_problem = X509_V_OK;

// Poco's own callback asks process-wide handlers; this one only notes why it was no.
int note_problem(int ok, X509_STORE_CTX* store) {
  if (ok == 0) certificate_problem = X509_STORE_CTX_get_error(store);
  return ok;
}

// Never asks at the terminal.
int no_password(char*, int, int, void*) { return 0; }

std::string last_openssl_error() {
  std::string text;
  while (const unsigned long code = ::ERR_get_error()) {
    const char* reason = ::ERR_reason_error_string(code);
    if (text.empty() && reason != nullptr) text = reason;
  }
  return text.empty() ? "no reason given" : text;
}

void require_readable(const std::filesystem::path& file, const char* what) {
  if (!std::ifstream(env::readable_path(file))) {
    throw Error(ErrorCode::config, std::string("reading ") + what, file.string(),
                "the file is missing or cannot be read", "check its path and its permissions");
  }
}

void use_client_certificate(SSL_CTX* context, const TlsFiles& files) {
  if (files.certificate.empty() != files.key.empty()) {
    throw Error(ErrorCode::config, "reading", "client_certificate and client_key",
                "only one of the two is set", "set both, or neither");
  }
  if (files.certificate.empty()) return;
  require_readable(files.certificate, "client_certificate");
  require_readable(files.key, "client_key");
  ::ERR_clear_error();
  const std::filesystem::path certificate = env::readable_path(files.certificate),
                              key = env::readable_path(files.key);
  if (::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    throw Error(ErrorCode::config, "reading client_certificate", files.certificate.string(),
                last_openssl_error(), "it must be a certificate in PEM format");
  }
  ::SSL_CTX_set_default_passwd_cb(context, no_password);
  if (::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw Error(ErrorCode::config, "reading client_key", files.key.string(), last_openssl_error(),
                "it must be the certificate's private key in PEM format, without a password");
  }
}

void verify_host(SSL_CTX* context, const Origin& origin) {
  X509_VERIFY_PARAM* param = ::SSL_CTX_get0_param(context);
  ::X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = origin.is_address()
                      ? ::X509_VERIFY_PARAM_set1_ip_asc(param, origin.host.c_str())
                      : ::X509_VERIFY_PARAM_set1_host(param, origin.host.c_str(), 0);
  if (set != 1) {
    throw Error(ErrorCode::config, "reading endpoint", '"' + origin.text() + '"',
                "its host cannot be compared with a certificate", "check the endpoint");
  }
}

}  // namespace

Context::Ptr make_tls_context(const Origin& origin, const TlsFiles& files) {
  static const bool initialized = [] {
    Poco::Net::initializeSSL();
    return true;
  }();
  static_cast<void>(initialized);
  if (!files.ca.empty()) require_readable(files.ca, "ca_file");

  Context::Params params;
  params.caLocation = env::readable_path(files.ca).string();
  params.loadDefaultCAs = files.ca.empty() || files.system_too;
  params.verificationMode = Context::VERIFY_STRICT;  // anything less spares localhost the check
  Context::Ptr context;
  const auto refuse = [](const std::filesystem::path& file, const std::string& reason) {
    throw Error(ErrorCode::config, "reading ca_file", file.string(), reason,
                "it must hold certificates in PEM format");
  };
  try {
    context = new Context(Context::TLS_CLIENT_USE, params);
    context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
  } catch (const Poco::Exception& error) {
    refuse(files.ca, error.displayText());
  }
  for (const std::filesystem::path& file : files.more) {
    require_readable(file, "ca_file");
    const std::string path = env::readable_path(file).string();
    if (::SSL_CTX_load_verify_locations(context->sslContext(), path.c_str(), nullptr) != 1) {
      refuse(file, "it holds no certificate");
    }
  }
  use_client_certificate(context->sslContext(), files);
  verify_host(context->sslContext(), origin);
  ::SSL_CTX_set_verify(context->sslContext(), SSL_VERIFY_PEER, note_problem);
  return context;
}

void clear_certificate_problem() { certificate_problem = X509_V_OK; }

bool found_certificate_problem() { return certificate_problem != X509_V_OK; }

bool refuses_us(const std::string& text) {
  const auto holds = [&](const char* part) { return text.find(part) != std::string::npos; };
  return holds("alert") && (holds("certificate") || holds("unknown ca") || holds("access denied") ||
                            holds("handshake failure"));
}

Failure handshake_failure(const Origin& origin, const std::string& openssl_text) {
  const std::string certificate = "the certificate of " + origin.authority();
  switch (certificate_problem) {
    case X509_V_OK:
      break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {Failure::Cause::refused, certificate + " is for another name",
              "check the endpoint, or ask for a certificate that names " + origin.host};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Failure::Cause::refused, certificate + " has expired",
              "have it renewed, and check this machine's clock"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Failure::Cause::refused, certificate + " is not valid yet",
              "check this machine's clock"};
    default:
      return {
          Failure::Cause::refused,
          certificate + " is not trusted: " + ::X509_verify_cert_error_string(certificate_problem),
          "if the server is yours, set ca_file to the certificate of its authority"};
  }
  if (refuses_us(openssl_text)) {
    return {Failure::Cause::refused, "the server refused this client: " + openssl_text,
            "check client_certificate and client_key"};
  }
  return {Failure::Cause::unreachable, "no TLS connection: " + openssl_text,
          "check that the endpoint speaks https on this port"};
}

}  // namespace nexus_mirror::transport
