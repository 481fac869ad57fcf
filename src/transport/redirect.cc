#include "transport/redirect.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include "nexus_mirror/error.h"
#include "text/address.h"
#include "text/ascii.h"
#include "text/percent.h"
#include "transport/failure.h"

namespace nexus_mirror::transport {

namespace {

// What `location`, which has led to `resolved`, asks for. Poco decodes an escaped '/' in a path: as
// long as the path stands in the location it is taken from there.
std::string path_and_query(std::string_view location, const Poco::URI& resolved) {
  location = location.substr(0, location.find('#'));
  if (location.starts_with('/')) return std::string(location);
  if (location.starts_with(resolved.getScheme() + "://")) {
    const std::string_view authority = text::authority_of(location);
    return std::string(authority.data() + authority.size(), location.data() + location.size());
  }
  return resolved.getPathAndQuery();
}

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string redirect_target(const Origin& origin, const std::string& method,
                            const std::string& target, const Answer& answer,
                            const std::string& hint) {
  const std::string status = "redirected (" + std::to_string(answer.response.status) + ")";
  Origin there;
  std::string next;
  try {
    Poco::URI uri(origin.text() + target);
    // Poco takes the host of "//host/path" for the beginning of a path.
    const std::string location =
        answer.location.starts_with("//") ? origin.scheme + ":" + answer.location : answer.location;
    uri.resolve(location);
    there = {uri.getScheme(), text::lower(uri.getHost()), uri.getPort()};
    next = text::request_target(path_and_query(location, uri));
  } catch (const Poco::Exception&) {
    throw Failure(Failure::Cause::unusable, status + " to something that is no URL", hint);
  }
  if (answer.location.empty()) {
    throw Failure(Failure::Cause::unusable, status + " without saying where to", hint);
  }
  const std::string where = one_line(there.text() + without_query(next));
  if (there != origin) {
    throw Failure(Failure::Cause::unusable, status + " to another place, " + where, hint);
  }
  if (method != "GET") {
    throw Failure(Failure::Cause::unusable, status + " to " + where + ", but only GET is repeated",
                  "check the endpoint");
  }
  if (!next.starts_with('/')) next.insert(0, 1, '/');
  return next;
}

}  // namespace nexus_mirror::transport
