// SPDX-License-Identifier: Apache-2.0
// How a query or retrieve uses an entity map (ETSI GS CIM 009 V1.9.1, 5.5.14 and 6.3.21): the flag entityMap, and the
// header NGSILD-EntityMap that names one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "horad/broker/json.h"
#include "horad/edge/ngsi/operation.h"
#include "horad/model/query.h"

namespace horad::edge::ngsi {

struct MapUse {
  std::optional<std::string> map;    // a map that is there and is used
  bool make = false;                 // a new one is made: it was asked for, or the named one is not there (any more)
  std::optional<Duration> lifetime;  // wish for a new one
};

/// What the URL and the header say.   errors   kBadRequestData for a lifetime that is no duration and a header that is
/// no URI
Result<MapUse> map_use_of(const Exchange& exchange);
/// The same, where a Query document may ask for a map, too.
Result<MapUse> map_use_of(const Exchange& exchange, const broker::json::object& body);
/// entityMapLifetime in the URL.
Result<std::optional<Duration>> map_lifetime_of(const Exchange& exchange);
/// What can be answered from our own store alone is not taken for an answer of all sources in silence.
///   errors   kNotSupported when registered sources take part and q asks linked entities
Result<void> check_linked(const Exchange& exchange, const model::Query& query);
/// errors   kNotSupported when registered sources take part: maps of the past are of our own entities
Result<void> check_past_map(const Exchange& exchange);

/// Lets a query consider the entities of the map only. False when that leaves none.
bool restrict_to_map(const Exchange& exchange, std::string_view map, model::Query& query);

/// For a retrieve: makes the map of the one entity when one is to be made.
boost::asio::awaitable<Result<void>> name_map(Exchange& exchange, MapUse& use, broker::Target target);

/// Says in the answer where the map is.
void add_map(Response& response, std::string_view id);

}  // namespace horad::edge::ngsi
