#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SSLException.h>
#include <Poco/StreamCopier.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "emulator/server.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::emulator {
namespace {

using Poco::Net::Context;

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509, X509_free>>;
using OpenFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

// Writes PREFIX.pem and PREFIX.key: a certificate for 127.0.0.1 that vouches for itself.
void write_certificate(const std::string& prefix) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  require(key && certificate, "no key");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* common_name = reinterpret_cast<const unsigned char*>("127.0.0.1");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  using Extension = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION, X509_EXTENSION_free>>;
  for (const auto& [id, value] : {std::pair{NID_basic_constraints, "critical,CA:TRUE"},
                                  std::pair{NID_subject_alt_name, "IP:127.0.0.1"}}) {
    const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, id, value));
    require(X509_add_ext(certificate.get(), extension.get(), -1) == 1, "no extension");
  }
  require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "not signed");
  const OpenFile pem(std::fopen((prefix + ".pem").c_str(), "w"), std::fclose);
  const OpenFile key_pem(std::fopen((prefix + ".key").c_str(), "w"), std::fclose);
  require(pem && key_pem, "no file");
  PEM_write_X509(pem.get(), certificate.get());
  PEM_write_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class EmulatorTlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    Poco::Net::initializeSSL();
    write_certificate(file("server"));
    write_certificate(file("client"));
    options_.synthetic = SyntheticOptions{1, 1, 1, 1};
    options_.tls_certificate = file("server.pem");
    options_.tls_key = file("server.key");
  }
  void TearDown() override { Poco::Net::uninitializeSSL(); }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  // The status of /workspace for a client that trusts `authority` and shows `client` (a prefix).
  int status(const EmulatorServer& server, const std::string& authority,
             const std::string& client = "", const std::string& key = "") {
    const std::string prefix = client.empty() ? "" : file(client);
    const Context::Ptr context =
        new Context(Context::TLS_CLIENT_USE, client.empty() ? "" : prefix + ".key",
                    client.empty() ? "" : prefix + ".pem", file(authority), Context::VERIFY_STRICT);
    Poco::Net::HTTPSClientSession session("127.0.0.1", server.port(), context);
    Poco::Net::HTTPRequest request("GET", "/workspace", Poco::Net::HTTPRequest::HTTP_1_1);
    if (!key.empty()) request.set("Secret-Key", key);
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::string body;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
    return response.getStatus();
  }

  const testing::TemporaryFolder folder_;
  ServerOptions options_;
};

TEST_F(EmulatorTlsTest, ServesHttpsWithItsCertificate) {
  const EmulatorServer server(options_);
  EXPECT_EQ(server.url(), "https://127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(status(server, "server.pem"), 200);
  EXPECT_THROW(status(server, "client.pem"), Poco::Net::SSLException);
}

TEST_F(EmulatorTlsTest, ACertificateIsRequiredWhereThereIsNoKey) {
  options_.tls_client_ca = file("client.pem");
  const EmulatorServer server(options_);
  EXPECT_EQ(status(server, "server.pem", "client"), 200);
  EXPECT_THROW(status(server, "server.pem"), Poco::Exception);
  EXPECT_THROW(status(server, "server.pem", "server"), Poco::Exception);
}

TEST_F(EmulatorTlsTest, ACertificateDoesInsteadOfTheKey) {
  options_.tls_client_ca = file("client.pem");
  options_.secret_key = "right";
  const EmulatorServer server(options_);
  EXPECT_EQ(status(server, "server.pem", "client"), 200);
  EXPECT_EQ(status(server, "server.pem", "", "right"), 200);
  EXPECT_EQ(status(server, "server.pem"), 403);
  EXPECT_EQ(status(server, "server.pem", "client", "wrong"), 403);
}

TEST_F(EmulatorTlsTest, UnreadableCertificatesAreAnError) {
  options_.tls_key = file("none.key");
  EXPECT_THROW(EmulatorServer{options_}, std::runtime_error);
}

}  // namespace
}  // namespace nexus_mirror::emulator
