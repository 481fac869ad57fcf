// What the configuration accepts as an address the transport goes to, and nothing else.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "config/url_rules.h"
#include "nexus_mirror/error.h"
#include "transport/origin.h"

namespace nexus_mirror {
namespace {

// Each part of an address in spellings that are fine, odd or wrong, each with each.
std::vector<std::string> addresses() {
  std::vector<std::string> all = {"", "h", "//h", "https:h", "localhost:1", "mailto:a@h", "://h"};
  for (const char* scheme : {"https", "HTTPS", "http", "ftp", "socks5", "h ttp", ""}) {
    for (const char* user : {"", "u@", "@", "u:p@", "u:p%40@", "u%zz@", "a@b@"}) {
      for (const char* host :
           {"h", "API.example.com", "localhost", "LOCALHOST", "127.0.0.1", "127.1", "10.0.0.1",
            "[::1]", "[2001:db8::1]", "::1", "[::1", "[h]", "h%20", "h\\x", "h\xc3\xb6", ""}) {
        for (const char* port : {"", ":", ":0", ":1", ":65535", ":65536", ":8x", ":+1"}) {
          for (const char* rest : {"", "/", "/v2/", "/a%2Fb", "/%zz", "/ ", "/\n", "?", "?x=1",
                                   "/p?x=%zz", "#", "/#y"}) {
            all.push_back(std::string(scheme) + "://" + user + host + port + rest);
          }
        }
      }
    }
  }
  return all;
}

bool goes(const std::function<void()>& parse) {
  try {
    parse();
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
    return false;
  }
}

void expect_agreement(const std::function<std::string(const std::string&)>& problem,
                      const std::function<void(const std::string&)>& parse) {
  int accepted = 0, differing = 0;
  for (const std::string& address : addresses()) {
    const bool fine = problem(address).empty();
    accepted += fine ? 1 : 0;
    if (fine == goes([&] { parse(address); }) || ++differing > 5) continue;
    ADD_FAILURE() << address << (fine ? " is accepted and cannot be used" : " could be used");
  }
  EXPECT_GT(accepted, 10);
  EXPECT_EQ(differing, 0);
}

TEST(AddressesOfConfigurationAndTransport, AgreeOnEndpoints) {
  expect_agreement([](const auto& text) { return config::endpoint_problem(text); },
                   [](const auto& text) { transport::parse_endpoint(text); });
}

TEST(AddressesOfConfigurationAndTransport, AgreeOnProxies) {
  expect_agreement([](const auto& text) { return config::proxy_problem(text); },
                   [](const auto& text) { transport::parse_proxy(text, "proxy"); });
}

}  // namespace
}  // namespace nexus_mirror
