// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/map_use.h"

#include <algorithm>

#include "horad/base/text.h"
#include "horad/broker/entity_maps.h"
#include "horad/edge/ngsi/answers.h"
#include "horad/model/q.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::string_view kMaps = "/ngsi-ld/v1/entityMaps/";

Result<std::optional<Duration>> read_lifetime(std::string_view text) {
  const auto read = base::parse_duration(text);
  if (read && *read > Duration{}) return *read;
  return fail(ErrorCode::kBadRequestData, "'entityMapLifetime' is an ISO 8601 duration, like PT10M.",
              "entityMapLifetime");
}

/// The id in the header: it stands there alone, or at the end of the map's URL, as we answer it.
Result<std::string> read_header(std::string_view text) {
  if (const auto at = text.find(kMaps); at != std::string_view::npos) text.remove_prefix(at + kMaps.size());
  auto id = base::percent_decode(text);
  if (id && model::check_entity_id(*id)) return std::move(*id);
  return fail(ErrorCode::kBadRequestData, "'NGSILD-EntityMap' is the URI of an entity map.", "NGSILD-EntityMap");
}

Result<MapUse> finish(const Exchange& exchange, MapUse out) {
  const auto header = exchange.request.header("ngsild-entitymap");
  if (header.empty()) return out;
  auto id = read_header(header);
  if (!id) return std::unexpected(std::move(id).error());
  auto& broker = exchange.broker;
  if (broker.entity_maps().part(exchange.caller.tenant, *id, 0, 0, broker.clock().now())) {
    out.map = std::move(*id);
    out.make = false;
  } else {
    out.make = true;
  }
  return out;
}

}  // namespace

Result<void> check_linked(const Exchange& exchange, const model::Query& query) {
  if (exchange.caller.forwarding == nullptr || !query.q || query.q->links().names.empty()) return {};
  return fail(ErrorCode::kNotSupported,
              "Linked entities of registered sources cannot be asked in q; with local=true those here can.", "q");
}

Result<void> check_past_map(const Exchange& exchange) {
  if (exchange.caller.forwarding == nullptr) return {};
  return fail(
      ErrorCode::kNotSupported,
      "Entity maps of the past of registered sources are not supported; with local=true there is one of what is "
      "here.",
      "entityMap");
}

Result<std::optional<Duration>> map_lifetime_of(const Exchange& exchange) {
  const auto* const text = exchange.request.find("entityMapLifetime");
  return text == nullptr ? std::optional<Duration>{} : read_lifetime(text->value);
}

Result<MapUse> map_use_of(const Exchange& exchange) {
  const auto make = flag(exchange, "entityMap");
  if (!make) return std::unexpected(make.error());
  const auto lifetime = map_lifetime_of(exchange);
  if (!lifetime) return std::unexpected(lifetime.error());
  return finish(exchange, {{}, *make, *lifetime});
}

Result<MapUse> map_use_of(const Exchange& exchange, const broker::json::object& body) {
  MapUse out;
  if (const auto* const make = body.if_contains("entityMap")) {
    if (!make->is_bool()) return fail(ErrorCode::kBadRequestData, "'entityMap' is true or false.", "/entityMap");
    out.make = make->get_bool();
  }
  if (const auto* const lifetime = body.if_contains("entityMapLifetime")) {
    const auto read =
        read_lifetime(lifetime->is_string() ? broker::text_of(lifetime->get_string()) : std::string_view{});
    if (!read) return std::unexpected(read.error());
    out.lifetime = *read;
  }
  return finish(exchange, std::move(out));
}

bool restrict_to_map(const Exchange& exchange, std::string_view map, model::Query& query) {
  auto& broker = exchange.broker;
  auto part =
      broker.entity_maps().part(exchange.caller.tenant, map, 0, broker::EntityMaps::kMostEntries, broker.clock().now());
  if (!part) return false;
  std::vector<std::string> ids;
  for (auto& entry : part->entries) ids.push_back(std::move(entry.id));
  std::ranges::sort(ids);
  if (query.ids.empty()) {
    query.ids = std::move(ids);
  } else {
    std::erase_if(query.ids, [&](const std::string& id) { return !std::ranges::binary_search(ids, id); });
  }
  return !query.ids.empty();
}

boost::asio::awaitable<Result<void>> name_map(Exchange& exchange, MapUse& use, broker::Target target) {
  if (!use.make) co_return Result<void>{};
  auto made = Result<std::string>{};
  if (exchange.caller.forwarding == nullptr) {
    made = exchange.broker.map_entity(exchange.caller.tenant, std::move(target.id), use.lifetime);
  } else {
    // Which places have it is known when they are asked for it by itself.
    model::QueryText text;
    text.id = target.id;
    model::Query query;
    query.ids = {std::move(target.id)};
    query.types = std::move(target.types);
    made = co_await exchange.broker.map_query(exchange.caller, std::move(query), text, use.lifetime);
  }
  if (!made) co_return std::unexpected(std::move(made).error());
  use.map = std::move(*made);
  co_return Result<void>{};
}

void add_map(Response& response, std::string_view id) {
  response.headers.emplace_back("NGSILD-EntityMap", std::string{kMaps} + path_segment(id));
}

}  // namespace horad::edge::ngsi
