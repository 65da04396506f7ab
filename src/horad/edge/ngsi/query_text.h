// SPDX-License-Identifier: Apache-2.0
// Where the conditions of a query are read: from the parameters of a URL or from a Query document in a body (5.2.23).
#pragma once

#include <optional>
#include <string>

#include "horad/broker/json.h"
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
  broker::json::object temporal;          // temporalQ; empty when absent
  broker::json::object aggregation;       // aggrParams; empty when absent
};

/// Reads the body and, with application/ld+json, its @context into the caller of the exchange. limit, offset and count
/// come from the URL.   errors  kInvalidRequest, kBadRequestData, kNotSupported
Result<QueryBody> read_query_body(Exchange& exchange);

}  // namespace horad::edge::ngsi
