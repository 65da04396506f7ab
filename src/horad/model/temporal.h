// SPDX-License-Identifier: Apache-2.0
// The past of entities as JSON (ETSI GS CIM 009 V1.9.1, 4.5.6 to 4.5.9). Where the past is kept is not known here: the
// caller lays views over what it holds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "horad/model/context.h"
#include "horad/model/entity.h"

namespace horad::model {

/// One instance of an attribute at a time. The attribute and the text belong to the caller.
struct TemporalInstance {
  const Attribute* attribute = nullptr;
  std::optional<Timestamp> deleted_at;  // set: says that the attribute was deleted then; its value is not shown
  std::string_view instance_id;         // shown when not empty
};

using AggregateValue = std::variant<std::monostate, double, std::uint64_t, std::string>;

/// Aggregates over [start, end), in the order of TemporalOptions::methods. The values belong to the caller.
struct TemporalBucket {
  Timestamp start{};
  Timestamp end{};
  std::span<const AggregateValue> values;
};

/// The instances of one attribute with one dataset id, in the order to print.
struct TemporalSeries {
  NameId name;
  std::string_view dataset_id;
  std::vector<TemporalInstance> instances;
  std::vector<TemporalBucket> buckets;            // for kAggregated
  AttributeKind kind = AttributeKind::kProperty;  // for kAggregated; otherwise each instance has its own
};

struct TemporalEntity {
  std::string_view id;
  std::span<const NameId> types;
  std::optional<Timestamp> created_at;
  std::optional<Timestamp> modified_at;
  std::optional<Timestamp> deleted_at;
  std::span<const TemporalSeries>
      series;  // those of one name may stand apart; they are gathered. kScopeName: the scope
};

enum class TemporalForm : std::uint8_t {
  kConcise,     // as normalized, without the types of attributes
  kNormalized,  // "temperature": [{"type": "Property", "value": 20, "observedAt": ..., "instanceId": ...}, ...]
  kValues,      // temporalValues: "temperature": {"type": "Property", "values": [[20, "2026-..."], ...]}
  kAggregated,  // aggregatedValues: "temperature": {"type": "Property", "avg": [[20.5, start, end], ...]}
};

enum class TemporalTime : std::uint8_t { kObservedAt, kCreatedAt, kModifiedAt, kDeletedAt };

struct TemporalOptions {
  TemporalForm form = TemporalForm::kNormalized;
  TemporalTime time = TemporalTime::kObservedAt;  // which time stands beside a value in kValues
  std::span<const std::string_view> methods;      // names of the aggregates: "avg", "totalCount", ...
  bool sys_attrs = false;
  bool with_context = false;
  bool id = true;  // pick and omit can leave these out
  bool type = true;
};

/// Appends `entity` as one JSON object. A series without instances is shown as an empty one: it has some that are not
/// in this answer. In kValues an instance without the asked time shows its modifiedAt.
void append_temporal(std::string& out, const TemporalEntity& entity, const Context& context,
                     const TemporalOptions& options);

}  // namespace horad::model
