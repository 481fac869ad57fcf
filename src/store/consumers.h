// How far those who follow the feed of changes have read it (see change_feed.h), written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/change_feed.h"
#include "store/session.h"
#include "store/sync_log.h"

namespace nexus_mirror::store {

// The programs and addresses that the configuration says are to be told.
inline constexpr std::string_view kHooks = "hooks";
// The exports: a project that has no row has been exported from nothing that is known.
inline constexpr std::string_view kExports = "exports";

// All throw as Database does.
class Consumers {
 public:
  explicit Consumers(Session& session) : session_(session) {}

  // The consumers that the configuration names, beside the exports. A new one begins behind the
  // last sync that came to its end, so that it is told of what the sync under way finds, and those
  // that were cut short right before it. Returns the names of those that are configured no more;
  // they are dropped.
  std::vector<std::string> configure(const std::vector<std::string>& names);

  // `consumer` has read the changes of the project up to `position`.
  void advance(std::string_view consumer, const std::string& project_id, const Position& position);
  // It has read those of all projects.
  void advance_all(std::string_view consumer, const Position& position);

  // Drops the changes that have outlived the history, but those that the hooks have not read for at
  // most as long again. What a project's exports have not read is remembered as unknown.
  void prune(const Outlived& outlived);

 private:
  void forget(std::string_view consumer);

  Session& session_;
};

}  // namespace nexus_mirror::store
