// SPDX-License-Identifier: Apache-2.0
// From the callbacks of the store to coroutines: the one place where the broker leaves the caller's loop and comes back
// to it.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace horad::broker {

/// Calls `start` with a one-shot callback of a T and answers what the callback is given, resumed on the executor of the
/// awaiting coroutine whatever thread called back. The executor is kept busy meanwhile, so its loop does not end early.
///   T   default-constructible
template <class T, class Start>
boost::asio::awaitable<T> ask(Start start) {
  namespace asio = boost::asio;
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(T)>(
      [](auto handler, Start begin) {
        auto executor = asio::get_associated_executor(handler);
        begin([handler = std::move(handler), work = asio::make_work_guard(executor)](T answer) mutable {
          auto back = work.get_executor();
          asio::post(back, [handler = std::move(handler), answer = std::move(answer)]() mutable {
            std::move(handler)(std::move(answer));
          });
        });
      },
      asio::use_awaitable, std::move(start));
}

}  // namespace horad::broker
