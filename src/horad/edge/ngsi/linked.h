// SPDX-License-Identifier: Apache-2.0
// Linked entity retrieval (ETSI GS CIM 009 V1.9.1, 4.5.23): join, joinLevel and containedBy.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <span>
#include <string>

#include "horad/broker/join.h"
#include "horad/edge/ngsi/operation.h"
#include "horad/model/document.h"

namespace horad::edge::ngsi {

struct Representation;

using broker::Join;

/// From the URL.   errors  as broker::make_join
Result<Join> join_of(const Exchange& exchange);

/// The entities as an answer, with those they link to as `how` says: an array, or a FeatureCollection.
///   errors   kTooManyResults when that would be too much, those of a read
boost::asio::awaitable<Result<std::string>> show_all_linked(const Exchange& exchange, const Representation& how,
                                                            std::span<const model::Document> documents);
/// One entity: an object unless others stand beside it.
boost::asio::awaitable<Result<std::string>> show_one_linked(const Exchange& exchange, const Representation& how,
                                                            const model::Document& document);

}  // namespace horad::edge::ngsi
