// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/live.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "horad/broker/bridge.h"
#include "horad/edge/problem.h"
#include "horad/edge/stream.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kWait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostFromClient = 4096;  // bytes of one message of a client; all of them are ignored
constexpr std::size_t kRecordsAtOnce = 1'000;
constexpr std::string_view kEventStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: "
    "no\r\nConnection: close\r\n\r\n";

/// Ends what the socket waits for when it takes too long.
class TimeLimit {
 public:
  TimeLimit(tcp::socket& socket, Duration limit) : timer_(socket.get_executor()), armed_(std::make_shared<bool>(true)) {
    timer_.expires_after(limit);
    timer_.async_wait([&socket, armed = armed_](error_code error) {
      if (error || !*armed) return;
      error_code ignored;
      socket.cancel(ignored);
    });
  }
  ~TimeLimit() { *armed_ = false; }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

 private:
  asio::steady_timer timer_;
  std::shared_ptr<bool> armed_;  // shared with a handler that may run after this is gone
};

/// One of the two ways to a client.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual asio::awaitable<bool> open() = 0;
  virtual asio::awaitable<bool> send(std::string_view message, std::string_view cursor) = 0;
  virtual asio::awaitable<void> read_until_end() = 0;  // what the client sends means nothing, but that it is there
};

class WebSocketChannel final : public Channel {
 public:
  WebSocketChannel(Stream& stream, Duration limit)
      : socket_(stream.socket), received_(stream.received), limit_(limit) {}

  asio::awaitable<bool> open() override {
    socket_.set_option(beast::websocket::stream_base::timeout{limit_, 2 * limit_, true});
    socket_.read_message_max(kMostFromClient);
    const auto accepted = co_await socket_.async_accept(asio::buffer(received_), kWait);
    co_return !std::get<0>(accepted);
  }
  asio::awaitable<bool> send(std::string_view message, std::string_view) override {
    const TimeLimit limit{socket_.next_layer(), limit_};
    socket_.text(true);
    const auto sent = co_await socket_.async_write(asio::buffer(message), kWait);
    co_return !std::get<0>(sent);
  }
  asio::awaitable<void> read_until_end() override {
    beast::flat_buffer buffer;
    for (;;) {
      const auto got = co_await socket_.async_read(buffer, kWait);
      if (std::get<0>(got)) co_return;
      buffer.clear();
    }
  }

 private:
  beast::websocket::stream<tcp::socket&> socket_;
  std::string_view received_;
  std::chrono::steady_clock::duration limit_;
};

class EventChannel final : public Channel {
 public:
  EventChannel(Stream& stream, Duration limit) : socket_(stream.socket), limit_(limit) {}

  asio::awaitable<bool> open() override { co_return co_await write(std::string{kEventStreamHead}); }
  asio::awaitable<bool> send(std::string_view message, std::string_view cursor) override {
    std::string event;
    event.reserve(message.size() + cursor.size() + 16);
    if (!cursor.empty()) event.append("id: ").append(cursor).append("\n");
    event.append("data: ").append(message).append("\n\n");
    co_return co_await write(std::move(event));
  }
  asio::awaitable<void> read_until_end() override {
    std::array<char, 512> bytes;
    for (;;) {
      const auto got = co_await socket_.async_read_some(asio::buffer(bytes), kWait);
      if (std::get<0>(got)) co_return;
    }
  }

 private:
  asio::awaitable<bool> write(std::string bytes) {
    const TimeLimit limit{socket_, limit_};
    const auto written = co_await asio::async_write(socket_, asio::buffer(bytes), kWait);
    co_return !std::get<0>(written);
  }

  tcp::socket& socket_;
  Duration limit_;
};

bool is_web_socket(const Request& request) {
  const auto upgrade = request.header("upgrade");
  return upgrade.size() == 9 && (upgrade == "websocket" || upgrade == "WebSocket" || upgrade == "WEBSOCKET");
}
bool is_event_stream(const Request& request) {
  return request.header("accept").find("text/event-stream") != std::string_view::npos;
}

/// A page of another origin gets nothing. Programs send no Origin.
bool comes_from_here(const Request& request) {
  const auto origin = request.header("origin");
  if (origin.empty()) return true;
  const auto host = origin.find("://");
  return host != std::string_view::npos && origin.substr(host + 3) == request.header("host");
}

std::string_view cursor_of(const Request& request) {
  if (const auto* parameter = request.find("cursor")) return parameter->value;
  return request.header("last-event-id");
}

asio::awaitable<void> reply(Stream& stream, const Response& response) {
  const std::string bytes = to_bytes(response);
  co_await asio::async_write(stream.socket, asio::buffer(bytes), kWait);
}

/// One client, known to the hub from its construction to its end. Lives on the loop of its connection.
struct Client {
  Client(LiveHub& given, asio::any_io_executor executor) : hub(given), wake(std::move(executor)) {}
  ~Client() {
    if (inbox) hub.leave(inbox);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  LiveHub& hub;
  asio::steady_timer wake;
  std::shared_ptr<LiveInbox> inbox;
  store::Cursor joined;  // everything after it comes into the inbox
  bool ended = false;    // the connection is gone
};

Result<std::shared_ptr<Client>> join(LiveHub& hub, asio::any_io_executor executor, std::size_t most_batches) {
  auto client = std::make_shared<Client>(hub, executor);
  const auto wake = [executor, weak = std::weak_ptr(client)] {
    asio::post(executor, [weak] {
      if (const auto here = weak.lock()) here->wake.cancel();
    });
  };
  auto inbox = std::make_shared<LiveInbox>(most_batches, wake);
  auto joined = hub.join(inbox);
  if (!joined) return std::unexpected(std::move(joined).error());
  client->inbox = std::move(inbox);
  client->joined = std::move(*joined);
  return client;
}

}  // namespace

struct LiveFeed::State {
  store::Store& store;
  base::Clock& clock;
  LiveOptions options;
  LiveHub hub;

  State(store::Store& given, model::Names& names, base::Clock& given_clock, LiveOptions given_options)
      : store(given), clock(given_clock), options(given_options), hub(given, names, given_options) {}

  asio::awaitable<void> serve(Request& request, Stream& stream);
  asio::awaitable<void> write_all(LiveFilter filter, std::optional<store::Cursor> resume, Channel& channel,
                                  std::shared_ptr<Client> client);
  asio::awaitable<bool> begin(const LiveFilter& filter, const std::optional<store::Cursor>& resume, Channel& channel,
                              const Client& client);
  asio::awaitable<bool> send_batch(const LiveFilter& filter, const LiveBatch& batch, Channel& channel);
  asio::awaitable<bool> send_content(const LiveFilter& filter, const LiveInbox::Content& content, Channel& channel);
  asio::awaitable<std::optional<LiveBatch>> catch_up(store::Cursor from, const store::Cursor& until);
  asio::awaitable<bool> fill_missing(LiveBatch& batch);
  Result<std::optional<store::Cursor>> resume_point(const Request& request) const;
  Result<void> check(const Request& request, const LiveFilter& filter) const;
};

/// What cannot be said by a parameter's own parser.
Result<void> LiveFeed::State::check(const Request& request, const LiveFilter& filter) const {
  if (!is_web_socket(request) && !is_event_stream(request)) {
    return fail(ErrorCode::kNotAcceptable,
                "The live feed needs a WebSocket, or an Accept header with text/event-stream.");
  }
  if (filter.tenant.empty()) return {};
  for (const auto& tenant : store.tenants()) {
    if (tenant.name == filter.tenant) return {};
  }
  return fail(ErrorCode::kNonexistentTenant, fmt::format("There is no tenant '{}'.", filter.tenant));
}

/// Where the client left off; none when it comes for the first time.
Result<std::optional<store::Cursor>> LiveFeed::State::resume_point(const Request& request) const {
  const auto text = cursor_of(request);
  if (text.empty()) return std::nullopt;
  auto cursor = parse_live_cursor(text, store.shard_count());
  if (!cursor) return std::unexpected(std::move(cursor).error());
  return std::optional(std::move(*cursor));
}

/// The entities of records that came from disk, as they are now.
asio::awaitable<bool> LiveFeed::State::fill_missing(LiveBatch& batch) {
  for (LiveChange& change : batch.changes) {
    if (!change.missing) continue;
    auto document =
        co_await broker::ask<Result<model::Document>>([&](auto done) { store.read(change.address, std::move(done)); });
    if (document) change.after = std::move(*document);
    if (!document && document.error().code != ErrorCode::kNotFound) co_return false;
  }
  co_return true;
}

/// What happened between two cursors; none when that is not there any more, or too much.
asio::awaitable<std::optional<LiveBatch>> LiveFeed::State::catch_up(store::Cursor from, const store::Cursor& until) {
  LiveCollector collector{hub.writer().location()};
  std::size_t seen = 0;
  for (std::size_t shard = 0; shard < until.size(); ++shard) {
    if (from[shard] > until[shard]) co_return std::nullopt;
    while (from[shard] < until[shard]) {
      auto records = co_await broker::ask<Result<std::vector<store::Record>>>(
          [&](auto done) { store.follow(shard, from[shard], kRecordsAtOnce, std::move(done)); });
      if (!records || (seen += records->size()) > options.most_changes) co_return std::nullopt;
      if (records->empty()) break;
      for (const auto& record : *records) {
        if (record.position <= until[shard]) collector.add(record);
      }
      from[shard] = records->back().position;
    }
  }
  auto batch = collector.take(until);
  if (!co_await fill_missing(batch)) co_return std::nullopt;
  co_return batch;
}

asio::awaitable<bool> LiveFeed::State::send_batch(const LiveFilter& filter, const LiveBatch& batch, Channel& channel) {
  const auto messages = hub.writer().messages(filter, batch);
  const auto cursor = format_live_cursor(batch.end);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    hub.counters().messages.add();
    if (!co_await channel.send(messages[i], i + 1 == messages.size() ? std::string_view{cursor} : std::string_view{}))
      co_return false;
  }
  co_return true;
}

asio::awaitable<bool> LiveFeed::State::send_content(const LiveFilter& filter, const LiveInbox::Content& content,
                                                    Channel& channel) {
  if (!content.resync.empty()) {
    hub.counters().resyncs.add();
    if (!co_await channel.send(live_resync(content.resync), {})) co_return false;
  }
  if (content.batches.empty()) co_return true;
  if (content.batches.size() == 1) co_return co_await send_batch(filter, *content.batches.front(), channel);
  LiveCollector collector{hub.writer().location()};
  for (const auto& batch : content.batches) collector.add(*batch);
  co_return co_await send_batch(filter, collector.take(content.batches.back()->end), channel);
}

asio::awaitable<bool> LiveFeed::State::begin(const LiveFilter& filter, const std::optional<store::Cursor>& resume,
                                             Channel& channel, const Client& client) {
  // The cursor of a resuming client moves on with what it gets, not before.
  const auto& start = resume ? *resume : client.joined;
  if (!co_await channel.send(live_hello(start), format_live_cursor(start))) co_return false;
  if (!resume) co_return true;
  const auto missed = co_await catch_up(*resume, client.joined);
  if (missed) co_return co_await send_batch(filter, *missed, channel);
  hub.counters().resyncs.add();
  co_return co_await channel.send(live_resync("Too much has changed since this cursor, or the log of it is gone."), {});
}

asio::awaitable<void> LiveFeed::State::write_all(LiveFilter filter, std::optional<store::Cursor> resume,
                                                 Channel& channel, std::shared_ptr<Client> client) {
  bool good = co_await begin(filter, resume, channel, *client);
  store::Cursor last = client->joined;
  auto next_beat = std::chrono::steady_clock::now() + options.beat;
  while (good && !client->ended) {
    const auto content = client->inbox->take();
    if (!content.batches.empty()) last = content.batches.back()->end;
    if (!content.batches.empty() || !content.resync.empty()) {
      good = co_await send_content(filter, content, channel);
    } else if (std::chrono::steady_clock::now() >= next_beat) {
      next_beat = std::chrono::steady_clock::now() + options.beat;
      good = co_await channel.send(live_beat(std::chrono::floor<std::chrono::milliseconds>(clock.now()), last), {});
    } else {
      client->wake.expires_at(next_beat);
      co_await client->wake.async_wait(kWait);
    }
  }
}

namespace {

asio::awaitable<void> read_until_end(Channel& channel, std::shared_ptr<Client> client) {
  co_await channel.read_until_end();
  client->ended = true;
  client->wake.cancel();
}

/// Ends the reading side, too.
asio::awaitable<void> then_shut_down(asio::awaitable<void> writing, tcp::socket& socket) {
  co_await std::move(writing);
  error_code ignored;
  socket.shutdown(tcp::socket::shutdown_both, ignored);
}

}  // namespace

asio::awaitable<void> LiveFeed::State::serve(Request& request, Stream& stream) {
  using namespace asio::experimental::awaitable_operators;
  if (!comes_from_here(request)) {
    co_await reply(stream, problem_of_status(403, "The live feed is not for pages of another origin."));
    co_return;
  }
  auto filter = parse_live_filter(request, hub.writer().context());
  Result<void> good = filter ? check(request, *filter) : std::unexpected(filter.error());
  Result<std::optional<store::Cursor>> resume = std::nullopt;
  if (good && !(resume = resume_point(request))) good = std::unexpected(resume.error());
  Result<std::shared_ptr<Client>> client = nullptr;
  if (good && !(client = join(hub, stream.socket.get_executor(), options.most_waiting_batches)))
    good = std::unexpected(client.error());
  if (!good) {
    co_await reply(stream, problem(good.error()));
    co_return;
  }
  std::unique_ptr<Channel> channel;
  if (is_web_socket(request)) {
    channel = std::make_unique<WebSocketChannel>(stream, options.write_timeout);
  } else {
    channel = std::make_unique<EventChannel>(stream, options.write_timeout);
  }
  if (!co_await channel->open()) co_return;
  co_await (then_shut_down(write_all(std::move(*filter), std::move(*resume), *channel, *client), stream.socket) &&
            read_until_end(*channel, *client));
}

LiveFeed::LiveFeed(store::Store& store, model::Names& names, base::Clock& clock, LiveOptions options)
    : state_(std::make_unique<State>(store, names, clock, options)) {}
LiveFeed::~LiveFeed() = default;

void LiveFeed::attach(Server& server) {
  server.take_over("/live",
                   [state = state_.get()](Request& request, Stream& stream) { return state->serve(request, stream); });
}

void LiveFeed::stop() { state_->hub.stop(); }

const LiveCounters& LiveFeed::counters() const noexcept { return state_->hub.counters(); }

}  // namespace horad::edge
