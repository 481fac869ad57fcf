#include "log/guard.h"

#include <unistd.h>

#include <string_view>

#include "error/current_error.h"
#include "log/log.h"

namespace nexus_mirror::log {

void current_exception(const char* doing, const char* subject) noexcept {
  try {
    error(current_error(ErrorCode::machine, doing, subject).what());
  } catch (...) {  // no memory, not even for a line of the log
    constexpr std::string_view kText = "nexus-mirror: out of memory\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
  }
}

}  // namespace nexus_mirror::log
