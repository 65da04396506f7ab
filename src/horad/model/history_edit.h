// SPDX-License-Identifier: Apache-2.0
// What a write of the temporal API says about the past alone (ETSI GS CIM 009 V1.9.1, 5.6.11 to 5.6.16).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "horad/model/entity.h"

namespace horad::model {

/// Names one instance among those of its attribute and data set, for ever: when it was written first, and which of the
/// rows of that write it was.
struct InstancePlace {
  Timestamp at{};
  std::uint32_t ordinal = 0;
  friend auto operator<=>(const InstancePlace&, const InstancePlace&) = default;
};

/// Changes of an entity's past that its present has no part in. They are made in the order of the members; erasures
/// concern what was written before this edit.
struct HistoryEdit {
  struct Series {
    NameId name;
    std::optional<std::string> dataset_id;  // none: every instance group of the attribute
    friend bool operator==(const Series&, const Series&) = default;
  };
  struct Instance {
    NameId name;
    std::string dataset_id;
    InstancePlace place;
    friend bool operator==(const Instance&, const Instance&) = default;
  };
  struct Addition {
    Attribute attribute;                      // with its own observedAt, or without
    bool deletion = false;                    // says that the attribute was deleted then: it has a kind and no value
    std::optional<InstancePlace> instead_of;  // takes the place of this instance and keeps its id and createdAt
    friend bool operator==(const Addition&, const Addition&) = default;
  };

  bool erase_all = false;
  std::vector<Series> erased_series;
  std::vector<Instance> erased;
  std::vector<Addition> added;  // of one attribute and data set at most one at a time

  /// The state of the past that this edit was made for (EntityHistory::version), checked and not stored: when it was
  /// edited since, the write is refused with kConflict, and whoever made it looks again. None: whatever it is.
  std::optional<std::uint64_t> made_for;

  /// The same content; `made_for` apart.
  friend bool operator==(const HistoryEdit& a, const HistoryEdit& b) {
    return a.erase_all == b.erase_all && a.erased_series == b.erased_series && a.erased == b.erased &&
           a.added == b.added;
  }
};

/// Scopes as the value of an instance: a text, or an array of texts when there are several or none.
Value scope_value(const std::vector<std::string>& scopes);
/// And back; empty for anything else.
std::vector<std::string> scopes_of(const Value& value);

}  // namespace horad::model
