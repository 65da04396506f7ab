// SPDX-License-Identifier: Apache-2.0
#include "horad/model/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>

#include "horad/model/geo_query.h"
#include "horad/model/id_pattern.h"
#include "horad/model/q.h"
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

Result<void> read_ids(const QueryText& text, Query& query) {
  if (text.id) {
    const auto ids = split(*text.id, kMostQueryIds, "id");
    if (!ids) return std::unexpected(ids.error());
    for (const std::string_view id : *ids) {
      if (auto checked = check_entity_id(id); !checked) return std::unexpected(about(std::move(checked).error(), "id"));
      query.ids.emplace_back(id);
    }
    std::ranges::sort(query.ids);
    const auto doubles = std::ranges::unique(query.ids);
    query.ids.erase(doubles.begin(), doubles.end());
  }
  if (text.id_pattern) {
    auto pattern = IdPattern::parse(*text.id_pattern);
    if (!pattern) return std::unexpected(std::move(pattern).error());
    query.id_pattern = std::move(*pattern);
  }
  return {};
}

Result<void> read_attributes(const QueryText& text, NameResolver& names, Query& query) {
  if (!text.attrs) return {};
  const auto list = split(*text.attrs, kMostQueryAttributes, "attrs");
  if (!list) return std::unexpected(list.error());
  for (const std::string_view name : *list) {
    const auto id = names.resolve_attribute(name);
    if (!id) return std::unexpected(about(id.error(), "attrs"));
    query.attributes.push_back(*id);
  }
  std::ranges::sort(query.attributes);
  const auto doubles = std::ranges::unique(query.attributes);
  query.attributes.erase(doubles.begin(), doubles.end());
  return {};
}

Result<void> read_conditions(const QueryText& text, NameResolver& names, Query& query) {
  if (text.type) {
    auto types = TypeSelection::parse(*text.type, names);
    if (!types) return std::unexpected(about(std::move(types).error(), "type"));
    if (!(*types)->any()) query.types = std::move(*types);
  }
  if (text.q) {
    auto filter = QFilter::parse(*text.q, names);
    if (!filter) return std::unexpected(about(std::move(filter).error(), "q"));
    query.q = std::move(*filter);
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

bool is_narrow(const QueryText& text, const Query& query) {
  return text.local || text.type || !query.attributes.empty() || query.geo || (query.q && query.q->has_attribute());
}

bool has_one_of(const std::vector<NameId>& names, DocumentView document) {
  for (const AttributeView attribute : document.attributes()) {
    if (std::ranges::find(names, attribute.name()) != names.end()) return true;
  }
  return false;
}

bool has_wanted_id(const Query& query, std::string_view id) {
  if (!query.ids.empty()) return std::binary_search(query.ids.begin(), query.ids.end(), id, std::less<>{});
  return !query.id_pattern || query.id_pattern->matches(id);
}

}  // namespace

bool matches(const Query& query, DocumentView document) {
  assert(query.ids.size() > 16 || std::ranges::is_sorted(query.ids));
  return has_wanted_id(query, document.id()) && (!query.types || query.types->matches(document)) &&
         (query.attributes.empty() || has_one_of(query.attributes, document)) &&
         (!query.q || query.q->matches(document)) && (!query.geo || query.geo->matches(document));
}

Result<Query> parse_query(const QueryText& text, NameResolver& names) {
  Query query;
  if (auto done = read_page(text, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_ids(text, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_conditions(text, names, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_attributes(text, names, query); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_geo(text, names, query); !done) return std::unexpected(std::move(done).error());
  if (!is_narrow(text, query)) {
    return wrong("The query is too wide: narrow it by type, attrs, q or georel, or set local=true.", "");
  }
  return query;
}

}  // namespace horad::model
