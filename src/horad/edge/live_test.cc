// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/live.h"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <map>
#include <mutex>

#include "horad/base/real_world.h"
#include "horad/edge/live_samples.h"
#include "horad/edge/test_client.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

/// A log that the test writes. Records keep their entities only when `with_entities`, like one that has been read back
/// from disk.
class ScriptedStore final : public store::Store {
 public:
  void append(store::Record record) {
    const std::lock_guard lock(mutex_);
    record.position = trimmed_ + records_.size() + 1;
    current_[record.address.id] = record.after;
    if (!with_entities) record.before = record.after = {};
    records_.push_back(std::move(record));
  }
  void trim() {
    const std::lock_guard lock(mutex_);
    trimmed_ += records_.size();
    records_.clear();
  }

  void follow(std::size_t, store::Position from, std::size_t most, Done<std::vector<store::Record>> done) override {
    std::vector<store::Record> out;
    bool lost = false;
    {
      const std::lock_guard lock(mutex_);
      lost = from < trimmed_;
      for (std::size_t i = lost ? records_.size() : from - trimmed_; i < records_.size() && out.size() < most; ++i)
        out.push_back(records_[i]);
    }
    if (lost) return done(fail(ErrorCode::kNotFound, "trimmed"));
    done(std::move(out));
  }
  void read(store::Address address, Done<model::Document> done) override {
    model::Document document;
    {
      const std::lock_guard lock(mutex_);
      document = current_[address.id];
    }
    if (!document) return done(fail(ErrorCode::kNotFound, "gone"));
    done(std::move(document));
  }
  store::Cursor begin() const override {
    const std::lock_guard lock(mutex_);
    return {trimmed_};
  }
  store::Cursor end() const override {
    const std::lock_guard lock(mutex_);
    return {trimmed_ + records_.size()};
  }
  std::vector<store::Tenant> tenants() const override { return {{"city", store::Space::kCity}}; }
  std::size_t shard_count() const override { return 1; }

  void write(store::Address, store::Mutation, Done<store::Written> done) override { done(unused()); }
  void write_all(std::vector<store::Write>,
                 std::move_only_function<void(std::vector<Result<store::Written>>)> done) override {
    done({});
  }
  void read_all(store::Tenant, std::vector<std::string>, Done<std::vector<model::Document>> done) override {
    done(unused());
  }
  void query(store::Tenant, model::Query, Done<store::Page> done) override { done(unused()); }
  void types(store::Tenant, Done<std::vector<store::TypeCount>> done) override { done(unused()); }
  void history(store::Tenant, store::HistoryQuery, Done<store::HistoryAnswer> done) override { done(unused()); }
  void gone(store::Tenant, std::string, std::size_t, Done<std::vector<std::string>> done) override { done(unused()); }
  std::shared_ptr<void> on_durable(std::function<void()>) override { return nullptr; }
  void hold_log(const std::string&, store::Cursor) override {}
  void checkpoint(Done<void> done) override { done({}); }
  const store::StoreCounters& counters() const override { return counters_; }
  std::string trouble() const override { return {}; }

  bool with_entities = true;

 private:
  static std::unexpected<Error> unused() { return fail(ErrorCode::kNotSupported, "not in this test"); }
  mutable std::mutex mutex_;
  std::deque<store::Record> records_;
  std::map<std::string, model::Document> current_;
  store::Position trimmed_ = 0;
  store::StoreCounters counters_;
};

class WebSocketClient {
 public:
  WebSocketClient(std::uint16_t port, const std::string& target, const std::string& origin = {}) {
    socket_.next_layer().connect({asio::ip::address_v4::loopback(), port});
    if (!origin.empty()) {
      socket_.set_option(beast::websocket::stream_base::decorator(
          [origin](beast::websocket::request_type& request) { request.set("Origin", origin); }));
    }
    socket_.handshake("localhost", target, error_);
  }
  bool good() const { return !error_; }
  std::string receive() {
    beast::flat_buffer buffer;
    socket_.read(buffer, error_);
    return error_ ? "(" + error_.message() + ")" : beast::buffers_to_string(buffer.data());
  }
  /// The next message that is no beat.
  std::string receive_news() {
    for (;;) {
      auto message = receive();
      if (!message.starts_with("{\"kind\":\"beat\"")) return message;
    }
  }

 private:
  asio::io_context context_;
  beast::websocket::stream<asio::ip::tcp::socket> socket_{context_};
  boost::system::error_code error_;
};

std::string cursor_in(const std::string& message) {
  const auto at = message.find("\"cursor\":\"") + 10;
  return message.substr(at, message.find('"', at) - at);
}

class LiveTest : public testing::Test {
 protected:
  ~LiveTest() override {
    if (server_) server_->stop();
  }
  void serve(LiveOptions options = {}) {
    options.interval = std::chrono::milliseconds(2);
    if (options.beat == LiveOptions{}.beat) options.beat = std::chrono::milliseconds(20);
    feed_ = std::make_unique<LiveFeed>(store_, samples_.names, clock_, options);
    server_ =
        std::move(*Server::open({.threads = 2}, [](Request&) -> asio::awaitable<Response> { co_return Response{}; }));
    feed_->attach(*server_);
    server_->start();
  }

  base::SystemClock clock_;
  LiveSamples samples_;
  ScriptedStore store_;
  std::unique_ptr<LiveFeed> feed_;
  std::unique_ptr<Server> server_;
};

TEST_F(LiveTest, TellsChangesOverAWebSocket) {
  serve();
  WebSocketClient client{server_->port(), "/live?type=Vehicle"};
  EXPECT_EQ(client.receive_news(), "{\"kind\":\"hello\",\"cursor\":\"0\"}");
  store_.append(samples_.created("urn:bus", {{"speed", 31.0}}));
  const auto message = client.receive_news();
  EXPECT_NE(message.find("\"kind\":\"changes\""), std::string::npos) << message;
  EXPECT_NE(message.find("urn:bus"), std::string::npos) << message;
  EXPECT_EQ(cursor_in(message), "1");
  store_.append(samples_.deleted("urn:bus"));
  EXPECT_NE(client.receive_news().find("\"kind\":\"gone\""), std::string::npos);
}

TEST_F(LiveTest, BeatsWhenNothingHappens) {
  serve();
  WebSocketClient client{server_->port(), "/live"};
  client.receive();
  EXPECT_TRUE(client.receive().starts_with("{\"kind\":\"beat\",\"at\":\"20"));
}

TEST_F(LiveTest, TellsChangesAsServerSentEvents) {
  serve();
  TestClient client{server_->port()};
  ASSERT_TRUE(client.send("GET /live HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"));
  const auto head = client.receive_until("\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_NE(head->find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_EQ(client.receive_until("\n\n"), "id: 0\ndata: {\"kind\":\"hello\",\"cursor\":\"0\"}\n\n");
  store_.append(samples_.created("urn:bus", {{"speed", 31.0}}));
  ASSERT_TRUE(client.receive_until("id: 1\ndata: {\"kind\":\"changes\""));
}

TEST_F(LiveTest, ResumesWhereAClientLeftOff) {
  store_.append(samples_.created("urn:a", {{"speed", 1.0}}));
  store_.append(samples_.created("urn:b", {{"speed", 2.0}}));
  store_.with_entities = false;
  store_.append(samples_.updated("urn:a", {{"speed", 3.0}}));
  serve();
  WebSocketClient client{server_->port(), "/live?cursor=1"};
  EXPECT_EQ(cursor_in(client.receive_news()), "1");
  const auto message = client.receive_news();
  EXPECT_NE(message.find("urn:b"), std::string::npos) << message;
  EXPECT_NE(message.find("3.0"), std::string::npos) << "an entity that the log does not have is read: " << message;
  EXPECT_EQ(cursor_in(message), "3");
}

TEST_F(LiveTest, SaysSoWhenTheLogIsGone) {
  store_.append(samples_.created("urn:a", {{"speed", 1.0}}));
  store_.append(samples_.created("urn:b", {{"speed", 2.0}}));
  store_.trim();
  serve();
  WebSocketClient client{server_->port(), "/live?cursor=1"};
  client.receive_news();
  EXPECT_TRUE(client.receive_news().starts_with("{\"kind\":\"resync\",\"reason\":\""));
  WebSocketClient from_the_future{server_->port(), "/live?cursor=ffff"};
  from_the_future.receive_news();
  EXPECT_TRUE(from_the_future.receive_news().starts_with("{\"kind\":\"resync\""));
}

TEST_F(LiveTest, SaysSoWhenTooMuchChangesAtOnce) {
  serve({.most_changes = 10});
  WebSocketClient client{server_->port(), "/live"};
  client.receive_news();
  std::vector<store::Record> records;
  for (int i = 0; i < 2'000; ++i) records.push_back(samples_.created("urn:" + std::to_string(i), {{"speed", 1.0}}));
  for (auto& record : records) store_.append(std::move(record));
  for (;;) {  // what fits before is told as changes
    const auto message = client.receive_news();
    ASSERT_TRUE(message.starts_with("{\"kind\":")) << message;
    if (message.starts_with("{\"kind\":\"resync\"")) break;
  }
}

TEST_F(LiveTest, BoundsItsClients) {
  serve({.most_clients = 1});
  WebSocketClient first{server_->port(), "/live"};
  first.receive();
  TestClient second{server_->port()};
  const auto answer = second.get("/live", "Accept: text/event-stream\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 429);
  EXPECT_EQ(feed_->counters().refused.value(), 1u);
}

TEST_F(LiveTest, ForgetsClientsThatLeave) {
  serve({.most_clients = 1});
  for (int i = 0; i < 20; ++i) {
    TestClient client{server_->port()};
    for (;;) {  // the one before may not have been noticed yet
      TestClient again{server_->port()};
      ASSERT_TRUE(again.send("GET /live HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"));
      const auto head = again.receive_until("\r\n\r\n");
      ASSERT_TRUE(head);
      if (head->starts_with("HTTP/1.1 200")) break;
    }
  }
}

TEST_F(LiveTest, RefusesPagesOfOtherOrigins) {
  serve();
  EXPECT_FALSE((WebSocketClient{server_->port(), "/live", "http://evil.test"}.good()));
  EXPECT_TRUE((WebSocketClient{server_->port(), "/live", "http://localhost"}.good()));
}

TEST_F(LiveTest, RefusesWrongRequests) {
  serve();
  const auto status = [this](std::string_view target, std::string_view headers) {
    return TestClient{server_->port()}.get(target, headers)->status;
  };
  constexpr std::string_view kEvents = "Accept: text/event-stream\r\n";
  EXPECT_EQ(status("/live", "Accept: text/html\r\n"), 406);
  EXPECT_EQ(status("/live?bbox=1", kEvents), 400);
  EXPECT_EQ(status("/live?what=1", kEvents), 400);
  EXPECT_EQ(status("/live?cursor=zz", kEvents), 400);
  EXPECT_EQ(status("/live?tenant=nobody", kEvents), 404);
}

TEST_F(LiveTest, EndsWithTheServer) {
  serve();
  WebSocketClient client{server_->port(), "/live"};
  client.receive();
  server_->stop();
  while (client.good()) client.receive();
  EXPECT_EQ(feed_->counters().clients.value(), 0);
}

TEST(LiveInbox, ForgetsRatherThanGrows) {
  int woken = 0;
  LiveInbox inbox{2, [&] { ++woken; }};
  for (int i = 0; i < 3; ++i) inbox.put(std::make_shared<LiveBatch>());
  const auto content = inbox.take();
  EXPECT_TRUE(content.batches.empty());
  EXPECT_FALSE(content.resync.empty());
  EXPECT_EQ(woken, 3);
  inbox.put(std::make_shared<LiveBatch>());
  EXPECT_EQ(inbox.take().batches.size(), 1u);
  EXPECT_TRUE(inbox.take().resync.empty());
}

}  // namespace
}  // namespace horad::edge
