#include "exports/digest.h"

#include <Poco/Crypto/DigestEngine.h>

namespace nexus_mirror::exports {

struct Sha256::Context {
  Poco::Crypto::DigestEngine engine{"SHA256"};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { context_->engine.update(bytes.data(), bytes.size()); }

std::string Sha256::hexadecimal() {
  return Poco::DigestEngine::digestToHex(context_->engine.digest());
}

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hexadecimal();
}

}  // namespace nexus_mirror::exports
