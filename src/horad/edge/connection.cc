// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cstring>
#include <new>
#include <span>

#include "horad/base/text.h"
#include "horad/edge/problem.h"
#include "horad/edge/stream.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kFirstBuffer = 8 * 1024;
constexpr std::size_t kKeptBuffer = 256 * 1024;  // a larger one is given back after the request that needed it
constexpr std::size_t kCopiedBody =
    16 * 1024;  // smaller bodies are copied behind their head, larger ones sent from where they are
constexpr std::size_t kMostUnsent = 256 * 1024;   // answers to pipelined requests gathered before they are sent
constexpr std::size_t kMostDiscarded = 1u << 20;  // read and dropped when a refused sender goes on
constexpr int kMostLines = 20;                    // reported in one second
constexpr Duration kDiscardTime = std::chrono::seconds(2);
constexpr std::size_t kChargedStep = 64 * 1024;  // bodies are charged to the common budget in steps of this
constexpr std::size_t kSlowestRate = 64 * 1024;  // bytes a second that a body may come with

constexpr auto kWait = asio::as_tuple(asio::use_awaitable);

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 201:
      return "HTTP/1.1 201 Created\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    default:
      return {};
  }
}

void append_number(std::string& out, std::size_t number) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

void append_response(std::string& out, const Response& response, bool keep_alive, bool http_1_0, bool with_body) {
  if (const auto line = status_line(response.status); !line.empty()) {
    out += line;
  } else {
    out += fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  }
  if (!response.content_type.empty()) {
    out += "Content-Type: ";
    out += response.content_type;
    out += "\r\n";
  }
  for (const auto& [name, value] : response.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (may_have_body(response.status)) {
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  if (!keep_alive) {
    out += "Connection: close\r\n";
  } else if (http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (with_body && may_have_body(response.status)) out += response.body;
}

std::string to_bytes(const Response& response) {
  std::string out;
  append_response(out, response, false, false, true);
  return out;
}

void ServerCore::report(std::string_view line) {
  if (!options.report) return;
  const auto now =
      std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now()).time_since_epoch().count();
  if (report_second.exchange(now) != now) reported.store(0);
  if (reported.fetch_add(1) < kMostLines) options.report(line);
}

void ReceiveBuffer::consume(std::size_t size) noexcept {
  begin_ += size;
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  if (capacity_ > kKeptBuffer) {
    data_.reset();
    capacity_ = 0;
  }
}

bool ReceiveBuffer::reserve(std::size_t total) {
  if (begin_ + total <= capacity_) return false;
  if (total <= capacity_) {
    std::memmove(data_.get(), data_.get() + begin_, size());
  } else {
    const std::size_t capacity = std::max({kFirstBuffer, total, std::min(2 * capacity_, std::size_t{4} << 20)});
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    if (size() > 0) std::memcpy(data.get(), data_.get() + begin_, size());
    data_ = std::move(data);
    capacity_ = capacity;
  }
  end_ -= begin_;
  begin_ = 0;
  return true;
}

Connection::Connection(ServerCore& core, Loop& loop, asio::ip::tcp::socket socket, bool busy)
    : core_(core), loop_(loop), socket_(std::move(socket)), slot_(loop.connections.size()), busy_(busy) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  loop_.connections.push_back(this);
}

Connection::~Connection() {
  discharge();
  Connection* last = loop_.connections.back();
  loop_.connections[slot_] = last;
  last->slot_ = slot_;
  loop_.connections.pop_back();
  core_.counters.connections.add(-1);
  if (!core_.stopping.load()) return;
  const std::lock_guard lock(core_.mutex);
  core_.ended.notify_all();
}

void Connection::set_deadline(Duration from_now) { deadline_ = std::chrono::steady_clock::now() + from_now; }

void Connection::tick(SteadyTime now) {
  if (now < deadline_) return;
  deadline_ = SteadyTime::max();
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::drain() {
  if (taken_) return abort();
  if (!idle_) return;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::abort() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.cancel(ignored);
  failed_ = true;
}

Connection::Next Connection::refuse(Refusal refusal) {
  refusal_ = std::move(refusal);
  core_.counters.refused_requests.add();
  return Next::kRefused;
}

Connection::Next Connection::timed_out() {
  core_.counters.timeouts.add();
  return refuse({408, "The request took too long to arrive."});
}

/// Takes what this request holds from the budget that all bodies share. False when the budget is used up.
bool Connection::charge() {
  const std::size_t held = in_.size() / kChargedStep * kChargedStep;
  if (held <= charged_) return true;
  const std::size_t more = held - charged_;
  if (core_.body_bytes.fetch_add(more) + more > core_.options.body_budget) {
    core_.body_bytes.fetch_sub(more);
    return false;
  }
  charged_ = held;
  return true;
}

void Connection::discharge() { core_.body_bytes.fetch_sub(std::exchange(charged_, 0)); }

Connection::Next Connection::too_many_bodies() {
  return refuse({503, "Other requests fill the memory for bodies; come back later."});
}

/// Where received bytes go, so that the buffer can hold `total` in all.
asio::mutable_buffer Connection::room_for(std::size_t total) {
  in_.reserve(std::max(total, in_.size() + 1));
  const auto space = in_.space();
  return asio::buffer(space.data(), space.size());
}

/// Books what a receive has given. False when the peer closed, the wait was ended, or it failed.
bool Connection::took(const error_code& error, std::size_t size) {
  deadline_ = SteadyTime::max();
  if (error || failed_) {
    if (error != asio::error::operation_aborted) failed_ = true;
    return false;
  }
  in_.grow_by(size);
  core_.counters.received_bytes.add(size);
  return true;
}

asio::awaitable<bool> Connection::receive(std::size_t total) {
  const auto received = co_await socket_.async_read_some(room_for(total), kWait);
  const auto& [error, size] = received;
  co_return took(error, size);
}

/// How long the next byte may take.
void Connection::expect_head(SteadyTime& first_byte) {
  idle_ = in_.size() == 0;
  const auto now = std::chrono::steady_clock::now();
  if (!idle_ && first_byte == SteadyTime::max()) first_byte = now;
  deadline_ = idle_ ? now + core_.options.idle_timeout : first_byte + core_.options.head_timeout;
}

asio::awaitable<Connection::Next> Connection::receive_head() {
  scanned_ = 0;
  auto first_byte = SteadyTime::max();
  for (;;) {
    const auto size = parse_head(in_.view(), core_.options.head, scanned_, head_);
    if (!size) co_return refuse(size.error());
    head_size_ = *size;
    if (head_size_ > 0) co_return Next::kRequest;
    if (!send_now() && !co_await flush()) co_return Next::kClosed;
    expect_head(first_byte);
    if (idle_ && loop_.draining) co_return Next::kClosed;
    const auto received = co_await socket_.async_read_some(room_for(in_.size() + 1), kWait);
    const auto& [error, got_size] = received;
    const bool got = took(error, got_size);
    const bool was_idle = std::exchange(idle_, false);
    if (!got) co_return failed_ || was_idle ? Next::kClosed : timed_out();
  }
}

asio::awaitable<Connection::Next> Connection::receive_counted(std::uint64_t length) {
  if (length > core_.options.body_limit) {
    co_return refuse(
        {413, fmt::format("The body is larger than the {} bytes this server takes.", core_.options.body_limit)});
  }
  body_size_ = static_cast<std::size_t>(length);
  request_size_ = head_size_ + body_size_;
  if (head_.expect_continue) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  if (!co_await flush()) co_return Next::kClosed;
  const auto until =
      std::chrono::steady_clock::now() + core_.options.body_timeout + std::chrono::seconds(body_size_ / kSlowestRate);
  while (in_.size() < request_size_) {
    deadline_ = until;
    if (!co_await receive(request_size_)) co_return failed_ ? Next::kClosed : timed_out();
    if (!charge()) co_return too_many_bodies();
  }
  // The buffer may have moved: the views of the head are made again.
  scanned_ = 0;
  if (!parse_head(in_.view(), core_.options.head, scanned_, head_)) co_return Next::kClosed;
  co_return Next::kRequest;
}

asio::awaitable<Connection::Next> Connection::receive_chunked() {
  if (head_.expect_continue && in_.size() == head_size_) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  if (!co_await flush()) co_return Next::kClosed;
  ChunkDecoder decoder;
  const auto start = std::chrono::steady_clock::now();
  std::size_t raw = head_size_;  // where undecoded bytes begin
  body_size_ = 0;
  for (;;) {
    const std::size_t raw_size = in_.size() - raw;
    char* const data = in_.at(raw);
    const auto step = decoder.feed(data, raw_size);
    if (!step) co_return refuse(step.error());
    std::memmove(in_.at(head_size_ + body_size_), data, step->produced);
    body_size_ += step->produced;
    if (body_size_ > core_.options.body_limit) {
      co_return refuse(
          {413, fmt::format("The body is larger than the {} bytes this server takes.", core_.options.body_limit)});
    }
    if (decoder.done()) {
      request_size_ = raw + step->used;
      break;
    }
    raw = head_size_ + body_size_;
    in_.cut_to(raw);
    deadline_ = start + core_.options.body_timeout + std::chrono::seconds(body_size_ / kSlowestRate);
    if (!co_await receive(in_.size() + kFirstBuffer)) co_return failed_ ? Next::kClosed : timed_out();
    if (!charge()) co_return too_many_bodies();
  }
  scanned_ = 0;
  if (!parse_head(in_.view(), core_.options.head, scanned_, head_)) co_return Next::kClosed;
  co_return Next::kRequest;
}

asio::awaitable<Connection::Next> Connection::receive_body() {
  if (head_.chunked) co_return co_await receive_chunked();
  co_return co_await receive_counted(head_.content_length.value_or(0));
}

/// True when all of the request has come with its head, which is the rule.
bool Connection::body_is_here() {
  const auto length = head_.content_length.value_or(0);
  if (head_.chunked || length > std::min(core_.options.body_limit, in_.size() - head_size_)) return false;
  body_size_ = static_cast<std::size_t>(length);
  request_size_ = head_size_ + body_size_;
  return true;
}

bool Connection::host_is_ours() const {
  if (core_.options.hosts.empty() || head_.host.empty()) return true;
  auto name = head_.host;
  const auto colon = name.rfind(':');
  if (colon != std::string_view::npos && name.find(']', colon) == std::string_view::npos) name = name.substr(0, colon);
  return std::ranges::find(core_.options.hosts, base::to_lower(name)) != core_.options.hosts.end();
}

void Connection::make_request() {
  request_.method = *head_.method;
  request_.body = in_.view().substr(head_size_, body_size_);
  request_.headers.swap(head_.headers);
  request_.has_length = head_.content_length.has_value();
}

const Server::TakeOver* Connection::taker() const {
  if (core_.take_overs.empty() || request_.method != Method::kGet) return nullptr;
  const auto found = core_.take_overs.find(request_.path);
  return found == core_.take_overs.end() ? nullptr : &found->second;
}

void Connection::put(const Response& response, bool keep_alive, bool with_body) {
  append_response(out_, response, keep_alive, head_.http_1_0, with_body);
  const auto group = static_cast<std::size_t>(response.status / 100 - 1);
  if (group < core_.counters.responses.size()) core_.counters.responses[group].add();
}

/// Sends what the socket takes at once. True when nothing is left to send or ever will be: see failed_.
bool Connection::send_now() {
  for (;;) {
    const std::array<asio::const_buffer, 2> left = {asio::buffer(out_) + out_sent_,
                                                    asio::buffer(large_body_) + large_sent_};
    if (left[0].size() == 0 && left[1].size() == 0) break;
    error_code error;
    const std::size_t sent = left[1].size() == 0 ? socket_.write_some(left[0], error) : socket_.write_some(left, error);
    if (error == asio::error::would_block || error == asio::error::interrupted) return false;
    if (error) {
      failed_ = true;
      break;
    }
    core_.counters.sent_bytes.add(sent);
    const std::size_t of_first = std::min(sent, left[0].size());
    out_sent_ += of_first;
    large_sent_ += sent - of_first;
  }
  out_.clear();
  large_body_.clear();
  if (large_body_.capacity() > kCopiedBody) large_body_.shrink_to_fit();
  out_sent_ = large_sent_ = 0;
  return true;
}

/// Sends all answers made so far. False when the connection is of no use any more.
asio::awaitable<bool> Connection::flush() {
  while (!failed_ && !send_now()) {
    set_deadline(core_.options.write_timeout);
    const auto waited = co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, kWait);
    const auto& [error] = waited;
    if (error) failed_ = true;
  }
  deadline_ = SteadyTime::max();
  co_return !failed_;
}

/// Answers one whole request. False when the connection ends with it.
asio::awaitable<bool> Connection::answer() {
  const auto start = std::chrono::steady_clock::now();
  Response response;
  bool whole = false;
  try {
    response = co_await core_.handle(request_);
    whole = true;
  } catch (const std::exception& error) {
    core_.counters.failures.add();
    response = problem({ErrorCode::kInternal, error.what(), {}});
  }
  if (!response.cause.empty()) {
    core_.report(fmt::format("http.failed status={} path={} cause={}", response.status, request_.path, response.cause));
  }
  core_.counters.request_seconds.observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  const bool keep_alive = head_.keep_alive && !loop_.draining && whole;
  const bool is_head = request_.method == Method::kHead;
  const bool copied = response.body.size() <= kCopiedBody;
  put(response, keep_alive, !is_head && copied);
  if (!is_head && !copied && may_have_body(response.status)) {
    large_body_ = std::move(response.body);
    if (!co_await flush()) co_return false;
  }
  co_return keep_alive;
}

/// Half-closes and reads what the peer still sends for a moment: closing at once would reset the connection and lose
/// the answer.
asio::awaitable<void> Connection::close_politely() {
  if (!co_await flush()) co_return;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  in_.consume(in_.size());
  const auto until = std::chrono::steady_clock::now() + kDiscardTime;
  for (std::size_t discarded = 0; discarded < kMostDiscarded; discarded += in_.size(), in_.consume(in_.size())) {
    deadline_ = until;
    if (!co_await receive(kFirstBuffer)) break;
  }
}

/// Everything that is checked before a route sees the request.
Result<void> Connection::check_request() {
  if (!head_.method) {
    refuse({501, "The method is not one this server knows."});
    return fail(ErrorCode::kMethodNotAllowed, {});
  }
  if (!host_is_ours()) {
    refuse({421, "This server does not answer for the host named in the request."});
    return fail(ErrorCode::kInvalidRequest, {});
  }
  return {};
}

asio::awaitable<void> Connection::serve() {
  Next next = busy_ ? refuse({503, "The server has all the connections it takes; come back later."}) : Next::kRequest;
  while (next == Next::kRequest) {
    next = co_await receive_head();
    if (next == Next::kRequest && !check_request()) next = Next::kRefused;
    if (next == Next::kRequest && !body_is_here()) next = co_await receive_body();
    if (next != Next::kRequest) break;
    make_request();
    bool keep_alive = true;
    if (auto parsed = parse_target(head_.target, request_); !parsed) {
      keep_alive = head_.keep_alive && !loop_.draining;
      put(problem(parsed.error()), keep_alive, request_.method != Method::kHead);
    } else if (const auto* take_over = taker()) {
      if (!co_await flush()) co_return;
      taken_ = true;
      Stream stream{socket_, in_.view()};
      if (!loop_.draining) co_await (*take_over)(request_, stream);
      co_return;
    } else {
      keep_alive = co_await answer();
    }
    in_.consume(request_size_);
    if (charged_ > 0) discharge();
    if (failed_) co_return;
    if (!keep_alive) break;
    if (out_.size() > kMostUnsent && !co_await flush()) co_return;
  }
  if (next == Next::kClosed) co_return;
  if (next == Next::kRefused) put(problem_of_status(refusal_.status, refusal_.detail), false, true);
  co_await close_politely();
}

}  // namespace horad::edge
