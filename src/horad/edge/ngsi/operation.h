// SPDX-License-Identifier: Apache-2.0
// What every operation of the NGSI-LD API shares: its row in the table of routes, and the steps before and after its
// handler.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "horad/broker/broker.h"
#include "horad/broker/forwarding.h"
#include "horad/edge/http.h"
#include "horad/edge/ngsi/accept.h"

namespace horad::edge::ngsi {

enum class Body : std::uint8_t {
  kNone,   // ignored when there is one
  kJson,   // application/json or application/ld+json, not empty
  kPatch,  // application/merge-patch+json, too
};
enum class Answer : std::uint8_t {
  kNothing,  // no representation to negotiate
  kJson,     // application/json or application/ld+json
  kGeoJson,  // application/geo+json, too
};

/// One exchange, checked: its parameters are known ones, its tenant, context and media types are read.
struct Exchange {
  Request& request;  // lives until the handler has answered
  broker::Broker& broker;
  broker::Caller caller;
  Media media = Media::kJson;
  broker::Forwarding forwarding = {};  // the caller's, when the tenant has registered sources and local is not asked
  bool context_in_link = false;  // of an answer as GeoJSON: the caller prefers body=json

  std::string_view parameter(std::string_view name) const noexcept;  // empty when it is not there
  /// The @context that stands for this exchange, as JSON: the user's, else the core context.
  std::string_view spoken_context() const noexcept;
};

struct Operation {
  Method method;
  std::string_view pattern;
  std::string_view parameters;  // every one that may stand in the URL, blanks between
  Body body;
  Answer answer;
  boost::asio::awaitable<Response> (*run)(Exchange& exchange);
  bool in_snapshots = false;  // NGSILD-Snapshot lets it work on the entities of a snapshot
};

/// Checks the request against its row, runs the handler, and puts the tenant into the answer.
boost::asio::awaitable<Response> serve(const Operation& operation, broker::Broker& broker, Request& request);

/// An answer with a JSON body in the negotiated type. With application/json the context goes into a Link header; with
/// application/ld+json the body must have it already, see with_context().
Response answer(const Exchange& exchange, int status, std::string body);
Response no_content();
Response created(std::string_view location);

/// `object`, one JSON object or an array of them, with the context of the exchange in each when the answer is
/// application/ld+json.
std::string with_context(const Exchange& exchange, std::string object);

/// `options` and `format`: true when `name` stands there.
bool has_option(const Exchange& exchange, std::string_view name) noexcept;
/// Refuses values of `options` and `format` that are not in `known` (blanks between).
Result<void> check_options(const Exchange& exchange, std::string_view known);
/// A parameter that is true or false; absent is false.   errors  kInvalidRequest
Result<bool> flag(const Exchange& exchange, std::string_view name);

}  // namespace horad::edge::ngsi
