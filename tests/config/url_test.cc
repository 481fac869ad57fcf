#include <gtest/gtest.h>

#include "config/url_rules.h"

namespace nexus_mirror::config {
namespace {

TEST(Endpoint, IsHttpsOrLoopback) {
  for (const std::string_view url :
       {"https://api.datature.io", "https://api.datature.io/", "https://api.datature.io:8443/v2",
        "HTTPS://api.datature.io", "http://localhost", "http://127.0.0.1:8080", "http://[::1]:80",
        "http://127.3.2.1", "https://[2001:db8::1]:443", "https://10.0.0.1"}) {
    EXPECT_EQ(endpoint_problem(url), "") << url;
  }
}

TEST(Endpoint, SaysWhyItIsRefusedWithoutShowingIt) {
  for (const std::string_view url : {"http://api.datature.io",
                                     "http://127.0.0.1.example.com",
                                     "http://localhost.example.com",
                                     "http://[::2]",
                                     "http://127.0.0.1@example.com",
                                     "ftp://localhost",
                                     "api.datature.io",
                                     "https://",
                                     "https:///v2",
                                     "https://a b",
                                     "https://host\\x",
                                     "https://host:",
                                     "https://:443",
                                     "https://host:99999",
                                     "https://host:8x",
                                     "https://[::1",
                                     "https://user:hunter2@host",
                                     "https://hunter2@host",
                                     "https://host?key=hunter2",
                                     "https://host/#hunter2",
                                     "https://hö.de",
                                     "https://a@b@c",
                                     "https://ho%20st",
                                     "https://host/\n",
                                     "//host",
                                     "https:host"}) {
    const std::string problem = endpoint_problem(url);
    EXPECT_NE(problem, "") << url;
    EXPECT_EQ(problem.find("hunter2"), std::string::npos) << problem;
  }
  EXPECT_NE(endpoint_problem("http://example.com").find("loopback"), std::string::npos);
}

TEST(Proxy, IsHttpHostPort) {
  for (const std::string_view url :
       {"http://proxy:3128", "http://proxy:3128/", "http://10.0.0.1:80",
        "http://user:pass%40word@proxy:3128", "http://[::1]:3128"}) {
    EXPECT_EQ(proxy_problem(url), "") << url;
  }
  for (const std::string_view url :
       {"proxy:3128", "socks5://proxy:1080", "https://proxy:3128", "http://proxy:3128/path",
        "http://user:p@ss@proxy:3128", "http://proxy:3128?x=1", "http://proxy:port", "http://"}) {
    EXPECT_NE(proxy_problem(url), "") << url;
  }
}

TEST(Heartbeat, MayHaveAPathAndAQuery) {
  for (const std::string_view url : {"https://hc.example.com/ping?token=1", "http://localhost:1/x",
                                     "https://user:pass@hc.example.com/"}) {
    EXPECT_EQ(heartbeat_problem(url), "") << url;
  }
  for (const std::string_view url : {"http://hc.example.com/ping", "hc.example.com", "file:///x"}) {
    EXPECT_NE(heartbeat_problem(url), "") << url;
  }
}

TEST(Listen, IsHostAndPort) {
  for (const std::string_view text : {"127.0.0.1:9464", "0.0.0.0:80", "localhost:0", "[::1]:9464",
                                      "[::]:65535", "metrics.internal:9464"}) {
    EXPECT_EQ(listen_problem(text), "") << text;
  }
  for (const std::string_view text :
       {"9464", ":9464", "localhost", "localhost:", "localhost:x", "localhost:65536",
        "localhost:-1", "::1:9464", "[]:1", "[localhost]:1", "a b:1", "http://localhost:1"}) {
    EXPECT_NE(listen_problem(text), "") << text;
  }
}

TEST(MaskUrl, HidesWhatMayBeSecretAndNothingElse) {
  EXPECT_EQ(mask_url("http://user:hunter2@proxy:3128"), "http://***@proxy:3128");
  EXPECT_EQ(mask_url("http://a@b@proxy:3128/"), "http://***@proxy:3128/");
  EXPECT_EQ(mask_url("https://h/ping?token=hunter2"), "https://h/ping?***");
  EXPECT_EQ(mask_url("https://h?token=hunter2"), "https://h?***");
  EXPECT_EQ(mask_url("https://h/#hunter2"), "https://h/#***");
  EXPECT_EQ(mask_url("https://h/6ba7b810-9dad-11d1-80b4-00c04fd430c8/fail"), "https://h/***/fail");
  EXPECT_EQ(mask_url("https://h/a//b/"), "https://h/a//b/");
  EXPECT_EQ(mask_url("http://127.0.0.1:9/beat"), "http://127.0.0.1:9/beat");
  EXPECT_EQ(mask_url(""), "");
}

}  // namespace
}  // namespace nexus_mirror::config
