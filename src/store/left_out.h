// Kinds of a project that a sync does not read, because the server does not give them to this key
// or the configuration skips them, and why.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/session.h"

namespace nexus_mirror::store {

struct LeftOutKind {
  std::string entity;  // a table's name
  std::string reason;  // one line
};

// All throw as Database does.
class LeftOutKinds {
 public:
  explicit LeftOutKinds(Session& session) : session_(session) {}

  // What a pass over the project that is whole has left out: what is not among `found` is given
  // again. Nothing is written where nothing changed.
  void settle(const std::string& project_id, const std::vector<LeftOutKind>& found);

 private:
  Session& session_;
};

// By entity; none in a mirror of a version that does not know.
std::vector<LeftOutKind> left_out_kinds(Database& database, std::string_view project_id);

// Tables of which the project's first listing is in.
std::vector<std::string> loaded_kinds(Database& database, std::string_view project_id);

}  // namespace nexus_mirror::store
