// SPDX-License-Identifier: Apache-2.0
// The server with everything in it: opens and starts each part, hands each what it needs by reference, stops them in
// reverse.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "horad/app/config.h"
#include "horad/base/counters.h"
#include "horad/base/result.h"

namespace horad::app {

class ServerApp {
 public:
  /// Recovers the data and serves. `report` gets one line for each event of the life cycle and may be empty.
  ///   errors   those of Store::open, Broker::open, Server::open, Tiles::open, StaticFiles::open,
  ///            read_pinned_contexts
  static Result<std::unique_ptr<ServerApp>> open(const ServeOptions& options,
                                                 std::function<void(std::string_view)> report = {});
  ~ServerApp();  // stop()

  std::uint16_t port() const noexcept;
  /// Lets requests under way finish, stops delivering, writes a checkpoint, frees the data directory.
  void stop();
  /// What /metrics shows.
  const std::vector<base::Metric>& metrics() const noexcept;

 private:
  struct State;
  explicit ServerApp(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace horad::app
