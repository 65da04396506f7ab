// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/query_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "horad/broker/contexts.h"
#include "horad/model/context.h"

namespace horad::edge::ngsi {
namespace {

namespace json = broker::json;
using broker::text_of;

std::optional<std::string> given(const Exchange& exchange, std::string_view name) {
  const auto* const found = exchange.request.find(name);
  return found == nullptr ? std::nullopt : std::optional{found->value};
}

Result<void> read_paging(const Exchange& exchange, model::QueryText& out) {
  out.limit = given(exchange, "limit");
  out.offset = given(exchange, "offset");
  out.count = given(exchange, "count");
  if (!out.count && has_option(exchange, "count")) out.count = "true";
  const auto local = flag(exchange, "local");
  if (!local) return std::unexpected(local.error());
  if (given(exchange, "local")) out.local = *local;
  return {};
}

std::unexpected<Error> wrong(std::string_view at, std::string what) {
  return fail(ErrorCode::kBadRequestData, std::move(what), "/" + std::string{at});
}

const json::value* member(const json::object& object, std::string_view name) {
  return object.if_contains(json::string_view{name.data(), name.size()});
}

Result<std::optional<std::string>> text_in(const json::object& object, std::string_view name) {
  const auto* const value = member(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return wrong(name, "'" + std::string{name} + "' is a text.");
  return std::string{text_of(value->get_string())};
}

/// A list of texts, or one text, joined by commas.
Result<std::optional<std::string>> list_in(const json::object& object, std::string_view name) {
  const auto* const value = member(object, name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string{text_of(value->get_string())};
  const auto* const list = value->if_array();
  if (list == nullptr || list->empty())
    return wrong(name, "'" + std::string{name} + "' is a list with at least one text.");
  std::string out;
  for (const auto& item : *list) {
    if (!item.is_string()) return wrong(name, "'" + std::string{name} + "' is a list of texts.");
    (out += out.empty() ? "" : ",") += text_of(item.get_string());
  }
  return out;
}

Result<model::SelectorText> read_selector(const json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) return wrong("entities", "Each entry of 'entities' is an object.");
  auto type = text_in(*object, "type");
  auto id = list_in(*object, "id");
  auto pattern = text_in(*object, "idPattern");
  for (const auto* const part : {&type, &id, &pattern}) {
    if (!*part) return std::unexpected(part->error());
  }
  if (!*type || (*type)->empty()) return wrong("entities", "An entity selector needs a type.");
  return model::SelectorText{std::move(*id), std::move(*pattern), std::move(**type)};
}

Result<void> read_selectors(const json::object& body, model::QueryText& out) {
  const auto* const entities = member(body, "entities");
  if (entities == nullptr) return {};
  const auto* const list = entities->if_array();
  if (list == nullptr || list->empty())
    return wrong("entities", "'entities' is a list with at least one entity selector.");
  for (const auto& item : *list) {
    auto selector = read_selector(item);
    if (!selector) return std::unexpected(std::move(selector).error());
    out.selectors.push_back(std::move(*selector));
  }
  return {};
}

/// OrderingParams (5.2.43).
Result<void> read_ordering(const json::object& body, model::QueryText& out) {
  const auto* const value = member(body, "ordering");
  if (value == nullptr) return {};
  const auto* const object = value->if_object();
  if (object == nullptr) return wrong("ordering", "'ordering' is an object.");
  auto order_by = list_in(*object, "orderBy");
  auto collation = text_in(*object, "collation");
  auto geometry = text_in(*object, "geometry");
  for (const auto* const part : {&order_by, &collation, &geometry}) {
    if (!*part) return std::unexpected(part->error());
  }
  if (!*order_by) return wrong("ordering", "'ordering' needs orderBy.");
  if (const auto* const coordinates = member(*object, "coordinates")) {
    if (!coordinates->is_array()) return wrong("ordering", "'coordinates' is an array.");
    out.order_from = broker::to_text(*coordinates);
  }
  out.order_by = std::move(*order_by);
  out.collation = std::move(*collation);
  out.order_geometry = std::move(*geometry);
  return {};
}

Result<void> read_geo(const json::object& body, model::QueryText& out) {
  const auto* const value = member(body, "geoQ");
  if (value == nullptr) return {};
  const auto* const object = value->if_object();
  if (object == nullptr) return wrong("geoQ", "'geoQ' is an object.");
  for (const auto& [name, slot] : {std::pair{"georel", &out.georel}, std::pair{"geometry", &out.geometry},
                                   std::pair{"geoproperty", &out.geoproperty}}) {
    auto text = text_in(*object, name);
    if (!text) return std::unexpected(std::move(text).error());
    *slot = std::move(*text);
  }
  if (const auto* const coordinates = member(*object, "coordinates")) {
    out.coordinates =
        coordinates->is_string() ? std::string{text_of(coordinates->get_string())} : broker::to_text(*coordinates);
  }
  return {};
}

Result<json::object> object_in(const json::object& body, std::string_view name) {
  const auto* const value = member(body, name);
  if (value == nullptr) return json::object{};
  if (!value->is_object()) return wrong(name, "'" + std::string{name} + "' is an object.");
  return value->get_object();
}

Result<void> check_members(const json::object& body) {
  static constexpr std::array<std::string_view, 23> kKnown{"type",
                                                           "@type",
                                                           "@context",
                                                           "entities",
                                                           "attrs",
                                                           "q",
                                                           "geoQ",
                                                           "csf",
                                                           "pick",
                                                           "omit",
                                                           "lang",
                                                           "scopeQ",
                                                           "temporalQ",
                                                           "aggrParams",
                                                           "datasetId",
                                                           "ordering",
                                                           "expandValues",
                                                           "jsonKeys",
                                                           "join",
                                                           "joinLevel",
                                                           "containedBy",
                                                           "entityMap",
                                                           "entityMapLifetime"};
  for (const auto& one : body) {
    const std::string_view name{one.key().data(), one.key().size()};
    if (std::ranges::find(kKnown, name) != kKnown.end()) continue;
    return wrong(name, "A query has no member '" + std::string{name} + "'.");
  }
  const auto type = text_in(body, "type");
  if (!type) return std::unexpected(type.error());
  if (*type && **type != "Query") return wrong("type", "The type of the body is 'Query'.");
  return {};
}

}  // namespace

Result<void> take_context(Exchange& exchange, const json::object& body) {
  const auto* const context = member(body, "@context");
  if (!exchange.caller.context_in_body) {
    if (context == nullptr) return {};
    return wrong("@context", "A body with an @context has the content type application/ld+json.");
  }
  if (context == nullptr) return wrong("@context", "A body of application/ld+json needs an @context.");
  auto compiled = exchange.broker.contexts().get(exchange.caller, broker::to_text(*context));
  if (!compiled) return std::unexpected(std::move(compiled).error());
  exchange.caller.context = std::move(*compiled);
  return {};
}

Result<model::QueryText> query_text_of(const Exchange& exchange) {
  model::QueryText out;
  out.id = given(exchange, "id");
  out.id_pattern = given(exchange, "idPattern");
  out.type = given(exchange, "type");
  out.q = given(exchange, "q");
  out.georel = given(exchange, "georel");
  out.geometry = given(exchange, "geometry");
  out.coordinates = given(exchange, "coordinates");
  out.geoproperty = given(exchange, "geoproperty");
  out.attrs = given(exchange, "attrs");
  out.expand_values = given(exchange, "expandValues");
  out.json_keys = given(exchange, "jsonKeys");
  out.csf = given(exchange, "csf");
  out.scope_q = given(exchange, "scopeQ");
  out.order_by = given(exchange, "orderBy");
  out.collation = given(exchange, "collation");
  out.order_from = given(exchange, "orderFrom");
  // Without georel `geometry` says what sort of geometry orderFrom is.
  if (out.order_from && !out.georel && !out.coordinates) out.order_geometry = std::exchange(out.geometry, std::nullopt);
  if (auto done = read_paging(exchange, out); !done) return std::unexpected(std::move(done).error());
  return out;
}

Result<QueryBody> read_query_document(const json::object& document) {
  QueryBody out;
  for (auto done : {check_members(document), read_selectors(document, out.text), read_geo(document, out.text),
                    read_ordering(document, out.text)}) {
    if (!done) return std::unexpected(std::move(done).error());
  }
  struct Member {
    std::string_view name;
    std::optional<std::string>* slot;
  };
  for (const auto& [name, slot] : {Member{"q", &out.text.q}, Member{"csf", &out.text.csf},
                                   Member{"scopeQ", &out.text.scope_q}, Member{"lang", &out.lang}}) {
    auto text = text_in(document, name);
    if (!text) return std::unexpected(std::move(text).error());
    *slot = std::move(*text);
  }
  for (const auto& [name, slot] :
       {Member{"attrs", &out.text.attrs}, Member{"pick", &out.pick}, Member{"omit", &out.omit},
        Member{"datasetId", &out.dataset_id}, Member{"expandValues", &out.text.expand_values},
        Member{"jsonKeys", &out.text.json_keys}}) {
    auto list = list_in(document, name);
    if (!list) return std::unexpected(std::move(list).error());
    *slot = std::move(*list);
  }
  auto join = broker::join_of(document);
  if (!join) return std::unexpected(std::move(join).error());
  out.text.join_levels = join->levels;
  out.join = std::move(*join);
  auto temporal = object_in(document, "temporalQ");
  auto aggregation = object_in(document, "aggrParams");
  if (!temporal) return std::unexpected(std::move(temporal).error());
  if (!aggregation) return std::unexpected(std::move(aggregation).error());
  out.temporal = std::move(*temporal);
  out.aggregation = std::move(*aggregation);
  return out;
}

Result<QueryBody> read_query_body(Exchange& exchange) {
  const auto body = broker::parse_json_object(exchange.request.body);
  if (!body) return std::unexpected(body.error());
  if (auto done = take_context(exchange, *body); !done) return std::unexpected(std::move(done).error());
  auto out = read_query_document(*body);
  if (!out) return out;
  auto map = map_use_of(exchange, *body);
  if (!map) return std::unexpected(std::move(map).error());
  out->map = std::move(*map);
  if (auto done = read_paging(exchange, out->text); !done) return std::unexpected(std::move(done).error());
  return out;
}

}  // namespace horad::edge::ngsi
