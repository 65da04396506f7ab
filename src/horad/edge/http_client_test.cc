// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/http_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

#include "horad/edge/server.h"
#include "horad/edge/test_certificates.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() {
    router_.add(Method::kPost, "/echo", [](Request& request) -> asio::awaitable<Response> {
      Response response{.status = 201, .content_type = "text/plain"};
      response.headers.emplace_back(
          "X-Got", std::string{request.header("content-type")} + "|" + std::string{request.header("x-empty")});
      response.body = request.body;
      co_return response;
    });
    router_.add(Method::kGet, "/large",
                [](Request&) -> asio::awaitable<Response> { co_return Response{.body = std::string(100'000, 'x')}; });
    router_.add(Method::kGet, "/moved", [](Request&) -> asio::awaitable<Response> {
      co_return Response{.status = 302, .headers = {{"Location", "/large"}}};
    });
    router_.add(Method::kDelete, "/gone",
                [](Request&) -> asio::awaitable<Response> { co_return Response{.status = 204}; });
    server_ = std::move(*Server::open({}, [this](Request& request) { return router_.handle(request); }));
    server_->start();
  }
  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string{path};
  }

  Router router_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpClientTest, SendsWhatItIsGiven) {
  HttpClient client;
  const auto answer =
      client.request({"POST", url("/echo"), {{"Content-Type", "application/json"}, {"X-Empty", ""}}, "{\"a\":1}"});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "{\"a\":1}");
  EXPECT_NE(std::ranges::find(answer->headers, std::pair<std::string, std::string>{"x-got", "application/json|"}),
            answer->headers.end());
}

TEST_F(HttpClientTest, KeepsConnections) {
  HttpClient client;
  for (int i = 0; i < 20; ++i) ASSERT_EQ(client.request({"DELETE", url("/gone"), {}, ""})->status, 204);
  EXPECT_EQ(server_->counters().accepted.value(), 1u);
}

TEST_F(HttpClientTest, DoesNotFollowRedirects) {
  HttpClient client;
  EXPECT_EQ(client.request({"GET", url("/moved"), {}, ""})->status, 302);
}

TEST_F(HttpClientTest, ARequestMayBeForPublicAddressesOnly) {
  HttpClient client;
  base::OutboundRequest request{"GET", url("/large"), {}, ""};
  ASSERT_EQ(client.request(request)->status, 200);
  request.public_only = true;
  for (const auto& host : {std::string{"127.0.0.1"}, std::string{"localhost"}}) {
    request.url = "http://" + host + ":" + std::to_string(server_->port()) + "/large";
    const auto answer = client.request(request);
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code, ErrorCode::kIo);
    EXPECT_NE(answer.error().detail.find("not allowed"), std::string::npos) << answer.error().detail;
  }
}

TEST_F(HttpClientTest, ARequestMayHaveABoundOfItsOwn) {
  HttpClient client;
  base::OutboundRequest request{"GET", url("/large"), {}, ""};
  request.body_limit = 1000;
  EXPECT_EQ(client.request(request).error().code, ErrorCode::kTooLarge);
  request.body_limit = 200'000;
  EXPECT_EQ(client.request(request)->body.size(), 100'000u);
}

TEST_F(HttpClientTest, BoundsAnswers) {
  HttpClient client({.body_limit = 1000});
  const auto answer = client.request({"GET", url("/large"), {}, ""});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(client.request({"DELETE", url("/gone"), {}, ""})->status, 204);
}

TEST_F(HttpClientTest, RunsManyAtOnce) {
  HttpClient client;
  constexpr int kMany = 300;
  std::atomic<int> good = 0, left = kMany;
  std::promise<void> all;
  for (int i = 0; i < kMany; ++i) {
    const std::string body = std::to_string(i);
    client.exchange({"POST", url("/echo"), {}, body}, [&, body](Result<base::OutboundResponse> answer) {
      if (answer && answer->body == body) ++good;
      if (--left == 0) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_EQ(good.load(), kMany);
  EXPECT_LE(server_->counters().accepted.value(), 64u);
}

TEST_F(HttpClientTest, RefusesWhatIsTooMuchOrNotARequest) {
  HttpClient client({.most_in_flight = 0});
  EXPECT_EQ(client.request({"GET", url("/large"), {}, ""}).error().code, ErrorCode::kOverloaded);
  HttpClient other;
  EXPECT_EQ(other.request({"GET", "file:///etc/passwd", {}, ""}).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(other.request({"GET", "http://[bad", {}, ""}).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(other.request({"GE T", url("/large"), {}, ""}).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(other.request({"GET", url("/large"), {{"X", "a\r\nY: b"}}, ""}).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(HttpClientTest, SaysThatNobodyAnswers) {
  const auto unused = std::move(*Server::open({}, {}));  // bound but not serving: connections wait for ever
  HttpClient client;
  base::OutboundRequest request{"GET", "http://127.0.0.1:" + std::to_string(unused->port()) + "/", {}, ""};
  request.timeout = std::chrono::milliseconds(50);
  EXPECT_EQ(client.request(request).error().code, ErrorCode::kTimeout);
  server_->stop();
  EXPECT_EQ(client.request({"GET", url("/large"), {}, ""}).error().code, ErrorCode::kIo);
}

TEST_F(HttpClientTest, AnswersWhatIsUnderWayWhenItEnds) {
  const auto unused = std::move(*Server::open({}, {}));
  std::promise<ErrorCode> code;
  {
    HttpClient client;
    client.exchange({"GET", "http://127.0.0.1:" + std::to_string(unused->port()) + "/", {}, ""},
                    [&](Result<base::OutboundResponse> answer) {
                      code.set_value(answer ? ErrorCode::kInternal : answer.error().code);
                    });
  }
  EXPECT_EQ(code.get_future().get(), ErrorCode::kUnavailable);
}

/// Answers one exchange over TLS, or none when the client does not like the certificate.
class TlsServer {
 public:
  explicit TlsServer(const TestCertificates& certificates)
      : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}), context_(asio::ssl::context::tls_server) {
    context_.use_certificate_chain_file(certificates.server());
    context_.use_private_key_file(certificates.server_key(), asio::ssl::context::pem);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() { thread_.join(); }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(acceptor_.local_endpoint().port()) + "/told";
  }

 private:
  void serve() {
    boost::system::error_code error;
    asio::ssl::stream<asio::ip::tcp::socket> stream{io_, context_};
    acceptor_.accept(stream.next_layer(), error);
    if (!error) stream.handshake(asio::ssl::stream_base::server, error);
    std::string request;
    if (!error) asio::read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n", error);
    if (!error)
      asio::write(stream, asio::buffer(std::string_view{"HTTP/1.1 204 Told\r\nConnection: close\r\n\r\n"}), error);
  }

  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  asio::ssl::context context_;
  std::thread thread_;
};

TEST(HttpClientTls, VerifiesCertificates) {
  const TestCertificates certificates;
  if (!certificates.made()) GTEST_SKIP() << "skipped: openssl is not installed";
  HttpClient trusting({.ca_file = certificates.authority()});
  {
    const TlsServer server{certificates};
    const auto answer = trusting.request({"POST", server.url("localhost"), {}, ""});
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->status, 204);
  }
  {
    const TlsServer server{certificates};
    HttpClient stranger;
    EXPECT_FALSE(stranger.request({"POST", server.url("localhost"), {}, ""})) << "the authority is unknown";
  }
  {
    const TlsServer server{certificates};
    EXPECT_FALSE(trusting.request({"POST", server.url("127.0.0.1"), {}, ""})) << "the certificate is for another name";
  }
}

}  // namespace
}  // namespace horad::edge
