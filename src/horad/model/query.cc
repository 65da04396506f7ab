// SPDX-License-Identifier: Apache-2.0
#include "horad/model/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "horad/model/geo_query.h"
#include "horad/model/id_pattern.h"
#include "horad/model/ordering.h"
#include "horad/model/q.h"
#include "horad/model/scope_query.h"
#include "horad/model/type_selection.h"

namespace horad::model {
namespace {

using Text = std::optional<std::string>;

std::unexpected<Error> wrong(std::string detail, std::string_view parameter) {
  return fail(ErrorCode::kBadRequestData, std::move(detail), std::string(parameter));
}

Error about(Error error, std::string_view parameter) {
  if (error.pointer.empty()) error.pointer = parameter;
  return error;
}

/// The members of a list; kBadRequestData when one is empty.
Result<std::vector<std::string_view>> split(std::string_view list, std::size_t most, std::string_view parameter) {
  std::vector<std::string_view> items;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    if (end == at) return wrong(fmt::format("The list {} has an empty member.", parameter), parameter);
    if (items.size() == most) {
      return fail(ErrorCode::kTooComplexQuery, fmt::format("The list {} may have at most {} members.", parameter, most),
                  std::string(parameter));
    }
    items.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return items;
}

Result<std::size_t> read_size(const Text& text, std::size_t absent, std::string_view parameter) {
  if (!text) return absent;
  std::size_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error == std::errc{} && stop == end) return value;
  return wrong(fmt::format("The parameter {} is a whole number, 0 or more.", parameter), parameter);
}

Result<bool> read_flag(const Text& text, std::string_view parameter) {
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return wrong(fmt::format("The parameter {} is true or false.", parameter), parameter);
}

Result<void> read_page(const QueryText& text, Query& query) {
  const auto count = read_flag(text.count, "count");
  if (!count) return std::unexpected(count.error());
  const auto limit = read_size(text.limit, kDefaultLimit, "limit");
  if (!limit) return std::unexpected(limit.error());
  const auto offset = read_size(text.offset, 0, "offset");
  if (!offset) return std::unexpected(offset.error());
  if (*limit > kMostLimit) {
    return fail(ErrorCode::kTooManyResults,
                fmt::format("limit={} is more than one answer may have, which is {}.", *limit, kMostLimit), "limit");
  }
  if (*limit == 0 && !*count) return wrong("limit=0 asks for nothing unless count=true.", "limit");
  query.limit = *limit;
  query.offset = *offset;
  query.count = *count;
  return {};
}

template <class T>
void sort_unique(std::vector<T>& all) {
  std::ranges::sort(all);
  const auto doubles = std::ranges::unique(all);
  all.erase(doubles.begin(), doubles.end());
}

Result<std::vector<std::string>> read_ids(std::string_view list) {
  const auto ids = split(list, kMostQueryIds, "id");
  if (!ids) return std::unexpected(ids.error());
  std::vector<std::string> out;
  for (const std::string_view id : *ids) {
    if (auto checked = check_entity_id(id); !checked) return std::unexpected(about(std::move(checked).error(), "id"));
    out.emplace_back(id);
  }
  sort_unique(out);
  return out;
}

Result<Selector> read_selector(const Text& id, const Text& id_pattern, const Text& type, NameResolver& names) {
  Selector out;
  if (id) {
    auto ids = read_ids(*id);
    if (!ids) return std::unexpected(std::move(ids).error());
    out.ids = std::move(*ids);
  }
  if (id_pattern) {
    auto pattern = IdPattern::parse(*id_pattern);
    if (!pattern) return std::unexpected(std::move(pattern).error());
    out.id_pattern = std::move(*pattern);
  }
  if (type) {
    auto types = TypeSelection::parse(*type, names);
    if (!types) return std::unexpected(about(std::move(types).error(), "type"));
    if (!(*types)->any()) out.types = std::move(*types);
  }
  return out;
}

/// What all alternatives have in common: one of these ids, one of these types.
void read_common(const std::vector<Selector>& all, Query& query) {
  if (std::ranges::all_of(all, [](const Selector& one) { return !one.ids.empty(); })) {
    for (const auto& one : all) query.ids.insert(query.ids.end(), one.ids.begin(), one.ids.end());
    sort_unique(query.ids);
  }
  if (std::ranges::all_of(all, [](const Selector& one) { return one.types != nullptr; })) {
    std::vector<std::shared_ptr<const TypeSelection>> types;
    for (const auto& one : all) types.push_back(one.types);
    query.types = TypeSelection::any_of(types);
  }
}

Result<void> read_selectors(const QueryText& text, NameResolver& names, Query& query) {
  if (text.selectors.empty()) {
    auto only = read_selector(text.id, text.id_pattern, text.type, names);
    if (!only) return std::unexpected(std::move(only).error());
    query.ids = std::move(only->ids);
    query.id_pattern = std::move(only->id_pattern);
    query.types = std::move(only->types);
    return {};
  }
  if (text.selectors.size() > kMostSelectors) {
    return fail(ErrorCode::kTooComplexQuery,
                fmt::format("A query may have at most {} entity selectors.", kMostSelectors), "entities");
  }
  for (const auto& one : text.selectors) {
    auto selector = read_selector(one.id, one.id_pattern, one.type, names);
    if (!selector) return std::unexpected(std::move(selector).error());
    query.any_of.push_back(std::move(*selector));
  }
  if (query.any_of.size() > 1) {
    read_common(query.any_of, query);
    return {};
  }
  query.ids = std::move(query.any_of.front().ids);
  query.id_pattern = std::move(query.any_of.front().id_pattern);
  query.types = std::move(query.any_of.front().types);
  query.any_of.clear();
  return {};
}

Result<std::vector<NameId>> read_names(std::string_view text, std::string_view parameter, NameResolver& names) {
  const auto list = split(text, kMostQueryAttributes, parameter);
  if (!list) return std::unexpected(list.error());
  std::vector<NameId> out;
  for (const std::string_view name : *list) {
    const auto id = names.resolve_attribute(name);
    if (!id) return std::unexpected(about(id.error(), parameter));
    out.push_back(*id);
  }
  sort_unique(out);
  return out;
}

Result<void> read_attributes(const QueryText& text, NameResolver& names, Query& query) {
  if (!text.attrs) return {};
  auto attributes = read_names(*text.attrs, "attrs", names);
  if (!attributes) return std::unexpected(std::move(attributes).error());
  query.attributes = std::move(*attributes);
  return {};
}

/// Parses q and what says how to read it.
Result<void> read_q(const QueryText& text, NameResolver& names, Query& query) {
  QReading reading;
  if (text.expand_values) {
    auto attributes = read_names(*text.expand_values, "expandValues", names);
    if (!attributes) return std::unexpected(std::move(attributes).error());
    reading.expand_values = std::move(*attributes);
  }
  if (text.json_keys) {
    if (auto good = read_names(*text.json_keys, "jsonKeys", names); !good)
      return std::unexpected(std::move(good).error());
  }
  reading.levels = text.join_levels;
  if (!text.q) return {};
  auto filter = QFilter::parse(*text.q, names, reading);
  if (!filter) return std::unexpected(about(std::move(filter).error(), "q"));
  query.q = std::move(*filter);
  return {};
}

Result<void> read_conditions(const QueryText& text, NameResolver& names, Query& query) {
  if (auto done = read_q(text, names, query); !done) return done;
  if (text.csf) {
    auto filter = QFilter::parse(*text.csf, names);
    if (!filter) return wrong("The context source filter: " + filter.error().detail, "csf");
    query.csf = std::move(*filter);
  }
  if (text.scope_q) {
    auto scope = ScopeQuery::parse(*text.scope_q);
    if (!scope) return std::unexpected(std::move(scope).error());
    query.scope = std::move(*scope);
  }
  return {};
}

Result<void> read_geo(const QueryText& text, NameResolver& names, Query& query) {
  if (!text.georel) {
    if (text.geometry || text.coordinates) return wrong("geometry and coordinates want georel, too.", "georel");
    return {};
  }
  if (!text.geometry) return wrong("georel wants geometry, too.", "geometry");
  if (!text.coordinates) return wrong("georel wants coordinates, too.", "coordinates");
  const auto property = names.resolve_attribute(text.geoproperty ? std::string_view(*text.geoproperty) : "location");
  if (!property) return std::unexpected(about(property.error(), "geoproperty"));
  auto geo = GeoQuery::parse({*text.georel, *text.geometry, *text.coordinates}, *property);
  if (!geo) return std::unexpected(std::move(geo).error());
  query.geo = std::move(*geo);
  return {};
}

Result<void> read_order(const QueryText& text, NameResolver& names, Query& query) {
  if (!text.order_by) {
    // What would only guide an order is checked all the same.
    if (!text.collation && !text.order_from) return {};
    return wrong("collation and orderFrom want orderBy, too.", "orderBy");
  }
  const auto view = [](const Text& one) { return one ? std::optional<std::string_view>(*one) : std::nullopt; };
  auto order =
      Ordering::parse({*text.order_by, view(text.collation), view(text.order_geometry), view(text.order_from)}, names);
  if (!order) return std::unexpected(std::move(order).error());
  if (query.offset + query.limit > kMostOrdered) {
    return fail(
        ErrorCode::kTooManyResults,
        fmt::format("An ordered query reaches the first {} entities; narrow it, or leave the order out.", kMostOrdered),
        "offset");
  }
  query.order = std::move(*order);
  return {};
}

/// True for the names of what the system keeps of every entity: nothing is narrowed by them.
bool is_system_name(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 4> kNames{"createdAt", "modifiedAt", "deletedAt", "expiresAt"};
  const auto at = name.rfind('/');
  const bool core = at == std::string_view::npos || name.substr(0, at + 1) == "https://uri.etsi.org/ngsi-ld/";
  return core && std::ranges::find(kNames, at == std::string_view::npos ? name : name.substr(at + 1)) != kNames.end();
}

bool names_an_attribute(const Text& list) {
  if (!list) return false;
  const auto names = split(*list, kMostQueryAttributes, "attrs");
  return names && !std::ranges::all_of(*names, is_system_name);
}

bool is_narrow(const QueryText& text, const Query& query) {
  return text.local.value_or(false) || text.type || !text.selectors.empty() || query.geo ||
         names_an_attribute(text.attrs) || (query.q && query.q->has_attribute());
}

/// `*` means all that is here, so that nobody else can be asked.
bool is_any_type(const QueryText& text) {
  return text.type == "*" ||
         std::ranges::any_of(text.selectors, [](const SelectorText& one) { return one.type == "*"; });
}

bool has_one_of(const std::vector<NameId>& names, DocumentView document) {
  for (const AttributeView attribute : document.attributes()) {
    if (std::ranges::find(names, attribute.name()) != names.end()) return true;
  }
  return false;
}

bool has_wanted_id(const std::vector<std::string>& ids, const IdPattern* pattern, std::string_view id) {
  if (!ids.empty()) return std::binary_search(ids.begin(), ids.end(), id, std::less<>{});
  return pattern == nullptr || pattern->matches(id);
}

/// The conditions that few queries have.
bool meets_the_rest(const Query& query, DocumentView document) {
  const auto chosen = [&](const Selector& one) { return matches(one, document); };
  return (!query.scope || query.scope->matches(document)) &&
         (query.any_of.empty() || std::ranges::any_of(query.any_of, chosen)) &&
         (!query.remains || matches(*query.remains, document));
}

}  // namespace

bool matches(const Selector& selector, DocumentView document) {
  return has_wanted_id(selector.ids, selector.id_pattern.get(), document.id()) &&
         (!selector.types || selector.types->matches(document));
}

bool matches(const Remains& remains, DocumentView document) {
  const auto all = document.attributes();
  const bool some = std::any_of(all.begin(), all.end(), [&](const AttributeView& attribute) {
    const auto name = attribute.name();
    return (!remains.only_picked || std::ranges::binary_search(remains.picked, name)) &&
           !std::ranges::binary_search(remains.omitted, name) &&
           (remains.dataset_ids.empty() ||
            std::ranges::find(remains.dataset_ids, attribute.dataset_id()) != remains.dataset_ids.end());
  });
  return some || (remains.scope && !document.scopes().empty());
}

bool matches(const Query& query, DocumentView document) {
  assert(query.ids.size() > 16 || std::ranges::is_sorted(query.ids));
  return has_wanted_id(query.ids, query.id_pattern.get(), document.id()) &&
         (!query.types || query.types->matches(document)) &&
         (query.attributes.empty() || has_one_of(query.attributes, document)) &&
         (!query.q || query.q->matches(document)) && (!query.geo || query.geo->matches(document)) &&
         meets_the_rest(query, document);
}

Result<Query> parse_query(const QueryText& text, NameResolver& names) {
  Query query;
  if (auto done = read_page(text, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_selectors(text, names, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_conditions(text, names, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_attributes(text, names, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_geo(text, names, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_order(text, names, query); !done) return std::unexpected(std::move(done).error());
  if (is_any_type(text) && text.local == false) {
    return wrong("The type * asks this broker alone; local=false contradicts it.", "local");
  }
  if (!is_narrow(text, query)) {
    return wrong("The query is too wide: narrow it by type, attrs, q or georel, or set local=true.", "");
  }
  return query;
}

}  // namespace horad::model
