// One object of the workspace, ready to be sent.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/json_members.h"
#include "emulator/kind.h"

namespace nexus_mirror::emulator {

// What the server filters assets by, and what it decides about models.
struct Facets {
  std::string filename;
  std::string status;  // v2 spelling as far as it is known
  std::vector<std::string> groups;
};

struct Record {
  std::string key;                           // place in its project's listing, see record_key()
  std::string text;                          // as it goes over the wire, but for links
  std::size_t link_begin = 0, link_end = 0;  // assets: the path in `text` that is to be signed
  std::size_t attributes_begin = 0, attributes_end = 0;  // the member "attributes", if it may go
  std::string parent;  // annotation: asset id; artifact, insight: run id; model: artifact id
  std::string link;    // models: the path that their download is to lead to; empty = none to sign
  std::shared_ptr<const Facets> facets;  // assets and models only
};

// The key under which a listing sorts and finds the v2 object `text`, whose `members` were read
// before: its id, a tag's index (ten digits), an insight's "runId:artifactId", a matrix's run.
// Empty when the object does not say.
std::string record_key(ObjectKind kind, std::string_view text, const JsonMembers& members);

// The key for the id that /_emulator/objects uses once the project is cut off: tags are named by
// the plain index.
std::string key_of_id(ObjectKind kind, std::string_view id);

// Makes the record of a v2 object of `project` under `key`, in the spelling of `dialect`. A link
// that carries a query already is sent as it is; any other leads to the emulator's storage and is
// signed anew at every call: what the object says, behind the path of its file, is the rest of the
// link's path. The second form reads `members` itself and throws Error(config) when `text` is not a
// JSON object.
Record make_record(ObjectKind kind, Dialect dialect, std::string_view project, std::string key,
                   std::string_view text, const JsonMembers& members);
Record make_record(ObjectKind kind, Dialect dialect, std::string_view project, std::string key,
                   std::string_view text);

}  // namespace nexus_mirror::emulator
