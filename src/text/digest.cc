#include "text/digest.h"

#include <Poco/Crypto/DigestEngine.h>
#include <Poco/Crypto/OpenSSLInitializer.h>

namespace nexus_mirror::text {
namespace {

// Poco takes its hold of OpenSSL with the first digest that there is and lets go with the last,
// under no lock: a digest of another thread that begins meanwhile finds half of it gone. With one
// hold that outlives all threads neither happens twice.
void keep_openssl() { static const Poco::Crypto::OpenSSLInitializer kept; }

}  // namespace

struct Sha256::Context {
  Poco::Crypto::DigestEngine engine{"SHA256"};
};

Sha256::Sha256() {
  keep_openssl();
  context_ = std::make_unique<Context>();
}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { context_->engine.update(bytes.data(), bytes.size()); }

void Sha256::update_field(std::string_view bytes) {
  update(std::to_string(bytes.size()) + ':');
  update(bytes);
}

std::string Sha256::hexadecimal() {
  return Poco::DigestEngine::digestToHex(context_->engine.digest());
}

std::string Sha256::bytes() {
  const Poco::DigestEngine::Digest& digest = context_->engine.digest();
  return {digest.begin(), digest.end()};
}

struct Md5::Engine {
  Poco::Crypto::DigestEngine engine{"MD5"};
};

Md5::Md5() {
  keep_openssl();
  engine_ = std::make_unique<Engine>();
}
Md5::~Md5() = default;

void Md5::update(std::string_view bytes) { engine_->engine.update(bytes.data(), bytes.size()); }

std::string Md5::bytes() {
  const Poco::DigestEngine::Digest& digest = engine_->engine.digest();
  return {digest.begin(), digest.end()};
}

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hexadecimal();
}

}  // namespace nexus_mirror::text
