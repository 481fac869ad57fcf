// A Nexus that answers as the test says, path by path.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <string>

#include "support/http_server.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {

// Answers each path (with its query, else without) with what `answers` has for it, else with an
// empty list or page; what is asked for by its id is not there.
class OddNexus {
 public:
  using Answers = std::map<std::string, std::string>;
  // Goes before the answers when it has a reply for the target of a request.
  using First = std::function<std::optional<Reply>(const std::string& target)>;

  explicit OddNexus(Answers answers, First first = {})
      : answers_(std::move(answers)),
        first_(std::move(first)),
        server_([this](const std::string& request, int) { return reply(request); }) {}

  Answers& answers() { return answers_; }  // between syncs
  const HttpServer& server() const { return server_; }

 private:
  Reply reply(const std::string& request) const {
    const std::size_t begin = request.find(' ') + 1;
    const std::string target = request.substr(begin, request.find(' ', begin) - begin);
    if (const auto reply = first_ ? first_(target) : std::nullopt) return *reply;
    const std::string path = target.substr(0, target.find('?'));
    auto found = answers_.find(target);
    if (found == answers_.end()) found = answers_.find(path);
    const std::string policy = "Content-Security-Policy: " + std::string(20'000, 'p') + "\r\n";
    if (found != answers_.end()) return {answer(200, found->second, policy)};
    for (const char* kind : {"/assets", "/annotations", "/sequences"}) {
      if (path.ends_with(kind)) return {answer(200, R"({"data":[]})", policy)};
    }
    const bool one = path.find("/assets/") != path.npos || path.find("/annotations/") != path.npos;
    if (one || path.ends_with("Matrix")) return {answer(404, "{}", policy)};
    return {answer(200, "[]", policy)};
  }

  Answers answers_;
  First first_;
  HttpServer server_;
};

// A sync that is killed at a request.
class VictimOfNexus {
 public:
  // Once, at the first request whose target holds `part` while the victim lives.
  OddNexus::First at(std::string part) {
    return [this, part = std::move(part)](const std::string& target) -> std::optional<Reply> {
      if (!alive_ || target.find(part) == target.npos) return std::nullopt;
      alive_ = false;
      process_.get()->signal(SIGKILL);
      return Reply{answer(500, "")};
    };
  }
  Ended dies(const std::unique_ptr<MirrorProcess>& process) {
    born_.set_value(process.get());
    return process->wait();
  }
  void arm() { alive_ = true; }
  bool lives() const { return alive_; }

 private:
  std::promise<MirrorProcess*> born_;
  const std::shared_future<MirrorProcess*> process_ = born_.get_future().share();
  std::atomic<bool> alive_{false};
};

inline MirrorSettings settings_of(const OddNexus& nexus) {
  return {.endpoint = nexus.server().url(), .tables = "[[export]]\nformats = [\"ndjson\"]\n"};
}

}  // namespace nexus_mirror::testing
