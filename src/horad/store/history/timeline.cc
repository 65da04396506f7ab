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
}

std::optional<TimeRange> Window::range(const BlockSummary& block) const noexcept {
  const TimeRange arrival{block.first_at, block.last_at};
  if (by_arrival()) return arrival;
  const TimeRange observed{block.least_observed, block.most_observed};
  if (block.all_observed || (block.some_observed && bounded())) return observed;
  if (!block.some_observed) return bounded() ? std::nullopt : std::optional{arrival};
  return TimeRange{std::min(arrival.first, observed.first), std::max(arrival.last, observed.last)};
}

bool Window::complete(const BlockSummary& block) const noexcept {
  return by_arrival() || block.all_observed || !bounded();
}

bool Window::ordered(const BlockSummary& block) const noexcept {
  if (by_arrival()) return true;
  return block.all_observed ? block.sorted : !block.some_observed && !bounded();
}

Result<std::vector<std::int64_t>> Window::row_times(LoadedBlock& block) const {
  const auto times = block.times();
  if (!times) return std::unexpected(times.error());
  if (by_arrival()) return (*times)->at;
  std::vector<std::int64_t> out = bounded() ? std::vector<std::int64_t>((*times)->at.size(), kAbsent) : (*times)->at;
  for (std::size_t i = 0; i < (*times)->observed.size(); ++i) out[(*times)->observed_rows[i]] = (*times)->observed[i];
  return out;
}

Result<Timeline> Timeline::of(const HistorySnapshot& snapshot, const HistorySnapshot::Entity& entity,
                              const Window& window) {
  Timeline out;
  out.snapshot_ = &snapshot;
  out.entity_ = &entity;
  if (!entity.log.empty()) {
    BlockBuilder rows;
    if (!read_rows(entity.log, rows))
      return fail(ErrorCode::kDamaged, "The open rows of " + entity.id + " are damaged.");
    out.open_ = std::make_shared<const Block>(rows.finish(entity.open_from + 1, entity.position));
  }
  std::size_t block = 0;
  const auto add = [&](const BlockSummary& summary) {
    const auto range = window.range(summary);
    if (range && window.touches(*range)) out.spans_.push_back({block, *range, summary});
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
  return query.attributes.empty() ||
         std::find(query.attributes.begin(), query.attributes.end(), column.key.name) != query.attributes.end();
}

}  // namespace horad::store::history
