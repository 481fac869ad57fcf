// A small mirror written with plain SQL, for the tests of what reads one: its schema is that of
// CONTRACT.md 3, made here by hand and independent of src/store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nexus_mirror/env.h"

namespace nexus_mirror::testing {

// A folder of its own, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The moment at which FixedEnv stands and before which the mirror's rows were written:
// 2026-01-31 12:00:00 UTC.
constexpr std::int64_t kNoon = 1769860800000;

// The time is what the test says, chance always the same.
class FixedEnv : public Env {
 public:
  explicit FixedEnv(std::int64_t now_ms = kNoon) : now_ms_(now_ms) {}
  std::int64_t now_ms() override { return now_ms_; }
  std::int64_t monotonic_ms() override { return now_ms_; }
  bool sleep(std::chrono::milliseconds, const std::stop_token&) override { return true; }
  double random() override { return 0.5; }

 private:
  std::int64_t now_ms_;
};

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
