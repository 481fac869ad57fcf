#include "files/verification.h"

#include <chrono>
#include <memory>
#include <utility>

#include "content/content_folder.h"
#include "files/sweep.h"
#include "nexus_mirror/error.h"
#include "store/file_list.h"
#include "store/store.h"
#include "sync/sync.h"
#include "text/number.h"

namespace nexus_mirror::files {
namespace {

constexpr std::int64_t kDayMs = 24 * 3600 * 1000;
constexpr std::int64_t kPiece = 256;  // contents that are read before anything is written

enum class Soundness { sound, damaged, unknown };

Soundness look_at(const std::filesystem::path& dir, const store::KeptContent& content,
                  const std::function<bool()>& go_on) {
  const auto bytes = content::content_bytes(dir, content.sha256);
  if (!bytes || static_cast<std::int64_t>(*bytes) != content.bytes) return Soundness::damaged;
  const auto hashes = content::hash_file(content::content_path(dir, content.sha256), go_on);
  if (!hashes) return Soundness::unknown;
  return hashes->sha256 == content.sha256 ? Soundness::sound : Soundness::damaged;
}

// The lock that a sync holds while it runs.
std::unique_ptr<FileLock> wait_for_lock(const Config& config, Env& env,
                                        const std::function<void()>& moved,
                                        const std::stop_token& stop) {
  constexpr auto kPause = std::chrono::seconds(1);
  constexpr int kMostTries = 3600;
  for (int tries = 1;; ++tries) {
    try {
      return sync::lock_mirror(config);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::busy || tries == kMostTries) throw;
    }
    if (moved) moved();
    if (!env.sleep(kPause, stop)) return nullptr;
  }
}

}  // namespace

bool is_in_todays_part(const std::string& sha256, std::int64_t percent, std::int64_t now) {
  if (percent >= 100) return true;
  if (percent <= 0) return false;
  const std::int64_t days = (100 + percent - 1) / percent;
  const auto number = text::parse_number<std::int64_t>(sha256.substr(0, 8), 16).value_or(0);
  return number % days == now / kDayMs % days;
}

Verification verify_content(const Config& config, std::int64_t percent, Env& env,
                            const std::function<void()>& moved, const std::stop_token& stop) {
  Verification result;
  const std::filesystem::path dir = config.content_dir();
  const auto go_on = [&] {
    if (moved) moved();
    return !stop.stop_requested();
  };
  {
    store::Database mirror(config.mirror, store::Use::query);
    check_content_dir(config, mirror);
  }
  const std::int64_t today = env.now_ms();  // one part, also past midnight
  std::string after;
  while (!result.stopped) {
    std::vector<store::KeptContent> piece;
    {
      store::Database mirror(config.mirror, store::Use::query);
      piece = store::kept_content(mirror, after, kPiece);
    }
    if (piece.empty()) break;
    after = piece.back().sha256;
    std::vector<std::string> sound;
    std::vector<store::KeptContent> damaged;
    for (const store::KeptContent& content : piece) {
      if (!is_in_todays_part(content.sha256, percent, today)) continue;
      const Soundness found = look_at(dir, content, go_on);
      result.stopped = found == Soundness::unknown;
      if (result.stopped) break;
      ++result.files;
      result.bytes += content.bytes;
      if (found == Soundness::sound) {
        sound.push_back(content.sha256);
      } else {
        damaged.push_back(content);
      }
    }
    if (sound.empty() && damaged.empty()) continue;
    const auto lock = wait_for_lock(config, env, moved, stop);
    if (!lock) {
      result.stopped = true;
      break;
    }
    store::Store mirror(config.mirror, store::Access::write);
    for (const store::KeptContent& content : damaged) {
      // Under the lock once more: a sound copy may have come meanwhile, or nobody wants it now.
      if (look_at(dir, content, {}) == Soundness::sound) continue;
      content::remove_content(dir, content.sha256);
      if (mirror.files.lost(content.sha256) > 0) result.damaged.push_back(content.sha256);
    }
    mirror.files.verified(sound, env.now_ms());
  }
  return result;
}

}  // namespace nexus_mirror::files
