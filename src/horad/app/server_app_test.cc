// SPDX-License-Identifier: Apache-2.0
#include "horad/app/server_app.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "horad/edge/server.h"
#include "horad/edge/test_client.h"
#include "horad/edge/test_directory.h"

namespace horad::app {
namespace {

using edge::TestClient;
using edge::TestDirectory;

class ServerAppTest : public testing::Test {
 protected:
  ServeOptions options() const {
    ServeOptions out;
    out.data = directory_ / "data";
    out.host = "127.0.0.1";
    out.threads = 2;
    out.hosts = {"localhost"};
    return out;
  }
  void serve() {
    auto opened = ServerApp::open(options());
    ASSERT_TRUE(opened) << opened.error().detail;
    app_ = std::move(*opened);
  }
  std::optional<edge::Answer> ask(std::string_view method, std::string_view target, std::string_view body = {}) const {
    std::string request;
    request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    if (!body.empty()) request += "Content-Type: application/json\r\n";
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return TestClient{app_->port()}.ask(request.append(body));
  }

  TestDirectory directory_;
  std::unique_ptr<ServerApp> app_;
};

constexpr std::string_view kLamp = R"({"id":"urn:ngsi-ld:Lamp:1","type":"Lamp","power":{"type":"Property","value":7}})";

TEST_F(ServerAppTest, KeepsWhatItAcknowledgedOverARestart) {
  serve();
  EXPECT_EQ(ask("POST", "/ngsi-ld/v1/entities", kLamp)->status, 201);
  EXPECT_EQ(ask("PATCH", "/ngsi-ld/v1/entities/urn:ngsi-ld:Lamp:1/attrs/power", R"({"value":8})")->status, 204);
  app_->stop();
  serve();
  const auto answer = ask("GET", "/ngsi-ld/v1/entities/urn:ngsi-ld:Lamp:1");
  EXPECT_EQ(answer->status, 200);
  EXPECT_NE(answer->body.find("8"), std::string::npos) << answer->body;
}

TEST_F(ServerAppTest, OneProcessForADirectoryAndOneForAPort) {
  serve();
  const auto same_directory = ServerApp::open(options());
  ASSERT_FALSE(same_directory);
  EXPECT_EQ(same_directory.error().code, ErrorCode::kBusy);
  auto same_port = options();
  same_port.data = directory_ / "other";
  same_port.port = app_->port();
  EXPECT_EQ(ServerApp::open(same_port).error().code, ErrorCode::kBusy);
  EXPECT_FALSE(std::filesystem::exists(same_port.data)) << "a server that cannot start leaves nothing behind";
}

TEST_F(ServerAppTest, PinnedContextsStandForTheirUrls) {
  std::ofstream(directory_ / "outer.jsonld")
      << R"({"@context":["https://b.example/inner",{"Lamp":"https://city.example/Lamp"}]})";
  std::ofstream(directory_ / "inner.jsonld") << R"({"@context":{"power":"https://city.example/power"}})";
  auto with_pins = options();
  with_pins.pinned_contexts = {{"https://a.example/outer", directory_ / "outer.jsonld"},
                               {"https://b.example/inner", directory_ / "inner.jsonld"}};
  auto opened = ServerApp::open(with_pins);
  ASSERT_TRUE(opened) << opened.error().detail;
  app_ = std::move(*opened);
  const std::string body = R"({"id":"urn:ngsi-ld:Lamp:1","type":"Lamp","power":{"type":"Property","value":7},)"
                           R"("@context":["https://a.example/outer",{"glow":"https://city.example/glow"}],"glow":1})";
  EXPECT_EQ(TestClient{app_->port()}
                .ask("POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ld+json\r\n"
                     "Content-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body)
                ->status,
            201);
  const auto answer = ask("GET", "/ngsi-ld/v1/entities/urn:ngsi-ld:Lamp:1");
  for (const char* part : {"https://city.example/Lamp", "https://city.example/power", "https://city.example/glow"})
    EXPECT_NE(answer->body.find(part), std::string::npos) << answer->body;
}

TEST_F(ServerAppTest, KeepsContextsOverARestart) {
  std::atomic<int> asked{0};
  edge::Router router;
  router.add(edge::Method::kGet, "/words", [&](edge::Request&) -> boost::asio::awaitable<edge::Response> {
    ++asked;
    co_return edge::Response{.content_type = "application/ld+json",
                             .body = R"({"@context":{"Lamp":"https://words.example/Lamp"}})"};
  });
  auto server = std::move(*edge::Server::open({}, [&](edge::Request& request) { return router.handle(request); }));
  server->start();
  const auto words = "http://127.0.0.1:" + std::to_string(server->port()) + "/words";
  const auto with_link = [](std::string_view url, std::string_view id) {
    const std::string body = R"({"id":"urn:ngsi-ld:Lamp:)" + std::string{id} + R"(","type":"Lamp"})";
    return "POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nLink: <" +
           std::string{url} +
           ">; rel=\"http://www.w3.org/ns/json-ld#context\"\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  };
  serve();
  EXPECT_EQ(TestClient{app_->port()}.ask(with_link(words, "1"))->status, 201);
  EXPECT_EQ(ask("PUT", "/api/v1/contexts/pins?url=https%3A%2F%2Fpin.example%2Fc",
                R"({"@context":{"Lamp":"https://pin.example/Lamp"}})")
                ->status,
            204);
  const auto made = ask("POST", "/ngsi-ld/v1/jsonldContexts", R"({"@context":{"Lamp":"https://own.example/Lamp"}})");
  ASSERT_EQ(made->status, 201);
  const auto own = "http://localhost:" + std::to_string(app_->port()) + made->headers.at("location");
  const auto again = app_->port();
  app_->stop();
  server->stop();  // what was fetched once is not asked for again
  auto same_port = options();
  same_port.port = again;
  auto opened = ServerApp::open(same_port);
  ASSERT_TRUE(opened) << opened.error().detail;
  app_ = std::move(*opened);
  int id = 2;
  for (const std::string& url : {words, std::string{"https://pin.example/c"}, own})
    EXPECT_EQ(TestClient{app_->port()}.ask(with_link(url, std::to_string(id++)))->status, 201) << url;
  const auto all = ask("GET", "/ngsi-ld/v1/entities?local=true")->body;
  for (const char* part : {"https://words.example/Lamp", "https://pin.example/Lamp", "https://own.example/Lamp"})
    EXPECT_NE(all.find(part), std::string::npos) << all;
  EXPECT_EQ(asked, 1);
}

TEST_F(ServerAppTest, RefusesPinnedContextsThatAreNone) {
  std::ofstream(directory_ / "bad.jsonld") << R"({"terms":{}})";
  auto with_pins = options();
  with_pins.pinned_contexts = {{"https://a.example/c", directory_ / "bad.jsonld"}};
  const auto malformed = ServerApp::open(with_pins);
  ASSERT_FALSE(malformed);
  EXPECT_NE(malformed.error().detail.find("https://a.example/c"), std::string::npos) << malformed.error().detail;
  with_pins.pinned_contexts = {{"https://a.example/c", directory_ / "missing.jsonld"}};
  const auto missing = ServerApp::open(with_pins);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail.find("cannot be read"), std::string::npos) << missing.error().detail;
  EXPECT_FALSE(std::filesystem::exists(directory_ / "data")) << "a server that cannot start leaves nothing behind";
}

TEST_F(ServerAppTest, TellsTheLiveFeed) {
  serve();
  TestClient live{app_->port()};
  ASSERT_TRUE(live.send("GET /live?type=Lamp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"));
  ASSERT_TRUE(live.receive_until("\"hello\""));
  EXPECT_EQ(ask("POST", "/ngsi-ld/v1/entities", kLamp)->status, 201);
  ASSERT_TRUE(live.receive_until("\"kind\":\"changes\""));
  ASSERT_TRUE(live.receive_until("urn:ngsi-ld:Lamp:1"));
}

TEST_F(ServerAppTest, SaysHowItIs) {
  serve();
  EXPECT_EQ(ask("GET", "/livez")->status, 200);
  EXPECT_EQ(ask("GET", "/readyz")->status, 200);
  EXPECT_EQ(ask("GET", "/tiles.json")->status, 404);
  EXPECT_EQ(ask("GET", "/openapi.json")->headers.at("content-type"), "application/json");
  EXPECT_NE(ask("GET", "/metrics")->body.find("horad_store_entities"), std::string::npos);
}

std::string golden_path(const std::string& name) {
  return (std::filesystem::path{__FILE__}.parent_path() / "../../../tests/golden" / name).lexically_normal().string();
}

/// HORAD_GOLDEN_UPDATE=1 rewrites the file; the change is reviewed.
TEST_F(ServerAppTest, MetricsHaveTheirGoldenNames) {
  serve();
  std::set<std::string> lines;
  for (const auto& metric : app_->metrics()) {
    static constexpr std::array kKinds = {"counter", "gauge", "histogram"};
    std::string labels;
    for (const auto& [name, value] : metric.labels) labels += (labels.empty() ? "" : ",") + name;
    lines.insert(metric.name + (labels.empty() ? "" : "{" + labels + "}") + " " + kKinds[metric.source.index()] + " " +
                 metric.help + "\n");
  }
  std::string text;
  for (const auto& line : lines) text += line;
  const auto path = golden_path("metrics.txt");
  if (std::getenv("HORAD_GOLDEN_UPDATE") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    std::ofstream(path) << text;
  }
  std::ifstream in(path);
  const std::string golden{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, golden) << path;
}

}  // namespace
}  // namespace horad::app
