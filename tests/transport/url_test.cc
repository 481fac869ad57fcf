// Endpoints, proxies and Retry-After.
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "transport/origin.h"

namespace nexus_mirror {
namespace {

using transport::choose_proxy;
using transport::parse_endpoint;

constexpr std::int64_t kNow = 784111777000;  // Sun, 06 Nov 1994 08:49:37 GMT

TEST(Url, ShowsALinkWithoutItsQuery) {
  EXPECT_EQ(without_query("https://h/p?X-Goog-Signature=1"), "https://h/p");
  EXPECT_EQ(without_query("https://h/p#f?x"), "https://h/p");
  EXPECT_EQ(without_query("/p"), "/p");
  EXPECT_EQ(without_query(""), "");
}

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(parse_retry_after("0", kNow), 0);
  EXPECT_EQ(parse_retry_after("120", kNow), 120000);
  EXPECT_EQ(parse_retry_after(" 7\t", kNow), 7000);
  const auto longest = parse_retry_after("99999999999999999999999", kNow);
  ASSERT_TRUE(longest);
  EXPECT_GT(*longest, 0);
  EXPECT_LT(*longest, std::numeric_limits<std::int64_t>::max() - kNow);
}

TEST(RetryAfter, ReadsDatesInAllForms) {
  for (const char* date : {"Sun, 06 Nov 1994 08:50:07 GMT", "Sunday, 06-Nov-94 08:50:07 GMT",
                           "Sun Nov  6 08:50:07 1994"}) {
    EXPECT_EQ(parse_retry_after(date, kNow), 30000) << date;
    EXPECT_EQ(parse_retry_after(date, kNow + 3600000), 0) << date;
  }
  EXPECT_EQ(parse_retry_after("Sun Nov 13 08:49:37 1994", kNow), 7 * 24 * 3600 * 1000);
}

TEST(RetryAfter, IsNothingElse) {
  for (const char* value :
       {"", " ", "-1", "+1", "1.5", "1s", "soon", "Sun", "Sun, 99 Nov 1994 08:50:07 GMT",
        "Sun, 06 Nov 1994 08:50:07 CET", "Sun, 06 Nov 1994 08:50:07 GMT junk"}) {
    EXPECT_EQ(parse_retry_after(value, kNow), std::nullopt) << value;
  }
}

TEST(Endpoint, IsTakenApart) {
  const auto endpoint = parse_endpoint("HTTPS://API.Datature.io:8443/v2/");
  EXPECT_EQ(endpoint.origin.host, "api.datature.io");
  EXPECT_EQ(endpoint.origin.port, 8443);
  EXPECT_EQ(endpoint.origin.text(), "https://api.datature.io:8443");
  EXPECT_EQ(endpoint.prefix, "/v2");
  EXPECT_EQ(parse_endpoint("https://api.datature.io").origin.text(), "https://api.datature.io");
  EXPECT_EQ(parse_endpoint("https://api.datature.io").origin.port, 443);
  EXPECT_EQ(parse_endpoint("https://[2001:db8::1]/").origin.text(), "https://[2001:db8::1]");
}

TEST(Endpoint, SpeaksHttpToThisMachineOnly) {
  for (const char* url :
       {"http://localhost:1", "http://127.0.0.1:1", "http://127.9.9.9:1", "http://[::1]:1"}) {
    EXPECT_TRUE(parse_endpoint(url).origin.loopback()) << url;
  }
  for (const char* url :
       {"http://api.datature.io", "http://localhost.example.com", "http://127.0.0.1.example.com",
        "http://10.0.0.1", "ftp://localhost", "", "api.datature.io", "https://",
        "https://user:5ec4e7@host", "https://host/?key=5ec4e7", "https://host/#x"}) {
    try {
      parse_endpoint(url);
      ADD_FAILURE() << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config) << url;
      EXPECT_EQ(std::string(error.what()).find("5ec4e7"), std::string::npos) << error.what();
    }
  }
}

class ProxyChoice : public ::testing::Test {
 protected:
  // "host:port" of the proxy, "" = none.
  std::string proxy_for(const std::string& endpoint, const std::string& option = "") {
    const auto proxy = choose_proxy(
        parse_endpoint(endpoint).origin, option, [this](const char* name) -> const char* {
          const auto found = environment_.find(name);
          return found == environment_.end() ? nullptr : found->second.c_str();
        });
    if (!proxy) return "";
    return proxy->host + ":" + std::to_string(proxy->port) + " " + proxy->authorization;
  }
  std::map<std::string, std::string> environment_;
};

TEST_F(ProxyChoice, PrefersTheOption) {
  environment_["HTTPS_PROXY"] = "http://other:1";
  environment_["NO_PROXY"] = "*";
  EXPECT_EQ(proxy_for("https://h", "http://Proxy:3128"), "proxy:3128 ");
  EXPECT_EQ(proxy_for("http://localhost:1", "http://proxy:3128"), "proxy:3128 ");
}

TEST_F(ProxyChoice, ReadsTheEnvironment) {
  EXPECT_EQ(proxy_for("https://h"), "");
  environment_["https_proxy"] = "http://u:p%3A@low:1";
  EXPECT_EQ(proxy_for("https://h"), "low:1 Basic dTpwOg==");
  environment_["HTTPS_PROXY"] = "up:2";
  EXPECT_EQ(proxy_for("https://h"), "up:2 ");
  EXPECT_EQ(proxy_for("https://localhost"), "");
  EXPECT_EQ(proxy_for("https://127.0.0.1"), "");
}

TEST_F(ProxyChoice, ReadsTheEnvironmentAsOtherProgramsDo) {
  environment_["HTTPS_PROXY"] = "http://[::1]:2/some/path?x";
  EXPECT_EQ(proxy_for("https://h"), "::1:2 ");
  environment_["HTTPS_PROXY"] = "u:p@low/";
  EXPECT_EQ(proxy_for("https://h"), "low:80 Basic dTpw");
}

TEST_F(ProxyChoice, RefusesAUserThatCannotBeDecoded) {
  environment_["HTTPS_PROXY"] = "http://us%zzer:secret@up:2";
  try {
    proxy_for("https://h");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("HTTPS_PROXY"), std::string::npos) << error.what();
  }
}

TEST_F(ProxyChoice, LeavesOutWhatNoProxyNames) {
  environment_["HTTPS_PROXY"] = "p:1";
  const std::map<std::string, bool> exempt = {{"*", true},
                                              {"api.datature.io", true},
                                              {"datature.io", true},
                                              {".datature.io", true},
                                              {"*.datature.io", true},
                                              {"a, DATATURE.IO ,b", true},
                                              {"api.datature.io:443", true},
                                              {"api.datature.io:80", false},
                                              {"ture.io", false},
                                              {"www.datature.io", false},
                                              {"", false},
                                              {",", false}};
  for (const auto& [value, expected] : exempt) {
    environment_["NO_PROXY"] = value;
    EXPECT_EQ(proxy_for("https://api.datature.io").empty(), expected) << value;
  }
  environment_["NO_PROXY"] = "2.1";
  EXPECT_EQ(proxy_for("https://192.0.2.1"), "p:1 ");
  environment_["NO_PROXY"] = "192.0.2.1,[2001:db8::1]";
  EXPECT_EQ(proxy_for("https://192.0.2.1"), "");
  EXPECT_EQ(proxy_for("https://[2001:db8::1]"), "");
}

TEST_F(ProxyChoice, NeverShowsThePassword) {
  for (const char* url : {"https://u:5ec4e7@p:1", "http://u:5ec4e7@p:port", "http://u:5ec4e7@"}) {
    try {
      proxy_for("https://h", url);
      ADD_FAILURE() << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
      EXPECT_EQ(std::string(error.what()).find("5ec4e7"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace nexus_mirror
