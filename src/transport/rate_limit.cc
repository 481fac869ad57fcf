#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"

namespace nexus_mirror {
namespace {

class RateLimitTransport final : public Transport {
 public:
  RateLimitTransport(std::unique_ptr<Transport> inner, double requests_per_second, int in_flight,
                     Env& env)
      : inner_(std::move(inner)),
        spacing_ms_(requests_per_second > 0 ? 1000.0 / requests_per_second : 0),
        env_(env),
        most_(std::max(1, in_flight)),
        places_(most_) {}

  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override {
    const InFlight place(*this, request, stop);
    wait_for_turn(request, stop);
    HttpResponse response = inner_->send(request, stop);
    adapt(response.status);
    return response;
  }

 private:
  // One of the requests that may be under way, for as long as it lives.
  class InFlight {
   public:
    InFlight(RateLimitTransport& owner, const HttpRequest& request, const std::stop_token& stop)
        : owner_(owner) {
      std::unique_lock lock(owner_.mutex_);
      if (!owner_.place_freed_.wait(lock, stop, [&] { return owner_.taken_ < owner_.places_; })) {
        throw_stopped(request);
      }
      ++owner_.taken_;
    }
    ~InFlight() {
      {
        const std::lock_guard lock(owner_.mutex_);
        --owner_.taken_;
      }
      owner_.place_freed_.notify_one();
    }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

   private:
    RateLimitTransport& owner_;
  };

  [[noreturn]] static void throw_stopped(const HttpRequest& request) {
    throw Error(ErrorCode::interrupted, "waiting to ask for", without_query(request.target),
                "asked to stop");
  }

  // A server that has had too much gets half as much at once, and one more after each kCalm
  // answers.
  void adapt(int status) {
    constexpr int kTooManyRequests = 429, kCalm = 20;
    const std::lock_guard lock(mutex_);
    if (status == kTooManyRequests) {
      // Those that were under way together are one sign.
      if (calm_ > 0 || places_ == most_) places_ = std::max(1, places_ / 2);
      calm_ = 0;
    } else if (++calm_ >= kCalm && places_ < most_) {
      ++places_;
      calm_ = 0;
      place_freed_.notify_one();
    }
  }

  void wait_for_turn(const HttpRequest& request, const std::stop_token& stop) {
    if (spacing_ms_ <= 0) return;
    double wait_ms = 0;
    {
      const std::lock_guard lock(mutex_);
      const auto now = static_cast<double>(env_.monotonic_ms());
      const double turn = std::max(now, next_turn_ms_);
      next_turn_ms_ = turn + spacing_ms_;
      wait_ms = turn - now;
    }
    const auto wait = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(wait_ms)));
    if (wait.count() > 0 && !env_.sleep(wait, stop)) throw_stopped(request);
  }

  const std::unique_ptr<Transport> inner_;
  const double spacing_ms_;  // between the beginnings of two requests; 0 = none
  Env& env_;

  std::mutex mutex_;
  std::condition_variable_any place_freed_;
  const int most_;           // requests under way
  int places_;               // as many of them as the server bears; guarded by mutex_
  int taken_ = 0;            // guarded by mutex_
  int calm_ = 0;             // answers since the last change of places_; guarded by mutex_
  double next_turn_ms_ = 0;  // monotonic; guarded by mutex_
};

}  // namespace

std::unique_ptr<Transport> make_rate_limit(std::unique_ptr<Transport> inner,
                                           double requests_per_second, int in_flight, Env& env) {
  return std::make_unique<RateLimitTransport>(std::move(inner), requests_per_second, in_flight,
                                              env);
}

}  // namespace nexus_mirror
