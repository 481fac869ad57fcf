#include "files/storage_hosts.h"

#include <algorithm>
#include <chrono>

#include "text/signed_link.h"

namespace nexus_mirror::files {
namespace {

constexpr std::int64_t kLongestWaitMs = 60000;

// "https://host:port"
std::string_view host_of(std::string_view link) {
  const std::string_view base = text::link_base(link);
  const std::size_t scheme = base.find("://");
  if (scheme == base.npos) return base;
  return base.substr(0, base.find('/', scheme + 3));
}

}  // namespace

bool StorageHosts::wait(std::string_view link, const std::stop_token& stop) {
  std::int64_t ms = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto host = hosts_.find(host_of(link));
    if (host != hosts_.end()) ms = host->second.quiet_until - env_.monotonic_ms();
  }
  if (ms <= 0) return !stop.stop_requested();
  return env_.sleep(std::chrono::milliseconds(ms), stop);
}

void StorageHosts::ask_to_wait(std::string_view link, std::int64_t ms) {
  const std::string name(host_of(link));
  const std::lock_guard lock(mutex_);
  Host& host = hosts_[name];
  if (ms > kLongestWaitMs) {
    return give_up(host, name, "it asks to wait for " + std::to_string(ms / 1000) + " s");
  }
  host.quiet_until = std::max(host.quiet_until, env_.monotonic_ms() + ms);
}

void StorageHosts::came(std::string_view link) {
  const std::string name(host_of(link));
  const std::lock_guard lock(mutex_);
  hosts_[name].failures = 0;
}

void StorageHosts::failed(std::string_view link, const std::string& reason) {
  const std::string name(host_of(link));
  const std::lock_guard lock(mutex_);
  Host& host = hosts_[name];
  if (++host.failures < kMostFailures) return;
  give_up(host, name,
          std::to_string(kMostFailures) +
              " files in a row could not be had, and none came between them; the last: " + reason);
}

// Under the mutex.
void StorageHosts::give_up(Host& host, const std::string& name, const std::string& reason) {
  host.given_up = true;
  if (trouble_) return;
  trouble_.emplace(ErrorCode::unreachable, "fetching", "files from " + one_line(name), reason,
                   "the rest is left for the next sync; check that the network lets this host "
                   "through and that it gives out its files");
}

bool StorageHosts::is_ailing(std::string_view link) const {
  const std::lock_guard lock(mutex_);
  const auto host = hosts_.find(host_of(link));
  return host != hosts_.end() && host->second.failures >= kMostFailures / 2;
}

bool StorageHosts::given_up(std::string_view link) const {
  const std::lock_guard lock(mutex_);
  const auto host = hosts_.find(host_of(link));
  return host != hosts_.end() && host->second.given_up;
}

std::optional<Error> StorageHosts::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace nexus_mirror::files
