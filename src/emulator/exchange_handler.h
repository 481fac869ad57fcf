// HTTP over Poco: reads a request, lets it through the gates (journal, latency, faults, rate
// limit, key) and sends the answer.
#pragma once

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPServerRequestImpl.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

#include "emulator/api.h"
#include "emulator/control.h"
#include "emulator/fault_plan.h"
#include "emulator/rate_limit.h"
#include "emulator/request_journal.h"
#include "emulator/storage.h"

namespace nexus_mirror::emulator {

// Set once, when the server stops; whoever waits wakes up.
class ServerStop {
 public:
  void request();
  bool requested() const { return stopped_.load(); }
  // Waits for `ms` milliseconds or the signal. Returns false for the signal.
  bool wait_for(std::int64_t ms);

 private:
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable woken_;
};

// What all handlers of a server share; outlives them.
struct Pipeline {
  Api& api;
  LinkStorage& storage;
  Control& control;
  FaultPlan& faults;
  RequestJournal& journal;
  RateLimit& rate_limit;
  ServerStop& stop;
  std::string secret_key;   // empty = every request is let in
  bool certificate_is_key;  // a client certificate will do instead of the key
  int wrong_key_status;
  std::int64_t latency_ms;
  bool etags;
};

// Which of the emulator's two addresses a request came to.
enum class Door { api, storage };

// One request on one thread.
class ExchangeHandler : public Poco::Net::HTTPRequestHandler {
 public:
  ExchangeHandler(Pipeline& pipeline, Door door) : pipeline_(pipeline), door_(door) {}

  void handleRequest(Poco::Net::HTTPServerRequest& request,
                     Poco::Net::HTTPServerResponse& response) override;

 private:
  void answer(Poco::Net::HTTPServerRequestImpl& request, Poco::Net::HTTPServerResponse& response);
  // Through journal, latency and faults to what the address answers.
  void answer_call(const ApiRequest& call, Poco::Net::HTTPServerRequestImpl& request,
                   Poco::Net::HTTPServerResponse& response);
  Reply answer_api(const ApiRequest& call, Poco::Net::HTTPServerRequestImpl& request,
                   bool repeat_cursor);
  Reply answer_storage(const ApiRequest& call, const Poco::Net::HTTPServerRequestImpl& request,
                       const std::optional<Fault>& fault);
  bool is_let_in(Poco::Net::HTTPServerRequestImpl& request) const;
  std::uint64_t note(const ApiRequest& call, const Poco::Net::HTTPServerRequest& request) const;

  Pipeline& pipeline_;
  const Door door_;
};

}  // namespace nexus_mirror::emulator
