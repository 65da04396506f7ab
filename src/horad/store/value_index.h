// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <absl/container/btree_set.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <roaring/roaring.hh>
#include <utility>
#include <vector>

#include "horad/model/document.h"
#include "horad/model/q.h"
#include "horad/store/table.h"

namespace horad::store {

/// The values of one attribute in order: which entities have a number in a range, or one of these texts. Texts are kept
/// by their hash, so that what is found are candidates; entities with a compound value are candidates always. About 20
/// bytes per instance. One thread.
class ValueIndex {
 public:
  explicit ValueIndex(model::NameId name) : name_(name) {}

  void add(Number number, model::DocumentView document);
  void remove(Number number, model::DocumentView document);  // `document` as it was added
  std::size_t entries() const noexcept { return numbers_.size() + texts_.size(); }

  /// Everything that can meet the fact, ascending; none when there are more than `most`.
  std::optional<std::vector<Number>> find(const model::QFact& fact, std::size_t most) const;

  std::size_t memory_bytes() const;

 private:
  model::NameId name_;
  absl::btree_set<std::pair<double, Number>> numbers_;
  absl::btree_set<std::pair<std::uint64_t, Number>> texts_;  // hash, number
  Roaring compound_;
};

}  // namespace horad::store
