// SPDX-License-Identifier: Apache-2.0
// The temporal part of a query (ETSI GS CIM 009, 4.11 and 4.5.19), from parameters or from a body.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "horad/edge/ngsi/query_text.h"
#include "horad/model/temporal.h"
#include "horad/store/history.h"

namespace horad::edge::ngsi {

/// As it came; absent ones are none.
struct TemporalText {
  std::optional<std::string> timerel, time_at, end_time_at, timeproperty, last_n, aggr_methods, aggr_period;
};

TemporalText temporal_text_of(const Exchange& exchange);
/// errors  kBadRequestData
Result<TemporalText> temporal_text_of(const QueryBody& body);

/// How an answer about the past is written.
struct TemporalForm {
  model::TemporalForm form = model::TemporalForm::kNormalized;
  bool sys_attrs = false;
};
Result<TemporalForm> temporal_form_of(const Exchange& exchange);

/// The question to the store, without ids and attributes.
///   errors   kBadRequestData naming the parameter: times that are not in UTC, timerel without timeAt, endTimeAt
///   without between,
///            lastN below 1, aggregates asked without the aggregated form or the form without them
Result<store::HistoryQuery> history_query_of(const TemporalText& text, model::TemporalForm form);

/// The name of an aggregate in the API.
std::string_view aggregate_name(store::Aggregate method) noexcept;

}  // namespace horad::edge::ngsi
