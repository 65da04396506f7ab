// SPDX-License-Identifier: Apache-2.0
// The blocks of one entity as a question sees them: each with the range of the asked time, and its rows with that time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "horad/store/history/block.h"
#include "horad/store/history/snapshot.h"

namespace horad::store::history {

/// A block opened for a question.
class LoadedBlock {
 public:
  static Result<std::unique_ptr<LoadedBlock>> open(std::shared_ptr<const Block> block);
  const BlockReader& reader() const noexcept { return *reader_; }
  BlockCells& cells() noexcept { return *cells_; }
  /// Decoded when first asked for.
  Result<const BlockReader::Times*> times();
  std::optional<std::int64_t> observed(std::uint32_t row) const;  // after times()

 private:
  std::shared_ptr<const Block> block_;
  std::optional<BlockReader> reader_;
  std::optional<BlockCells> cells_;
  std::optional<BlockReader::Times> times_;
};

struct TimeRange {
  std::int64_t first;
  std::int64_t last;  // inclusive
};

/// Which time counts and which instances lie in the window. The rules stand at evaluate() in history_store.h.
class Window {
 public:
  explicit Window(const HistoryQuery& query);
  bool bounded() const noexcept { return from_ || to_; }
  bool holds(std::int64_t t) const noexcept { return in_window(t) && (within_.empty() || span_of(t) != nullptr); }
  bool holds(TimeRange range) const noexcept {
    return in_window(range.first) && in_window(range.last) &&
           (within_.empty() || (span_of(range.first) != nullptr && span_of(range.first) == span_of(range.last)));
  }
  bool touches(TimeRange range) const noexcept;
  /// True when the window is all that limits the times.
  bool one_piece() const noexcept { return within_.empty(); }
  bool takes_deletions_only() const noexcept { return property_ == TimeProperty::kDeletedAt; }
  bool by_creation() const noexcept { return property_ == TimeProperty::kCreatedAt; }
  std::optional<std::int64_t> from() const noexcept { return from_; }
  std::optional<std::int64_t> to() const noexcept { return to_; }

  /// Times of all rows of a block that have one; none when no row has.
  std::optional<TimeRange> range(const BlockSummary& block) const noexcept;
  /// True when every row has the time and rows stand in order of it.
  bool ordered(const BlockSummary& block) const noexcept;
  /// True when every row has the time.
  bool complete(const BlockSummary& block) const noexcept;
  /// The time of every row; `kAbsent` where there is none.
  Result<std::vector<std::int64_t>> row_times(LoadedBlock& block) const;
  static constexpr std::int64_t kAbsent = std::numeric_limits<std::int64_t>::min();

 private:
  struct Span {
    std::int64_t from;
    std::int64_t to;  // exclusive
  };
  bool by_arrival() const noexcept {
    return property_ == TimeProperty::kCreatedAt || property_ == TimeProperty::kModifiedAt;
  }
  bool in_window(std::int64_t t) const noexcept { return (!from_ || t >= *from_) && (!to_ || t < *to_); }
  const Span* span_of(std::int64_t t) const noexcept;
  TimeProperty property_;
  std::optional<std::int64_t> from_;
  std::optional<std::int64_t> to_;
  std::vector<Span> within_;
};

/// The blocks of an entity, oldest arrival first.
class Timeline {
 public:
  /// `snapshot`, `entity` and `query` must outlive it. Errors: kDamaged when open rows make no sense.
  static Result<Timeline> of(const HistorySnapshot& snapshot, const HistorySnapshot::Entity& entity,
                             const HistoryQuery& query, const Window& window);
  struct Span {
    std::size_t block;
    TimeRange range;
    BlockSummary summary;
    bool exact = true;  // some row has the first time of `range`, and one the last
  };
  const HistorySnapshot::Entity& entity() const noexcept { return *entity_; }
  const Edits* edits() const noexcept { return entity_->edits.get(); }
  /// The blocks that may hold something of what is asked.
  const std::vector<Span>& spans() const noexcept { return spans_; }
  Result<std::unique_ptr<LoadedBlock>> load(const Span& span) const;

 private:
  const HistorySnapshot* snapshot_ = nullptr;
  const HistorySnapshot::Entity* entity_ = nullptr;
  std::shared_ptr<const Block> open_;
  std::vector<Span> spans_;
};

bool asks_for(const HistoryQuery& query, const ColumnInfo& column);

/// The cells of one column that are shown, with the edits of the entity applied.
class ShownCells {
 public:
  /// `edits` may be null. Nothing is copied; all must outlive it.
  ShownCells(const Edits* edits, const ColumnInfo& column, const BlockSummary& block);
  /// No cell of the block is shown.
  bool none() const noexcept { return none_; }
  /// Every cell is shown, each as what it is.
  bool all() const noexcept { return all_; }
  /// The place by which the instance in this row is known; none when it is not shown.
  std::optional<RowPlace> known_as(RowPlace row) const;

 private:
  const Edits* edits_;
  const ColumnInfo& column_;
  std::int64_t erased_before_ = kNever;
  bool none_ = false;
  bool all_ = true;
};

/// The number of each row among those of its arrival.
std::vector<std::uint32_t> ordinals_of(const std::vector<std::int64_t>& arrivals);

}  // namespace horad::store::history
