// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <absl/container/btree_set.h>

#include <cstddef>
#include <optional>
#include <tuple>

#include "horad/model/document.h"
#include "horad/store/table.h"

namespace horad::store {

/// Which entity has something in it that expires, by the time of its next expiry (4.22). One entry for each such
/// entity, nothing for the others. One thread. `Owner` tells whose numbers they are.
template <class Owner>
class Expiries {
 public:
  struct Entry {
    Timestamp at{};
    Owner* owner = nullptr;
    Number number = 0;
    friend bool operator<(const Entry& a, const Entry& b) noexcept {
      return std::tie(a.at, a.owner, a.number) < std::tie(b.at, b.owner, b.number);
    }
  };

  /// Cost: one byte of the document when nothing in it expires.
  void add(Owner& owner, Number number, model::DocumentView document) {
    if (document.transient()) entries_.insert({document.soonest_expiry(), &owner, number});
  }
  void remove(Owner& owner, Number number, model::DocumentView document) {
    if (document.transient()) entries_.erase({document.soonest_expiry(), &owner, number});
  }

  std::optional<Entry> first() const { return entries_.empty() ? std::nullopt : std::optional{*entries_.begin()}; }
  bool empty() const noexcept { return entries_.empty(); }
  bool due(Timestamp now) const noexcept { return !entries_.empty() && entries_.begin()->at <= now; }
  /// Calls `each(entry)` for all that are due, oldest first.
  template <class Each>
  void for_each_due(Timestamp now, Each each) const {
    for (auto entry = entries_.begin(); entry != entries_.end() && entry->at <= now; ++entry) each(*entry);
  }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  absl::btree_set<Entry> entries_;
};

}  // namespace horad::store
