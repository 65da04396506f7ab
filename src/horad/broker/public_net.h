// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "horad/base/world.h"

namespace horad::broker {

/// A net that leads to public addresses only, whatever a name says. The other one outlives it.
class PublicNet final : public base::Net {
 public:
  explicit PublicNet(base::Net& net) noexcept : net_(net) {}
  void exchange(base::OutboundRequest request, Done done) override {
    request.public_only = true;
    net_.exchange(std::move(request), std::move(done));
  }

 private:
  base::Net& net_;
};

}  // namespace horad::broker
