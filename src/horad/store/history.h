// SPDX-License-Identifier: Apache-2.0
// Questions about the past and their answers (ETSI GS CIM 009, 4.5.6 to 4.5.8, 5.7.3, 5.7.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "horad/base/time.h"
#include "horad/model/entity.h"

namespace horad::store {

enum class TimeProperty : std::uint8_t { kObservedAt, kCreatedAt, kModifiedAt, kDeletedAt };

enum class Aggregate : std::uint8_t { kTotalCount, kDistinctCount, kSum, kAvg, kMin, kMax, kStddev, kSumSq };

struct Aggregation {
  std::vector<Aggregate> methods;
  std::optional<Duration> period;  // none: one bucket over all (aggrPeriodDuration PT0S)
};

struct HistoryQuery {
  std::vector<std::string> ids;           // which entities, resolved before
  std::vector<model::NameId> attributes;  // empty: all
  TimeProperty time_property = TimeProperty::kObservedAt;
  std::optional<Timestamp> from;           // inclusive
  std::optional<Timestamp> to;             // exclusive
  std::size_t last_n = 0;                  // newest n instances per attribute instance group; 0: all
  std::size_t most_instances = 100'000;    // over all series; above: kTooManyResults, never a silent cut
  std::optional<Aggregation> aggregation;  // then `points` stay empty
  Timestamp now = Timestamp::min();  // instances that expired by then are not found (4.22); Store::history() sets it
};

/// One instance of an attribute at a time. `attribute.created_at` is when this instance was written first.
struct Instance {
  model::Attribute attribute;
  std::optional<Timestamp>
      deleted_at;           // set: this instance says that the attribute was deleted then; the value is empty text
  std::string instance_id;  // urn:ngsi-ld:Instance:..., unique within the entity's attribute, stable
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
  std::vector<Instance>
      instances;                // ascending by the asked time property, ties by modified_at; newest first with last_n
  std::vector<Bucket> buckets;  // ascending, without empty ones
};

struct EntityHistory {
  std::string id;
  std::vector<model::NameId> types;  // of the newest record
  std::vector<std::string> scopes;
  std::optional<Timestamp> created_at;
  std::optional<Timestamp> modified_at;
  std::optional<Timestamp> deleted_at;  // set when the entity is gone
  std::vector<Series> series;
};

}  // namespace horad::store
