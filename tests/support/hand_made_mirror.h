// A small mirror written with plain SQL, for the tests of what reads one: its schema is that of
// CONTRACT.md 3, made here by hand and independent of src/store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nexus_mirror/env.h"
#include "support/fake_env.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {

// Two projects (Cars, Dogs; the second removed), three syncs (ok, partial, ok an hour, half an
// hour and ten minutes before kNoon), six changes, two models of which one has a live link.
class HandMadeMirror {
 public:
  HandMadeMirror();

  const std::filesystem::path& database() const { return database_; }
  const std::filesystem::path& config() const { return config_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  // Runs statements on the database with all permissions.
  void execute(const std::string& sql) const;

 private:
  TemporaryFolder folder_;
  std::filesystem::path database_, config_;
};

struct CommandResult {
  int status = -1;
  std::string out, error;
};

// Runs a command line in this process, its streams caught; `input` is its stdin.
CommandResult run_command(const std::vector<std::string>& arguments, Env& env,
                          const std::string& input = {});

}  // namespace nexus_mirror::testing
