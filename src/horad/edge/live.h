// SPDX-License-Identifier: Apache-2.0
// GET /live: changes as they happen, over WebSocket or server-sent events. Messages: api/openapi.json, LiveMessage.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "horad/base/world.h"
#include "horad/edge/live_hub.h"
#include "horad/edge/server.h"

namespace horad::edge {

/// Browsers may open a WebSocket from any page, so a request whose Origin is not the server itself is refused.
class LiveFeed {
 public:
  /// The feed must outlive the server it is given to; names and clock outlive the feed, the store its stop().
  LiveFeed(store::Store& store, model::Names& names, base::Clock& clock, LiveOptions options = {});
  ~LiveFeed();

  /// Registers GET /live. Connections end when the server stops.
  void attach(Server& server);
  /// Once the server has stopped: the store is not asked any more.
  void stop();
  const LiveCounters& counters() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::edge
