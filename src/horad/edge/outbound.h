// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "horad/base/text.h"
#include "horad/base/world.h"

namespace horad::edge {

/// One base::Net for every scheme: mqtt and mqtts go to the one, everything else to the other. Both outlive it.
class Outbound final : public base::Net {
 public:
  Outbound(base::Net& http, base::Net& mqtt) noexcept : http_(http), mqtt_(mqtt) {}

  void exchange(base::OutboundRequest request, Done done) override {
    const auto scheme = base::to_lower(std::string_view{request.url}.substr(0, request.url.find(':')));
    auto& net = scheme == "mqtt" || scheme == "mqtts" ? mqtt_ : http_;
    net.exchange(std::move(request), std::move(done));
  }

 private:
  base::Net& http_;
  base::Net& mqtt_;
};

}  // namespace horad::edge
