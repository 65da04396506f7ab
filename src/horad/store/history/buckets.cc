// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "horad/store/history/answer.h"
#include "horad/store/history/totals.h"

namespace horad::store::history {
namespace {

using SeriesKey = std::pair<model::NameId, std::string>;

struct Wants {
  bool distinct = false;
  bool values = false;  // anything but the number of instances
};

Wants wants_of(const Aggregation& aggregation) {
  Wants out;
  for (const Aggregate method : aggregation.methods) {
    out.distinct = out.distinct || method == Aggregate::kDistinctCount;
    out.values = out.values || method != Aggregate::kTotalCount;
  }
  return out;
}

// Different values; a number that is whole is one value, however written.
class Distinct {
 public:
  bool add(const Scalar& value) {
    if (value.tag == Tag::kNumber) return add(value.number);
    if (value.tag == Tag::kBool) return others_.emplace(value.boolean ? "t" : "f").second;
    return others_.emplace((value.tag == Tag::kText ? "s" : "j") + std::string{value.text}).second;
  }
  std::uint64_t size() const noexcept { return whole_.size() + reals_.size() + others_.size(); }

 private:
  bool add(const Number& number) {
    if (number.integer) return whole_.insert(number.bits).second;
    const double value = number.real();
    if (value >= -0x1p63 && value < 0x1p63 && value == std::trunc(value))
      return whole_.insert(static_cast<std::int64_t>(value)).second;
    return reals_.insert(number.bits).second;
  }
  std::unordered_set<std::int64_t> whole_;
  std::unordered_set<std::int64_t> reals_;
  std::unordered_set<std::string> others_;
};

struct Total {
  std::uint64_t instances = 0;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  NumberTotal numbers;
  NumberTotal bools;    // 1 for true, 0 for false
  NumberTotal lengths;  // of arrays
  std::optional<std::string> least_text;
  std::optional<std::string> most_text;
  Distinct distinct;

  void see(std::int64_t first_time, std::int64_t last_time) {
    first = std::min(first, first_time);
    last = std::max(last, last_time);
  }
};

// How many items an array of JSON has.
std::int64_t length_of(std::string_view json) {
  std::int64_t items = json.find_first_not_of(" ]", 1) == std::string_view::npos ? 0 : 1;
  int depth = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      for (++i; i < json.size() && json[i] != '"'; ++i) i += json[i] == '\\' ? 1 : 0;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 1) {
      ++items;
    }
  }
  return items;
}

void add_value(Total& total, const Scalar& value) {
  switch (value.tag) {
    case Tag::kNumber:
      total.numbers.add(value.number);
      break;
    case Tag::kBool:
      total.bools.add(Number::of(std::int64_t{value.boolean ? 1 : 0}));
      break;
    case Tag::kText:
      if (!total.least_text || value.text < *total.least_text) total.least_text = value.text;
      if (!total.most_text || value.text > *total.most_text) total.most_text = value.text;
      break;
    case Tag::kJson:
      if (value.text.starts_with('[')) total.lengths.add(Number::of(length_of(value.text)));
      break;
    case Tag::kNothing:
    case Tag::kPoint:
      break;
  }
}

// Bucket numbers of times: bucket k begins at start + k * period. Without a period everything is in bucket 0.
class Grid {
 public:
  Grid(std::int64_t start, Period period) : start_(start), period_(period) {}
  bool one_bucket() const noexcept { return period_.empty(); }
  std::int64_t bucket(std::int64_t t) const {
    if (one_bucket()) return 0;
    const Int128 distance = static_cast<Int128>(t) - start_;
    const Int128 length = static_cast<Int128>(period_.months) * kMonth + period_.fixed.count();
    auto k = static_cast<std::int64_t>(distance / length);
    if (distance % length < 0) --k;
    if (period_.months == 0) return k;
    while (begin(k) > t) --k;
    while (begin(k + 1) <= t) ++k;
    return k;
  }
  std::int64_t begin(std::int64_t bucket) const {
    if (one_bucket()) return start_;
    Int128 from = start_;
    if (period_.months != 0) {
      const Int128 months = static_cast<Int128>(bucket) * period_.months;
      from = base::add_months(Timestamp{Duration{start_}},
                              static_cast<std::int64_t>(std::clamp<Int128>(months, -kMostMonths, kMostMonths)))
                 .time_since_epoch()
                 .count();
    }
    return clamped(static_cast<Int128>(bucket) * period_.fixed.count() + from);
  }
  std::int64_t end(std::int64_t bucket) const {
    return one_bucket() ? std::numeric_limits<std::int64_t>::max() : begin(bucket + 1);
  }

 private:
  static constexpr std::int64_t kMonth = 2'629'746'000'000'000;  // ns, the mean one
  static constexpr std::int64_t kMostMonths = 12 * 600;          // more than the time that a Timestamp spans
  static std::int64_t clamped(Int128 t) noexcept {
    constexpr Int128 low = std::numeric_limits<std::int64_t>::min();
    constexpr Int128 high = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::clamp(t, low, high));
  }
  std::int64_t start_;
  Period period_;
};

class Aggregator {
 public:
  Aggregator(const Timeline& timeline, const HistoryQuery& query, const Window& window, Budget& budget)
      : timeline_(timeline),
        query_(query),
        window_(window),
        budget_(budget),
        wants_(wants_of(*query.aggregation)),
        grid_(window.from().value_or(0), query.aggregation->period) {}

  Result<void> run() {
    if (window_.takes_deletions_only()) return {};  // deletions are not counted
    if (!window_.from() && !grid_.one_bucket()) {
      const auto first = first_instance();
      if (!first) return std::unexpected(first.error());
      grid_ = Grid(*first, query_.aggregation->period);
    }
    for (const auto& span : timeline_.spans()) {
      auto block = timeline_.load(span);
      if (!block) return std::unexpected(std::move(block).error());
      if (auto done = add_block(span, **block); !done) return done;
    }
    return {};
  }

  Result<std::vector<Series>> answer() {
    std::vector<Series> out;
    for (auto& [key, buckets] : series_) {
      if (buckets.size() > budget_.results) return too_many("buckets", query_.most_instances);
      budget_.results -= buckets.size();
      Series& series = out.emplace_back();
      series.name = key.first;
      series.dataset_id = key.second;
      for (auto& [number, total] : buckets) series.buckets.push_back(bucket_of(number, total));
    }
    return out;
  }

 private:
  using Buckets = std::map<std::int64_t, Total>;

  // The least time of a counted instance. Blocks that begin later than what was found need no look.
  Result<std::int64_t> first_instance() {
    auto spans = timeline_.spans();
    std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.range.first < b.range.first; });
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const auto& span : spans) {
      if (span.range.first >= least) break;
      auto block = timeline_.load(span);
      if (!block) return std::unexpected(std::move(block).error());
      const auto times = window_.row_times(**block);
      if (!times) return std::unexpected(times.error());
      const auto& columns = (*block)->reader().columns();
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!asks_for(query_, columns[i])) continue;
        const ShownCells shown(timeline_.edits(), columns[i], span.summary);
        if (shown.none()) continue;
        auto done = each_cell(**block, i, *times, shown,
                              [&](Cells&, std::size_t, std::int64_t t) { least = std::min(least, t); });
        if (!done) return std::unexpected(std::move(done).error());
      }
    }
    return least == std::numeric_limits<std::int64_t>::max() ? 0 : least;
  }

  /// Calls `visit(cells, cell, t)` for each cell that is shown, counts, and lies in the window.
  template <class Visit>
  Result<void> each_cell(LoadedBlock& block, std::size_t column, const std::vector<std::int64_t>& times,
                         const ShownCells& shown, Visit visit) {
    const auto cells = block.cells().column(column);
    if (!cells) return std::unexpected(cells.error());
    const auto arrivals = block.times();
    if (!arrivals) return std::unexpected(arrivals.error());
    const auto ordinals = shown.all() ? std::vector<std::uint32_t>{} : ordinals_of((*arrivals)->at);
    const bool limited = window_.bounded() || !window_.one_piece();
    const std::int64_t now = query_.now.time_since_epoch().count();
    for (std::size_t cell = 0; cell < (*cells)->size(); ++cell) {
      const std::uint32_t row = (*cells)->where[cell];
      std::int64_t t = times[row];
      if (!shown.all()) {
        const auto place = shown.known_as({(*arrivals)->at[row], ordinals[row]});
        if (!place) continue;
        if (window_.by_creation()) t = place->at;
      }
      if (limited && (t == Window::kAbsent || !window_.holds(t))) continue;
      if ((*cells)->descriptor(cell).deleted || (*cells)->expiry(cell) <= now) continue;
      visit(**cells, cell, t);
    }
    return {};
  }

  Result<void> add_block(const Timeline::Span& span, LoadedBlock& block) {
    const auto& columns = block.reader().columns();
    const bool limited = window_.bounded() || !window_.one_piece();
    const bool in_one_bucket = span.exact && window_.complete(span.summary) &&
                               (!limited || window_.holds(span.range)) &&
                               grid_.bucket(span.range.first) == grid_.bucket(span.range.last);
    std::vector<std::int64_t> times;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const ColumnInfo& column = columns[i];
      if (!asks_for(query_, column) || column.count == column.deletions) continue;
      const ShownCells shown(timeline_.edits(), column, span.summary);
      if (shown.none()) continue;
      if (in_one_bucket && shown.all() && header_tells(column, span.summary)) {
        Total& total = total_of(column.key, grid_.bucket(span.range.first));
        total.instances += column.count - column.deletions;
        total.numbers.add(column.statistics);
        total.see(span.range.first, span.range.last);
        continue;
      }
      if (times.empty()) {
        auto read = window_.row_times(block);
        if (!read) return std::unexpected(std::move(read).error());
        times = std::move(*read);
      }
      if (auto done = add_column(span, block, i, times, shown); !done) return done;
    }
    return {};
  }

  // True when the statistics answer for the whole column.
  bool header_tells(const ColumnInfo& column, const BlockSummary& summary) const {
    if (wants_.distinct || column.expires) return false;
    // The first and last time of one open bucket are those of the instances, which may not be in every row.
    const bool times_needed = grid_.one_bucket() && (!window_.from() || !window_.to());
    if (times_needed && (column.count != summary.rows || column.deletions > 0)) return false;
    return !wants_.values || column.statistics.numbers == column.count - column.deletions;
  }

  Total& total_of(const ColumnKey& key, std::int64_t bucket) { return buckets_of(key)[bucket]; }
  Buckets& buckets_of(const ColumnKey& key) { return series_[{key.name, key.dataset_id}]; }

  Result<void> add_column(const Timeline::Span& span, LoadedBlock& block, std::size_t column,
                          const std::vector<std::int64_t>& times, const ShownCells& shown) {
    const auto cells = block.cells().column(column);
    if (!cells) return std::unexpected(cells.error());
    const ColumnInfo& info = block.reader().columns()[column];
    const Decimals* numbers = (*cells)->all_numbers();
    const bool plain = numbers != nullptr && !numbers->raw && numbers->exceptions.empty() && !wants_.distinct &&
                       info.deletions == 0 && !info.expires;
    if (plain && shown.all() && window_.one_piece() && window_.ordered(span.summary)) {
      add_runs(**cells, *numbers, times, info.key);
      return {};
    }
    return add_cells(block, column, times, shown);
  }

  // Times ascend, so each bucket takes one run of the column.
  void add_runs(const Cells& cells, const Decimals& numbers, const std::vector<std::int64_t>& times,
                const ColumnKey& key) {
    const auto time = [&](std::size_t cell) { return times[cells.where[cell]]; };
    std::size_t begin = 0;
    std::size_t stop = cells.size();
    while (begin < stop && window_.from() && time(begin) < *window_.from()) ++begin;
    while (begin < stop && window_.to() && time(stop - 1) >= *window_.to()) --stop;
    if (begin == stop) return;
    Buckets& buckets = buckets_of(key);
    while (begin < stop) {
      const std::int64_t bucket = grid_.bucket(time(begin));
      const std::int64_t bucket_end = grid_.end(bucket);
      std::size_t end = begin + 1;
      while (end < stop && time(end) < bucket_end) ++end;
      Total& total = buckets[bucket];
      total.instances += end - begin;
      total.see(time(begin), time(end - 1));
      total.numbers.add(std::span(numbers.m).subspan(begin, end - begin), numbers.exponent);
      begin = end;
    }
  }

  Result<void> add_cells(LoadedBlock& block, std::size_t column, const std::vector<std::int64_t>& times,
                         const ShownCells& shown) {
    const ColumnKey& key = block.reader().columns()[column].key;
    Total* total = nullptr;
    std::int64_t bucket_of_total = 0;
    bool too_many_values = false;
    auto done = each_cell(block, column, times, shown, [&](Cells& cells, std::size_t cell, std::int64_t t) {
      const std::int64_t bucket = grid_.bucket(t);
      if (total == nullptr || bucket != bucket_of_total) total = &total_of(key, bucket);
      bucket_of_total = bucket;
      ++total->instances;
      total->see(t, t);
      if (!wants_.values) return;
      const Scalar value = cells.value(cell);
      add_value(*total, value);
      if (!wants_.distinct || budget_.distinct == 0 || !total->distinct.add(value)) return;
      too_many_values = --budget_.distinct == 0;
    });
    if (too_many_values) return too_many("different values", kMostDistinct);
    return done;
  }

  using BucketValue = decltype(Bucket::values)::value_type;

  /// What a method is taken of: numbers; else booleans as 1 and 0; else the lengths of arrays.
  static const NumberTotal& measured(const Total& total) {
    if (total.numbers.count() > 0) return total.numbers;
    return total.bools.count() > 0 ? total.bools : total.lengths;
  }

  static BucketValue extreme(const Total& total, bool least) {
    const bool by_text = total.numbers.count() + total.bools.count() == 0 && total.least_text;
    if (by_text) return BucketValue{least ? *total.least_text : *total.most_text};
    const NumberTotal& numbers = measured(total);
    if (numbers.count() == 0) return {};
    return least ? numbers.min() : numbers.max();
  }

  static BucketValue finite(double value) { return std::isfinite(value) ? BucketValue{value} : BucketValue{}; }

  static BucketValue value_of(const Total& total, Aggregate method) {
    const NumberTotal& numbers = measured(total);
    const bool numeric = numbers.count() > 0;
    switch (method) {
      case Aggregate::kTotalCount:
        return total.instances;
      case Aggregate::kDistinctCount:
        return total.distinct.size();
      case Aggregate::kSum:
        return numeric ? finite(numbers.sum()) : BucketValue{};
      case Aggregate::kAvg:
        return numeric ? finite(numbers.mean()) : BucketValue{};
      case Aggregate::kMin:
        return extreme(total, true);
      case Aggregate::kMax:
        return extreme(total, false);
      case Aggregate::kStddev:
        return numeric ? finite(numbers.deviation()) : BucketValue{};
      case Aggregate::kSumSq:
        return numeric ? finite(numbers.squares()) : BucketValue{};
    }
    return {};
  }

  Bucket bucket_of(std::int64_t number, const Total& total) const {
    Bucket out;
    const bool gridded = !grid_.one_bucket();
    out.start = Timestamp{Duration{gridded ? grid_.begin(number) : window_.from().value_or(total.first)}};
    out.end = Timestamp{Duration{gridded ? grid_.end(number) : window_.to().value_or(total.last)}};
    for (const Aggregate method : query_.aggregation->methods) out.values.push_back(value_of(total, method));
    return out;
  }

  const Timeline& timeline_;
  const HistoryQuery& query_;
  const Window& window_;
  Budget& budget_;
  Wants wants_;
  Grid grid_;
  std::map<SeriesKey, Buckets> series_;
};

}  // namespace

Result<std::vector<Series>> find_buckets(const Timeline& timeline, const HistoryQuery& query, const Window& window,
                                         const model::Names& names, Budget& budget) {
  Aggregator aggregator(timeline, query, window, budget);
  if (auto done = aggregator.run(); !done) return std::unexpected(std::move(done).error());
  auto out = aggregator.answer();
  if (out) sort_series(*out, names);
  return out;
}

}  // namespace horad::store::history
