// What the recorder logs and tells of requests.
#include <gtest/gtest.h>

#include <optional>

#include "log/log.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"

namespace nexus_mirror {
namespace {

class OneAnswer final : public Transport {
 public:
  explicit OneAnswer(std::optional<Error> error) : error_(std::move(error)) {}
  HttpResponse send(const HttpRequest&, const std::stop_token&) override {
    if (error_) throw *error_;
    HttpResponse response;
    response.status = 404;
    response.bytes_received = 12;
    return response;
  }

 private:
  std::optional<Error> error_;
};

class RecorderTest : public ::testing::Test {
 protected:
  // Sends one request; what was logged is in `log_`, what was told in `told_`.
  void send(std::optional<Error> error) {
    const auto recorder = make_recorder(
        std::make_unique<OneAnswer>(std::move(error)), "vision",
        [this](const Exchange& exchange) {
          ++told_;
          status_ = exchange.status;
          error_ = exchange.error;
          path_ = exchange.path;
          workspace_ = exchange.workspace;
          bytes_ = exchange.bytes_received;
        },
        Env::system());
    log::configure(log::Level::debug, log::Style::text);
    ::testing::internal::CaptureStderr();
    HttpRequest request;
    request.target = "/projects/p?cursor=secret";
    try {
      recorder->send(request, {});
    } catch (const Error&) {
      thrown_ = true;
    }
    log_ = ::testing::internal::GetCapturedStderr();
    log::configure(log::Level::info, log::Style::text);
  }

  int told_ = 0, status_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<ErrorCode> error_;
  std::string path_, workspace_, log_;
  bool thrown_ = false;
};

TEST_F(RecorderTest, TellsOfAnAnswer) {
  send(std::nullopt);
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(status_, 404);
  EXPECT_EQ(bytes_, 12U);
  EXPECT_EQ(error_, std::nullopt);
  EXPECT_EQ(workspace_, "vision");
  EXPECT_EQ(path_, "/projects/p");
  EXPECT_NE(log_.find("debug request workspace=vision method=GET path=/projects/p status=404 "
                      "bytes=12 ms="),
            std::string::npos)
      << log_;
  EXPECT_EQ(log_.find("secret"), std::string::npos);
}

TEST_F(RecorderTest, TellsWhyThereWasNone) {
  send(Error(ErrorCode::timeout, "asking", "https://x/projects/p", "no answer"));
  EXPECT_TRUE(thrown_);
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(status_, 0);
  EXPECT_EQ(error_, ErrorCode::timeout);
  EXPECT_NE(log_.find("request failed workspace=vision method=GET path=/projects/p "
                      "reason=\"no answer\" ms="),
            std::string::npos)
      << log_;
  EXPECT_EQ(log_.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror
