#include <atomic>
#include <memory>
#include <utility>

#include "nexus_mirror/transport.h"

namespace nexus_mirror {
namespace {

class Counting final : public CountingTransport {
 public:
  explicit Counting(std::unique_ptr<Transport> inner) : inner_(std::move(inner)) {}

  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override {
    requests_.fetch_add(1, std::memory_order_relaxed);
    HttpResponse response = inner_->send(request, stop);
    bytes_.fetch_add(response.bytes_received, std::memory_order_relaxed);
    return response;
  }

  TransferCount count() const override {
    return {requests_.load(std::memory_order_relaxed), bytes_.load(std::memory_order_relaxed)};
  }

 private:
  const std::unique_ptr<Transport> inner_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace

std::unique_ptr<CountingTransport> make_counting(std::unique_ptr<Transport> inner) {
  return std::make_unique<Counting>(std::move(inner));
}

}  // namespace nexus_mirror
