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

// Reads a kind unless it is skipped; what says that it is not given is no failure.
void ProjectPass::if_given(const Table& table, const std::function<void()>& read) {
  if (skips(table)) return leave_out(table, kSkipped);
  try {
    read();
  } catch (const Error& error) {
    if (!nexus::is_not_given(error)) throw;
    refused(table, error);
  }
}

void ProjectPass::refused(const Table& table, const Error& error) {
  log::warning(
      std::string(table.name) + " are left out, their rows stay as they are: " + error.what(),
      {{"project", name_}});
  leave_out(table, error.reason());
}

// With what is read by way of it.
void ProjectPass::leave_out(const Table& table, const std::string& reason) {
  const auto add = [&](const Table& kind) {
    const std::lock_guard lock(mutex_);
    left_out_.push_back({std::string(kind.name), reason});
  };
  add(table);
  if (&table == &objects::artifacts) add(objects::models);
  if (&table != &objects::runs) return;
  add(objects::run_matrices);
  if (context_.config.sync.run_logs) add(objects::run_logs);
}

}  // namespace nexus_mirror::sync
