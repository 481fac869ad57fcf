#include "daemon/plan.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <tuple>

#include "env/file.h"
#include "nexus_mirror/error.h"
#include "text/number.h"

namespace nexus_mirror::daemon {
namespace {

constexpr std::int64_t kSame = 1'000;
constexpr std::string_view kSyncing = "syncing", kNext = "next ";

std::filesystem::path lock_of(const Config& config) {
  return config.mirror.database.string() + ".daemon.lock";
}

env::NotedLock lock_daemon(const Config& config) {
  const auto folder = config.mirror.database.parent_path();
  // When it cannot be made, the lock says why.
  if (!folder.empty()) std::ignore = env::make_folders(folder);
  try {
    return env::NotedLock(lock_of(config), config.mirror.mode);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::busy) throw;
    throw Error(ErrorCode::busy, "starting the daemon for", config.mirror.database.string(),
                "another daemon is working on this mirror", "stop it first");
  }
}

}  // namespace

PlanKeeper::PlanKeeper(const Config& config) : lock_(lock_daemon(config)) {
  lock_.write("pid " + std::to_string(::getpid()));
}

void PlanKeeper::tell(std::optional<std::int64_t> next_sync) {
  const bool same = next_sync && told_ && std::llabs(*next_sync - *told_) < kSame;
  if (same) return;
  told_ = next_sync;
  std::string note = "pid " + std::to_string(::getpid()) + " ";
  note += next_sync ? std::string(kNext) + std::to_string(*next_sync) : std::string(kSyncing);
  lock_.write(note);
}

Plan read_plan(const Config& config) {
  const env::LockNote note = env::read_lock_note(lock_of(config));
  Plan plan;
  plan.daemon = note.held;
  if (note.held != env::Held::yes) return plan;
  plan.syncing = note.line.ends_with(kSyncing);
  const std::size_t next = note.line.rfind(kNext);
  if (next == note.line.npos) return plan;
  plan.next_sync =
      text::parse_number<std::int64_t>(std::string_view(note.line).substr(next + kNext.size()));
  return plan;
}

}  // namespace nexus_mirror::daemon
