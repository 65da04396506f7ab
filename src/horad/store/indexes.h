// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <roaring/roaring.hh>
#include <unordered_map>
#include <utility>
#include <vector>

#include "horad/model/change.h"
#include "horad/model/document.h"
#include "horad/model/geo_query.h"
#include "horad/store/table.h"
#include "horad/store/value_index.h"

namespace horad::store {

/// Which entities of one tenant in one shard have a type, have an attribute, lie somewhere. One thread.
///   types       a posting (bitmap of numbers) each, always
///   attributes  a posting each, made when a query first asks for it and kept up from then on
///   values      of an attribute in order, made when queries would have been spared much by it
///   places      for each GeoProperty name the cells of its points and shapes in order, always
/// What an index gives are candidates that hold all matches: ask model::matches() for the truth.
class Indexes {
 public:
  void add(Number number, model::DocumentView document);
  void remove(Number number, model::DocumentView document);
  /// Looks only at what `change` touches.
  void update(Number number, model::DocumentView before, model::DocumentView after, const model::Change& change);

  /// The entities of this type; null when there are none. Valid until the next change.
  const Roaring* of_type(model::NameId type) const;
  const absl::flat_hash_map<model::NameId, Roaring>& types() const noexcept { return types_; }

  /// The entities with this attribute; null when the posting is not made (yet). Valid until the next change.
  const Roaring* with_attribute(model::NameId name) const;
  /// Asks for a posting. Does nothing when it is there or kMostAttributes are.
  void want_attribute(model::NameId name);
  /// Works on the postings that were asked for; true when there is more to do. Looks at `budget` documents at most.
  bool build_some(const Table& table, std::size_t budget);
  bool building() const noexcept { return !unfinished_.empty() || !unfinished_values_.empty(); }

  /// The entities that may meet the fact, ascending; none when the values of the attribute are not in order (yet), or
  /// more than `most` may meet it.
  std::optional<std::vector<Number>> with_value(const model::QFact& fact, std::size_t most);
  /// A query had to look at many entities for few matches for want of an index of these values. One is made when that
  /// has happened kWantedOften times, while there are less than kMostValueIndexes and as long as all of them together
  /// have at most kMostValueEntries entries (some 90 MB).
  void want_values(model::NameId name);

  /// The entities that may match, ascending; none when the query cannot be narrowed or there are more than `most`.
  std::optional<std::vector<Number>> near(const model::GeoQuery& query, std::size_t most) const;

  std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t kMostAttributes = 256;
  static constexpr std::size_t kMostValueIndexes = 16;
  static constexpr std::size_t kMostValueEntries = 4'000'000;
  static constexpr std::size_t kWantedOften = 2;
  static constexpr std::size_t kMostWanted = 1'024;         // names that are counted
  static constexpr std::uint64_t kUnusedChanges = 500'000;  // so many, and 4 for each entry: it makes room for others
  using Places = absl::btree_set<std::pair<std::uint64_t, Number>>;  // (cell, number)
  struct Posting {
    Roaring numbers;
    Number made_to = 0;  // numbers below are in it when they should be
    bool complete = false;
  };
  struct Values {
    explicit Values(model::NameId name) : index(name) {}
    ValueIndex index;
    Number made_to = 0;  // numbers below are in it
    bool complete = false;
    bool too_many = false;  // it was given up for its size: empty, and not made again
    std::uint64_t changes_since_use = 0;
  };

  void add_type(model::NameId type, Number number) { types_[type].add(number); }
  void remove_type(model::NameId type, Number number);
  void change_types(Number number, model::DocumentView before, model::DocumentView after);
  void place(Number number, const model::AttributeView& attribute);
  void displace(Number number, const model::AttributeView& attribute);
  void replace_places(Number number, model::NameId name, model::DocumentView before, model::DocumentView after);
  void set_attribute(Number number, model::NameId name, bool there);
  void replace_value(Number number, model::NameId name, const model::DocumentView* before,
                     const model::DocumentView* after);
  bool build_postings(const Table& table, std::size_t& budget);
  bool build_values(const Table& table, std::size_t& budget);
  std::size_t value_entries() const noexcept;

  absl::flat_hash_map<model::NameId, Roaring> types_;
  std::unordered_map<model::NameId, Posting> attributes_;  // postings stay where they are
  std::vector<model::NameId> unfinished_;
  std::unordered_map<model::NameId, Values> values_;
  std::vector<model::NameId> unfinished_values_;
  absl::flat_hash_map<model::NameId, std::size_t> wanted_;  // how often
  absl::flat_hash_map<model::NameId, Places> places_;
};

}  // namespace horad::store
