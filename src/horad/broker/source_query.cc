// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/source_query.h"

#include <algorithm>

#include "horad/base/time.h"
#include "horad/broker/json.h"

namespace horad::broker {

using enum SourceOp;

std::unexpected<Error> went_round(Forwarding& forwarding) {
  forwarding.looped = true;
  return fail(ErrorCode::kConflict, "The request came back to where it had been: registrations form a loop.");
}

std::vector<std::shared_ptr<const Registration>> proxied_of(const Sources& sources, const Wanted& wanted,
                                                            Timestamp now) {
  auto out = sources.matching(wanted);
  std::erase_if(out, [now](const std::shared_ptr<const Registration>& one) {
    return one->expired(now) || (one->mode != Mode::kExclusive && one->mode != Mode::kRedirect);
  });
  return out;
}

std::vector<std::pair<std::string_view, std::string_view>> filters_of(const model::QueryText& text) {
  std::vector<std::pair<std::string_view, std::string_view>> out;
  const auto add = [&out](std::string_view name, const std::optional<std::string>& value) {
    if (value && !value->empty()) out.emplace_back(name, *value);
  };
  add("q", text.q);
  add("georel", text.georel);
  add("geometry", text.geometry);
  add("coordinates", text.coordinates);
  add("geoproperty", text.geoproperty);
  add("scopeQ", text.scope_q);
  add("expandValues", text.expand_values);
  add("jsonKeys", text.json_keys);
  return out;
}

std::string joined(std::span<const std::string> texts) {
  std::string out;
  for (const auto& one : texts) (out += out.empty() ? "" : ",") += one;
  return out;
}

std::string types_for(const model::TypeSelection* types, const Share& share, const Words& words) {
  if (types != nullptr) return type_text(*types, *words.context);
  return name_list(share.types, *words.context);
}

namespace {

void add_query(std::string& url, const SourceQuery& query) {
  const auto add = [&url](std::string_view name, const std::string& value) {
    if (!value.empty()) add_parameter(url, name, value);
  };
  add("type", query.types);
  add("id", query.ids);
  add("idPattern", query.pattern);
  add("attrs", query.attributes);
  for (const auto& [name, value] : query.filters) add_parameter(url, name, value);
}

void add_page(std::string& url, const SourceQuery& query) {
  if (query.limit > 0) add_parameter(url, "limit", std::to_string(query.limit));
  if (query.offset > 0) add_parameter(url, "offset", std::to_string(query.offset));
}

Outgoing by_get(const SourceQuery& query, const Forwarding& forwarding, std::string_view alias) {
  auto out = outgoing(query.share, "GET", "/entities", query.words, forwarding, alias);
  auto& url = out.request.url;
  add_query(url, query);
  add_parameter(url, "options", "sysAttrs");
  add_page(url, query);
  return out;
}

json::value list_or_text(const std::string& list) {
  if (list.find(',') == std::string::npos) return json::string(list);
  json::array out;
  for (std::string_view rest = list; !rest.empty();) {
    const auto end = rest.find(',');
    out.emplace_back(json::string(rest.substr(0, end)));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return out;
}

json::object body_of(const SourceQuery& query) {
  json::object body{{"type", "Query"}};
  json::object selector;
  selector["type"] = json::string(query.types.empty() ? "*" : query.types);
  if (!query.ids.empty()) selector["id"] = list_or_text(query.ids);
  if (!query.pattern.empty()) selector["idPattern"] = json::string(query.pattern);
  body["entities"] = json::array{std::move(selector)};
  const auto listed = [](std::string_view list) {
    auto names = list_or_text(std::string{list});
    return names.is_array() ? std::move(names) : json::value(json::array{std::move(names)});
  };
  if (!query.attributes.empty()) body["attrs"] = listed(query.attributes);
  json::object geo;
  for (const auto& [name, value] : query.filters) {
    const json::string_view key{name.data(), name.size()};
    if (name == "q") {
      body["q"] = json::string(value);
    } else if (name == "coordinates") {
      const auto parsed = parse_json(value);
      geo[key] = parsed ? *parsed : json::value(json::string(value));
    } else if (name == "expandValues" || name == "jsonKeys") {
      body[key] = listed(value);
    } else if (name.starts_with("geo")) {
      geo[key] = json::string(value);
    } else {
      body[key] = json::string(value);
    }
  }
  if (!geo.empty()) body["geoQ"] = std::move(geo);
  return body;
}

Outgoing by_post(const SourceQuery& query, const Forwarding& forwarding, std::string_view alias) {
  auto out = outgoing(query.share, "POST", "/entityOperations/query", query.words, forwarding, alias);
  auto& url = out.request.url;
  add_parameter(url, "options", "sysAttrs");
  add_page(url, query);
  set_body(out, body_of(query), query.words);
  return out;
}

}  // namespace

Outgoing by_query(const SourceQuery& query, const Forwarding& forwarding, std::string_view alias) {
  const auto& operations = query.share.source->operations;
  return operations.has(kQueryEntity) ? by_get(query, forwarding, alias) : by_post(query, forwarding, alias);
}

Outgoing by_retrieve(const Share& share, const Words& words, const Target& target, const Forwarding& forwarding,
                     std::string_view alias) {
  const auto attributes = name_list(share.attributes, *words.context);
  if (!share.source->operations.has(kRetrieveEntity)) {
    const SourceQuery query{.share = share,
                            .words = words,
                            .types = types_for(target.types.get(), share, words),
                            .ids = target.id,
                            .pattern = {},
                            .attributes = attributes,
                            .filters = {}};
    return by_query(query, forwarding, alias);
  }
  auto out = outgoing(share, "GET", "/entities/" + path_part(target.id), words, forwarding, alias);
  if (!attributes.empty()) add_parameter(out.request.url, "attrs", attributes);
  if (target.types) add_parameter(out.request.url, "type", type_text(*target.types, *words.context));
  add_parameter(out.request.url, "options", "sysAttrs");
  return out;
}

namespace {

std::string_view name_of(store::TimeProperty property) noexcept {
  switch (property) {
    case store::TimeProperty::kObservedAt:
      return "observedAt";
    case store::TimeProperty::kCreatedAt:
      return "createdAt";
    case store::TimeProperty::kModifiedAt:
      return "modifiedAt";
    case store::TimeProperty::kDeletedAt:
      return "deletedAt";
  }
  return {};
}

void add_window(std::string& url, const store::HistoryQuery& window) {
  if (window.time_property != store::TimeProperty::kObservedAt) {
    add_parameter(url, "timeproperty", name_of(window.time_property));
  }
  if (window.from || window.to) {
    add_parameter(url, "timerel", window.from && window.to ? "between" : window.from ? "after" : "before");
    add_parameter(url, "timeAt", base::format_time(window.from ? *window.from : *window.to));
    if (window.from && window.to) add_parameter(url, "endTimeAt", base::format_time(*window.to));
  }
  if (window.last_n > 0) add_parameter(url, "lastN", std::to_string(window.last_n));
  add_parameter(url, "options", "sysAttrs");
}

/// A query must have a time; by this one every instance is meant.
store::HistoryQuery all_times() {
  store::HistoryQuery out;
  out.time_property = store::TimeProperty::kModifiedAt;
  out.from = Timestamp{};
  return out;
}

}  // namespace

Outgoing by_temporal_query(const SourceQuery& query, const store::HistoryQuery& window, const Forwarding& forwarding,
                           std::string_view alias) {
  auto out = outgoing(query.share, "GET", "/temporal/entities", query.words, forwarding, alias);
  add_query(out.request.url, query);
  add_window(out.request.url, window);
  add_page(out.request.url, query);
  return out;
}

Outgoing by_temporal_retrieve(const Share& share, const Words& words, const std::string& id,
                              const store::HistoryQuery& window, const Forwarding& forwarding, std::string_view alias) {
  const auto attributes = name_list(share.attributes, *words.context);
  if (!share.source->operations.has(kRetrieveTemporal)) {
    const SourceQuery query{.share = share,
                            .words = words,
                            .types = types_for(nullptr, share, words),
                            .ids = id,
                            .pattern = {},
                            .attributes = attributes,
                            .filters = {}};
    return by_temporal_query(query, window.from || window.to ? window : all_times(), forwarding, alias);
  }
  auto out = outgoing(share, "GET", "/temporal/entities/" + path_part(id), words, forwarding, alias);
  if (!attributes.empty()) add_parameter(out.request.url, "attrs", attributes);
  add_window(out.request.url, window);
  return out;
}

}  // namespace horad::broker
