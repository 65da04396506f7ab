// SPDX-License-Identifier: Apache-2.0
// The two kinds of answers: instances as they were written, and aggregates of them.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/store/history/timeline.h"

namespace horad::store::history {

inline constexpr std::size_t kMostDistinct = 5'000'000;

/// What is left of the bounds of a question; shared by its entities.
struct Budget {
  std::size_t results;   // instances or buckets
  std::size_t distinct;  // values remembered for distinctCount
};

/// Decides where an answer of too many instances ends (HistoryQuery::page_instances). It counts keys: the times of all
/// instances found, or with last_n their complements, so that what comes first is small.
class Pager {
 public:
  explicit Pager(const HistoryQuery& query) : most_(query.page_instances), newest_first_(query.last_n > 0) {}
  bool on() const noexcept { return most_ > 0; }
  std::int64_t key(std::int64_t t) const noexcept { return newest_first_ ? ~t : t; }
  bool beyond(std::int64_t key) const noexcept { return bound_ && key > *bound_; }
  /// True when so much was found that limit() is worth its cost.
  bool overfull(std::size_t found) const noexcept { return on() && found > 2 * most_ + 1'000; }
  /// Draws the bound nearer when there are more `keys` than fit.
  void limit(std::vector<std::int64_t> keys);
  void limit_to(std::optional<std::int64_t> bound) noexcept;
  std::optional<std::int64_t> bound() const noexcept { return bound_; }

 private:
  std::size_t most_;
  bool newest_first_;
  std::optional<std::int64_t> bound_;  // the largest key that is in; none: all are
};

/// Finds the instances of one entity, then builds those that are wanted.
class InstanceSearch {
 public:
  /// All must outlive it.
  InstanceSearch(const Timeline& timeline, const HistoryQuery& query, const Window& window)
      : timeline_(timeline), query_(query), window_(window) {}
  /// `others`: what other entities of the same answer have found. Errors: kDamaged, kIo; kTooManyResults above `most`.
  Result<void> run(std::size_t most, Pager& pager, std::size_t others);
  std::size_t found() const noexcept { return found_; }
  void append_keys(const Pager& pager, std::vector<std::int64_t>& out) const;
  /// Lets go of what lies beyond the bound.
  void prune(const Pager& pager);
  Result<std::vector<Series>> build(const model::Names& names);

 private:
  using SeriesKey = std::pair<model::NameId, std::string>;
  struct Found {  // not built yet
    std::int64_t t;
    std::int64_t at;
    RowPlace place;  // by which it is known
    std::uint32_t row;
    std::uint32_t block;  // in `blocks_`
    std::uint32_t column;
    std::uint32_t cell;
  };
  static bool older(const Found& a, const Found& b) noexcept;
  static bool newer(const Found& a, const Found& b) noexcept { return older(b, a); }
  bool cannot_add(const ColumnInfo& column, TimeRange range) const;
  bool takes(const LoadedBlock& block, const Found& found) const;
  Result<void> search(const Timeline::Span& span);
  Result<void> search_column(const Timeline::Span& span, LoadedBlock& block, std::size_t column,
                             const std::vector<std::int64_t>& times, const std::vector<std::uint32_t>& ordinals);
  void keep_newest(std::vector<Found>& list) const;
  void count();
  Result<Instance> build(const Found& found, std::uint64_t series_hash);

  const Timeline& timeline_;
  const HistoryQuery& query_;
  const Window& window_;
  std::vector<std::unique_ptr<LoadedBlock>> blocks_;
  std::map<SeriesKey, std::vector<Found>> series_;
  std::size_t found_ = 0;
};

Result<std::vector<Series>> find_buckets(const Timeline& timeline, const HistoryQuery& query, const Window& window,
                                         const model::Names& names, Budget& budget);

/// Ends `answer` at whole times when it has more than query.page_instances, or at the key `bound`. Instances of the
/// scope do not count and stay.
void cut_answer(HistoryAnswer& answer, const HistoryQuery& query, std::optional<std::int64_t> bound);

/// By the text of the name, then datasetId.
void sort_series(std::vector<Series>& series, const model::Names& names);
std::unexpected<Error> too_many(std::string_view what, std::size_t most);

}  // namespace horad::store::history
