// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "horad/app/load/latency.h"
#include "horad/app/load/requests.h"
#include "horad/base/result.h"

namespace horad::app::load {

struct LoadPlan {
  Target target;
  Kind kind = Kind::kPatch;
  unsigned connections = 64;   // 1 to 10 000, shared out over the threads
  unsigned threads = 1;        // 1 to 64
  double rate = 0;             // requests per second over all threads; 0: as fast as answers come (closed loop)
  double seconds = 10;         // up to 300
  std::uint64_t entities = 1;  // how many the server holds
  std::uint64_t fresh = 0;     // first id for kCreate
};

struct LoadReport {
  std::uint64_t answered = 0;                                                  // with the expected status
  std::uint64_t unexpected = 0;                                                // with another
  std::uint64_t broken = 0;                                                    // connection lost before the answer
  std::uint64_t unsent = 0;                                                    // due, but not sent before the end
  int first_unexpected = 0;                                                    // its status
  std::string first_body;                                                      // its body, cut at 300 bytes
  double seconds = 0;                                                          // first request to last answer
  std::unique_ptr<LatencyRecord> latency = std::make_unique<LatencyRecord>();  // of the answered ones
};

/// Runs the plan and waits for it. Errors: kUnavailable when nothing listens there, kInvalidRequest for a plan out of
/// bounds.
Result<LoadReport> run_load(const LoadPlan& plan);

/// Upserts entities [0, count) in batches of 500 over one connection; calls `progress(done)` now and then.
Result<void> preload(const Target& target, std::uint64_t count, const std::function<void(std::uint64_t)>& progress);

}  // namespace horad::app::load
