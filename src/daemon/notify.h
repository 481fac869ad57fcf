// What systemd is told (sd_notify(3), sd_watchdog_enabled(3)). Without systemd nobody listens and
// every call does nothing.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "daemon/progress.h"
#include "nexus_mirror/env.h"

namespace nexus_mirror::daemon {

// Any thread may call any method; none throws.
class Notifier {
 public:
  virtual ~Notifier() = default;
  // `state` as sd_notify(3) takes it: "READY=1\nSTATUS=...".
  virtual void send(const std::string& state) = 0;

  void ready() { send("READY=1"); }
  void status(const std::string& text);  // for people, of `systemctl status`
  void reloading();
  // It starts still, and is given `more` time from now on.
  void starting(std::chrono::microseconds more) {
    send("EXTEND_TIMEOUT_USEC=" + std::to_string(more.count()));
  }
  void stopping() { send("STOPPING=1\nSTATUS=Stopping"); }
};

// The one that $NOTIFY_SOCKET names.
std::unique_ptr<Notifier> systemd_notifier();

// How long systemd waits for a sign of life; nullopt = it does not.
std::optional<std::chrono::microseconds> watchdog_interval();

// While it lives, a thread tells systemd that the daemon lives: four times per `interval`, as long
// as `progress` was silent for less than `interval`. When the work hangs it falls silent, too.
class Watchdog {
 public:
  // Throws Error(machine) when no thread is left.
  Watchdog(std::chrono::microseconds interval, Notifier& notifier, const Progress& progress,
           Env& env);

 private:
  std::jthread thread_;
};

}  // namespace nexus_mirror::daemon
