// The HTTP transport against a real socket: connections, headers, redirects, stopping, errors.
#include <gtest/gtest.h>

#include <thread>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "support/http_server.h"

namespace nexus_mirror {
namespace {

using testing::answer;
using testing::HttpServer;
using testing::Reply;
using Then = testing::Reply::Then;

constexpr char kKey[] = "5ec4e7";

TransportOptions options_for(const std::string& endpoint) {
  TransportOptions options;
  options.endpoint = endpoint;
  options.secret_key = kKey;
  return options;
}

std::unique_ptr<Transport> transport_to(const HttpServer& server) {
  return make_http_transport(options_for(server.url()));
}

HttpResponse get(Transport& transport, const std::string& target = "/workspace") {
  return transport.send({"GET", target, ""}, {});
}

Error error_of(Transport& transport, const HttpRequest& request = {"GET", "/workspace", ""}) {
  try {
    transport.send(request, {});
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorCode::usage, "", "", ""};
}

Reply always_ok(const std::string&, int) { return {answer(200, "[]")}; }

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(HttpTransport, SendsTheHeadersOfTheApi) {
  HttpServer server(always_ok);
  auto options = options_for(server.url() + "/v2/");
  auto transport = make_http_transport(options);
  get(*transport, "/projects?a[]=1");
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("GET /v2/projects?a[]=1 HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(holds(request, "\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_TRUE(holds(request, "\r\nSecret-Key: 5ec4e7\r\n"));
  EXPECT_TRUE(holds(request, "\r\nContent-Type: application/json\r\n"));
  EXPECT_TRUE(holds(request, "\r\nUser-Agent: nexus-mirror/"));
  EXPECT_FALSE(holds(request, "Accept-Encoding"));
}

TEST(HttpTransport, EncodesWhatMayNotStandInATarget) {
  HttpServer server([](const std::string&, int number) {
    if (number == 1) return Reply{answer(302, "", "Location: /a%2Fb c?d=\xc3\xa9\r\n")};
    return Reply{answer(200, "[]")};
  });
  auto transport = make_http_transport(options_for(server.url()));
  get(*transport, "/x y\xc3\xa9#?a%20b=100%&c=\"\r\nX: y");
  EXPECT_TRUE(server.requests().at(0).starts_with(
      "GET /x%20y%C3%A9%23?a%20b=100%25&c=%22%0D%0AX:%20y HTTP/1.1\r\n"))
      << server.requests().at(0);
  get(*transport, "/moved");
  EXPECT_TRUE(server.requests().at(2).starts_with("GET /a%2Fb%20c?d=%C3%A9 HTTP/1.1\r\n"))
      << server.requests().at(2);
}

TEST(HttpTransport, SendsNoKeyHeaderWithoutAKey) {
  HttpServer server(always_ok);
  auto options = options_for(server.url());
  options.secret_key.reset();
  get(*make_http_transport(options));
  EXPECT_FALSE(holds(server.requests().at(0), "Secret-Key"));
}

TEST(HttpTransport, PassesTheAnswerOn) {
  HttpServer server([](const std::string&, int) {
    return Reply{answer(404, "{\"code\":\"ResourceNotFoundError\"}",
                        "content-type: application/json\r\nRETRY-AFTER: 7\r\n"
                        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")};
  });
  const HttpResponse response = get(*transport_to(server));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "{\"code\":\"ResourceNotFoundError\"}");
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.retry_after, "7");
  EXPECT_EQ(response.date, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(response.bytes_received, response.body.size());
  EXPECT_GE(response.body.capacity() - response.body.size(), 64u);
}

TEST(HttpTransport, PostsABody) {
  HttpServer server(always_ok);
  transport_to(server)->send({"POST", "/projects/p/annotationexports", "{\"format\":\"coco\"}"},
                             {});
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /projects/p/annotationexports HTTP/1.1\r\n"));
  EXPECT_TRUE(request.ends_with("\r\nContent-Length: 17\r\n\r\n{\"format\":\"coco\"}"));
}

TEST(HttpTransport, SkipsInterimAnswers) {
  HttpServer server([](const std::string&, int) {
    return Reply{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                 answer(200, "[1]")};
  });
  EXPECT_EQ(get(*transport_to(server)).body, "[1]");
}

TEST(HttpTransport, KeepsConnectionsForTheNextRequest) {
  HttpServer server(always_ok);
  auto transport = transport_to(server);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(*transport).status, 200);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpTransport, OpensAConnectionForEachWhenNoneMayBeIdle) {
  HttpServer server(always_ok);
  auto options = options_for(server.url());
  options.max_idle_connections = 0;
  auto transport = make_http_transport(options);
  for (int i = 0; i < 3; ++i) get(*transport);
  EXPECT_EQ(server.connections(), 3);
}

TEST(HttpTransport, DoesNotReuseAConnectionThatTheServerWillClose) {
  HttpServer server(
      [](const std::string&, int) { return Reply{answer(200, "[]", "Connection: close\r\n")}; });
  auto transport = transport_to(server);
  get(*transport);
  get(*transport);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpTransport, DoesNotReuseAConnectionWithBytesLeftOver) {
  HttpServer server([](const std::string&, int) {
    return Reply{answer(200, "[]") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake"};
  });
  auto transport = transport_to(server);
  EXPECT_EQ(get(*transport).body, "[]");
  EXPECT_EQ(get(*transport).body, "[]");
}

TEST(HttpTransport, SeesThatAnIdleConnectionWasClosed) {
  HttpServer server([](const std::string&, int number) {
    return Reply{answer(200, "[]"), number == 0 ? Then::close : Then::keep};
  });
  auto transport = transport_to(server);
  get(*transport);
  server.wait_for_closed(1);
  EXPECT_EQ(transport->send({"POST", "/x", "{}"}, {}).status, 200);
  EXPECT_EQ(get(*transport).status, 200);
}

// The server closes just as the next request arrives.
class StaleConnection : public ::testing::TestWithParam<Then> {};

TEST_P(StaleConnection, IsReplacedOnce) {
  HttpServer server([](const std::string&, int number) {
    return number == 1 ? Reply{"", GetParam()} : Reply{answer(200, "[]")};
  });
  auto transport = transport_to(server);
  get(*transport);
  EXPECT_EQ(get(*transport).status, 200);
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(server.connections(), 2);
}

TEST_P(StaleConnection, IsAnErrorWhenTheConnectionIsFresh) {
  HttpServer server([](const std::string&, int) { return Reply{"", GetParam()}; });
  auto transport = transport_to(server);
  EXPECT_EQ(error_of(*transport).code(), ErrorCode::timeout);
  EXPECT_EQ(server.requests().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Endings, StaleConnection, ::testing::Values(Then::close, Then::reset));

TEST(HttpTransport, DoesNotAskAgainOnceTheAnswerHasBegun) {
  HttpServer server([](const std::string&, int number) {
    return number == 1 ? Reply{"HTTP/1.1 200", Then::close} : Reply{answer(200, "[]")};
  });
  auto transport = transport_to(server);
  get(*transport);
  EXPECT_EQ(error_of(*transport).code(), ErrorCode::timeout);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(HttpTransport, TakesARequestTimeoutOnAPooledConnectionForItsEnd) {
  HttpServer server([](const std::string&, int number) {
    return number == 1 ? Reply{answer(408, "", "Connection: close\r\n"), Then::close}
                       : Reply{answer(200, "[]")};
  });
  auto transport = transport_to(server);
  get(*transport);
  EXPECT_EQ(get(*transport).status, 200);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpTransport, NeverRepeatsAPost) {
  HttpServer server([](const std::string& request, int) {
    return request.starts_with("POST") ? Reply{"", Then::close} : Reply{answer(200, "[]")};
  });
  auto transport = transport_to(server);
  get(*transport);
  EXPECT_EQ(error_of(*transport, {"POST", "/x", "{}"}).code(), ErrorCode::timeout);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(HttpTransport, FollowsRedirectsWithinTheOrigin) {
  HttpServer server([](const std::string& request, int number) {
    constexpr int kStatuses[] = {301, 302, 303, 307, 308};
    const std::string places[] = {"/a?page=1", "b", "../c/d", "?page=2", "/e"};
    if (number < 5) {
      return Reply{answer(kStatuses[number], "moved", "Location: " + places[number] + "\r\n")};
    }
    return Reply{answer(200, request.substr(0, request.find(" HTTP")))};
  });
  auto transport = transport_to(server);
  const HttpResponse response = get(*transport);
  EXPECT_EQ(response.body, "GET /e");
  EXPECT_EQ(response.bytes_received, 5 * 5 + response.body.size());
  const auto requests = server.requests();
  EXPECT_TRUE(requests.at(1).starts_with("GET /a?page=1 "));
  EXPECT_TRUE(requests.at(2).starts_with("GET /b "));
  EXPECT_TRUE(requests.at(3).starts_with("GET /c/d ")) << requests.at(3);
  EXPECT_TRUE(requests.at(4).starts_with("GET /c/d?page=2 ")) << requests.at(4);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpTransport, FollowsAPlaceThatSaysTheHostAlone) {
  HttpServer* self = nullptr;
  HttpServer server([&](const std::string&, int number) {
    const std::string place = "//127.0.0.1:" + std::to_string(self->port()) + "/x/y?page=2";
    return Reply{number == 0 ? answer(302, "", "Location: " + place + "\r\n") : answer(200, "")};
  });
  self = &server;
  EXPECT_EQ(get(*transport_to(server)).status, 200);
  EXPECT_TRUE(server.requests().at(1).starts_with("GET /x/y?page=2 "));
}

TEST(HttpTransport, TellsOfEachPieceOfAnAnswer) {
  HttpServer server([](const std::string&, int) {
    return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", Reply::Then::drip};
  });
  int pieces = 0;
  TransportOptions options = options_for(server.url());
  options.answer_timeout = std::chrono::milliseconds(100);
  options.on_bytes = [&] { ++pieces; };
  EXPECT_EQ(error_of(*make_http_transport(std::move(options))).code(), ErrorCode::timeout);
  EXPECT_GT(pieces, 2);
}

TEST(HttpTransport, GivesUpAfterFiveRedirects) {
  HttpServer server([](const std::string&, int) {
    return Reply{answer(302, "", "Location: /again?cursor=c0ffee\r\n")};
  });
  const Error error = error_of(*transport_to(server));
  EXPECT_EQ(error.code(), ErrorCode::bad_response);
  EXPECT_FALSE(holds(error.what(), "c0ffee")) << error.what();
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST(HttpTransport, NeverRedirectsElsewhere) {
  HttpServer other(always_ok);
  const std::string port = std::to_string(other.port());
  for (const std::string& place :
       {"http://127.0.0.1:" + port + "/x?X-Goog-Signature=f00d", "//127.0.0.1:" + port + "/x",
        "http://user:f00d@127.0.0.1:" + port + "/x?f00d", "https://127.0.0.1:" + port + "/x"}) {
    HttpServer server([&](const std::string&, int) {
      return Reply{answer(302, "", "Location: " + place + "\r\n")};
    });
    const Error error = error_of(*transport_to(server));
    EXPECT_EQ(error.code(), ErrorCode::bad_response) << place;
    EXPECT_TRUE(holds(error.what(), "127.0.0.1:" + port)) << error.what();
    EXPECT_FALSE(holds(error.what(), "f00d")) << error.what();
  }
  EXPECT_EQ(other.connections(), 0);
}

TEST(HttpTransport, TakesAnotherNameOfTheSameHostForAnotherPlace) {
  HttpServer* self = nullptr;
  HttpServer server([&](const std::string&, int) {
    return Reply{
        answer(302, "", "Location: http://localhost:" + std::to_string(self->port()) + "/x\r\n")};
  });
  self = &server;
  EXPECT_EQ(error_of(*transport_to(server)).code(), ErrorCode::bad_response);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(HttpTransport, RedirectsOfAPostAndWithoutAPlaceAreErrors) {
  HttpServer server([](const std::string& request, int) {
    return Reply{answer(307, "", request.starts_with("POST") ? "Location: /y\r\n" : "")};
  });
  auto transport = transport_to(server);
  EXPECT_EQ(error_of(*transport, {"POST", "/x", "{}"}).code(), ErrorCode::bad_response);
  EXPECT_EQ(error_of(*transport).code(), ErrorCode::bad_response);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(HttpTransport, ReturnsStatusesThatAreNoRedirect) {
  for (const int status : {204, 300, 304, 401, 500}) {
    HttpServer server([status](const std::string&, int) {
      return status == 204 || status == 304
                 ? Reply{"HTTP/1.1 " + std::to_string(status) + " X\r\n\r\n"}
                 : Reply{answer(status, "x")};
    });
    EXPECT_EQ(get(*transport_to(server)).status, status);
  }
}

TEST(HttpTransport, StopEndsAStalledRequest) {
  for (const char* begun :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,"}) {
    HttpServer server([&](const std::string&, int) { return Reply{begun, Then::stall}; });
    auto transport = transport_to(server);
    std::stop_source stop;
    std::thread stopper([&] {
      server.wait_for_requests(1);
      stop.request_stop();
    });
    try {
      transport->send({"GET", "/x", ""}, stop.get_token());
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted) << error.what();
    }
    stopper.join();
  }
}

TEST(HttpTransport, StopBeforehandSendsNothing) {
  HttpServer server(always_ok);
  auto transport = transport_to(server);
  get(*transport);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(transport->send({"GET", "/x", ""}, stop.get_token()), Error);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(HttpTransport, TimesOutWhenNothingComes) {
  for (const char* begun : {"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,"}) {
    HttpServer server([&](const std::string&, int) { return Reply{begun, Then::stall}; });
    auto options = options_for(server.url());
    options.read_timeout = std::chrono::milliseconds(20);
    const Error error = error_of(*make_http_transport(options), {"GET", "/x?page=c0ffee", ""});
    EXPECT_EQ(error.code(), ErrorCode::timeout);
    EXPECT_TRUE(holds(error.what(), "/x: no answer within 20 ms")) << error.what();
    EXPECT_FALSE(holds(error.what(), "c0ffee"));
  }
}

// Silence is never long, and the answer never whole: in its head, in a body of any framing.
TEST(HttpTransport, GivesUpAnAnswerThatDrips) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& begun :
       {std::string(), ok + "X-Long: ", ok + "Content-Length: 1000\r\n\r\n[",
        ok + "Transfer-Encoding: chunked\r\n\r\n10;", ok + "\r\n[",
        ok + "Transfer-Encoding: chunked\r\n\r\n1000\r\n"}) {
    SCOPED_TRACE(begun);
    HttpServer server([&](const std::string&, int) { return Reply{begun, Then::drip}; });
    auto options = options_for(server.url());
    options.answer_timeout = std::chrono::milliseconds(30);
    const Error error = error_of(*make_http_transport(options), {"GET", "/x?page=c0ffee", ""});
    EXPECT_EQ(error.code(), ErrorCode::timeout);
    EXPECT_TRUE(holds(error.what(), "/x: the answer is not complete after ")) << error.what();
    EXPECT_TRUE(holds(error.what(), "answer_timeout")) << error.what();
  }
}

// 64 KiB are one second more, announced or come.
TEST(HttpTransport, GivesALargeAnswerTheTimeThatItsSizeNeeds) {
  const std::string body(256UL << 10, ' ');
  for (const std::string& head :
       {"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n",
        std::string("HTTP/1.1 200 OK\r\n\r\n")}) {
    HttpServer server([&](const std::string&, int) { return Reply{head + body, Then::close}; });
    auto options = options_for(server.url());
    options.answer_timeout = std::chrono::milliseconds(1000);
    EXPECT_EQ(make_http_transport(options)->send({"GET", "/x", ""}, {}).body.size(), body.size());
  }
}

TEST(HttpTransport, APooledConnectionThatTimesOutIsNotAskedAgain) {
  HttpServer server([](const std::string&, int number) {
    return number == 0 ? Reply{answer(200, "[]")} : Reply{"", Then::stall};
  });
  auto options = options_for(server.url());
  options.read_timeout = std::chrono::milliseconds(20);
  auto transport = make_http_transport(options);
  get(*transport);
  EXPECT_EQ(error_of(*transport).code(), ErrorCode::timeout);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(HttpTransport, SaysWhenNobodyListens) {
  std::string url;
  {
    HttpServer server(always_ok);
    url = server.url();
  }
  const Error error = error_of(*make_http_transport(options_for(url)), {"GET", "/x?k=c0ffee", ""});
  EXPECT_EQ(error.code(), ErrorCode::unreachable);
  EXPECT_TRUE(holds(error.what(), "asking " + url + "/x: ")) << error.what();
  EXPECT_TRUE(holds(error.what(), "refused")) << error.what();
  EXPECT_FALSE(holds(error.what(), "c0ffee"));
}

TEST(HttpTransport, SaysWhenTheNameIsUnknown) {
  // RFC 6761: no name below "invalid" exists.
  const Error error = error_of(*make_http_transport(options_for("https://nexus.invalid")));
  EXPECT_EQ(error.code(), ErrorCode::unreachable);
  EXPECT_TRUE(holds(error.what(), "nexus.invalid")) << error.what();
}

TEST(HttpTransport, TriesEveryAddressOfAName) {
  HttpServer server(always_ok);  // on 127.0.0.1 only, while localhost may be ::1 first
  auto transport =
      make_http_transport(options_for("http://localhost:" + std::to_string(server.port())));
  EXPECT_EQ(get(*transport).status, 200);
}

TEST(HttpTransport, GoesThroughAProxyThatWasAskedFor) {
  HttpServer proxy(always_ok);
  auto options = options_for("http://127.0.0.1:9");
  options.proxy = "http://me:p%40ss@127.0.0.1:" + std::to_string(proxy.port());
  EXPECT_EQ(get(*make_http_transport(options), "/x?y=1").status, 200);
  const std::string request = proxy.requests().at(0);
  EXPECT_TRUE(request.starts_with("GET http://127.0.0.1:9/x?y=1 HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(holds(request, "\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n")) << request;
}

TEST(HttpTransport, AsksAProxyForATunnelWithoutShowingItTheKey) {
  HttpServer proxy([](const std::string&, int) {
    return Reply{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Then::close};
  });
  auto options = options_for("https://api.datature.io");
  options.proxy = "http://me:pass@127.0.0.1:" + std::to_string(proxy.port());
  const Error error = error_of(*make_http_transport(options));
  EXPECT_EQ(error.code(), ErrorCode::unreachable);
  EXPECT_TRUE(holds(error.what(), "the proxy 127.0.0.1:")) << error.what();
  EXPECT_FALSE(holds(error.what(), "pass@")) << error.what();
  const std::string request = proxy.requests().at(0);
  EXPECT_TRUE(request.starts_with("CONNECT api.datature.io:443 HTTP/1.1\r\n")) << request;
  EXPECT_FALSE(holds(request, kKey));
}

TEST(HttpTransport, RefusesTargetsAndKeysThatWouldForgeARequest) {
  HttpServer server(always_ok);
  auto transport = transport_to(server);
  for (const char* target : {"a", ""}) {
    EXPECT_EQ(error_of(*transport, {"GET", target, ""}).code(), ErrorCode::bad_response) << target;
  }
  auto options = options_for(server.url());
  options.secret_key = "abc\r\nX: y";
  try {
    make_http_transport(options);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
    EXPECT_FALSE(holds(error.what(), "abc"));
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpTransport, ServesManyThreads) {
  HttpServer server([](const std::string& request, int) {
    return Reply{answer(200, request.substr(4, request.find(" HTTP") - 4))};
  });
  auto transport = transport_to(server);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string target = "/" + std::to_string(t) + "/" + std::to_string(i);
        EXPECT_EQ(get(*transport, target).body, target);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(server.connections(), 4);
}

}  // namespace
}  // namespace nexus_mirror
