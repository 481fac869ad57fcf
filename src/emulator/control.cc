#include "emulator/control.h"

#include <mutex>

#include "nexus_mirror/error.h"
#include "text/json_writer.h"

namespace nexus_mirror::emulator {
namespace {

Reply done(std::string body = "{}") {
  Reply reply;
  reply.body = std::move(body);
  return reply;
}

Reply wrong_method() { return json_error(405, "the path does not answer this method"); }

}  // namespace

Reply Control::answer(const ApiRequest& request) {
  const std::vector<std::string>& path = request.segments;
  try {
    if (path.size() == 2 && path[1] == "requests") return requests(request);
    if (path.size() == 2 && path[1] == "faults") return faults(request);
    if (path.size() == 2 && path[1] == "archives") return archives(request);
    if (path.size() == 2 && path[1] == "storage") return storage(request);
    if ((path.size() == 3 || path.size() == 4) && path[1] == "objects") return object(request);
  } catch (const Error& error) {
    return json_error(400, error.what());
  }
  return json_error(404,
                    "known are /_emulator/requests, /faults, /archives, /storage and "
                    "/objects/{kind}/{id}");
}

Reply Control::requests(const ApiRequest& request) {
  if (request.method == "GET") return done(journal_.json());
  if (request.method != "DELETE") return wrong_method();
  journal_.clear();
  return done();
}

Reply Control::faults(const ApiRequest& request) {
  if (request.method == "POST") {
    faults_.add(request.body);
    return done();
  }
  if (request.method != "DELETE") return wrong_method();
  faults_.clear();
  return done();
}

Reply Control::archives(const ApiRequest& request) {
  if (request.method == "PUT") {
    const std::optional<std::string> status = request.query.first("status");
    status ? archives_.set_status(*status) : archives_.replace(request.body);
    return done();
  }
  if (request.method != "DELETE") return wrong_method();
  archives_.clear();
  return done();
}

Reply Control::storage(const ApiRequest& request) const {
  if (request.method != "GET") return wrong_method();
  text::JsonWriter json;
  json.begin_object();
  json.member("url", storage_url_);
  json.end_object();
  return done(json.take());
}

Reply Control::object(const ApiRequest& request) {
  const std::optional<ObjectKind> kind = kind_named(request.segments[2]);
  if (!kind) return json_error(404, "there is no kind \"" + request.segments[2] + "\"");
  const bool needs_id = *kind != ObjectKind::workspace;
  if (needs_id && request.segments.size() != 4) {
    return json_error(400, "the path lacks the object's id");
  }
  const std::string id = request.segments.size() == 4 ? request.segments[3] : "";
  const std::unique_lock lock(catalog_.mutex());
  if (request.method == "PUT") {
    const bool replaced = catalog_.put(*kind, id, request.body);
    return done(replaced ? R"({"replaced":true})" : R"({"replaced":false})");
  }
  if (request.method != "DELETE") return wrong_method();
  if (!catalog_.erase(*kind, id)) return json_error(404, "there is no such object");
  return done(R"({"deleted":true})");
}

}  // namespace nexus_mirror::emulator
