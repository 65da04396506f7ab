// SPDX-License-Identifier: Apache-2.0
// One connection of the server. Internal to `edge`: see server.h.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "horad/edge/http_head.h"
#include "horad/edge/server.h"

namespace horad::edge {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What all connections share.
struct ServerCore {
  ServerOptions options;
  Server::Handle handle;
  std::map<std::string, Server::TakeOver, std::less<>> take_overs;
  ServerCounters counters;
  std::atomic<std::size_t> body_bytes = 0;  // held by requests under way
  std::atomic<bool> stopping = false;
  std::mutex mutex;
  std::condition_variable ended;                // a connection ended while stopping
  std::atomic<std::int64_t> report_second = 0;  // of the steady clock, and how many lines it has had
  std::atomic<int> reported = 0;

  /// One line for the log; at most 20 a second, so that a flood of failures does not become a flood of lines.
  void report(std::string_view line);
};

class Connection;

/// One thread and what runs on it. Everything but `context` is touched on that thread only. The context is destroyed
/// before the list: it destroys coroutines, and with them connections that take themselves off the list.
struct Loop {
  std::vector<Connection*> connections;  // each owned by its own coroutine
  bool draining = false;
  boost::asio::io_context context{1};
  boost::asio::steady_timer ticker{context};
};

/// Bytes received and not yet used: one block that is reused from request to request.
class ReceiveBuffer {
 public:
  std::string_view view() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
  char* at(std::size_t offset) noexcept { return data_.get() + begin_ + offset; }
  std::size_t size() const noexcept { return end_ - begin_; }
  std::span<char> space() noexcept { return {data_.get() + end_, capacity_ - end_}; }
  void grow_by(std::size_t received) noexcept { end_ += received; }
  void cut_to(std::size_t size) noexcept { end_ = begin_ + size; }
  void consume(std::size_t size) noexcept;
  /// Makes room so that `total` bytes from the front fit. Returns true when bytes moved: views into them are void.
  bool reserve(std::size_t total);

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class Connection {
 public:
  /// `busy`: the server is full; say so and close.
  Connection(ServerCore& core, Loop& loop, boost::asio::ip::tcp::socket socket, bool busy);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  boost::asio::awaitable<void> serve();
  void tick(SteadyTime now);  // ends the wait under way when it took too long
  void drain();               // close when idle, else after the answer under way
  void abort();               // every pending and later operation fails

 private:
  enum class Next : std::uint8_t { kRequest, kRefused, kClosed };

  boost::asio::awaitable<Next> receive_head();
  boost::asio::awaitable<Next> receive_body();
  boost::asio::awaitable<Next> receive_counted(std::uint64_t length);
  boost::asio::awaitable<Next> receive_chunked();
  boost::asio::awaitable<bool> receive(std::size_t total);
  boost::asio::awaitable<bool> answer();
  boost::asio::awaitable<bool> flush();
  boost::asio::awaitable<void> close_politely();

  Next refuse(Refusal refusal);
  Next timed_out();
  Next too_many_bodies();
  boost::asio::mutable_buffer room_for(std::size_t total);
  bool took(const boost::system::error_code& error, std::size_t size);
  void expect_head(SteadyTime& first_byte);
  bool charge();
  void discharge();
  bool body_is_here();
  bool send_now();
  void make_request();
  bool host_is_ours() const;
  Result<void> check_request();
  void put(const Response& response, bool keep_alive, bool with_body);
  void set_deadline(Duration from_now);
  const Server::TakeOver* taker() const;

  ServerCore& core_;
  Loop& loop_;
  boost::asio::ip::tcp::socket socket_;
  std::size_t slot_ = 0;  // in loop_.connections
  SteadyTime deadline_ = SteadyTime::max();
  bool busy_ = false;
  bool idle_ = false;  // waits for the first byte of a request
  bool taken_ = false;
  bool failed_ = false;  // the socket is of no use any more
  ReceiveBuffer in_;
  RequestHead head_;
  Request request_;
  Refusal refusal_;
  std::size_t head_size_ = 0;
  std::size_t scanned_ = 0;
  std::size_t body_size_ = 0;
  std::size_t request_size_ = 0;  // head, body and framing: what consume() takes
  std::string out_;               // answers not yet sent
  std::string large_body_;        // sent after out_ without a copy
  std::size_t out_sent_ = 0;
  std::size_t large_sent_ = 0;
  std::size_t charged_ = 0;  // of ServerCore::body_bytes
};

/// Appends status line, headers and, when `with_body`, the body.
void append_response(std::string& out, const Response& response, bool keep_alive, bool http_1_0, bool with_body);

}  // namespace horad::edge
