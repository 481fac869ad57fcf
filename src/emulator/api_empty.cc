// What an account is answered that has none of these things: batch jobs, predictions, runners, ...
#include "emulator/api.h"
#include "emulator/dialect.h"
#include "emulator/paging.h"
#include "nexus_mirror/error.h"
#include "text/json_writer.h"

namespace nexus_mirror::emulator {

Reply Api::empty_list() {
  Reply reply;
  reply.body = "[]";
  return reply;
}

Reply Api::empty_page(Call& call) {
  PageRequest::read(call.request, max_page_);
  Reply reply;
  reply.body = page_head(catalog_.dialect(), {}, {}) + "]}";
  return reply;
}

Reply Api::nothing_there(Call& call) {
  throw Error::from_status(404, "answering", call.request.path,
                           call.request.segments[4] + " was not found");
}

Reply Api::custom_metadatas(Call& call) {
  asset(call);
  Reply reply;
  text::JsonWriter json;
  json.begin_object();
  json.begin_array(spell(catalog_.dialect(), "customMetadatas"));
  json.end_array();
  json.end_object();
  reply.body = json.take();
  return reply;
}

Reply Api::instances(Call& call) {
  const std::string& artifact = call.request.segments[3];
  record_reply(call, ObjectKind::artifacts, artifact);
  Reply reply;
  text::JsonWriter json;
  json.begin_object();
  json.member(spell(catalog_.dialect(), "artifactId"), artifact);
  json.member("region", call.request.segments[6]);
  json.begin_array(spell(catalog_.dialect(), "availableInstances"));
  json.end_array();
  json.end_object();
  reply.body = json.take();
  return reply;
}

}  // namespace nexus_mirror::emulator
