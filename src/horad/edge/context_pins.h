// SPDX-License-Identifier: Apache-2.0
// /api/v1/contexts/pins: documents that stand for the URLs of JSON-LD contexts.
#pragma once

#include "horad/broker/broker.h"
#include "horad/edge/http.h"

namespace horad::edge {

///   GET                what is pinned: [{"url", "bytes", "origin": "configuration" or "command"}]
///   PUT    ?url=URL    pins the body, an @context document, to the URL: 204
///   DELETE ?url=URL    204
/// Problems as everywhere; 409 for a URL that the configuration pins. `broker` outlives `router`.
void add_context_pin_routes(Router& router, broker::Broker& broker);

}  // namespace horad::edge
