#include "text/address.h"

#include <gtest/gtest.h>

namespace nexus_mirror::text {
namespace {

TEST(AddressTest, LoopbackIsThisMachineOnly) {
  for (const std::string_view host :
       {"localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const std::string_view host :
       {"127.0.0.1.example.com", "127.example.com", "localhost.example.com", "128.0.0.1", "0.0.0.0",
        "::2", "::", "10.0.0.1", "", "127.1"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST(AddressTest, TellsNumbersFromNames) {
  for (const std::string_view host : {"127.0.0.1", "10.0.0.1", "::1", "2001:db8::1"}) {
    EXPECT_TRUE(is_ip_address(host)) << host;
  }
  for (const std::string_view host :
       {"", "localhost", "127.1", "1.2.3.4.5", "[::1]", "256.0.0.1"}) {
    EXPECT_FALSE(is_ip_address(host)) << host;
  }
}

TEST(AddressTest, SplitsHostAndPort) {
  const auto split = [](std::string_view text) -> std::string {
    const auto place = split_host_port(text);
    if (!place) return "none";
    return place->host + " " + (place->port ? "'" + std::string(*place->port) + "'" : "without");
  };
  EXPECT_EQ(split("Host:80"), "host '80'");
  EXPECT_EQ(split("host"), "host without");
  EXPECT_EQ(split("host:"), "host ''");
  EXPECT_EQ(split("host:8x"), "host '8x'");
  EXPECT_EQ(split("[2001:DB8::1]:443"), "2001:db8::1 '443'");
  EXPECT_EQ(split("[::1]"), "::1 without");
  for (const std::string_view text : {"", ":80", "::1", "::1:80", "[::1", "[::1]80", "[]:1",
                                      "[localhost]:1", "a b:1", "h%6fst", "h\xc3\xb6.de", "a@b"}) {
    EXPECT_EQ(split(text), "none") << text;
  }
}

TEST(AddressTest, TakesAPageApartAndKeepsItsSpelling) {
  const auto [fault, page] = check_page("HTTPS://us%65r:p@HC.Example.com:8443/a%2Fb/?t=%zz#x");
  ASSERT_EQ(fault, AddressFault::none);
  EXPECT_EQ(page.scheme, "https");
  EXPECT_EQ(page.user, "us%65r:p");
  EXPECT_EQ(page.host, "hc.example.com");
  EXPECT_EQ(page.port, 8443);
  EXPECT_EQ(page.rest, "/a%2Fb/?t=%zz#x");
  EXPECT_EQ(check_page("https://h").address.port, 443);
  EXPECT_EQ(check_page("http://[::1]").address.port, 80);
  EXPECT_EQ(check_page("https://h").address.user, std::nullopt);
}

TEST(AddressTest, FindsTheAuthorityInAnything) {
  EXPECT_EQ(authority_of("https://u@h:1/p?a@b"), "u@h:1");
  EXPECT_EQ(authority_of("h:1/p"), "h:1");
  EXPECT_EQ(authority_of("https://?x"), "");
  EXPECT_EQ(authority_of(""), "");
}

TEST(AddressTest, SaysWhatIsWrong) {
  using enum AddressFault;
  const std::pair<std::string_view, AddressFault> endpoints[] = {{"https://h/v2", none},
                                                                 {"http://localhost:1", none},
                                                                 {"", no_url},
                                                                 {"h", no_url},
                                                                 {"https://", no_url},
                                                                 {"https://h:0", no_url},
                                                                 {"https://h:65536", no_url},
                                                                 {"https://h/%zz", no_url},
                                                                 {"https://h/ x", no_url},
                                                                 {"https://u@h", user},
                                                                 {"https://@h", user},
                                                                 {"https://h?", query},
                                                                 {"https://h/#", query},
                                                                 {"ftp://h", scheme},
                                                                 {"http://h", in_the_clear},
                                                                 {"http://127.1", in_the_clear}};
  for (const auto& [text, fault] : endpoints) EXPECT_EQ(check_endpoint(text).fault, fault) << text;

  const std::pair<std::string_view, AddressFault> links[] = {
      {"https://h/a%zz \xc3\xa4?x=%2F#y", none},
      {"https://u:p@h/", user},
      {"http://h/", in_the_clear},
      {"file:///etc/passwd", no_url},
      {"gs://bucket/file", scheme}};
  for (const auto& [text, fault] : links) EXPECT_EQ(check_link(text).fault, fault) << text;

  const std::pair<std::string_view, AddressFault> proxies[] = {
      {"http://u:p@h:1/", none},    {"https://h:1", scheme}, {"h:1", no_url},
      {"http://a@b@h:1", many_ats}, {"http://h/x", path},    {"http://h?x", path}};
  for (const auto& [text, fault] : proxies) EXPECT_EQ(check_proxy(text).fault, fault) << text;
}

}  // namespace
}  // namespace nexus_mirror::text
