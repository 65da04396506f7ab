// SPDX-License-Identifier: Apache-2.0
// A connection that has left request and response behind: WebSocket, server-sent events.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string_view>

#include "horad/edge/http.h"

namespace horad::edge {

/// What the server lends to the one who takes a connection over. All of it lives until the coroutine returns; then the
/// server closes the socket. When the server stops it shuts the socket down, so that every pending read and write ends
/// with an error.
struct Stream {
  boost::asio::ip::tcp::socket& socket;  // non-blocking; use it on its own executor only
  std::string_view received;             // the head of the request as sent, and all that came after it
};

}  // namespace horad::edge
