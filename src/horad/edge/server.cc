// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <thread>

#include "horad/edge/connection.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kWait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostTurnedAway =
    256;  // connections above the bound that still hear why; more are closed without a word
constexpr Duration kAcceptPause = std::chrono::milliseconds(50);
constexpr Duration kHandlersLast = std::chrono::seconds(5);

Duration tick_of(const ServerOptions& options) {
  const Duration shortest =
      std::min({options.idle_timeout, options.head_timeout, options.body_timeout, options.write_timeout});
  return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
}

void tick_for_ever(Loop& loop, Duration every) {
  loop.ticker.expires_after(every);
  loop.ticker.async_wait([&loop, every](error_code error) {
    if (error) return;
    const auto now = std::chrono::steady_clock::now();
    for (Connection* connection : loop.connections) connection->tick(now);
    tick_for_ever(loop, every);
  });
}

asio::awaitable<void> converse(ServerCore& core, Loop& loop, tcp::socket socket, bool busy) {
  Connection connection{core, loop, std::move(socket), busy};
  co_await connection.serve();
}

Error cannot_listen(const ServerOptions& options, const error_code& error) {
  const auto where = fmt::format("{}:{}", options.host, options.port);
  if (error == asio::error::address_in_use)
    return {ErrorCode::kBusy, fmt::format("Another program listens on {} already.", where), {}};
  return {ErrorCode::kIo, fmt::format("Cannot listen on {}: {}.", where, error.message()), {}};
}

}  // namespace

struct Server::State {
  ServerCore core;
  std::vector<std::unique_ptr<Loop>> loops;
  std::optional<tcp::acceptor> acceptor;
  std::vector<std::thread> threads;
  std::uint16_t port = 0;
  bool stopped = false;

  Result<void> bind();
  asio::awaitable<void> accept_all();
  void admit(tcp::socket socket, Loop& loop);
  void on_every_loop(void (*action)(Loop&));
  bool wait_until_empty(Duration most);
};

Result<void> Server::State::bind() {
  error_code error;
  const auto address = asio::ip::make_address(core.options.host, error);
  if (error) return fail(ErrorCode::kInvalidRequest, fmt::format("'{}' is not an IP address.", core.options.host));
  const tcp::endpoint endpoint{address, core.options.port};
  acceptor.emplace(loops.front()->context);
  // No SO_REUSEPORT: with it a second server on this port would start and take half of the connections.
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (!error) port = acceptor->local_endpoint(error).port();
  if (error) return std::unexpected(cannot_listen(core.options, error));
  return {};
}

void Server::State::admit(tcp::socket socket, Loop& loop) {
  core.counters.accepted.add();
  const auto open = static_cast<std::size_t>(core.counters.connections.value());
  const bool busy = open >= core.options.most_connections;
  if (busy) core.counters.refused_connections.add();
  if (open >= core.options.most_connections + kMostTurnedAway) return;
  core.counters.connections.add(1);
  asio::co_spawn(loop.context, converse(core, loop, std::move(socket), busy),
                 [this](const std::exception_ptr& exception) {
                   if (!exception) return;
                   core.counters.failures.add();
                   core.report("http.connection_failed");
                 });
}

asio::awaitable<void> Server::State::accept_all() {
  asio::steady_timer pause{loops.front()->context};
  for (std::size_t turn = 0; acceptor->is_open(); ++turn) {
    Loop& loop = *loops[turn % loops.size()];
    auto accepted = co_await acceptor->async_accept(loop.context, kWait);
    auto& [error, socket] = accepted;
    if (!error) {
      admit(std::move(socket), loop);
    } else if (acceptor->is_open()) {  // out of file descriptors, or the peer is gone already
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kWait);
    }
  }
}

void Server::State::on_every_loop(void (*action)(Loop&)) {
  for (auto& loop : loops) asio::post(loop->context, [action, &loop = *loop] { action(loop); });
}

bool Server::State::wait_until_empty(Duration most) {
  std::unique_lock lock(core.mutex);
  return core.ended.wait_for(lock, most, [this] { return core.counters.connections.value() == 0; });
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::open(ServerOptions options, Handle handle) {
  auto state = std::make_unique<State>();
  state->core.options = std::move(options);
  state->core.handle = std::move(handle);
  for (std::size_t i = 0; i < std::max<std::size_t>(1, state->core.options.threads); ++i)
    state->loops.push_back(std::make_unique<Loop>());
  if (auto bound = state->bind(); !bound) return std::unexpected(std::move(bound).error());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

void Server::take_over(std::string path, TakeOver take_over) {
  assert(state_->threads.empty());
  state_->core.take_overs[std::move(path)] = std::move(take_over);
}

void Server::start() {
  for (auto& loop : state_->loops) tick_for_ever(*loop, tick_of(state_->core.options));
  asio::co_spawn(state_->loops.front()->context, state_->accept_all(), [](const std::exception_ptr& exception) {
    if (exception) std::rethrow_exception(exception);  // without an acceptor the process is of no use
  });
  for (auto& loop : state_->loops) state_->threads.emplace_back([&loop = *loop] { loop.context.run(); });
}

std::uint16_t Server::port() const noexcept { return state_->port; }
const ServerCounters& Server::counters() const noexcept { return state_->core.counters; }

void Server::stop() {
  if (std::exchange(state_->stopped, true)) return;
  if (!state_->threads.empty()) {
    state_->core.stopping.store(true);
    asio::post(state_->loops.front()->context, [this] {
      error_code ignored;
      state_->acceptor->close(ignored);
    });
    state_->on_every_loop([](Loop& loop) {
      loop.draining = true;
      for (Connection* connection : loop.connections) connection->drain();
    });
    if (!state_->wait_until_empty(state_->core.options.drain)) {
      state_->on_every_loop([](Loop& loop) {
        for (Connection* connection : loop.connections) connection->abort();
      });
      state_->wait_until_empty(kHandlersLast);
    }
  }
  for (auto& loop : state_->loops) loop->context.stop();
  for (auto& thread : state_->threads) thread.join();
  error_code ignored;
  state_->acceptor->close(ignored);  // the loop may have been stopped before it came to it
}

}  // namespace horad::edge
