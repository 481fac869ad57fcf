// Kinds that a pass does not read: those that the server does not give to this key, and those that
// the configuration skips. Their rows stay as they are, and nothing else waits for them
// (CONTRACT.md 4.6).
#include <algorithm>

#include "log/log.h"
#include "sync/project_pass.h"

namespace nexus_mirror::sync {

using objects::Table;

bool ProjectPass::skips(const Table& table) const {
  const std::vector<std::string>& skipped = context_.config.sync.skip;
  return std::find(skipped.begin(), skipped.end(), table.name) != skipped.end();
}

// The kind of a listing, and those that are read by way of it.
std::vector<const Table*> ProjectPass::kinds_of(const nexus::Endpoint& endpoint) const {
  std::vector<const Table*> kinds = {endpoint.table};
  if (endpoint.has_models) kinds.push_back(&objects::models);
  if (endpoint.has_logs) kinds.push_back(&objects::run_matrices);
  if (endpoint.has_logs && context_.config.sync.run_logs) kinds.push_back(&objects::run_logs);
  return kinds;
}

// Reads the first of `kinds`, and the others by way of it, unless it is skipped; an answer that it
// is not given is no failure.
void ProjectPass::if_given(const std::vector<const Table*>& kinds,
                           const std::function<void()>& read) {
  if (skips(*kinds.front())) return leave_out(kinds, kSkipped);
  try {
    read();
  } catch (const Error& error) {
    if (!nexus::is_not_given(error)) throw;
    refused(kinds, error);
  }
}

void ProjectPass::refused(const std::vector<const Table*>& kinds, const Error& error) {
  const std::string kind(kinds.front()->name);
  log::warning(kind + " are left out, their rows stay as they are: " + error.what(),
               {{"project", name_}});
  leave_out(kinds, error.reason());
}

void ProjectPass::leave_out(const std::vector<const Table*>& kinds, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  for (const Table* kind : kinds) left_out_.push_back({std::string(kind->name), reason});
}

}  // namespace nexus_mirror::sync
