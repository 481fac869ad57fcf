#include "daemon/notify.h"

#include <systemd/sd-daemon.h>

#include <algorithm>

#include "env/thread.h"
#include "log/guard.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::daemon {
namespace {

class SystemdNotifier final : public Notifier {
 public:
  void send(const std::string& state) override { ::sd_notify(0, state.c_str()); }
};

}  // namespace

void Notifier::status(const std::string& text) { send("STATUS=" + one_line(text)); }

void Notifier::reloading() {
  // systemd compares this with the moment of its signal, so milliseconds are too coarse. The steady
  // clock is CLOCK_MONOTONIC here.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

std::unique_ptr<Notifier> systemd_notifier() { return std::make_unique<SystemdNotifier>(); }

std::optional<std::chrono::microseconds> watchdog_interval() {
  std::uint64_t interval = 0;
  if (::sd_watchdog_enabled(0, &interval) <= 0) return std::nullopt;
  return std::chrono::microseconds(interval);
}

Watchdog::Watchdog(std::chrono::microseconds interval, Notifier& notifier, const Progress& progress,
                   Env& env) {
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(interval);
  const auto pause = std::max(limit / 4, std::chrono::milliseconds(1));
  const auto feed = [=, &notifier, &progress] {
    if (progress.silent_ms() < limit.count()) notifier.send("WATCHDOG=1");
  };
  thread_ =
      start_thread<std::jthread>("feeds the watchdog", [=, &env](const std::stop_token& stop) {
        do {
          log::guard("feeding", "the watchdog", feed);
        } while (env.sleep(pause, stop));
      });
}

}  // namespace nexus_mirror::daemon
