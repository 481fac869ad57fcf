#include "transport/certificates.h"

#include <Poco/Crypto/X509Certificate.h>
#include <Poco/Exception.h>

#include "env/user.h"
#include "transport/failure.h"
#include "transport/route.h"
#include "transport/tls.h"

namespace nexus_mirror::transport {
namespace {

constexpr const char* kDoing = "connecting to";

Error error_of(const Failure& failure, const std::string& subject) {
  try {
    throw_error(failure, kDoing, subject);
  } catch (const Error& error) {
    return error;
  }
}

}  // namespace

CertificateLook look_at_certificate(const TransportOptions& options, const std::stop_token& stop) {
  const BaseUrl endpoint = parse_base_url(options.endpoint);
  const Route route = make_route(options, endpoint.origin);
  const NoSigpipe no_sigpipe;
  clear_certificate_problem();
  try {
    const Connection connection(route, StopSignal(stop));
    if (!endpoint.origin.secure()) return {};
    return {connection.certificate_end(), {}};
  } catch (const Failure& failure) {
    const Error error = error_of(failure, endpoint.origin.text());
    if (found_certificate_problem()) return {{}, error};
    throw error;
  } catch (const Poco::Exception& exception) {
    throw_error({Failure::Cause::unusable, exception.displayText()}, kDoing,
                endpoint.origin.text());
  }
}

std::optional<std::int64_t> certificate_end(const std::filesystem::path& file) {
  try {
    const Poco::Crypto::X509Certificate certificate(env::readable_path(file).string());
    return certificate.expiresOn().timestamp().epochMicroseconds() / 1000;
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

}  // namespace nexus_mirror::transport
