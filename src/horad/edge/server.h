// SPDX-License-Identifier: Apache-2.0
// The HTTP/1.1 server: one event loop per thread, one coroutine per connection, keep-alive and pipelining, and a bound
// on everything a peer can make it hold or wait for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/counters.h"
#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/edge/http.h"
#include "horad/edge/http_head.h"

namespace horad::edge {

struct Stream;

struct ServerOptions {
  std::string host = "127.0.0.1";  // an address, not a name
  std::uint16_t port = 0;          // 0: any free one, see Server::port()
  std::size_t threads = 1;
  std::size_t most_connections = 10'000;             // beyond: 503 and close
  std::size_t body_limit = 16u << 20;                // bytes; beyond: 413
  std::size_t body_budget = 256u << 20;              // bytes of all bodies being received or handled; beyond: 503
  HeadLimits head = {};                              // beyond: 414, 431
  Duration idle_timeout = std::chrono::seconds(75);  // between requests of one connection
  Duration head_timeout =
      std::chrono::seconds(10);  // from the first byte of a request to the end of its head; then 408
  Duration body_timeout =
      std::chrono::seconds(30);  // for the whole body, plus a second for every 64 KiB of it; then 408
  Duration write_timeout = std::chrono::seconds(30);  // without any progress of an answer; then the connection closes
  Duration drain = std::chrono::seconds(10);          // how long stop() waits for requests under way
  std::vector<std::string> hosts = {};  // names accepted in Host, lower case, without port; empty: any. Others get 421,
                                        // so that a web page cannot reach a loopback server through a name of its own
  std::function<void(std::string_view)> report = {};  // one line for the log, from any loop; may be empty
};

struct ServerCounters {
  std::array<base::Counter, 5> responses;  // 1xx to 5xx
  base::LatencyHistogram request_seconds;  // from the whole request received to the answer made
  base::Gauge connections;
  base::Counter accepted, refused_connections, refused_requests, timeouts, failures, received_bytes, sent_bytes;
};

/// Answers every request through `handler` (often Router::handle) on the connection's own loop; a handler that waits
/// for another thread resumes there. Requests of one connection are answered one after another, in order.
class Server {
 public:
  using Handle = std::function<boost::asio::awaitable<Response>(Request&)>;
  using TakeOver = std::function<boost::asio::awaitable<void>(Request&, Stream&)>;

  /// Binds; nobody is served before start().
  ///   errors   kInvalidRequest (not an address), kBusy (somebody listens there), kIo
  static Result<std::unique_ptr<Server>> open(ServerOptions options, Handle handle);
  ~Server();  // stop()

  /// GET requests of this path leave HTTP: `take_over` gets the connection for itself. Before start().
  void take_over(std::string path, TakeOver take_over);
  void start();
  std::uint16_t port() const noexcept;
  /// Accepts nobody any more, lets requests under way finish for at most `drain`, closes, and joins the threads.
  /// Handlers still waiting after that are never resumed; what they wait for must be destroyed before the Server is.
  void stop();
  const ServerCounters& counters() const noexcept;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The answer as bytes, for those who took a connection over: with `Connection: close`.
std::string to_bytes(const Response& response);

}  // namespace horad::edge
