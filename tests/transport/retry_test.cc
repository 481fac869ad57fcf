// The decorators, with a scripted transport and a clock that only sleeping moves.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <variant>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "support/fake_env.h"

namespace nexus_mirror {
namespace {

using testing::FakeEnv;

constexpr std::int64_t kStart = 784111777000;  // Sun, 06 Nov 1994 08:49:37 GMT

// No jitter, and a clock that does not begin at 0.
void begin(FakeEnv& env) {
  env.start = kStart;
  env.clock = 1000;
  env.chance = 1;
}

HttpResponse status(int code, const std::string& retry_after = "", const std::string& date = "") {
  HttpResponse response;
  response.status = code;
  response.retry_after = retry_after;
  response.date = date;
  response.bytes_received = 10;
  return response;
}

Error failure(ErrorCode code) { return {code, "asking", "https://x/y", "some reason"}; }

using Step = std::variant<HttpResponse, Error>;

// Answers with one step after the other, the last one for ever.
class ScriptedTransport : public Transport {
 public:
  ScriptedTransport(std::deque<Step> steps, int& sends, Env& env, std::vector<std::int64_t>* times)
      : steps_(std::move(steps)), sends_(sends), env_(env), times_(times) {}
  HttpResponse send(const HttpRequest&, const std::stop_token&) override {
    ++sends_;
    if (times_ != nullptr) times_->push_back(env_.monotonic_ms());
    const Step step = steps_.front();
    if (steps_.size() > 1) steps_.pop_front();
    if (const auto* error = std::get_if<Error>(&step)) throw *error;
    return std::get<HttpResponse>(step);
  }

 private:
  std::deque<Step> steps_;
  int& sends_;
  Env& env_;
  std::vector<std::int64_t>* times_;
};

class Retry : public ::testing::Test {
 protected:
  Retry() { begin(env_); }

  std::unique_ptr<Transport> retrying(std::deque<Step> steps) {
    return make_retry(std::make_unique<ScriptedTransport>(std::move(steps), sends_, env_, &times_),
                      options_, env_);
  }
  int get(std::deque<Step> steps) {
    return retrying(std::move(steps))
        ->send({"GET", "/x?page=c0ffee", ""}, stop_.get_token())
        .status;
  }
  int post(std::deque<Step> steps) {
    return retrying(std::move(steps))->send({"POST", "/x", "{}"}, stop_.get_token()).status;
  }

  FakeEnv env_;
  RetryOptions options_;
  std::stop_source stop_;
  int sends_ = 0;
  std::vector<std::int64_t> times_;
};

TEST_F(Retry, RepeatsWhatMayPass) {
  for (const int code : {500, 502, 503, 504, 520, 521, 522, 523, 524, 429}) {
    sends_ = 0;
    EXPECT_EQ(get({status(code), status(code), status(200)}), 200) << code;
    EXPECT_EQ(sends_, 3) << code;
  }
}

TEST_F(Retry, PassesEverythingElseOnAtOnce) {
  for (const int code : {200, 204, 304, 400, 401, 403, 404, 408, 409, 418, 501, 505, 519, 525}) {
    sends_ = 0;
    EXPECT_EQ(get({status(code), status(200)}), code);
    EXPECT_EQ(sends_, 1) << code;
  }
  EXPECT_TRUE(env_.sleeps().empty());
}

TEST_F(Retry, RepeatsErrorsThatMayPass) {
  EXPECT_EQ(get({failure(ErrorCode::timeout), failure(ErrorCode::unreachable), status(200)}), 200);
  EXPECT_EQ(sends_, 3);
  for (const ErrorCode code :
       {ErrorCode::bad_response, ErrorCode::interrupted, ErrorCode::config}) {
    sends_ = 0;
    EXPECT_THROW(get({failure(code), status(200)}), Error);
    EXPECT_EQ(sends_, 1);
  }
}

TEST_F(Retry, HandsOutTheLastOutcomeAsItCame) {
  options_.max_retries = 3;
  EXPECT_EQ(get({status(503)}), 503);
  EXPECT_EQ(sends_, 4);
  sends_ = 0;
  try {
    get({failure(ErrorCode::timeout)});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::timeout);
    EXPECT_EQ(error.reason(), "some reason");
  }
  EXPECT_EQ(sends_, 4);
}

TEST_F(Retry, CountsRateLimitsByThemselves) {
  options_.max_retries = 1;
  options_.max_rate_limited = 5;
  EXPECT_EQ(get({status(429), status(500), status(429), status(429), status(429), status(200)}),
            200);
  EXPECT_EQ(sends_, 6);
  sends_ = 0;
  EXPECT_EQ(get({status(429)}), 429);
  EXPECT_EQ(sends_, 6);
}

TEST_F(Retry, APostIsRepeatedOnlyWhenItWasNotCarriedOut) {
  EXPECT_EQ(post({status(429), failure(ErrorCode::unreachable), status(200)}), 200);
  EXPECT_EQ(sends_, 3);
  sends_ = 0;
  EXPECT_EQ(post({status(503, "1"), status(200)}), 503);
  EXPECT_THROW(post({failure(ErrorCode::timeout), status(200)}), Error);
  EXPECT_EQ(sends_, 2);
}

TEST_F(Retry, WaitsTwiceAsLongEachTimeUpToTheMost) {
  options_.first_delay = std::chrono::milliseconds(100);
  options_.max_delay = std::chrono::milliseconds(1500);
  get({status(500)});
  EXPECT_EQ(env_.sleeps(), (std::vector<std::int64_t>{100, 200, 400, 800, 1500, 1500, 1500, 1500}));
}

TEST_F(Retry, JitterTakesUpToHalf) {
  env_.chance = 0.0;
  get({status(500), status(500), status(200)});
  EXPECT_EQ(env_.sleeps(), (std::vector<std::int64_t>{50, 100}));
  env_.chance = 0.5;
  get({failure(ErrorCode::timeout), status(200)});
  EXPECT_EQ(env_.sleeps().back(), 75);
}

TEST_F(Retry, ManyTriesDoNotOverflow) {
  options_.max_retries = 200;
  get({status(500)});
  EXPECT_EQ(env_.sleeps().size(), 200u);
  EXPECT_EQ(env_.sleeps().back(), options_.max_delay.count());
}

TEST_F(Retry, HonoursRetryAfter) {
  const std::string date = "Sun, 06 Nov 1994 08:49:40 GMT";  // 3 s after kStart
  get({status(429, "7"), status(503, "900"), status(200)});
  EXPECT_EQ(env_.sleeps(), (std::vector<std::int64_t>{7000, 900000}));
  env_.clock = 0;
  get({status(503, date), status(200)});
  EXPECT_EQ(env_.sleeps().back(), 3000);
}

TEST_F(Retry, CountsADateFromTheServersClock) {
  env_.clock = 24 * 3600 * 1000;  // our clock is a day ahead
  get({status(503, "Sun, 06 Nov 1994 08:50:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"), status(200)});
  EXPECT_EQ(env_.sleeps().back(), 60000);
}

TEST_F(Retry, BacksOffWhenRetryAfterSaysNothing) {
  for (const char* value : {"", "-5", "soon", "1.5", "0"}) {
    get({status(429, value), status(200)});
    EXPECT_EQ(env_.sleeps().back(), 100) << value;
  }
}

TEST_F(Retry, MoreThanADayIsNotWaitedFor) {
  EXPECT_EQ(get({status(429, "86400"), status(200)}), 200);
  for (const char* absurd : {"86401", "315360000", "Fri, 06 Nov 2009 08:49:37 GMT"}) {
    const auto before = env_.sleeps();
    EXPECT_EQ(get({status(429, absurd), status(200)}), 429) << absurd;
    EXPECT_EQ(get({status(503, absurd), status(200)}), 503) << absurd;
    EXPECT_EQ(env_.sleeps(), before) << absurd;
  }
}

TEST_F(Retry, ARateLimitIsWaitedOutBeforeTheNextTry) {
  EXPECT_EQ(get({status(429, "30"), status(429, "5"), status(200)}), 200);
  EXPECT_EQ(times_, (std::vector<std::int64_t>{1000, 31000, 36000}));
}

// One caller is told to wait; another that begins meanwhile may not go earlier.
TEST_F(Retry, ALaterCallerWaitsForTheRateLimitToo) {
  std::stop_source first;
  env_.on_sleep = [&] { first.request_stop(); };  // the first caller is stopped instead of waiting
  auto transport = retrying({status(429, "30"), status(200)});
  EXPECT_THROW(transport->send({"GET", "/a", ""}, first.get_token()), Error);
  env_.on_sleep = {};
  EXPECT_EQ(transport->send({"GET", "/b", ""}, {}).status, 200);
  EXPECT_EQ(env_.sleeps(), (std::vector<std::int64_t>{30000, 30000}));  // the first was cut short
  EXPECT_EQ(times_, (std::vector<std::int64_t>{1000, 31000}));
  EXPECT_EQ(transport->send({"GET", "/c", ""}, {}).status, 200);
  EXPECT_EQ(times_.back(), 31000);
}

TEST_F(Retry, StopEndsAWait) {
  env_.on_sleep = [&] { stop_.request_stop(); };
  for (const Step& step :
       {Step(status(429, "30")), Step(status(500)), Step(failure(ErrorCode::timeout))}) {
    try {
      get({step});
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
      EXPECT_EQ(std::string(error.what()).find("c0ffee"), std::string::npos);
    }
  }
}

TEST_F(Retry, TellsBeforeEachWait) {
  std::vector<std::string> told;
  options_.on_retry = [&](const std::string& reason, std::chrono::milliseconds delay, int tries) {
    told.push_back(reason + "/" + std::to_string(delay.count()) + "/" + std::to_string(tries));
  };
  get({status(503), failure(ErrorCode::timeout), status(429, "2"), status(200)});
  EXPECT_EQ(told, (std::vector<std::string>{"status 503/100/1", "some reason/200/2",
                                            "status 429/2000/3"}));
}

TEST(RateLimit, SpacesRequests) {
  FakeEnv env;
  begin(env);
  int sends = 0;
  std::vector<std::int64_t> times;
  auto transport = make_rate_limit(
      std::make_unique<ScriptedTransport>(std::deque<Step>{status(200)}, sends, env, &times), 4, 1,
      env);
  for (int i = 0; i < 4; ++i) transport->send({"GET", "/x", ""}, {});
  env.clock += 10000;  // a pause earns no burst
  for (int i = 0; i < 2; ++i) transport->send({"GET", "/x", ""}, {});
  EXPECT_EQ(times, (std::vector<std::int64_t>{1000, 1250, 1500, 1750, 11750, 12000}));
}

TEST(RateLimit, IsExactOnAverage) {
  FakeEnv env;
  begin(env);
  int sends = 0;
  auto transport = make_rate_limit(
      std::make_unique<ScriptedTransport>(std::deque<Step>{status(200)}, sends, env, nullptr), 300,
      4, env);
  for (int i = 0; i <= 300; ++i) transport->send({"GET", "/x", ""}, {});
  EXPECT_NEAR(static_cast<double>(env.clock), 2000, 1);
}

TEST(RateLimit, DoesNotWaitWithoutALimit) {
  FakeEnv env;
  begin(env);
  int sends = 0;
  auto transport = make_rate_limit(
      std::make_unique<ScriptedTransport>(std::deque<Step>{status(200)}, sends, env, nullptr), 0, 1,
      env);
  for (int i = 0; i < 9; ++i) transport->send({"GET", "/x", ""}, {});
  EXPECT_TRUE(env.sleeps().empty());
}

TEST(RateLimit, StopEndsTheWaitForATurn) {
  FakeEnv env;
  begin(env);
  int sends = 0;
  std::stop_source stop;
  auto transport = make_rate_limit(
      std::make_unique<ScriptedTransport>(std::deque<Step>{status(200)}, sends, env, nullptr), 1, 1,
      env);
  transport->send({"GET", "/x", ""}, stop.get_token());
  env.on_sleep = [&] { stop.request_stop(); };
  try {
    transport->send({"GET", "/x", ""}, stop.get_token());
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
  env.on_sleep = {};
  EXPECT_EQ(transport->send({"GET", "/x", ""}, {}).status, 200);  // the place is free again
}

// Holds each request until it is let go, and notes how many are under way.
class Gate : public Transport {
 public:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    int under_way = 0, most = 0, passed = 0;
    bool open = false;
    int status = 200;  // of what is answered
  };
  explicit Gate(State& state) : state_(state) {}
  HttpResponse send(const HttpRequest&, const std::stop_token& stop) override {
    std::unique_lock lock(state_.mutex);
    state_.most = std::max(state_.most, ++state_.under_way);
    state_.changed.notify_all();
    state_.changed.wait(lock, [&] { return state_.open || stop.stop_requested(); });
    --state_.under_way;
    ++state_.passed;
    return status(state_.status);
  }

 private:
  State& state_;
};

TEST(RateLimit, BoundsTheRequestsUnderWay) {
  FakeEnv env;
  begin(env);
  Gate::State state;
  auto transport = make_rate_limit(std::make_unique<Gate>(state), 0, 2, env);
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { transport->send({"GET", "/x", ""}, {}); });
  }
  std::unique_lock lock(state.mutex);
  state.changed.wait(lock, [&] { return state.under_way == 2; });
  // Both places are taken, so a stopped caller gives up instead of waiting for one.
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(transport->send({"GET", "/x", ""}, stop.get_token()), Error);
  state.open = true;
  lock.unlock();
  state.changed.notify_all();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(state.most, 2);
  EXPECT_EQ(state.passed, 6);
}

// Half as many at once after 429, and one more after each twenty answers that went well.
TEST(RateLimit, GivesWayToAServerThatHasTooMuch) {
  FakeEnv env;
  begin(env);
  Gate::State state;
  auto transport = make_rate_limit(std::make_unique<Gate>(state), 0, 4, env);
  const auto send = [&](const std::stop_token& stop = {}) {
    transport->send({"GET", "/x", ""}, stop);
  };
  const auto let = [&](bool open, int status) {
    const std::lock_guard lock(state.mutex);
    state.open = open;
    state.status = status;
  };
  // Whether there is room for one more beside two.
  const auto has_a_third_place = [&] {
    let(false, 200);
    std::thread first([&] { send(); }), second([&] { send(); });
    {
      std::unique_lock lock(state.mutex);
      state.changed.wait(lock, [&] { return state.under_way == 2; });
    }
    std::stop_source stop;
    stop.request_stop();
    bool has = true;
    try {
      send(stop.get_token());
    } catch (const Error&) {
      has = false;
    }
    let(true, 200);
    state.changed.notify_all();
    first.join();
    second.join();
    return has;
  };
  EXPECT_TRUE(has_a_third_place());
  let(true, 429);
  send();
  send();  // of the same burst
  EXPECT_FALSE(has_a_third_place());
  for (int i = 0; i < 40; ++i) send();
  EXPECT_TRUE(has_a_third_place());
}

TEST(Counting, CountsRequestsAndBytes) {
  FakeEnv env;
  begin(env);
  int sends = 0;
  auto transport = make_counting(std::make_unique<ScriptedTransport>(
      std::deque<Step>{status(200), failure(ErrorCode::timeout), status(500)}, sends, env,
      nullptr));
  transport->send({"GET", "/x", ""}, {});
  EXPECT_THROW(transport->send({"GET", "/x", ""}, {}), Error);
  transport->send({"GET", "/x", ""}, {});
  EXPECT_EQ(transport->count().requests, 3u);
  EXPECT_EQ(transport->count().bytes_received, 20u);
}

}  // namespace
}  // namespace nexus_mirror
