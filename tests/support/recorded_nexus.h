// The answers of an emulator, one of which is spoiled.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/emulator_process.h"
#include "support/http_server.h"

namespace nexus_mirror::testing {

// What a server says to one request.
struct RecordedAnswer {
  std::string target;
  int status = 0;
  std::string type, body;

  std::string bytes() const { return answer(status, body, "Content-Type: " + type + "\r\n"); }
};

// Hands out what an emulator answers, each target asked for once. Any thread may call any method.
class RecordedNexus {
 public:
  // What goes out instead of `good`, the answer to request `number` (from 1); nullopt = that.
  using Spoil = std::function<std::optional<Reply>(const RecordedAnswer& good, int number)>;

  RecordedNexus(std::vector<std::string> arguments, std::string key)
      : key_(std::move(key)),
        emulator_(std::move(arguments)),
        server_([this](const std::string& request, int) { return reply(request); }) {}

  std::string url() const { return server_.url(); }

  // From here on requests are numbered anew.
  void spoil(Spoil spoil) {
    const std::lock_guard lock(mutex_);
    spoil_ = std::move(spoil);
    number_ = 0;
    targets_.clear();
  }
  // What the emulator has said to that.
  RecordedAnswer answer_to(const std::string& target) const {
    const std::lock_guard lock(mutex_);
    return answers_.at(target);
  }
  // Targets of the requests since then.
  std::vector<std::string> targets() const {
    const std::lock_guard lock(mutex_);
    return targets_;
  }

 private:
  Reply reply(const std::string& request) {
    const std::size_t begin = request.find(' ') + 1;
    const std::string target = request.substr(begin, request.find(' ', begin) - begin);
    const std::lock_guard lock(mutex_);
    auto found = answers_.find(target);
    if (found == answers_.end()) {
      const FetchedAnswer fetched = fetch("GET", emulator_.url() + target, {{"Secret-Key", key_}});
      const auto type = fetched.headers.find("Content-Type");
      found = answers_
                  .emplace(target, RecordedAnswer{target, fetched.status,
                                                  type == fetched.headers.end() ? "" : type->second,
                                                  fetched.body})
                  .first;
    }
    targets_.push_back(target);
    ++number_;
    if (spoil_) {
      if (const auto spoiled = spoil_(found->second, number_)) return *spoiled;
    }
    return {found->second.bytes()};
  }

  const std::string key_;
  EmulatorProcess emulator_;
  mutable std::mutex mutex_;
  std::map<std::string, RecordedAnswer> answers_;
  Spoil spoil_;
  int number_ = 0;
  std::vector<std::string> targets_;
  HttpServer server_;  // last: it asks the rest
};

}  // namespace nexus_mirror::testing
