// SPDX-License-Identifier: Apache-2.0
// Every metric of Horad under its name. The names stand in tests/golden/metrics.txt.
#pragma once

#include <vector>

#include "horad/base/counters.h"
#include "horad/edge/live_hub.h"
#include "horad/edge/server.h"
#include "horad/store/store.h"

namespace horad::app {

/// About the process itself; update() fills them.
struct ProcessCounters {
  base::Gauge resident_bytes, open_files, threads;
  void update() noexcept;
};

/// What the arguments hold must outlive the list.
std::vector<base::Metric> server_metrics(const edge::ServerCounters& counters);
std::vector<base::Metric> live_metrics(const edge::LiveCounters& counters);
std::vector<base::Metric> store_metrics(const store::StoreCounters& counters);
std::vector<base::Metric> process_metrics(const ProcessCounters& counters);

}  // namespace horad::app
