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
constexpr std::int64_t kPiece = 256;  // contents that are asked for together
constexpr std::size_t kFew = 4096;    // sound ones that are noted together
constexpr std::size_t kMany = 65536;  // the same, while a sync holds the lock
constexpr std::size_t kMostReasons = 20;

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

class VerifyRun {
 public:
  VerifyRun(const Config& config, const VerifyRequest& request, Env& env,
            const std::stop_token& stop)
      : config_(config),
        request_(request),
        env_(env),
        stop_(stop),
        dir_(config.content_dir()),
        day_(request.day.value_or(env.now_ms())) {}

  Verification run();

 private:
  bool is_wanted(const store::KeptContent& content) const;
  bool read(const store::KeptContent& content);
  void note_unreadable(const Error& error);
  bool note(bool may_wait);

  const Config& config_;
  const VerifyRequest& request_;
  Env& env_;
  const std::stop_token stop_;
  const std::filesystem::path dir_;
  const std::int64_t day_;  // one part, also past midnight
  Verification result_;
  std::vector<std::string> sound_;  // not noted yet, as are the next ones
  std::vector<store::KeptContent> damaged_;
};

bool VerifyRun::is_wanted(const store::KeptContent& content) const {
  if (!is_in_todays_part(content.sha256, request_.percent, day_)) return false;
  return !request_.once_a_day || !content.verified_at ||
         *content.verified_at / kDayMs != day_ / kDayMs;
}

Verification VerifyRun::run() {
  {
    store::Database mirror(config_.mirror, store::Use::query);
    check_content_dir(config_, mirror);
  }
  result_.after = request_.after;
  bool is_through = false;
  while (!is_through) {
    std::vector<store::KeptContent> piece;
    {
      store::Database mirror(config_.mirror, store::Use::query);
      piece = store::kept_content(mirror, result_.after, kPiece);
    }
    is_through = piece.empty();
    for (const store::KeptContent& content : piece) {
      if (is_wanted(content) && !read(content)) {
        note(result_.stopped || !damaged_.empty());
        return std::move(result_);
      }
      result_.after = content.sha256;
    }
    const bool must = is_through || !damaged_.empty() || sound_.size() >= kMany;
    if (!must && sound_.size() < kFew) continue;
    if (!note(must) && must) break;
  }
  if (is_through && !result_.stopped) result_.after.clear();
  return std::move(result_);
}

// False where it is not to be read now.
bool VerifyRun::read(const store::KeptContent& content) {
  const auto go_on = [&] {
    if (request_.moved) request_.moved();
    return !stop_.stop_requested();
  };
  if (!go_on()) result_.stopped = true;
  if (result_.stopped || (request_.go_on && !request_.go_on())) return false;
  Soundness found = Soundness::unknown;
  try {
    found = look_at(dir_, content, go_on);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::machine) throw;
    note_unreadable(error);
    return true;
  }
  result_.stopped = found == Soundness::unknown;
  if (result_.stopped) return false;
  ++result_.files;
  result_.bytes += content.bytes;
  if (found == Soundness::sound) {
    sound_.push_back(content.sha256);
  } else {
    damaged_.push_back(content);
  }
  return true;
}

void VerifyRun::note_unreadable(const Error& error) {
  ++result_.unreadable;
  if (result_.unreadable_reasons.size() < kMostReasons) {
    result_.unreadable_reasons.emplace_back(error.what());
  }
}

// Into the mirror; false where a sync has it, or a stop came while it was waited for.
bool VerifyRun::note(bool may_wait) {
  if (sound_.empty() && damaged_.empty()) return true;
  std::unique_ptr<FileLock> lock;
  if (may_wait && !stop_.stop_requested()) {
    lock = wait_for_lock(config_, env_, request_.moved, stop_);
    if (!lock) result_.stopped = true;
  } else {
    try {
      lock = sync::lock_mirror(config_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::busy) throw;
    }
  }
  if (!lock) return false;
  if (!damaged_.empty()) {  // and not out of reach since the beginning
    store::Database database(config_.mirror, store::Use::query);
    check_content_dir(config_, database);
  }
  store::Store mirror(config_.mirror, store::Access::write);
  const auto go_on = [this] {
    if (request_.moved) request_.moved();
    return !stop_.stop_requested();
  };
  for (const store::KeptContent& content : damaged_) {
    // Under the lock once more: a sound copy may have come meanwhile, or nobody wants it now.
    try {
      const Soundness found = look_at(dir_, content, go_on);
      if (found == Soundness::unknown) result_.stopped = true;
      if (found != Soundness::damaged) continue;
    } catch (const Error& error) {
      note_unreadable(error);
      continue;
    }
    content::remove_content(dir_, content.sha256);
    if (mirror.files.lost({content.sha256}) > 0) result_.damaged.push_back(content.sha256);
  }
  mirror.files.verified(sound_, env_.now_ms());
  sound_.clear();
  damaged_.clear();
  return true;
}

}  // namespace

bool is_in_todays_part(const std::string& sha256, std::int64_t percent, std::int64_t now) {
  if (percent >= 100) return true;
  if (percent <= 0) return false;
  const std::int64_t days = (100 + percent - 1) / percent;
  const auto number = text::parse_number<std::int64_t>(sha256.substr(0, 8), 16).value_or(0);
  return number % days == now / kDayMs % days;
}

Verification verify_content(const Config& config, const VerifyRequest& request, Env& env,
                            const std::stop_token& stop) {
  return VerifyRun(config, request, env, stop).run();
}

}  // namespace nexus_mirror::files
