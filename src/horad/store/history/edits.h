// SPDX-License-Identifier: Apache-2.0
// What writes of the temporal API took away from the past of one entity, or put in another's place. Rows themselves
// never change: these marks say which of them are not shown, and which stand for others.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/bytes.h"
#include "horad/model/history_edit.h"
#include "horad/store/history/columns.h"

namespace horad::store::history {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
inline constexpr std::size_t kMostEdits = 100'000;  // marks of one entity

/// A row of an entity: its arrival, and its number among the rows of that arrival.
struct RowPlace {
  std::int64_t at = 0;
  std::uint32_t ordinal = 0;
  friend auto operator<=>(const RowPlace&, const RowPlace&) = default;
};
RowPlace row_place(const model::InstancePlace& place) noexcept;

class Edits {
 public:
  struct Mark {
    bool hidden = false;
    RowPlace
        other;  // of a hidden row that was replaced: the row that stands for it; of that row: the one it stands for
  };

  std::uint64_t version = 0;  // position of the record that edited last

  /// Everything that arrived before `at` is gone; `nothing_left`: the same edit adds nothing.
  void erase_all(std::int64_t at, bool nothing_left);
  /// When the past became empty, kNever if something was added at once.
  std::int64_t emptied_at() const noexcept { return emptied_at_; }
  void erase(const model::HistoryEdit::Series& series, std::int64_t at);
  /// `place` is that by which the instance is known: its first row.
  void erase(model::NameId name, std::string_view dataset_id, RowPlace place);
  void replace(model::NameId name, std::string_view dataset_id, RowPlace place, RowPlace by);

  /// Rows of this instance group that arrived before the answer are gone.
  std::int64_t erased_before(model::NameId name, std::string_view dataset_id) const noexcept;
  std::int64_t all_erased_before() const noexcept { return all_before_; }
  const Mark* find(model::NameId name, std::string_view dataset_id, RowPlace row) const;
  /// True when a row of the group that arrived in [first, last] has a mark.
  bool touches(model::NameId name, std::string_view dataset_id, std::int64_t first, std::int64_t last) const;
  /// The row that stands now for the instance known by `place`.
  RowPlace row_of(model::NameId name, std::string_view dataset_id, RowPlace place) const;
  /// Adds the arrivals of the rows that stand for `place` in any group.
  void append_arrivals(RowPlace place, std::vector<std::int64_t>& out) const;
  /// The earliest first row of all replaced ones, kNever when none was.
  std::optional<std::int64_t> first_replaced() const noexcept { return first_replaced_; }

  std::size_t size() const noexcept { return marks_.size() + series_.size(); }
  std::size_t memory() const noexcept;
  void save(std::string& out, NameList& table) const;
  [[nodiscard]] bool load(base::Reader& in, std::span<const model::NameId> table);

 private:
  struct Erased {
    model::NameId name;
    std::optional<std::string> dataset_id;
    std::int64_t before = kNever;
  };
  struct Key {
    model::NameId name;
    std::string dataset_id;
    RowPlace row;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  void note_replaced(std::int64_t at);

  std::int64_t all_before_ = kNever;
  std::int64_t emptied_at_ = kNever;
  std::vector<Erased> series_;
  std::map<Key, Mark> marks_;
  std::optional<std::int64_t> first_replaced_;
};

}  // namespace horad::store::history
