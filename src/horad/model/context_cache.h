// SPDX-License-Identifier: Apache-2.0
// What a context remembers of names it was asked for. Bounded, read and grown by any thread without a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "horad/model/names.h"

namespace horad::model::detail {

/// A hash set of entries that only grows, to three quarters of `slots` (a power of two); entries never move.
/// `Entry` has a `key()`; equal keys have equal `std::hash`.
template <class Entry>
class GrowingSet {
 public:
  explicit GrowingSet(std::size_t slots) : mask_(slots - 1), slots_(new std::atomic<const Entry*>[slots]()) {}
  GrowingSet(const GrowingSet&) = delete;
  GrowingSet& operator=(const GrowingSet&) = delete;
  ~GrowingSet() {
    for (std::size_t i = 0; i <= mask_; ++i) delete slots_[i].load(std::memory_order_relaxed);
  }

  template <class Key>
  const Entry* find(const Key& key) const noexcept {
    for (std::size_t i = place(key);; i = (i + 1) & mask_) {
      const auto* entry = slots_[i].load(std::memory_order_acquire);
      if (entry == nullptr || entry->key() == key) return entry;
    }
  }

  /// The entry that is in the set after the call: `fresh` or an equal one that was there; null when the set is full.
  const Entry* add(std::unique_ptr<const Entry> fresh) {
    if (used_.fetch_add(1, std::memory_order_relaxed) >= (mask_ + 1) / 4 * 3) {
      used_.fetch_sub(1, std::memory_order_relaxed);
      return nullptr;
    }
    for (std::size_t i = place(fresh->key());; i = (i + 1) & mask_) {
      const Entry* there = nullptr;
      if (slots_[i].compare_exchange_strong(there, fresh.get(), std::memory_order_acq_rel)) return fresh.release();
      if (there->key() == fresh->key()) {
        used_.fetch_sub(1, std::memory_order_relaxed);
        return there;
      }
    }
  }

 private:
  template <class Key>
  std::size_t place(const Key& key) const noexcept {
    const auto hash = static_cast<std::uint64_t>(std::hash<Key>{}(key));
    return static_cast<std::size_t>((hash * 0x9e3779b97f4a7c15u) >> 32) & mask_;
  }

  std::size_t mask_;
  std::unique_ptr<std::atomic<const Entry*>[]> slots_;
  std::atomic<std::size_t> used_{0};
};

/// A name as the caller wrote it, and what it means.
struct KnownName {
  std::string text;
  NameId id;
  std::string_view key() const noexcept { return text; }
};

/// An interned name and the shortest way to write it.
struct KnownTerm {
  NameId id;
  std::string text;
  std::string quoted;
  NameId key() const noexcept { return id; }
};

}  // namespace horad::model::detail
