#include "emulator/command_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "nexus_mirror/error.h"
#include "support/emulator_process.h"

namespace nexus_mirror::emulator {
namespace {

using nexus_mirror::testing::EmulatorProcess;
using nexus_mirror::testing::fetch;

class EmulatorCommandLineTest : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("NEXUS_SECRET_KEY"); }

  std::optional<ServerOptions> read(std::initializer_list<const char*> arguments) {
    std::vector<const char*> argv = {"nexus-emulator"};
    argv.insert(argv.end(), arguments);
    return read_command_line(static_cast<int>(argv.size()), argv.data(), out_);
  }
  std::string error(std::initializer_list<const char*> arguments) {
    try {
      read(arguments);
    } catch (const Error& caught) {
      EXPECT_EQ(caught.code(), ErrorCode::usage);
      EXPECT_FALSE(caught.hint().empty());
      return caught.what();
    }
    return "";
  }
  // What the program says when it cannot start, with its exit status.
  static std::string refusal(const std::vector<std::string>& arguments) {
    try {
      EmulatorProcess process(arguments);
    } catch (const std::runtime_error& caught) {
      return caught.what();
    }
    return "it started";
  }

  std::ostringstream out_;
};

TEST_F(EmulatorCommandLineTest, ReadsEveryOption) {
  const ServerOptions options =
      *read({"--data",          "d",   "--synthetic",    "assets=2,annotations=3",
             "--host",          "::1", "--port",         "99",
             "--secret-key",    "k",   "--latency",      "5",
             "--rate-limit",    "7/2", "--max-page",     "50",
             "--tls-cert",      "c",   "--tls-key",      "e",
             "--tls-client-ca", "f",   "--dialect",      "v1",
             "--wrong-key",     "401", "--storage-port", "98",
             "--link-life",     "60"});
  EXPECT_EQ(options.data, "d");
  EXPECT_EQ(options.synthetic->annotations, 3U);
  EXPECT_EQ(options.host, "::1");
  EXPECT_EQ(options.port, 99);
  EXPECT_EQ(options.secret_key, "k");
  EXPECT_EQ(options.latency.count(), 5);
  EXPECT_EQ(options.rate_limit.requests, 7U);
  EXPECT_EQ(options.rate_limit.seconds, 2U);
  EXPECT_EQ(options.max_page, 50U);
  EXPECT_EQ(options.tls_certificate, "c");
  EXPECT_EQ(options.tls_key, "e");
  EXPECT_EQ(options.tls_client_ca, "f");
  EXPECT_EQ(options.dialect, Dialect::v1);
  EXPECT_EQ(options.wrong_key_status, 401);
  EXPECT_EQ(options.storage_port, 98);
  EXPECT_EQ(options.link_life.count(), 60);
}

TEST_F(EmulatorCommandLineTest, TheKeyMayComeFromTheEnvironment) {
  setenv("NEXUS_SECRET_KEY", "from environment", 1);
  EXPECT_EQ(read({"--data", "d"})->secret_key, "from environment");
  EXPECT_EQ(read({"--data", "d", "--secret-key", "k"})->secret_key, "k");
  unsetenv("NEXUS_SECRET_KEY");
  EXPECT_EQ(read({"--data", "d"})->secret_key, "");
}

TEST_F(EmulatorCommandLineTest, HelpAndVersionGoToTheOutput) {
  EXPECT_FALSE(read({"--help"}));
  EXPECT_NE(out_.str().find("--synthetic"), std::string::npos);
  EXPECT_NE(out_.str().find("/_emulator/faults"), std::string::npos);
  out_.str("");
  EXPECT_FALSE(read({"--version"}));
  EXPECT_EQ(out_.str().rfind("nexus-emulator ", 0), 0U);
}

TEST_F(EmulatorCommandLineTest, WhatMakesNoSenseIsRefused) {
  EXPECT_NE(error({}).find("--data"), std::string::npos);
  EXPECT_NE(error({"--data", "d", "--prot", "1"}), "");
  EXPECT_NE(error({"--data", "d", "--port", "70000"}), "");
  EXPECT_NE(error({"--data", "d", "--max-page", "0"}), "");
  EXPECT_NE(error({"--data", "d", "--latency", "-1"}), "");
  EXPECT_NE(error({"--data", "d", "--rate-limit", "x"}), "");
  EXPECT_NE(error({"--data", "d", "--dialect", "v3"}), "");
  EXPECT_NE(error({"--data", "d", "--wrong-key", "404"}), "");
  EXPECT_NE(error({"--data", "d", "--tls-cert", "c"}), "");
  EXPECT_NE(error({"--synthetic", "rows=1"}), "");
}

TEST_F(EmulatorCommandLineTest, TheProgramServesUntilItIsAskedToEnd) {
  EmulatorProcess process({"--synthetic", "assets=3,annotations=4", "--secret-key", "k"});
  EXPECT_EQ(process.url(), "http://127.0.0.1:" + std::to_string(process.port()));
  EXPECT_EQ(fetch("GET", process.storage_url() + "/").status, 403);
  EXPECT_EQ(fetch("GET", process.url() + "/workspace", {{"Secret-Key", "k"}}).status, 200);
  EXPECT_NE(process.requests().find("\"count\":2"), std::string::npos);
  EXPECT_THROW(process.control("GET", "none"), std::runtime_error);
  EXPECT_EQ(process.stop(), 0);
}

TEST_F(EmulatorCommandLineTest, TheProgramEndsWithTwoWhenItCannotStart) {
  const EmulatorProcess first({"--synthetic", "assets=1,annotations=1"});
  const std::string port = std::to_string(first.port());
  const std::string taken = refusal({"--synthetic", "assets=1", "--port", port});
  EXPECT_NE(taken.find("ended with 2"), std::string::npos) << taken;
  EXPECT_NE(taken.find(port), std::string::npos) << taken;
  const std::string missing = refusal({"--data", "/nonexistent"});
  EXPECT_NE(missing.find("ended with 2"), std::string::npos) << missing;
  EXPECT_NE(missing.find("/nonexistent/workspace.json"), std::string::npos) << missing;
  const std::string usage = refusal({"--what"});
  EXPECT_NE(usage.find("ended with 2"), std::string::npos) << usage;
  EXPECT_EQ(std::count(usage.begin(), usage.end(), '\n'), 1) << usage;
}

}  // namespace
}  // namespace nexus_mirror::emulator
