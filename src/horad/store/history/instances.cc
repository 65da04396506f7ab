// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <map>

#include "horad/store/history/answer.h"

namespace horad::store::history {
namespace {

using SeriesKey = std::pair<model::NameId, std::string>;

// A found instance that is not built yet.
struct Found {
  std::int64_t t;
  std::int64_t at;
  std::uint32_t row;
  std::uint32_t block;  // in `blocks`
  std::uint32_t column;
  std::uint32_t cell;
};
bool older(const Found& a, const Found& b) noexcept {
  if (a.t != b.t) return a.t < b.t;
  return a.at != b.at ? a.at < b.at : a.row < b.row;
}
bool newer(const Found& a, const Found& b) noexcept { return older(b, a); }

class Search {
 public:
  Search(const Timeline& timeline, const HistoryQuery& query, const Window& window)
      : timeline_(timeline), query_(query), window_(window) {}

  Result<void> run(std::size_t most) {
    std::vector<Timeline::Span> spans = timeline_.spans();
    if (query_.last_n > 0) {
      std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.range.last > b.range.last; });
    }
    for (const auto& span : spans) {
      if (auto done = search(span); !done) return done;
      if (query_.last_n == 0 && found_ > most) return too_many("instances", query_.most_instances);
    }
    found_ = 0;
    for (auto& [key, list] : series_) {
      std::sort(list.begin(), list.end(), query_.last_n > 0 ? newer : older);
      found_ += list.size();
    }
    return found_ > most ? Result<void>{too_many("instances", query_.most_instances)} : Result<void>{};
  }

  std::size_t found() const noexcept { return found_; }
  std::map<SeriesKey, std::vector<Found>>& series() noexcept { return series_; }
  LoadedBlock& block(const Found& instance) noexcept { return *blocks_[instance.block]; }

 private:
  // With last_n, the newest n are known already and all newer than anything in the block.
  bool cannot_add(const ColumnInfo& column, TimeRange range) const {
    if (query_.last_n == 0) return false;
    const auto found = series_.find({column.key.name, column.key.dataset_id});
    if (found == series_.end() || found->second.size() < query_.last_n) return false;
    return found->second.back().t > range.last;
  }

  Result<void> search(const Timeline::Span& span) {
    auto loaded = timeline_.load(span);
    if (!loaded) return std::unexpected(std::move(loaded).error());
    LoadedBlock& block = **loaded;
    const auto& columns = block.reader().columns();
    std::vector<std::int64_t> times;
    bool used = false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!asks_for(query_, columns[i]) || cannot_add(columns[i], span.range)) continue;
      if (window_.takes_deletions_only() && columns[i].deletions == 0) continue;
      if (!used) {
        auto read = window_.row_times(block);
        if (!read) return std::unexpected(std::move(read).error());
        times = std::move(*read);
        used = true;
      }
      if (auto done = search_column(block, i, times); !done) return done;
    }
    if (used) blocks_.push_back(std::move(*loaded));
    return {};
  }

  Result<void> search_column(LoadedBlock& block, std::size_t column, const std::vector<std::int64_t>& times) {
    const auto cells = block.cells().column(column);
    if (!cells) return std::unexpected(cells.error());
    const auto arrivals = block.times();
    if (!arrivals) return std::unexpected(arrivals.error());
    const ColumnKey& key = block.reader().columns()[column].key;
    std::vector<Found>* list = nullptr;
    const bool whole = !window_.bounded();
    const std::int64_t now = query_.now.time_since_epoch().count();
    for (std::uint32_t cell = 0; cell < (*cells)->size(); ++cell) {
      const std::uint32_t row = (*cells)->where[cell];
      if (!whole && (times[row] == Window::kAbsent || !window_.holds(times[row]))) continue;
      if (window_.takes_deletions_only() && !(*cells)->descriptor(cell).deleted) continue;
      if ((*cells)->expiry(cell) <= now) continue;
      if (list == nullptr) list = &series_[{key.name, key.dataset_id}];
      list->push_back({times[row], (*arrivals)->at[row], row, static_cast<std::uint32_t>(blocks_.size()),
                       static_cast<std::uint32_t>(column), cell});
      ++found_;
    }
    if (list != nullptr && query_.last_n > 0) keep_newest(*list);
    return {};
  }

  void keep_newest(std::vector<Found>& list) const {
    std::sort(list.begin(), list.end(), newer);
    if (list.size() > query_.last_n) list.resize(query_.last_n);
  }

  const Timeline& timeline_;
  const HistoryQuery& query_;
  const Window& window_;
  std::vector<std::unique_ptr<LoadedBlock>> blocks_;
  std::map<SeriesKey, std::vector<Found>> series_;
  std::size_t found_ = 0;
};

std::uint64_t fnv(std::string_view text, std::uint64_t hash) noexcept {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ull;
  return (hash ^ 0xff) * 0x100000001b3ull;  // ends the text
}

void append_hex(std::string& out, std::uint64_t value) {
  char digits[16];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value, 16).ptr);
}

// Where and when an instance was written names it for ever: no store of ids is needed, and the id tells the time.
std::string instance_id(std::uint64_t series_hash, std::int64_t at, std::uint32_t ordinal) {
  std::string out = "urn:ngsi-ld:Instance:";
  append_hex(out, series_hash);
  out.push_back('-');
  append_hex(out, static_cast<std::uint64_t>(at));
  out.push_back('-');
  return out += std::to_string(ordinal);
}

std::uint32_t ordinal_of(const std::vector<std::int64_t>& arrivals, std::uint32_t row) {
  std::uint32_t first = row;
  while (first > 0 && arrivals[first - 1] == arrivals[row]) --first;
  return row - first;
}

Timestamp time_of(std::int64_t ns) { return Timestamp{Duration{ns}}; }

Result<Instance> build(Search& search, const Found& found, std::uint64_t series_hash, Timestamp now) {
  LoadedBlock& block = search.block(found);
  const auto observed = block.observed(found.row);
  auto attribute = block.cells().attribute(found.column, found.cell, time_of(found.at),
                                           observed ? std::optional{time_of(*observed)} : std::nullopt, now);
  if (!attribute) return std::unexpected(std::move(attribute).error());
  Instance out;
  out.attribute = std::move(*attribute);
  const auto cells = block.cells().column(found.column);
  if ((*cells)->descriptor(found.cell).deleted) out.deleted_at = time_of(found.at);
  out.instance_id = instance_id(series_hash, found.at, ordinal_of((*block.times())->at, found.row));
  return out;
}

}  // namespace

Result<std::vector<Series>> find_instances(const Timeline& timeline, const HistoryQuery& query, const Window& window,
                                           std::string_view entity_id, const model::Names& names, Budget& budget) {
  Search search(timeline, query, window);
  if (auto done = search.run(budget.results); !done) return std::unexpected(std::move(done).error());
  budget.results -= search.found();
  std::vector<Series> out;
  for (const auto& [key, list] : search.series()) {
    if (list.empty()) continue;
    Series& series = out.emplace_back();
    series.name = key.first;
    series.dataset_id = key.second;
    const std::uint64_t hash = fnv(key.second, fnv(names.text(key.first), fnv(entity_id, 0xcbf29ce484222325ull)));
    series.instances.reserve(list.size());
    for (const Found& found : list) {
      auto instance = build(search, found, hash, query.now);
      if (!instance) return std::unexpected(std::move(instance).error());
      series.instances.push_back(std::move(*instance));
    }
  }
  sort_series(out, names);
  return out;
}

}  // namespace horad::store::history
