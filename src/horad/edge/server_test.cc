// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/server.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>

#include "horad/edge/test_client.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;

Response text(std::string body, int status = 200) {
  return {.status = status, .content_type = "text/plain", .body = std::move(body)};
}

/// Waits until a thread that is not a loop gives the word.
asio::awaitable<Response> wait_for(std::shared_ptr<std::promise<void>> entered, std::shared_future<void> release) {
  const auto executor = co_await asio::this_coro::executor;
  entered->set_value();
  co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(
      [executor, release](auto handler) {
        std::thread([executor, release, handler = std::move(handler)]() mutable {
          release.wait();
          asio::post(executor, std::move(handler));
        }).detach();
      },
      asio::use_awaitable);
  co_return text("released");
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    router_.add(Method::kGet, "/hello", [](Request&) -> asio::awaitable<Response> { co_return text("hello"); });
    router_.add(Method::kPost, "/echo", [](Request& request) -> asio::awaitable<Response> {
      Response response = text(std::string{request.body});
      response.headers.emplace_back("X-Has-Length", request.has_length ? "yes" : "no");
      co_return response;
    });
    router_.add(Method::kGet, "/nothing",
                [](Request&) -> asio::awaitable<Response> { co_return Response{.status = 204}; });
    router_.add(Method::kGet, "/large",
                [](Request&) -> asio::awaitable<Response> { co_return text(std::string(8u << 20, 'x')); });
    router_.add(Method::kGet, "/things/{id}", [](Request& request) -> asio::awaitable<Response> {
      const auto* q = request.find("q");
      co_return text(request.captures[0] + "|" + (q != nullptr ? q->value : "") + "|" +
                     std::string{request.header("x-one")});
    });
    router_.add(Method::kGet, "/fails",
                [](Request&) -> asio::awaitable<Response> { throw std::runtime_error("broken"); });
  }

  TestClient connect(ServerOptions options = {}) {
    if (!server_) serve(std::move(options));
    return TestClient{server_->port()};
  }
  void serve(ServerOptions options) {
    auto opened = Server::open(std::move(options), [this](Request& request) { return router_.handle(request); });
    ASSERT_TRUE(opened) << opened.error().detail;
    server_ = std::move(*opened);
    server_->start();
  }

  Router router_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersOverOneConnection) {
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.get("/hello");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "hello");
    EXPECT_EQ(answer->headers.at("content-type"), "text/plain");
    EXPECT_FALSE(answer->headers.contains("connection"));
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  auto client = connect();
  std::string requests;
  for (int i = 0; i < 200; ++i)
    requests += "GET /things/" + std::to_string(i) + "?q=a%20b HTTP/1.1\r\nHost: h\r\nX-One: 1\r\n\r\n";
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 200; ++i) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, std::to_string(i) + "|a b|1");
  }
}

TEST_F(ServerTest, TakesRequestsByteByByte) {
  auto client = connect();
  for (const char c : std::string_view{"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde"})
    ASSERT_TRUE(client.send({&c, 1}));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "abcde");
  EXPECT_EQ(answer->headers.at("x-has-length"), "yes");
}

TEST_F(ServerTest, TakesChunkedBodiesInAnyPieces) {
  auto client = connect();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "5;a=b\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t cut = 0; cut < body.size(); cut += 3) {
    ASSERT_TRUE(client.send(head + body.substr(0, cut)));
    ASSERT_TRUE(client.send(body.substr(cut)));
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "hello 0123456789");
    EXPECT_EQ(answer->headers.at("x-has-length"), "no");
  }
}

TEST_F(ServerTest, LargeBodiesComeThroughBothWays) {
  auto client = connect();
  std::string body(3u << 20, 'y');
  body.back() = 'z';
  const auto answer = client.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                                 "\r\n\r\n" + body);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, body);
  const auto large = client.get("/large");
  ASSERT_TRUE(large);
  EXPECT_EQ(large->body.size(), 8u << 20);
  EXPECT_EQ(client.get("/hello")->body, "hello");
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
  auto client = connect();
  const auto answer = client.ask("HEAD /large HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.at("content-length"), std::to_string(8u << 20));
  EXPECT_EQ(client.get("/hello")->body, "hello");
}

TEST_F(ServerTest, NoContentHasNoLength) {
  auto client = connect();
  const auto answer = client.get("/nothing");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_FALSE(answer->headers.contains("content-length"));
}

TEST_F(ServerTest, OptionsAndWrongMethodsNameWhatIsAllowed) {
  auto client = connect();
  const auto options = client.ask("OPTIONS /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->status, 204);
  EXPECT_EQ(options->headers.at("allow"), "GET, HEAD, OPTIONS");
  const auto wrong = client.ask("DELETE /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->headers.at("allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ServerTest, ContinuesWhenAsked) {
  auto client = connect();
  const auto go_on = client.ask("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(go_on);
  EXPECT_EQ(go_on->status, 100);
  EXPECT_EQ(client.ask("ok")->body, "ok");
}

TEST_F(ServerTest, RefusesOversizeBodiesBeforeTheyCome) {
  auto client = connect({.body_limit = 1000});
  const auto answer =
      client.ask("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, RefusesOversizeChunkedBodies) {
  auto client = connect({.body_limit = 10});
  const auto answer =
      client.ask("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
}

TEST_F(ServerTest, RefusesBodiesBeyondTheCommonBudget) {
  auto client = connect({.body_budget = 100'000});
  const auto answer =
      client.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n" + std::string(300'000, 'x'));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(connect().ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")->body, "abc");
}

TEST_F(ServerTest, RefusesHugeHeadersAndLines) {
  EXPECT_EQ(connect().get("/hello", "X-Big: " + std::string(40'000, 'x') + "\r\n")->status, 431);
  EXPECT_EQ(connect().get("/" + std::string(40'000, 'x'))->status, 414);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  EXPECT_EQ(connect().get("/hello", many)->status, 431);
}

TEST_F(ServerTest, AnswersSlowSendersWithATimeout) {
  auto client = connect({.head_timeout = std::chrono::milliseconds(40), .body_timeout = std::chrono::milliseconds(40)});
  EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHo")->status, 408);
  EXPECT_TRUE(client.closed());
  auto body = connect();
  EXPECT_EQ(body.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")->status, 408);
}

TEST_F(ServerTest, ClosesIdleConnections) {
  auto client = connect({.idle_timeout = std::chrono::milliseconds(40)});
  ASSERT_TRUE(client.get("/hello"));
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, ClosesOnThoseWhoDoNotRead) {
  auto client = connect({.write_timeout = std::chrono::milliseconds(40)});
  for (int i = 0; i < 20; ++i) client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.closed() || server_->counters().connections.value() == 0);
}

TEST_F(ServerTest, TurnsAwayTooManyConnections) {
  auto first = connect({.most_connections = 2});
  auto second = connect();
  ASSERT_TRUE(first.get("/hello"));
  ASSERT_TRUE(second.get("/hello"));
  auto third = connect();
  const auto answer = third.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_TRUE(answer->headers.contains("retry-after"));
  third.finish_sending();
  EXPECT_TRUE(third.closed());
  EXPECT_EQ(first.get("/hello")->body, "hello");
}

TEST_F(ServerTest, ServesManyConnectionsOnSeveralLoops) {
  serve({.threads = 3});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<TestClient>(server_->port()));
  for (auto& client : clients) ASSERT_TRUE(client->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"));
  for (auto& client : clients) {
    const auto answer = client->receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "hello");
  }
  EXPECT_EQ(server_->counters().responses[1].value(), 200u);
}

TEST_F(ServerTest, AFailingHandlerIsAProblemOfThatRequestOnly) {
  std::string line;  // of a loop, until it has stopped
  auto client = connect({.report = [&](std::string_view given) { line = given; }});
  const auto answer = client.get("/fails");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->body.find("broken"), std::string::npos);
  EXPECT_EQ(connect().get("/hello")->status, 200);
  EXPECT_EQ(server_->counters().failures.value(), 1u);
  server_->stop();
  EXPECT_EQ(line, "http.failed status=500 path=/fails cause=broken");
}

TEST_F(ServerTest, OldClientsAreClosedUnlessTheyAsk) {
  auto plain = connect();
  const auto answer = plain.ask("GET /hello HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  plain.finish_sending();
  EXPECT_TRUE(plain.closed());
  auto kept = connect();
  EXPECT_EQ(kept.ask("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->headers.at("connection"), "keep-alive");
  EXPECT_EQ(kept.ask("GET /hello HTTP/1.0\r\n\r\n")->status, 200);
}

TEST_F(ServerTest, AnswersForItsOwnHostsOnly) {
  auto client = connect({.hosts = {"localhost", "[::1]"}});
  EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: LOCALHOST:8080\r\n\r\n")->status, 200);
  EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n")->status, 200);
  EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: evil.test\r\n\r\n")->status, 421);
}

TEST_F(ServerTest, StopLetsRequestsUnderWayFinish) {
  auto entered = std::make_shared<std::promise<void>>();
  std::promise<void> release;
  const auto released = release.get_future().share();
  router_.add(Method::kGet, "/slow", [=](Request&) { return wait_for(entered, released); });
  auto slow = connect();
  auto idle = connect();
  ASSERT_TRUE(idle.get("/hello"));
  ASSERT_TRUE(slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
  entered->get_future().wait();
  auto stopping = std::async(std::launch::async, [this] { server_->stop(); });
  EXPECT_TRUE(idle.closed());
  release.set_value();
  const auto answer = slow.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "released");
  EXPECT_EQ(answer->headers.at("connection"), "close");
  slow.finish_sending();
  stopping.wait();
  EXPECT_FALSE(TestClient{server_->port()}.connected());
}

TEST_F(ServerTest, APortIsServedOnce) {
  serve({});
  const auto second =
      Server::open({.port = server_->port()}, [this](Request& request) { return router_.handle(request); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
}

struct Malformed {
  std::string_view name;
  std::string_view bytes;
  int status;
};
class MalformedRequest : public ServerTest, public testing::WithParamInterface<Malformed> {};

TEST_P(MalformedRequest, IsRefusedAndClosed) {
  auto client = connect();
  const auto answer = client.ask(GetParam().bytes);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, GetParam().status) << answer->body;
  EXPECT_EQ(answer->headers.at("content-type"), "application/problem+json");
  client.finish_sending();
  EXPECT_TRUE(client.closed());
}

INSTANTIATE_TEST_SUITE_P(
    Requests, MalformedRequest,
    testing::Values(
        Malformed{"NotHttp", "hello\r\n\r\n", 400}, Malformed{"Http2", "PRI * HTTP/2.0\r\n\r\n", 505},
        Malformed{"NoHost", "GET /hello HTTP/1.1\r\n\r\n", 400},
        Malformed{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Malformed{"BareLineFeed", "GET /hello HTTP/1.1\nHost: a\r\n\r\n", 400},
        Malformed{"FoldedHeader", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400},
        Malformed{"BlankBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        Malformed{"ControlInValue", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
        Malformed{"LengthTwice", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
                  400},
        Malformed{"LengthSigned", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", 400},
        Malformed{"LengthAndChunked",
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", 400},
        Malformed{"UnknownCoding", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        Malformed{"UnknownExpectation", "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417},
        Malformed{"UnknownMethod", "BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        Malformed{"BadChunkSize", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        Malformed{"BlankInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Malformed{"TargetWithoutSlash", "GET hello HTTP/1.1\r\nHost: a\r\n\r\n", 400}),
    [](const auto& c) { return std::string{c.param.name}; });

}  // namespace
}  // namespace horad::edge
