// SPDX-License-Identifier: Apache-2.0
// Questions about the past and their answers (ETSI GS CIM 009, 4.5.6 to 4.5.8, 5.7.3, 5.7.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "horad/base/time.h"
#include "horad/model/entity.h"
#include "horad/model/history_edit.h"

namespace horad::store {

enum class TimeProperty : std::uint8_t { kObservedAt, kCreatedAt, kModifiedAt, kDeletedAt };

enum class Aggregate : std::uint8_t { kTotalCount, kDistinctCount, kSum, kAvg, kMin, kMax, kStddev, kSumSq };

using base::Period;  // how long a bucket is

struct Aggregation {
  std::vector<Aggregate> methods;
  Period period;  // empty: one bucket over all (aggrPeriodDuration PT0S)
};

/// Lower end in, upper end out; an end that is missing is open.
struct TimeSpan {
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;
  bool holds(Timestamp t) const noexcept { return (!from || t >= *from) && (!to || t < *to); }
};

struct HistoryQuery {
  std::vector<std::string> ids;           // which entities, resolved before
  std::vector<model::NameId> attributes;  // empty: all; kScopeName asks for the scope
  std::vector<std::string> dataset_ids;   // instance groups, "" the default one; empty: all
  TimeProperty time_property = TimeProperty::kObservedAt;
  std::optional<Timestamp> from;       // inclusive
  std::optional<Timestamp> to;         // exclusive
  std::vector<TimeSpan> within;        // ascending, apart; besides the window an instance lies in one; empty: no matter
  std::vector<Timestamp> observed_at;  // ascending; only instances observed exactly then; empty: no matter
  std::optional<model::InstancePlace> place;  // only what is known by this place
  std::size_t last_n = 0;                     // newest n instances per attribute instance group; 0: all
  std::size_t page_instances = 0;             // more than that: the answer is cut by time, see HistoryCut; 0: never
  std::size_t most_instances = 100'000;       // over all series; above: kTooManyResults, never a silent cut
  std::optional<Aggregation> aggregation;     // then `instances` stay empty
  Timestamp now = Timestamp::min();  // instances that expired by then are not found (4.22); Store::history() sets it
};

/// Where the instances of one answer end because there were more than page_instances: at whole times, so that none is
/// told apart from others of its time. At least two different times are in the answer.
struct HistoryCut {
  Timestamp first{};  // of the instances in the answer; with last_n `first` is the newest
  Timestamp last{};
};

/// One instance of an attribute at a time. `attribute.created_at` is when this instance was written first.
struct Instance {
  model::Attribute attribute;
  std::optional<Timestamp>
      deleted_at;              // set: this instance says that the attribute was deleted then; the value is empty text
  std::string instance_id;     // urn:ngsi-ld:Instance:..., unique within the entity's attribute, stable
  model::InstancePlace place;  // what the id says: first written when, and as which of that write
};

struct Bucket {
  Timestamp start{};
  Timestamp end{};
  /// In the order of Aggregation::methods; none where a method has no answer (avg of texts).
  std::vector<std::variant<std::monostate, double, std::uint64_t, std::string>> values;
};

struct Series {
  model::NameId name;
  std::string dataset_id;
  std::vector<Instance> instances;  // ascending by the asked time property, ties by modified_at; newest first with
                                    // last_n; empty: what there is lies behind the cut of the answer
  std::vector<Bucket> buckets;      // ascending, without empty ones
};

struct EntityHistory {
  std::string id;
  std::vector<model::NameId> types;  // of the newest record
  std::vector<std::string> scopes;   // the present ones
  std::uint64_t version = 0;         // of the edits of its past, for HistoryEdit::made_for
  std::optional<Timestamp> created_at;
  std::optional<Timestamp> modified_at;
  std::optional<Timestamp> deleted_at;  // set when the entity is gone
  std::vector<Series> series;
};

struct HistoryAnswer {
  std::vector<EntityHistory> entities;
  std::optional<HistoryCut> cut;  // none: the answer is whole
};

/// Answers to parts of one question as one, entities in the order given. With query.page_instances it ends where the
/// first of the parts does, or before, when together they have too many.
HistoryAnswer join_answers(std::vector<HistoryAnswer> parts, const HistoryQuery& query);

/// The place that an instance id names; none when it is not one of ours.
std::optional<model::InstancePlace> place_of(std::string_view instance_id);

}  // namespace horad::store
