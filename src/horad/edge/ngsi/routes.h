// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "horad/broker/broker.h"
#include "horad/edge/http.h"

namespace horad::edge::ngsi {

struct Operation;

/// Adds every operation of /ngsi-ld/v1 to the router. The broker must outlive it.
void add_routes(Router& router, broker::Broker& broker);

/// The table behind it: one row for each operation, with the parameters it takes.
std::span<const Operation> operations() noexcept;

}  // namespace horad::edge::ngsi
