// SPDX-License-Identifier: Apache-2.0
// What a machine asks a server about itself: /livez, /readyz, /metrics, /openapi.json.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/counters.h"
#include "horad/edge/http.h"

namespace horad::edge {

struct ServiceParts {
  std::vector<base::Metric> metrics;  // what they point to outlives the router
  std::vector<std::function<std::string()>>
      troubles;                        // each answers a sentence, or nothing when all is well; any thread, quick
  std::function<void()> refresh = {};  // called before metrics are written, from any loop; may be empty
};

void add_service_routes(Router& router, ServiceParts parts);

/// The Prometheus text format (0.0.4). Metrics of one name become one family; their order is kept.
std::string metrics_text(const std::vector<base::Metric>& metrics);

/// api/openapi.json as it was when the program was built.
std::string_view openapi_json() noexcept;

}  // namespace horad::edge
