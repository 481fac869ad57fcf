// TLS settings of one origin, and what its errors mean.
#pragma once

#include <Poco/Net/Context.h>

#include <filesystem>
#include <string>
#include <vector>

#include "transport/failure.h"
#include "transport/origin.h"

namespace nexus_mirror::transport {

struct TlsFiles {
  std::filesystem::path ca;                      // empty = the system's
  std::filesystem::path certificate, key;        // of the client; both or none
  bool system_too = false;                       // trust the system's beside `ca`
  std::vector<std::filesystem::path> more = {};  // authorities beside `ca`
};

// A context for connections to `origin` only: TLS 1.2 or later, the chain verified and the
// certificate's name compared with the origin's host within the handshake, for localhost and
// addresses as well. Throws Error(config) naming the file that cannot be used.
Poco::Net::Context::Ptr make_tls_context(const Origin& origin, const TlsFiles& files);

// Forgets what the last handshake of this thread found wrong with a certificate; call before a
// handshake.
void clear_certificate_problem();

// Whether the last handshake of this thread found something wrong with the server's.
bool found_certificate_problem();

// True when OpenSSL's `text` is the server's alert that it does not take our certificate, or misses
// one. With TLS 1.3 it comes after the handshake, in place of the first answer.
bool refuses_us(const std::string& text);

// What ended a handshake, from the text that OpenSSL gave and the certificate problem found on
// this thread.
Failure handshake_failure(const Origin& origin, const std::string& openssl_text);

}  // namespace nexus_mirror::transport
