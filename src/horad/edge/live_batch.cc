// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/live_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "horad/base/text.h"
#include "horad/model/represent.h"

namespace horad::edge {
namespace {

constexpr std::size_t kMostNames = 1'000;
constexpr std::size_t kMessageBytes = 1u << 20;
constexpr std::string_view kLocation = "https://uri.etsi.org/ngsi-ld/location";

Result<std::vector<std::string>> split(std::string_view text, std::string_view parameter) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (const auto item = base::trim(text.substr(0, comma)); !item.empty()) out.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  if (out.size() > kMostNames)
    return fail(ErrorCode::kInvalidRequest, fmt::format("More than {} items in a list.", kMostNames),
                std::string{parameter});
  return out;
}

/// Names as IRIs. They are not interned: whoever asks for invented names must not fill the table.
Result<std::vector<std::string>> expanded(std::string_view text, std::string_view parameter,
                                          const model::Context& context) {
  auto names = split(text, parameter);
  if (!names) return names;
  for (auto& name : *names) {
    if (!model::is_valid_name(name))
      return fail(ErrorCode::kInvalidRequest, fmt::format("'{}' is not a name.", name), std::string{parameter});
    name = context.expand(name);
  }
  return names;
}

Result<LngLatBox> parse_box(std::string_view text) {
  std::array<double, 4> side{};
  std::size_t count = 0;
  bool good = true;
  while (good && count < 4) {
    const auto comma = text.find(',');
    const auto item = base::trim(text.substr(0, comma));
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), side[count++]);
    good = error == std::errc{} && end == item.data() + item.size() && std::isfinite(side[count - 1]) &&
           (comma == std::string_view::npos) == (count == 4);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  const auto [west, south, east, north] = side;
  good = good && std::abs(west) <= 180 && std::abs(east) <= 180 && std::abs(south) <= 90 && std::abs(north) <= 90 &&
         south <= north;
  if (!good)
    return fail(ErrorCode::kInvalidRequest, "bbox is west,south,east,north in degrees, with south below north.",
                "bbox");
  return LngLatBox{west, south, east, north};
}

std::optional<LivePlace> place_of(model::DocumentView document, model::NameId location) {
  const auto attribute = document.find(location);
  if (!attribute || attribute->value().type() != model::ValueType::kPoint) return std::nullopt;
  return LivePlace{attribute->value().lng(), attribute->value().lat()};
}

void add_once(std::vector<model::NameId>& names, model::NameId name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

void add_types(std::vector<model::NameId>& types, model::DocumentView document) {
  for (std::size_t i = 0; i < document.type_count(); ++i) add_once(types, document.type(i));
}

std::string head(std::string_view kind, const store::Cursor* cursor, const Timestamp* at) {
  std::string out = fmt::format("{{\"kind\":\"{}\"", kind);
  if (at != nullptr) out += fmt::format(",\"at\":\"{}\"", base::format_time(*at));
  if (cursor != nullptr) out += fmt::format(",\"cursor\":\"{}\"", format_live_cursor(*cursor));
  return out;
}

}  // namespace

bool LngLatBox::contains(double lng, double lat) const noexcept {
  const bool between = west <= east ? lng >= west && lng <= east : lng >= west || lng <= east;
  return between && lat >= south && lat <= north;
}

Result<LiveFilter> parse_live_filter(const Request& request, const model::Context& context) {
  LiveFilter filter;
  filter.tenant = request.header("ngsild-tenant");
  for (const auto& [name, value] : request.parameters) {
    Result<std::vector<std::string>> list;
    if (name == "type") {
      if (!(list = expanded(value, name, context))) return std::unexpected(std::move(list).error());
      filter.types = std::move(*list);
    } else if (name == "attrs") {
      if (!(list = expanded(value, name, context))) return std::unexpected(std::move(list).error());
      filter.attributes = std::move(*list);
    } else if (name == "id") {
      if (!(list = split(value, name))) return std::unexpected(std::move(list).error());
      filter.ids = std::move(*list);
      std::ranges::sort(filter.ids);
    } else if (name == "bbox") {
      const auto box = parse_box(value);
      if (!box) return std::unexpected(box.error());
      filter.box = *box;
    } else if (name == "tenant") {
      filter.tenant = value;
    } else if (name != "cursor") {
      return fail(ErrorCode::kInvalidRequest, fmt::format("There is no parameter '{}' here.", name), name);
    }
  }
  return filter;
}

std::string format_live_cursor(const store::Cursor& cursor) {
  std::string out;
  for (const auto position : cursor) out += fmt::format("{}{:x}", out.empty() ? "" : "-", position);
  return out;
}

Result<store::Cursor> parse_live_cursor(std::string_view text, std::size_t shards) {
  store::Cursor cursor;
  bool good = !text.empty();
  while (good && !text.empty()) {
    const auto dash = text.find('-');
    const auto item = text.substr(0, dash);
    store::Position position = 0;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), position, 16);
    good = error == std::errc{} && end == item.data() + item.size() && cursor.size() < shards &&
           (dash == std::string_view::npos || dash + 1 < text.size());
    cursor.push_back(position);
    text = dash == std::string_view::npos ? std::string_view{} : text.substr(dash + 1);
  }
  if (!good || cursor.size() != shards)
    return fail(ErrorCode::kInvalidRequest, "This is not a cursor of this server.", "cursor");
  return cursor;
}

std::size_t LiveCollector::Hash::operator()(const store::Address& address) const noexcept {
  const std::hash<std::string_view> hash;
  return hash(address.id) ^ (hash(address.tenant.name) * 31);
}

LiveChange& LiveCollector::change_of(const store::Address& address) {
  const auto [place, is_new] = places_.try_emplace(address, batch_.changes.size());
  if (is_new) batch_.changes.emplace_back().address = address;
  return batch_.changes[place->second];
}

void LiveCollector::add(const store::Record& record) {
  if (record.address.tenant.space != store::Space::kCity) return;
  if (record.change.kind == model::ChangeKind::kHistory) return;
  batch_.at = std::max(batch_.at, record.at);
  const bool is_first = !places_.contains(record.address);
  LiveChange& change = change_of(record.address);
  if (record.before) {
    if (is_first) change.was_at = place_of(record.before.view(), location_);
    add_types(change.types, record.before.view());
  }
  if (record.after) add_types(change.types, record.after.view());
  if (record.change.types) {
    for (const auto type : *record.change.types) add_once(change.types, type);
  }
  change.after = record.after;
  if (record.change.kind == model::ChangeKind::kDeleted) {
    change.gone = true;
    change.whole = change.missing = false;
    change.changed.clear();
    return;
  }
  change.missing = !record.after;
  change.whole =
      change.whole || record.change.kind == model::ChangeKind::kCreated || record.change.types || record.change.scopes;
  for (const auto& attribute : record.change.set) add_once(change.changed, attribute.name);
  for (const auto& removed : record.change.removed) add_once(change.changed, removed.name);
}

void LiveCollector::add(const LiveBatch& batch) {
  batch_.at = std::max(batch_.at, batch.at);
  for (const LiveChange& next : batch.changes) {
    const bool is_first = !places_.contains(next.address);
    LiveChange& change = change_of(next.address);
    if (is_first) {
      change = next;
      continue;
    }
    for (const auto type : next.types) add_once(change.types, type);
    if (next.gone) {
      change.gone = true;
      change.whole = false;
      change.changed.clear();
    }
    change.whole = change.whole || next.whole;
    for (const auto name : next.changed) add_once(change.changed, name);
    change.after = next.after;
    change.missing = next.missing;
    change.json.clear();
  }
}

LiveBatch LiveCollector::take(store::Cursor end) {
  places_.clear();
  LiveBatch out = std::move(batch_);
  batch_ = {};
  out.end = std::move(end);
  return out;
}

LiveWriter::LiveWriter(model::Names& names) : names_(names), context_(model::Context::core(names)) {
  const auto location = names.intern(kLocation);
  if (!location) throw std::runtime_error(location.error().detail);
  location_ = *location;
}

bool LiveWriter::has_wanted_type(const LiveFilter& filter, const LiveChange& change) const {
  if (filter.types.empty() || change.types.empty()) return true;
  return std::ranges::any_of(change.types, [&](model::NameId type) {
    return std::ranges::find(filter.types, names_.text(type)) != filter.types.end();
  });
}

bool LiveWriter::has_wanted_attribute(const LiveFilter& filter, const LiveChange& change) const {
  if (filter.attributes.empty() || !change.after || change.whole) return true;
  return std::ranges::any_of(change.changed, [&](model::NameId name) {
    return std::ranges::find(filter.attributes, names_.text(name)) != filter.attributes.end();
  });
}

/// What was inside before counts as well, so that a client sees it leave.
bool LiveWriter::is_inside(const LngLatBox& box, const LiveChange& change) const {
  if (change.was_at && box.contains(change.was_at->lng, change.was_at->lat)) return true;
  if (!change.after) return !change.was_at;
  const auto place = place_of(change.after.view(), location_);
  return place && box.contains(place->lng, place->lat);
}

bool LiveWriter::wanted(const LiveFilter& filter, const LiveChange& change) const {
  if (filter.tenant != change.address.tenant.name) return false;
  if (!filter.ids.empty() && !std::ranges::binary_search(filter.ids, change.address.id)) return false;
  return has_wanted_type(filter, change) && has_wanted_attribute(filter, change) &&
         (!filter.box || is_inside(*filter.box, change));
}

void LiveWriter::append_types(std::string& out, model::DocumentView document) const {
  const std::size_t count = document.type_count();
  if (count != 1) out += '[';
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += context_->quoted(document.type(i));
  }
  if (count != 1) out += ']';
}

void LiveWriter::append_instances(std::string& out, model::DocumentView document, model::NameId name) const {
  static const model::RepresentOptions kConcise{
      .form = model::Form::kConcise, .listed = {}, .omitted = {}, .dataset_ids = {}, .language = {}};
  const std::size_t start = out.size();
  std::size_t count = 0;
  for (const auto attribute : document.attributes()) {
    if (attribute.name() != name) continue;
    if (count++ > 0) out += ',';
    model::append_attribute(out, attribute, *context_, kConcise);
  }
  if (count == 0) out += "null";
  if (count < 2) return;
  out.insert(start, 1, '[');
  out += ']';
}

void LiveWriter::append_entity(std::string& out, const LiveChange& change, const std::vector<std::string>& only) const {
  const auto document = change.after.view();
  out += "{\"id\":";
  base::append_json_string(out, change.address.id);
  out += ",\"type\":";
  append_types(out, document);
  std::vector<model::NameId> names = change.changed;
  if (change.whole) {
    for (const auto attribute : document.attributes()) add_once(names, attribute.name());
  }
  for (const auto name : names) {
    if (!only.empty() && std::ranges::find(only, names_.text(name)) == only.end()) continue;
    out += ',';
    out += context_->quoted(name);
    out += ':';
    append_instances(out, document, name);
  }
  out += '}';
}

std::vector<std::string> LiveWriter::messages(const LiveFilter& filter, const LiveBatch& batch) const {
  std::vector<std::string> out;
  std::string gone, changes;
  const auto finish = [&](std::string& message, std::string_view end) {
    if (message.empty()) return;
    message += end;
    out.push_back(std::exchange(message, {}));
  };
  for (const LiveChange& change : batch.changes) {
    if (!change.gone || !wanted(filter, change)) continue;
    gone += gone.empty() ? head("gone", nullptr, &batch.at) + ",\"ids\":[" : ",";
    base::append_json_string(gone, change.address.id);
    if (gone.size() > kMessageBytes) finish(gone, "]}");
  }
  finish(gone, "]}");
  for (const LiveChange& change : batch.changes) {
    if (!change.after || !wanted(filter, change)) continue;
    changes += changes.empty() ? head("changes", nullptr, &batch.at) + ",\"entities\":[" : ",";
    if (filter.attributes.empty() && !change.json.empty()) {
      changes += change.json;
    } else {
      append_entity(changes, change, filter.attributes);
    }
    if (changes.size() > kMessageBytes) finish(changes, "]}");
  }
  finish(changes, "]}");
  if (!out.empty())
    out.back().insert(out.back().size() - 1, fmt::format(",\"cursor\":\"{}\"", format_live_cursor(batch.end)));
  return out;
}

std::string live_hello(const store::Cursor& cursor) { return head("hello", &cursor, nullptr) + "}"; }

std::string live_beat(Timestamp at, const store::Cursor& cursor) { return head("beat", &cursor, &at) + "}"; }

std::string live_resync(std::string_view reason) {
  std::string out = head("resync", nullptr, nullptr) + ",\"reason\":";
  base::append_json_string(out, reason);
  return out + "}";
}

}  // namespace horad::edge
