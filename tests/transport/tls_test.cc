// TLS against a real server: which certificates are trusted, and what is said of the others.
#include <Poco/Net/NetSSL.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "env/user.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "support/fake_env.h"
#include "support/http_server.h"

namespace nexus_mirror {
namespace {

using Poco::Net::Context;
using testing::answer;
using testing::HttpServer;
using testing::Reply;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct Identity {
  std::unique_ptr<EVP_PKEY, FreeKey> key;
  std::unique_ptr<X509, FreeCertificate> certificate;
  std::filesystem::path certificate_file, key_file;
};

void add_extension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) {
    throw std::runtime_error("extension");
  }
  X509_EXTENSION_free(extension);
}

template <typename Write>
void write_pem(const std::filesystem::path& path, Write write) {
  FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr || write(file) != 1) throw std::runtime_error("writing " + path.string());
  std::fclose(file);
}

// Signed by `issuer`, or by itself; ends `valid_for` seconds from now.
Identity make_identity(const std::string& name, const std::string& alternative_names,
                       const Identity* issuer, long valid_for = 3600) {
  static long serial = 1;
  Identity identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  identity.certificate.reset(X509_new());
  X509* certificate = identity.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate), valid_for);
  X509_set_pubkey(certificate, identity.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  const Identity& signer = issuer != nullptr ? *issuer : identity;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
  add_extension(certificate, NID_basic_constraints,
                issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!alternative_names.empty()) {
    add_extension(certificate, NID_subject_alt_name, alternative_names.c_str());
  }
  if (X509_sign(certificate, signer.key.get(), EVP_sha256()) == 0) throw std::runtime_error("sign");

  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / ("tls_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string stem = std::to_string(serial);
  identity.certificate_file = folder / (stem + ".crt");
  identity.key_file = folder / (stem + ".key");
  write_pem(identity.certificate_file,
            [&](FILE* file) { return PEM_write_X509(file, certificate); });
  write_pem(identity.key_file, [&](FILE* file) {
    return PEM_write_PrivateKey(file, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return identity;
}

class TransportTls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Poco::Net::initializeSSL();
    authority_ = new Identity(make_identity("authority", "", nullptr));
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(authority_->certificate_file.parent_path());
    delete authority_;
    Poco::Net::uninitializeSSL();
  }

  // Serves with `identity`; with `clients`, only clients whose certificate that one has signed.
  static std::unique_ptr<HttpServer> serve(const Identity& identity,
                                           const Identity* clients = nullptr, bool tls12 = false) {
    Context::Params params;
    params.certificateFile = identity.certificate_file.string();
    params.privateKeyFile = identity.key_file.string();
    params.verificationMode = clients != nullptr ? Context::VERIFY_STRICT : Context::VERIFY_NONE;
    if (clients != nullptr) params.caLocation = clients->certificate_file.string();
    Context::Ptr context = new Context(Context::TLS_SERVER_USE, params);
    if (tls12) context->disableProtocols(Context::PROTO_TLSV1_3);
    return std::make_unique<HttpServer>(
        [](const std::string&, int) { return Reply{answer(200, "[]")}; }, context);
  }

  static TransportOptions options_for(const std::string& host, const HttpServer& server) {
    TransportOptions options;
    options.endpoint = "https://" + host + ":" + std::to_string(server.port());
    options.secret_key = "5ec4e7";
    options.ca_file = authority_->certificate_file;
    return options;
  }

  // Expects `unreachable`; returns the error's text.
  static std::string refusal(const TransportOptions& options) {
    try {
      make_http_transport(options)->send({"GET", "/x", ""}, {});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unreachable) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  static inline Identity* authority_ = nullptr;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(TransportTls, TrustsWhatTheAuthoritySigned) {
  const Identity identity = make_identity("x", "DNS:localhost,IP:127.0.0.1", authority_);
  for (const bool tls12 : {false, true}) {
    const auto server = serve(identity, nullptr, tls12);
    for (const char* host : {"localhost", "127.0.0.1"}) {
      auto transport = make_http_transport(options_for(host, *server));
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(transport->send({"GET", "/x", ""}, {}).body, "[]");
      }
    }
    EXPECT_EQ(server->connections(), 2);  // kept alive, one for each transport
  }
}

TEST_F(TransportTls, RefusesAnUnknownAuthority) {
  const auto server = serve(make_identity("localhost", "DNS:localhost", nullptr));
  const std::string error = refusal(options_for("localhost", *server));
  EXPECT_TRUE(holds(error, "is not trusted: self-signed certificate")) << error;
  EXPECT_TRUE(holds(error, "set ca_file")) << error;
  EXPECT_TRUE(server->requests().empty());
}

TEST_F(TransportTls, TrustsTheSystemsAuthoritiesOnlyWithoutAFile) {
  const auto server = serve(make_identity("localhost", "DNS:localhost", authority_));
  auto options = options_for("localhost", *server);
  options.ca_file.clear();
  EXPECT_TRUE(holds(refusal(options), "is not trusted: "));
  EXPECT_TRUE(server->requests().empty());
}

TEST_F(TransportTls, RefusesACertificateForAnotherName) {
  const auto server = serve(make_identity("localhost", "DNS:example.com,IP:192.0.2.1", authority_));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const std::string error = refusal(options_for(host, *server));
    EXPECT_TRUE(holds(error, "is for another name")) << error;
  }
  EXPECT_TRUE(server->requests().empty());
}

TEST_F(TransportTls, ANameIsNoAddress) {
  const auto server = serve(make_identity("x", "DNS:127.0.0.1", authority_));
  EXPECT_TRUE(holds(refusal(options_for("127.0.0.1", *server)), "is for another name"));
}

TEST_F(TransportTls, RefusesAnExpiredCertificate) {
  const auto server = serve(make_identity("localhost", "DNS:localhost", authority_, -60));
  const std::string error = refusal(options_for("localhost", *server));
  EXPECT_TRUE(holds(error, "has expired")) << error;
  EXPECT_TRUE(server->requests().empty());
}

TEST_F(TransportTls, DoesNotAskAgainWhenACertificateIsRefused) {
  testing::FakeEnv env;
  const auto server = serve(make_identity("localhost", "DNS:example.com", authority_));
  auto transport = make_retry(make_http_transport(options_for("localhost", *server)), {}, env);
  EXPECT_THROW(transport->send({"GET", "/x", ""}, {}), Error);
  EXPECT_TRUE(env.sleeps().empty());
}

// A download goes to a host that is not the API's: what is trusted there is checked all the same.
TEST_F(TransportTls, ADownloadChecksTheCertificate) {
  const auto file = authority_->certificate_file.parent_path() / "download";
  const auto fetch = [&](const HttpServer& server, const std::filesystem::path& ca_file) {
    DownloadOptions options;
    options.ca_file = ca_file;
    options.retry.max_retries = 0;
    download("https://localhost:" + std::to_string(server.port()) + "/f?s=c0ffee", file, options,
             Env::system(), {});
  };
  const auto refused = [&](const HttpServer& server, const std::filesystem::path& ca_file) {
    try {
      fetch(server, ca_file);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unreachable);
      EXPECT_FALSE(holds(error.what(), "c0ffee")) << error.what();
      EXPECT_FALSE(std::filesystem::exists(file));
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const auto good = serve(make_identity("x", "DNS:localhost", authority_));
  fetch(*good, authority_->certificate_file);
  EXPECT_EQ(std::filesystem::file_size(file), 2U);
  EXPECT_FALSE(holds(good->requests().at(0), "Secret-Key"));
  std::filesystem::remove(file);
  EXPECT_TRUE(holds(refused(*good, {}), "is not trusted"));
  EXPECT_EQ(good->requests().size(), 1U);
  const auto other = serve(make_identity("x", "DNS:example.com", authority_));
  EXPECT_TRUE(holds(refused(*other, authority_->certificate_file), "is for another name"));
  EXPECT_TRUE(other->requests().empty());
}

// A link does not say which workspace it is of: the authorities of all of them count.
TEST_F(TransportTls, AFileIsFetchedByTheAuthorityOfAnyWorkspace) {
  const Identity stranger = make_identity("stranger", "", nullptr);
  const auto server = serve(make_identity("x", "DNS:localhost", authority_));
  class Nothing final : public FileSink {
    bool begin(const FileHead&) override { return true; }
    void take(std::string_view) override {}
  } sink;
  FileRequest request;
  request.link = "https://localhost:" + std::to_string(server->port()) + "/f?s=c0ffee";
  FileTransportOptions options;
  options.ca_files = {stranger.certificate_file};
  EXPECT_THROW(make_file_transport(options)->get(request, sink, {}), Error);
  options.ca_files.push_back(authority_->certificate_file);
  EXPECT_EQ(make_file_transport(options)->get(request, sink, {}).status, 200);
}

TEST_F(TransportTls, ShowsItsCertificateToTheServer) {
  const Identity client = make_identity("client", "", authority_);
  const Identity stranger = make_identity("stranger", "", nullptr);
  const Identity identity = make_identity("x", "DNS:localhost", authority_);
  for (const bool tls12 : {false, true}) {
    const auto server = serve(identity, authority_, tls12);
    auto options = options_for("localhost", *server);
    EXPECT_TRUE(holds(refusal(options), "client_certificate"));
    options.client_certificate = stranger.certificate_file;
    options.client_key = stranger.key_file;
    EXPECT_TRUE(holds(refusal(options), "client_certificate"));
    EXPECT_TRUE(server->requests().empty());
    options.client_certificate = client.certificate_file;
    options.client_key = client.key_file;
    EXPECT_EQ(make_http_transport(options)->send({"GET", "/x", ""}, {}).status, 200);
  }
}

TEST_F(TransportTls, NamesTheFileThatCannotBeUsed) {
  const Identity identity = make_identity("x", "DNS:localhost", authority_);
  const Identity other = make_identity("y", "DNS:localhost", authority_);
  TransportOptions options;
  options.endpoint = "https://localhost:1";
  const auto complaint = [&](const std::filesystem::path& ca,
                             const std::filesystem::path& certificate,
                             const std::filesystem::path& key) -> std::string {
    options.ca_file = ca;
    options.client_certificate = certificate;
    options.client_key = key;
    try {
      make_http_transport(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(complaint({}, identity.certificate_file, identity.key_file), "");
  EXPECT_TRUE(holds(complaint("/absent.pem", {}, {}), "ca_file /absent.pem"));
  EXPECT_TRUE(holds(complaint(identity.key_file, {}, {}), "ca_file " + identity.key_file.string()));
  EXPECT_TRUE(holds(complaint({}, identity.certificate_file, {}), "client_key"));
  EXPECT_TRUE(holds(complaint({}, "/absent.crt", identity.key_file), "/absent.crt"));
  EXPECT_TRUE(holds(complaint({}, identity.key_file, identity.key_file), "client_certificate"));
  EXPECT_TRUE(holds(complaint({}, identity.certificate_file, other.key_file), "client_key"));
}

// A process of root's that goes on as another user has read them before.
TEST_F(TransportTls, ReadsFilesOfRootsAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to go on as another user";
  const Identity client = make_identity("client", "", authority_);
  TransportOptions options;
  options.endpoint = "https://localhost:1";
  options.ca_file = authority_->certificate_file;
  options.client_certificate = client.certificate_file;
  options.client_key = client.key_file;
  for (const auto& file : {options.ca_file, options.client_certificate, options.client_key}) {
    std::filesystem::permissions(file, std::filesystem::perms(0600));
  }
  const auto status_with = [&](const std::vector<std::filesystem::path>& keep) {
    const pid_t child = ::fork();
    if (child == 0) {
      constexpr uid_t kOther = 61004;
      if (env::go_on_as({kOther, kOther}, keep) != 0) ::_exit(3);
      try {
        make_http_transport(options);
      } catch (const Error& error) {
        ::_exit(error.code() == ErrorCode::config ? 2 : 1);
      }
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  };
  EXPECT_EQ(status_with({options.ca_file, options.client_certificate, options.client_key}), 0);
  EXPECT_EQ(WEXITSTATUS(status_with({options.ca_file, options.client_certificate})), 2);
}

TEST_F(TransportTls, SaysWhenTheServerSpeaksNoTls) {
  HttpServer server([](const std::string&, int) { return Reply{}; });
  auto options = options_for("localhost", server);
  options.connect_timeout = std::chrono::milliseconds(30);  // it waits for us as we do for it
  const std::string error = refusal(options);
  EXPECT_TRUE(holds(error, "TLS")) << error;
}

TEST_F(TransportTls, GoesThroughATunnel) {
  const auto server = serve(make_identity("x", "DNS:localhost", authority_));
  // A proxy that answers CONNECT but then is no tunnel: the handshake fails within it.
  HttpServer proxy([](const std::string&, int) {
    return Reply{"HTTP/1.1 200 Connected\r\n\r\nnot TLS", Reply::Then::close};
  });
  auto options = options_for("localhost", *server);
  options.proxy = proxy.url();
  EXPECT_TRUE(holds(refusal(options), "TLS"));
  EXPECT_FALSE(holds(proxy.requests().at(0), "5ec4e7"));
}

}  // namespace
}  // namespace nexus_mirror
