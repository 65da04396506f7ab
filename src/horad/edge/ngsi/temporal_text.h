// SPDX-License-Identifier: Apache-2.0
// The temporal part of a query (ETSI GS CIM 009, 4.11 and 4.5.19), from parameters or from a body.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

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
/// What `format` says wins over `options`. errors  kInvalidRequest for what neither knows
Result<TemporalForm> temporal_form_of(const Exchange& exchange);

/// What is shown of each entity, and asked for to show it. Absent ones are none.
struct TemporalProjection {
  std::optional<std::string> attrs, pick, omit, dataset_id;
};
TemporalProjection temporal_projection_of(const Exchange& exchange);
TemporalProjection temporal_projection_of(const QueryBody& body);

struct TemporalMembers {
  bool id = true;
  bool type = true;
  bool scope = true;
  std::vector<model::NameId> shown;  // attributes; empty: all
  std::vector<model::NameId> omitted;
  std::vector<model::NameId> one_of;  // an entity must have some of these to be shown; empty: any
  bool all_attributes = true;         // false: none but `shown`
};
/// errors  kBadRequestData: attrs beside pick or omit, a member both picked and omitted, an empty name, linked entities
Result<TemporalMembers> temporal_members_of(Exchange& exchange, const TemporalProjection& projection);
/// Narrows the question to what is shown. errors  kBadRequestData for a datasetId that is none
Result<void> narrow(store::HistoryQuery& query, const TemporalProjection& projection, const TemporalMembers& members);

/// Takes the order of a temporal query out of `text`; it can only be by id. errors  kBadRequestData
Result<broker::TemporalQuery::Order> take_temporal_order(model::QueryText& text);

/// The question to the store, without ids and attributes.
///   errors   kBadRequestData naming the parameter: times that are not in UTC, timerel without timeAt, endTimeAt
///   without between,
///            lastN below 1, aggregates asked without the aggregated form or the form without them
Result<store::HistoryQuery> history_query_of(const TemporalText& text, model::TemporalForm form);

/// A question about many, as it came.
struct TemporalQuestion {
  model::QueryText text;
  TemporalText temporal;
  TemporalProjection projection;
};
/// Reads and checks it; `members` are those of its projection.
///   errors   kBadRequestData naming the parameter; kNotSupported for scopeQ over what was deleted
Result<broker::TemporalQuery> temporal_query_of(Exchange& exchange, TemporalQuestion question, model::TemporalForm form,
                                                const TemporalMembers& members);

/// The name of an aggregate in the API.
std::string_view aggregate_name(store::Aggregate method) noexcept;

}  // namespace horad::edge::ngsi
