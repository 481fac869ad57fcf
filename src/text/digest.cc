#include "text/digest.h"

#include <Poco/Crypto/OpenSSLInitializer.h>
#include <openssl/evp.h>

#include <array>
#include <new>

#include "text/hex.h"

namespace nexus_mirror::text {
namespace {

// Poco takes its hold of OpenSSL with the first user of its own and lets go with the last, under no
// lock: a digest of another thread that begins meanwhile finds half of it gone. With one hold that
// outlives all threads neither happens twice.
void keep_openssl() { static const Poco::Crypto::OpenSSLInitializer kept; }

}  // namespace

// OpenSSL's own calls, for each may fail for want of memory: Poco's DigestEngine looks at none of
// them, and one that failed to begin crashes at the first byte.
class HashContext {
 public:
  explicit HashContext(const EVP_MD* kind) : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr) throw std::bad_alloc();
    if (EVP_DigestInit_ex(context_, kind, nullptr) == 1) return;
    EVP_MD_CTX_free(context_);
    throw std::bad_alloc();
  }
  ~HashContext() { EVP_MD_CTX_free(context_); }
  HashContext(const HashContext&) = delete;
  HashContext& operator=(const HashContext&) = delete;

  void update(std::string_view bytes) {
    if (EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
  }
  std::string take() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned count = 0;
    if (EVP_DigestFinal_ex(context_, bytes.data(), &count) != 1) throw std::bad_alloc();
    return {bytes.begin(), bytes.begin() + count};
  }

 private:
  EVP_MD_CTX* context_;
};

Sha256::Sha256() {
  keep_openssl();
  context_ = std::make_unique<HashContext>(EVP_sha256());
}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { context_->update(bytes); }

void Sha256::update_field(std::string_view bytes) {
  update(std::to_string(bytes.size()) + ':');
  update(bytes);
}

std::string Sha256::hexadecimal() { return text::hexadecimal(bytes()); }

std::string Sha256::bytes() { return context_->take(); }

Md5::Md5() {
  keep_openssl();
  context_ = std::make_unique<HashContext>(EVP_md5());
}
Md5::~Md5() = default;

void Md5::update(std::string_view bytes) { context_->update(bytes); }

std::string Md5::bytes() { return context_->take(); }

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hexadecimal();
}

}  // namespace nexus_mirror::text
