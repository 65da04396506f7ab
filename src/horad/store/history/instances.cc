// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "horad/store/history/answer.h"

namespace horad::store::history {
namespace {

std::uint64_t fnv(std::string_view text, std::uint64_t hash) noexcept {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ull;
  return (hash ^ 0xff) * 0x100000001b3ull;  // ends the text
}

void append_hex(std::string& out, std::uint64_t value) {
  char digits[16];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value, 16).ptr);
}

// Where and when an instance was written names it for ever: no store of ids is needed, and the id tells the time.
std::string instance_id(std::uint64_t series_hash, RowPlace place) {
  std::string out = "urn:ngsi-ld:Instance:";
  append_hex(out, series_hash);
  out.push_back('-');
  append_hex(out, static_cast<std::uint64_t>(place.at));
  out.push_back('-');
  return out += std::to_string(place.ordinal);
}

Timestamp time_of(std::int64_t ns) { return Timestamp{Duration{ns}}; }

void created_at(model::Attribute& attribute, Timestamp at) {
  attribute.created_at = at;
  for (model::Attribute& sub : attribute.sub_attributes) created_at(sub, at);
}

}  // namespace

// --- Pager

void Pager::limit_to(std::optional<std::int64_t> bound) noexcept {
  if (bound && (!bound_ || *bound < *bound_)) bound_ = bound;
}

void Pager::limit(std::vector<std::int64_t> keys) {
  if (!on() || keys.size() <= most_) return;
  std::sort(keys.begin(), keys.end());
  auto end = keys.begin() + static_cast<std::ptrdiff_t>(most_);  // the first that does not fit
  while (end != keys.begin() && *std::prev(end) == *end) --end;
  if (end == keys.begin() || *std::prev(end) == keys.front()) {
    // Fewer than two times fit. Who asks on from the last time of a page must get further, so a page has two.
    const auto second = std::upper_bound(keys.begin(), keys.end(), keys.front());
    if (second == keys.end()) return;
    end = std::upper_bound(second, keys.end(), *second);
  }
  if (end != keys.end()) limit_to(*std::prev(end));
}

// --- InstanceSearch

bool InstanceSearch::older(const Found& a, const Found& b) noexcept {
  if (a.t != b.t) return a.t < b.t;
  return a.at != b.at ? a.at < b.at : a.row < b.row;
}

Result<void> InstanceSearch::run(std::size_t most, Pager& pager, std::size_t others) {
  std::vector<Timeline::Span> spans = timeline_.spans();
  if (query_.last_n > 0) {
    std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.range.last > b.range.last; });
  } else if (pager.on()) {
    std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.range.first < b.range.first; });
  }
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const auto nearest = query_.last_n > 0 ? spans[i].range.last : spans[i].range.first;
    if (i > 0 && pager.beyond(pager.key(nearest))) break;  // the first says which attributes there are
    if (auto done = search(spans[i]); !done) return done;
    if (pager.overfull(others + found_)) {
      std::vector<std::int64_t> keys;
      append_keys(pager, keys);
      pager.limit(std::move(keys));
      prune(pager);
    }
    if (query_.last_n == 0 && !pager.on() && found_ > most) return too_many("instances", query_.most_instances);
  }
  for (auto& [key, list] : series_) std::sort(list.begin(), list.end(), query_.last_n > 0 ? newer : older);
  count();
  if (!pager.on() && found_ > most) return too_many("instances", query_.most_instances);
  return {};
}

void InstanceSearch::count() {
  found_ = 0;
  for (const auto& [key, list] : series_) found_ += list.size();
}

void InstanceSearch::append_keys(const Pager& pager, std::vector<std::int64_t>& out) const {
  for (const auto& [key, list] : series_) {
    if (key.first == model::kScopeName) continue;  // few, and what they say holds on
    for (const Found& found : list) out.push_back(pager.key(found.t));
  }
}

void InstanceSearch::prune(const Pager& pager) {
  for (auto& [key, list] : series_) {
    if (key.first == model::kScopeName) continue;
    std::erase_if(list, [&](const Found& found) { return pager.beyond(pager.key(found.t)); });
  }
  count();
}

// With last_n, the newest n are known already and all newer than anything in the block.
bool InstanceSearch::cannot_add(const ColumnInfo& column, TimeRange range) const {
  if (query_.last_n == 0) return false;
  const auto found = series_.find({column.key.name, column.key.dataset_id});
  if (found == series_.end() || found->second.size() < query_.last_n) return false;
  return found->second.back().t > range.last;
}

Result<void> InstanceSearch::search(const Timeline::Span& span) {
  auto loaded = timeline_.load(span);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  LoadedBlock& block = **loaded;
  const auto& columns = block.reader().columns();
  std::vector<std::int64_t> times;
  std::vector<std::uint32_t> ordinals;
  bool used = false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!asks_for(query_, columns[i]) || cannot_add(columns[i], span.range)) continue;
    if (window_.takes_deletions_only() && columns[i].deletions == 0) continue;
    if (!used) {
      auto read = window_.row_times(block);
      if (!read) return std::unexpected(std::move(read).error());
      times = std::move(*read);
      const auto arrivals = block.times();
      if (!arrivals) return std::unexpected(arrivals.error());
      ordinals = ordinals_of((*arrivals)->at);
      used = true;
    }
    if (auto done = search_column(span, block, i, times, ordinals); !done) return done;
  }
  if (used) blocks_.push_back(std::move(*loaded));
  return {};
}

bool InstanceSearch::takes(const LoadedBlock& block, const Found& found) const {
  if (query_.place && row_place(*query_.place) != found.place) return false;
  if (!window_.one_piece() || window_.bounded()) {
    if (found.t == Window::kAbsent || !window_.holds(found.t)) return false;
  }
  if (query_.observed_at.empty()) return true;
  const auto observed = block.observed(found.row);
  return observed && std::binary_search(query_.observed_at.begin(), query_.observed_at.end(), time_of(*observed));
}

Result<void> InstanceSearch::search_column(const Timeline::Span& span, LoadedBlock& block, std::size_t column,
                                           const std::vector<std::int64_t>& times,
                                           const std::vector<std::uint32_t>& ordinals) {
  const ColumnInfo& info = block.reader().columns()[column];
  const ShownCells shown(timeline_.edits(), info, span.summary);
  if (shown.none()) return {};
  const auto cells = block.cells().column(column);
  if (!cells) return std::unexpected(cells.error());
  const auto& arrivals = (*block.times())->at;
  std::vector<Found>* list = nullptr;
  const std::int64_t now = query_.now.time_since_epoch().count();
  for (std::uint32_t cell = 0; cell < (*cells)->size(); ++cell) {
    const std::uint32_t row = (*cells)->where[cell];
    const RowPlace here{arrivals[row], ordinals[row]};
    const auto place = shown.known_as(here);
    if (!place || (*cells)->expiry(cell) <= now) continue;
    if (window_.takes_deletions_only() && !(*cells)->descriptor(cell).deleted) continue;
    Found found{times[row],
                here.at,
                *place,
                row,
                static_cast<std::uint32_t>(blocks_.size()),
                static_cast<std::uint32_t>(column),
                cell};
    if (window_.by_creation()) found.t = place->at;
    if (!takes(block, found)) continue;
    if (list == nullptr) list = &series_[{info.key.name, info.key.dataset_id}];
    list->push_back(found);
    ++found_;
  }
  if (list != nullptr && query_.last_n > 0) keep_newest(*list);
  return {};
}

void InstanceSearch::keep_newest(std::vector<Found>& list) const {
  std::sort(list.begin(), list.end(), newer);
  if (list.size() > query_.last_n) list.resize(query_.last_n);
}

Result<Instance> InstanceSearch::build(const Found& found, std::uint64_t series_hash) {
  LoadedBlock& block = *blocks_[found.block];
  const auto observed = block.observed(found.row);
  auto attribute = block.cells().attribute(found.column, found.cell, time_of(found.at),
                                           observed ? std::optional{time_of(*observed)} : std::nullopt, query_.now);
  if (!attribute) return std::unexpected(std::move(attribute).error());
  Instance out;
  out.attribute = std::move(*attribute);
  if (found.place.at != found.at) created_at(out.attribute, time_of(found.place.at));
  const auto cells = block.cells().column(found.column);
  if ((*cells)->descriptor(found.cell).deleted) out.deleted_at = time_of(observed.value_or(found.at));
  out.place = {time_of(found.place.at), found.place.ordinal};
  out.instance_id = instance_id(series_hash, found.place);
  return out;
}

Result<std::vector<Series>> InstanceSearch::build(const model::Names& names) {
  std::vector<Series> out;
  const std::uint64_t entity_hash = fnv(timeline_.entity().id, 0xcbf29ce484222325ull);
  for (const auto& [key, list] : series_) {
    Series& series = out.emplace_back();
    series.name = key.first;
    series.dataset_id = key.second;
    const std::uint64_t hash = fnv(key.second, fnv(names.text(key.first), entity_hash));
    series.instances.reserve(list.size());
    for (const Found& found : list) {
      auto instance = build(found, hash);
      if (!instance) return std::unexpected(std::move(instance).error());
      series.instances.push_back(std::move(*instance));
    }
  }
  sort_series(out, names);
  return out;
}

}  // namespace horad::store::history

namespace horad::store {

std::optional<model::InstancePlace> place_of(std::string_view instance_id) {
  constexpr std::string_view kPrefix = "urn:ngsi-ld:Instance:";
  if (!instance_id.starts_with(kPrefix)) return std::nullopt;
  const std::string_view rest = instance_id.substr(kPrefix.size());
  const std::size_t first = rest.find('-');
  const std::size_t second = first == std::string_view::npos ? first : rest.find('-', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  std::uint64_t at = 0;
  std::uint32_t ordinal = 0;
  const auto whole = [&](std::size_t from, std::size_t to, auto& out, int base) {
    const auto [stop, error] = std::from_chars(rest.data() + from, rest.data() + to, out, base);
    return error == std::errc{} && stop == rest.data() + to;
  };
  if (!whole(first + 1, second, at, 16) || !whole(second + 1, rest.size(), ordinal, 10)) return std::nullopt;
  return model::InstancePlace{Timestamp{Duration{static_cast<std::int64_t>(at)}}, ordinal};
}

}  // namespace horad::store
