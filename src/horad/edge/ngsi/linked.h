// SPDX-License-Identifier: Apache-2.0
// Linked entity retrieval (ETSI GS CIM 009 V1.9.1, 4.5.23): join, joinLevel and containedBy.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "horad/broker/json.h"
#include "horad/edge/ngsi/operation.h"
#include "horad/model/document.h"

namespace horad::edge::ngsi {

struct Representation;

struct Join {
  enum class Form : std::uint8_t { kNone, kFlat, kInline };
  Form form = Form::kNone;
  std::size_t levels = 0;                 // of linked entities; 0 when form is kNone
  std::vector<std::string> contained_by;  // entities that the caller has: they are not shown again
};

/// From the URL.   errors  kBadRequestData: a join that is none of flat, inline and @none; a joinLevel that is not a
/// number from 1 to model::kMostJoinLevels; ids that are no URIs
Result<Join> join_of(const Exchange& exchange);
/// From a Query document, where joinLevel is a number and containedBy a list.
Result<Join> join_of(const broker::json::object& body);

/// The entities as an answer, with those they link to as `how` says: an array, or a FeatureCollection.
///   errors   kTooManyResults when that would be too much, those of a read
boost::asio::awaitable<Result<std::string>> show_all_linked(const Exchange& exchange, const Representation& how,
                                                            std::span<const model::Document> documents);
/// One entity: an object unless others stand beside it.
boost::asio::awaitable<Result<std::string>> show_one_linked(const Exchange& exchange, const Representation& how,
                                                            const model::Document& document);

}  // namespace horad::edge::ngsi
