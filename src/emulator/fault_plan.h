// Faults that wait for the request they are meant for. README.md in this folder has their JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace Poco {
class RegularExpression;
}

namespace nexus_mirror::emulator {

enum class FaultKind {
  status,
  reset,
  cut,
  stall,
  dead_cursor,
  repeat_cursor,
  html,
  huge,
  gzip_bomb,
  empty,
  not_json,
  deep,
  redirect,
  slow,
  // Of a file, at the storage's address; the API answers as ever.
  hang,
  expired,
  other_version,
  no_hash,
  wrong_hash,
  short_file,
  no_range,
  other_range,
  stored_packed,
  packed_on_the_way,
};

struct Fault {
  FaultKind kind = FaultKind::status;
  int status = 0;           // 0 = the kind's own
  std::string retry_after;  // header, if not empty
  std::string location;     // redirect
  std::int64_t ms = 0;      // slow: how long the body takes
  std::int64_t bytes = 0;   // size of the body once unpacked; 0 = the kind's own
  bool chunked = false;     // cut: without a Content-Length
};

// Any thread may call any method.
class FaultPlan {
 public:
  // Adds the faults of a JSON array (or one object). Throws Error(config) and adds none when one
  // of them makes no sense.
  void add(std::string_view json);
  void clear();

  // Counts the request for every planned fault and returns the first that is due.
  std::optional<Fault> next(const std::string& target);

 private:
  struct Planned {
    std::string match;
    std::shared_ptr<const Poco::RegularExpression> pattern;  // of `match`, if it is one
    std::uint64_t nth = 1;                                   // first request hit; 0 = every one
    std::uint64_t times = 1;                                 // 0 = for ever
    std::uint64_t seen = 0, fired = 0;
    Fault fault;
  };
  static bool is_due(const Planned& planned);

  std::mutex mutex_;
  std::vector<Planned> planned_;  // guarded by mutex_
};

}  // namespace nexus_mirror::emulator
