// SPDX-License-Identifier: Apache-2.0
// Where the conditions of a query are read: from the parameters of a URL or from a Query document in a body (5.2.23).
#pragma once

#include <optional>
#include <string>

#include "horad/broker/json.h"
#include "horad/edge/ngsi/linked.h"
#include "horad/edge/ngsi/map_use.h"
#include "horad/edge/ngsi/operation.h"
#include "horad/model/query.h"

namespace horad::edge::ngsi {

/// From the URL.   errors  kInvalidRequest
Result<model::QueryText> query_text_of(const Exchange& exchange);

/// A Query document: what is asked, and the projection and time parts as the parameters of the same name would give
/// them.
struct QueryBody {
  model::QueryText text;
  std::optional<std::string> pick, omit, lang;
  std::optional<std::string> dataset_id;  // datasetId: list, `,`
  Join join;
  MapUse map;
  broker::json::object temporal;          // temporalQ; empty when absent
  broker::json::object aggregation;       // aggrParams; empty when absent
};

/// With application/ld+json, takes the @context of a body for the exchange.
///   errors  kBadRequestData when it stands where it must not or is missing where it must be; those of the context
Result<void> take_context(Exchange& exchange, const broker::json::object& body);

/// A Query document that stands somewhere in a body; its @context is the one of the exchange.
///   errors  kBadRequestData, kNotSupported
Result<QueryBody> read_query_document(const broker::json::object& document);

/// Reads the body and, with application/ld+json, its @context into the caller of the exchange. limit, offset and count
/// come from the URL.   errors  kInvalidRequest, kBadRequestData, kNotSupported
Result<QueryBody> read_query_body(Exchange& exchange);

}  // namespace horad::edge::ngsi
