// What the user's programs that follow the feed (consumers.h) ended badly on, project by project,
// kept until they next end well there: so that whoever asks later is told, too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.h"

namespace nexus_mirror::store {

struct HookTrouble {
  std::string consumer;  // kHooks
  std::string project_id, project_name;
  std::int64_t sync_id = 0;
  std::int64_t at = 0;  // UNIX ms
  std::string problem;  // one line: "exit status 3"
};

// All throw as Database does.
class HookTroubles {
 public:
  explicit HookTroubles(Session& session) : session_(session) {}

  // In the place of what stood there for the project. `project_name` is not kept.
  void failed(const HookTrouble& trouble);
  // Nothing is written where nothing stood.
  void ended_well(std::string_view consumer, const std::string& project_id);

 private:
  Session& session_;
};

// Newest first; none in a mirror of a version that does not know.
std::vector<HookTrouble> hook_troubles(Database& database);

}  // namespace nexus_mirror::store
