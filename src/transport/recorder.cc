#include <memory>
#include <utility>

#include "log/log.h"
#include "nexus_mirror/transport.h"

namespace nexus_mirror {
namespace {

class Recorder final : public Transport {
 public:
  Recorder(std::unique_ptr<Transport> inner, std::string workspace,
           std::function<void(const Exchange&)> on_exchange, Env& env)
      : inner_(std::move(inner)),
        workspace_(std::move(workspace)),
        on_exchange_(std::move(on_exchange)),
        env_(env) {}

  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override {
    const std::string path = without_query(request.target);
    const std::int64_t begin = env_.monotonic_ms();
    Exchange exchange{workspace_, request.method, path, 0, std::nullopt, 0, 0};
    try {
      HttpResponse response = inner_->send(request, stop);
      exchange.status = response.status;
      exchange.bytes_received = response.bytes_received;
      exchange.ms = env_.monotonic_ms() - begin;
      log::debug("request", {{"workspace", workspace_},
                             {"method", request.method},
                             {"path", path},
                             {"status", std::int64_t{response.status}},
                             {"bytes", static_cast<std::int64_t>(response.bytes_received)},
                             {"ms", exchange.ms}});
      if (on_exchange_) on_exchange_(exchange);
      return response;
    } catch (const Error& error) {
      exchange.error = error.code();
      exchange.ms = env_.monotonic_ms() - begin;
      log::debug("request failed", {{"workspace", workspace_},
                                    {"method", request.method},
                                    {"path", path},
                                    {"reason", error.reason()},
                                    {"ms", exchange.ms}});
      if (on_exchange_) on_exchange_(exchange);
      throw;
    }
  }

 private:
  // All constant after construction.
  const std::unique_ptr<Transport> inner_;
  const std::string workspace_;
  const std::function<void(const Exchange&)> on_exchange_;
  Env& env_;
};

}  // namespace

std::unique_ptr<Transport> make_recorder(std::unique_ptr<Transport> inner, std::string workspace,
                                         std::function<void(const Exchange&)> on_exchange,
                                         Env& env) {
  return std::make_unique<Recorder>(std::move(inner), std::move(workspace), std::move(on_exchange),
                                    env);
}

}  // namespace nexus_mirror
