#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "env/backoff.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "transport/failure.h"
#include "transport/http_date.h"

namespace nexus_mirror {
namespace {

using std::chrono::milliseconds;

constexpr int kTooManyRequests = 429;

bool is_transient(int status) {
  return status == 500 || (status >= 502 && status <= 504) || (status >= 520 && status <= 524);
}

// What a try came to: an answer or an error.
struct Attempt {
  HttpResponse response;
  std::optional<Error> error;
  bool lasting = false;  // the error will come again
};

constexpr std::chrono::hours kLongestWish{24};

class RetryTransport final : public Transport {
 public:
  RetryTransport(std::unique_ptr<Transport> inner, RetryOptions options, Env& env)
      : inner_(std::move(inner)),
        options_(std::move(options)),
        failing_{options_.first_delay.count(), options_.max_delay.count(), 2, 0.5,
                 options_.max_retries},
        limited_{failing_.first_ms, failing_.most_ms, 2, 0.5, options_.max_rate_limited},
        env_(env) {}

  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override;

 private:
  Attempt attempt(const HttpRequest& request, const std::stop_token& stop);
  bool worth_another(const HttpRequest& request, const Attempt& outcome) const;
  std::optional<milliseconds> asked_for(const HttpResponse& response);
  void sleep(milliseconds duration, const HttpRequest& request, const std::stop_token& stop);
  void wait_for_all_clear(const HttpRequest& request, const std::stop_token& stop);
  void hold_everybody(milliseconds duration);

  const std::unique_ptr<Transport> inner_;
  const RetryOptions options_;
  const env::Backoff failing_, limited_;  // after what may pass, and after 429
  Env& env_;

  std::mutex mutex_;
  std::int64_t not_before_ = 0;  // monotonic ms, no request earlier; guarded by mutex_
};

HttpResponse RetryTransport::send(const HttpRequest& request, const std::stop_token& stop) {
  int failures = 0;
  int rate_limited = 0;
  while (true) {
    wait_for_all_clear(request, stop);
    Attempt outcome = attempt(request, stop);
    const bool limited = !outcome.error && outcome.response.status == kTooManyRequests;
    const env::Backoff& backoff = limited ? limited_ : failing_;
    const int tries = ++(limited ? rate_limited : failures);
    if (!backoff.again(tries) || (!limited && !worth_another(request, outcome))) {
      if (outcome.error) throw *outcome.error;
      return std::move(outcome.response);
    }

    const std::optional<milliseconds> wish =
        outcome.error ? std::nullopt : asked_for(outcome.response);
    // So long nobody means to wait: what came is told, and the next sync asks again.
    if (wish && *wish > kLongestWish) return std::move(outcome.response);
    const milliseconds delay = wish ? *wish : milliseconds(backoff.wait_ms(tries, env_.random()));
    if (options_.on_retry) {
      const std::string reason = outcome.error
                                     ? outcome.error->reason()
                                     : "status " + std::to_string(outcome.response.status);
      options_.on_retry(reason, delay, failures + rate_limited);
    }
    if (limited) {
      hold_everybody(delay);
    } else {
      sleep(delay, request, stop);
    }
  }
}

Attempt RetryTransport::attempt(const HttpRequest& request, const std::stop_token& stop) {
  Attempt outcome;
  try {
    outcome.response = inner_->send(request, stop);
  } catch (const transport::PermanentError& error) {
    outcome.error = error;
    outcome.lasting = true;
  } catch (const Error& error) {
    outcome.error = error;
  }
  return outcome;
}

// A POST that reached the server may have been carried out, so only one that did not is repeated.
bool RetryTransport::worth_another(const HttpRequest& request, const Attempt& outcome) const {
  const bool repeatable = request.method == "GET";
  if (!outcome.error) return repeatable && is_transient(outcome.response.status);
  if (outcome.lasting) return false;
  return outcome.error->code() == ErrorCode::unreachable ||
         (repeatable && outcome.error->code() == ErrorCode::timeout);
}

std::optional<milliseconds> RetryTransport::asked_for(const HttpResponse& response) {
  // A date counts from what the server's clock shows, where it says so: ours may be wrong.
  const auto server_now = transport::parse_http_date(response.date);
  const auto wait =
      parse_retry_after(response.retry_after, server_now ? *server_now : env_.now_ms());
  // 0 is less than a second rounded down, or a date gone by: no reason to hammer.
  if (!wait || *wait == 0) return std::nullopt;
  return milliseconds(*wait);
}

void RetryTransport::sleep(milliseconds duration, const HttpRequest& request,
                           const std::stop_token& stop) {
  if (!env_.sleep(duration, stop)) {
    throw Error(ErrorCode::interrupted, "waiting to ask again for", without_query(request.target),
                "asked to stop");
  }
}

void RetryTransport::wait_for_all_clear(const HttpRequest& request, const std::stop_token& stop) {
  std::int64_t waited_for = 0;
  while (true) {
    std::int64_t until = 0;
    {
      const std::lock_guard lock(mutex_);
      until = not_before_;
    }
    const std::int64_t left = until - env_.monotonic_ms();
    // Another caller may have been told to wait longer meanwhile.
    if (left <= 0 || until == waited_for) return;
    sleep(milliseconds(left), request, stop);
    waited_for = until;
  }
}

void RetryTransport::hold_everybody(milliseconds duration) {
  const std::int64_t until = env_.monotonic_ms() + duration.count();
  const std::lock_guard lock(mutex_);
  not_before_ = std::max(not_before_, until);
}

}  // namespace

std::unique_ptr<Transport> make_retry(std::unique_ptr<Transport> inner, RetryOptions options,
                                      Env& env) {
  return std::make_unique<RetryTransport>(std::move(inner), std::move(options), env);
}

}  // namespace nexus_mirror
