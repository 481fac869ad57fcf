// Reading the files that are kept, a part of them each day, in slices that hold nothing else up
// (CONTRACT.md 8).
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "daemon/schedule.h"
#include "files/verification.h"
#include "nexus_mirror/config.h"

namespace nexus_mirror::daemon {

// Of the loop's thread.
class DailyVerify {
 public:
  // Reads some of the files as the request says (files::verify_content).
  using Read = std::function<files::Verification(const files::VerifyRequest&)>;

  // Whether a part is to be begun, or gone on with.
  bool is_due(const FilesConfig& files, const Clocks& now) const;

  // A slice of the day's part. `now` is asked for the time; `others_wait` says whether something is
  // due that comes first; `moved` is told of each mebibyte. What is found is logged when the part
  // is through, and what goes wrong ends it for the day. Throws nothing but for want of memory.
  void slice(const FilesConfig& files, const std::function<Clocks()>& now,
             const std::function<bool()>& others_wait, const std::function<void()>& moved,
             const Read& read);

 private:
  struct DayPart {
    std::int64_t day = 0;  // a moment of it, UNIX ms
    files::Verification found;
  };
  bool read_on(const files::VerifyRequest& request, const Read& read);
  void tell() const;

  std::optional<Wait> begun_;    // when the last part was; none = not yet
  std::optional<DayPart> part_;  // as far as it was read; none = it is through
};

}  // namespace nexus_mirror::daemon
