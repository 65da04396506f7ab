// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/base/world.h"
#include "horad/city/town/readings.h"

namespace horad::app {

struct PlayOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string tenant;                          // empty: the default one
  double speed = 1;                            // of the town's clock, from now on
  Duration backfill = std::chrono::hours(24);  // of made-up history before now; at most kMostBackfill
  Duration play_for = Duration::zero();        // of our time; zero: until stopped
  bool quiet = false;
};
inline constexpr Duration kMostBackfill = std::chrono::hours(24 * 31);

struct PlayReport {
  std::uint64_t devices = 0;
  std::uint64_t history = 0;   // readings sent for the past
  std::uint64_t readings = 0;  // readings sent as they fell due
  std::uint64_t refused = 0;   // by the server, one by one
  std::uint64_t retries = 0;   // requests sent again: the server was away or overloaded
};

/// What play_demo asks of the world, so that tests can stand in for the server and for time.
struct PlayWorld {
  std::function<Result<base::OutboundResponse>(base::OutboundRequest)> request;
  std::function<Timestamp()> now;
  std::function<void(Duration)> sleep;  // at most 100 ms at a time
  const std::atomic<bool>& stopped;
};

/// Makes the devices of the town in a running Horad (batch upsert), fills in history that the server does not have yet,
/// then sends each reading when it falls due, in time order, until `play_for` is over or `stopped` is set. While the
/// server is away, asks again with growing pauses, or those of its Retry-After; readings that fell due meanwhile are
/// left out but for the last of each device. A server that has lost the devices gets them again.
///   errors   what the server said when it refused a whole batch for another reason than load
Result<PlayReport> play_demo(const city::town::Town& town, const PlayOptions& options, PlayWorld& world);

}  // namespace horad::app
