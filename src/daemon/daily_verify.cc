#include "daemon/daily_verify.h"

#include <string>
#include <utility>

#include "error/current_error.h"
#include "log/log.h"

namespace nexus_mirror::daemon {
namespace {

constexpr std::int64_t kDayMs = 24 * 3600 * 1000;
constexpr std::int64_t kSliceMs = 10'000;
constexpr std::size_t kMostReasons = 20;

}  // namespace

bool DailyVerify::is_due(const FilesConfig& files, const Clocks& now) const {
  if (files.verify == 0 || (files.images.empty() && files.models.empty())) return false;
  return part_ || !begun_ || begun_->left(now) == 0;
}

void DailyVerify::slice(const FilesConfig& files, const std::function<Clocks()>& now,
                        const std::function<bool()>& others_wait,
                        const std::function<void()>& moved, const Read& read) {
  const Clocks began = now();
  if (!part_) {
    begun_ = Wait{began, kDayMs};
    part_.emplace(DayPart{began.wall_ms, {}});
  }
  files::VerifyRequest request;
  request.percent = files.verify;
  request.once_a_day = true;  // what was read before a restart is not read again
  request.day = part_->day;
  request.after = part_->found.after;
  request.moved = moved;
  request.go_on = [&] {
    return now().monotonic_ms - began.monotonic_ms < kSliceMs && !others_wait();
  };
  try {
    if (!read_on(request, read)) return;
    tell();
  } catch (...) {
    const Error error = current_error(ErrorCode::machine, "verifying", "files");
    if (error.code() != ErrorCode::interrupted) log::warning(error.what());
  }
  part_.reset();
}

// Whether the part is through.
bool DailyVerify::read_on(const files::VerifyRequest& request, const Read& read) {
  files::Verification slice = read(request);
  files::Verification& found = part_->found;
  found.files += slice.files;
  found.bytes += slice.bytes;
  found.unreadable += slice.unreadable;
  found.damaged.insert(found.damaged.end(), slice.damaged.begin(), slice.damaged.end());
  for (std::string& reason : slice.unreadable_reasons) {
    if (found.unreadable_reasons.size() == kMostReasons) break;
    found.unreadable_reasons.push_back(std::move(reason));
  }
  found.after = std::move(slice.after);
  return found.after.empty() && !slice.stopped;
}

void DailyVerify::tell() const {
  const files::Verification& found = part_->found;
  if (!found.damaged.empty()) {
    log::error("verifying files: " + std::to_string(found.damaged.size()) +
               " of those that were read are not what they were; the next sync fetches them anew");
  }
  for (const std::string& reason : found.unreadable_reasons) log::error(reason);
  log::info("files verified", {{"files", found.files},
                               {"bytes", found.bytes},
                               {"damaged", static_cast<std::int64_t>(found.damaged.size())},
                               {"unreadable", found.unreadable}});
}

}  // namespace nexus_mirror::daemon
