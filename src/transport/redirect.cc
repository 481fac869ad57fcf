#include "transport/redirect.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include "nexus_mirror/error.h"
#include "text/ascii.h"
#include "transport/failure.h"

namespace nexus_mirror::transport {

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
    uri.resolve(answer.location);
    there = {uri.getScheme(), text::lower(uri.getHost()), uri.getPort()};
    next = uri.getPathAndQuery();
  } catch (const Poco::Exception&) {
    throw Failure(Failure::Kind::unusable, status + " to something that is no URL", hint);
  }
  if (answer.location.empty()) {
    throw Failure(Failure::Kind::unusable, status + " without saying where to", hint);
  }
  const std::string where = one_line(there.text() + without_query(next));
  if (there != origin) {
    throw Failure(Failure::Kind::unusable, status + " to another place, " + where, hint);
  }
  if (method != "GET") {
    throw Failure(Failure::Kind::unusable, status + " to " + where + ", but only GET is repeated",
                  "check the endpoint");
  }
  if (!next.starts_with('/')) next.insert(0, 1, '/');
  return next;
}

}  // namespace nexus_mirror::transport
