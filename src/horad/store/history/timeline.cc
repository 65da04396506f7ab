// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/timeline.h"

#include <algorithm>

namespace horad::store::history {

Result<std::unique_ptr<LoadedBlock>> LoadedBlock::open(std::shared_ptr<const Block> block) {
  auto out = std::make_unique<LoadedBlock>();
  auto reader = BlockReader::open(*block);
  if (!reader) return std::unexpected(std::move(reader).error());
  out->block_ = std::move(block);
  out->reader_ = std::move(*reader);
  out->cells_.emplace(*out->reader_);
  return out;
}

Result<const BlockReader::Times*> LoadedBlock::times() {
  if (!times_) {
    auto read = reader_->times();
    if (!read) return std::unexpected(std::move(read).error());
    times_ = std::move(*read);
  }
  return &*times_;
}

std::optional<std::int64_t> LoadedBlock::observed(std::uint32_t row) const {
  const auto& rows = times_->observed_rows;
  if (rows.size() == times_->at.size()) return times_->observed[row];
  const auto found = std::lower_bound(rows.begin(), rows.end(), row);
  if (found == rows.end() || *found != row) return std::nullopt;
  return times_->observed[static_cast<std::size_t>(found - rows.begin())];
}

Window::Window(const HistoryQuery& query) : property_(query.time_property) {
  if (query.from) from_ = query.from->time_since_epoch().count();
  if (query.to) to_ = query.to->time_since_epoch().count();
  for (const TimeSpan& span : query.within) {
    within_.push_back({span.from ? span.from->time_since_epoch().count() : kAbsent + 1,
                       span.to ? span.to->time_since_epoch().count() : std::numeric_limits<std::int64_t>::max()});
  }
}

const Window::Span* Window::span_of(std::int64_t t) const noexcept {
  const auto next = std::upper_bound(within_.begin(), within_.end(), t,
                                     [](std::int64_t at, const Span& span) { return at < span.from; });
  if (next == within_.begin() || t >= std::prev(next)->to) return nullptr;
  return &*std::prev(next);
}

bool Window::touches(TimeRange range) const noexcept {
  if ((from_ && range.last < *from_) || (to_ && range.first >= *to_)) return false;
  return within_.empty() || std::any_of(within_.begin(), within_.end(), [&](const Span& span) {
           return range.last >= span.from && range.first < span.to;
         });
}

std::optional<TimeRange> Window::range(const BlockSummary& block) const noexcept {
  const TimeRange arrival{block.first_at, block.last_at};
  if (by_arrival()) return arrival;
  const TimeRange observed{block.least_observed, block.most_observed};
  const bool by_observation_only = bounded() && property_ == TimeProperty::kObservedAt;
  if (block.all_observed || (block.some_observed && by_observation_only)) return observed;
  if (!block.some_observed) return by_observation_only ? std::nullopt : std::optional{arrival};
  return TimeRange{std::min(arrival.first, observed.first), std::max(arrival.last, observed.last)};
}

bool Window::complete(const BlockSummary& block) const noexcept {
  return property_ != TimeProperty::kObservedAt || block.all_observed || !bounded();
}

bool Window::ordered(const BlockSummary& block) const noexcept {
  if (by_arrival()) return true;
  if (block.all_observed) return block.sorted;
  return !block.some_observed && (property_ != TimeProperty::kObservedAt || !bounded());
}

Result<std::vector<std::int64_t>> Window::row_times(LoadedBlock& block) const {
  const auto times = block.times();
  if (!times) return std::unexpected(times.error());
  if (by_arrival()) return (*times)->at;
  const bool by_observation_only = bounded() && property_ == TimeProperty::kObservedAt;
  std::vector<std::int64_t> out =
      by_observation_only ? std::vector<std::int64_t>((*times)->at.size(), kAbsent) : (*times)->at;
  for (std::size_t i = 0; i < (*times)->observed.size(); ++i) out[(*times)->observed_rows[i]] = (*times)->observed[i];
  return out;
}

namespace {

/// Which blocks can hold what is asked, beside the window.
class BlockFilter {
 public:
  BlockFilter(const HistoryQuery& query, const Edits* edits) : query_(query), edits_(edits) {
    if (!query.place) return;
    arrivals_ = {query.place->at.time_since_epoch().count()};
    if (edits != nullptr) edits->append_arrivals(row_place(*query.place), arrivals_);
  }
  bool takes(const BlockSummary& block) const {
    if (query_.attributes.size() == 1 && query_.attributes.front() == model::kScopeName && !block.scoped) return false;
    if (edits_ != nullptr && block.last_at < edits_->all_erased_before()) return false;
    const auto arrived_in_it = [&](std::int64_t at) { return at >= block.first_at && at <= block.last_at; };
    if (query_.place && !std::any_of(arrivals_.begin(), arrivals_.end(), arrived_in_it)) return false;
    return query_.observed_at.empty() || has_observation(block);
  }

 private:
  bool has_observation(const BlockSummary& block) const {
    if (!block.some_observed) return false;
    const auto least = std::lower_bound(query_.observed_at.begin(), query_.observed_at.end(),
                                        Timestamp{Duration{block.least_observed}});
    return least != query_.observed_at.end() && least->time_since_epoch().count() <= block.most_observed;
  }
  const HistoryQuery& query_;
  const Edits* edits_;
  std::vector<std::int64_t> arrivals_;
};

}  // namespace

Result<Timeline> Timeline::of(const HistorySnapshot& snapshot, const HistorySnapshot::Entity& entity,
                              const HistoryQuery& query, const Window& window) {
  Timeline out;
  out.snapshot_ = &snapshot;
  out.entity_ = &entity;
  if (!entity.log.empty()) {
    BlockBuilder rows;
    if (!read_rows(entity.log, rows))
      return fail(ErrorCode::kDamaged, "The open rows of " + entity.id + " are damaged.");
    out.open_ = std::make_shared<const Block>(rows.finish(entity.open_from + 1, entity.position));
  }
  const BlockFilter filter(query, entity.edits.get());
  const auto first_replaced = entity.edits && window.by_creation() ? entity.edits->first_replaced() : std::nullopt;
  std::size_t block = 0;
  const auto add = [&](const BlockSummary& summary) {
    auto range = window.range(summary);
    if (range && first_replaced) range->first = std::min(range->first, *first_replaced);  // they keep their createdAt
    if (range && window.touches(*range) && filter.takes(summary))
      out.spans_.push_back({block, *range, summary, !first_replaced});
    ++block;
  };
  for (const StoredBlock& stored : entity.stored) add(stored.summary);
  for (const auto& held : entity.blocks) add(held->summary);
  if (out.open_) add(out.open_->summary);
  return out;
}

Result<std::unique_ptr<LoadedBlock>> Timeline::load(const Span& span) const {
  const std::size_t stored = entity_->stored.size();
  if (span.block < stored) {
    const StoredBlock& where = entity_->stored[span.block];
    auto block = snapshot_->segments[where.segment]->read(where);
    if (!block) return std::unexpected(std::move(block).error());
    return LoadedBlock::open(std::make_shared<const Block>(std::move(*block)));
  }
  if (span.block < stored + entity_->blocks.size()) return LoadedBlock::open(entity_->blocks[span.block - stored]);
  return LoadedBlock::open(open_);
}

bool asks_for(const HistoryQuery& query, const ColumnInfo& column) {
  if (column.key.parent != kNoParent) return false;
  const auto& names = query.attributes;
  if (names.empty() ? query.aggregation && column.key.name == model::kScopeName
                    : std::find(names.begin(), names.end(), column.key.name) == names.end()) {
    return false;
  }
  const auto& groups = query.dataset_ids;
  return groups.empty() || column.key.name == model::kScopeName ||
         std::find(groups.begin(), groups.end(), column.key.dataset_id) != groups.end();
}

ShownCells::ShownCells(const Edits* edits, const ColumnInfo& column, const BlockSummary& block)
    : edits_(edits), column_(column) {
  if (edits == nullptr) return;
  erased_before_ = edits->erased_before(column.key.name, column.key.dataset_id);
  none_ = block.last_at < erased_before_;
  all_ = block.first_at >= erased_before_ &&
         !edits->touches(column.key.name, column.key.dataset_id, block.first_at, block.last_at);
}

std::optional<RowPlace> ShownCells::known_as(RowPlace row) const {
  if (all_) return row;
  if (row.at < erased_before_) return std::nullopt;
  const auto* const mark = edits_->find(column_.key.name, column_.key.dataset_id, row);
  if (mark == nullptr) return row;
  return mark->hidden ? std::nullopt : std::optional{mark->other};
}

std::vector<std::uint32_t> ordinals_of(const std::vector<std::int64_t>& arrivals) {
  std::vector<std::uint32_t> out(arrivals.size(), 0);
  for (std::size_t row = 1; row < arrivals.size(); ++row) {
    if (arrivals[row] == arrivals[row - 1]) out[row] = out[row - 1] + 1;
  }
  return out;
}

}  // namespace horad::store::history
