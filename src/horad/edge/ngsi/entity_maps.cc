// SPDX-License-Identifier: Apache-2.0
// /entityMaps and /temporal/entityMaps
#include "horad/broker/entity_maps.h"

#include <algorithm>

#include "horad/base/text.h"
#include "horad/broker/json.h"
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/map_use.h"
#include "horad/edge/ngsi/query_text.h"
#include "horad/edge/ngsi/temporal_text.h"
#include "horad/model/context.h"

namespace horad::edge::ngsi {
namespace {

std::unexpected<Error> no_map() { return fail(ErrorCode::kNotFound, "There is no entity map with this id."); }

/// 5.2.39
std::string map_json(const broker::EntityMap& map) {
  std::string out = "{\"id\":";
  base::append_json_string(out, map.id);
  out += ",\"type\":\"EntityMap\",\"expiresAt\":\"";
  base::append_time(out, std::chrono::floor<std::chrono::milliseconds>(map.expires_at));
  out += "\",\"entityMap\":{";
  for (std::size_t i = 0; i < map.entries.size(); ++i) {
    if (i > 0) out += ',';
    base::append_json_string(out, map.entries[i].id);
    out += ":[";
    for (std::size_t k = 0; k < map.entries[i].sources.size(); ++k) {
      if (k > 0) out += ',';
      base::append_json_string(out, map.entries[i].sources[k]);
    }
    out += ']';
  }
  return out + "}}";
}

Result<broker::EntityMap> find(const Exchange& x, std::string_view id) {
  if (auto good = model::check_entity_id(id); !good) return std::unexpected(std::move(good).error());
  auto map = x.broker.entity_maps().find(x.caller.tenant, id, x.broker.clock().now());
  return map ? Result<broker::EntityMap>{std::move(*map)} : no_map();
}

/// 201 with the map that was made, and where it is.
Response made(const Exchange& x, const Result<std::string>& id) {
  if (!id) return problem(id.error());
  const auto map = find(x, *id);
  if (!map) return problem(map.error());
  auto response = answer(x, 201, with_context(x, map_json(*map)));
  add_map(response, *id);
  return response;
}

Reply map_query(Exchange& x, model::QueryText text, std::optional<Duration> lifetime) {
  auto query = model::parse_query(text, *x.caller.context);
  if (!query) co_return problem(query.error());
  if (const auto possible = check_linked(x, *query); !possible) co_return problem(possible.error());
  co_return made(x, co_await x.broker.map_query(x.caller, std::move(*query), text, lifetime));
}

Reply map_histories(Exchange& x, TemporalQuestion asked, std::optional<Duration> lifetime) {
  if (const auto local = check_past_map(x); !local) co_return problem(local.error());
  const auto members = temporal_members_of(x, asked.projection);
  if (!members) co_return problem(members.error());
  auto query = temporal_query_of(x, std::move(asked), model::TemporalForm::kNormalized, *members);
  if (!query) co_return problem(query.error());
  co_return made(x, co_await x.broker.map_temporal_query(x.caller.tenant, std::move(*query), lifetime));
}

/// How far q may ask linked entities, as the query that uses the map will.
Result<void> add_join(const Exchange& x, model::QueryText& text) {
  const auto join = join_of(x);
  if (!join) return std::unexpected(join.error());
  text.join_levels = join->levels;
  return {};
}

}  // namespace

Reply map_entities(Exchange& x) {
  const auto lifetime = map_lifetime_of(x);
  if (!lifetime) co_return problem(lifetime.error());
  auto text = query_text_of(x);
  if (!text) co_return problem(text.error());
  if (const auto good = add_join(x, *text); !good) co_return problem(good.error());
  co_return co_await map_query(x, std::move(*text), *lifetime);
}

Reply map_entities_by_body(Exchange& x) {
  const auto body = read_query_body(x);
  if (!body) co_return problem(body.error());
  if (!body->temporal.empty() || !body->aggregation.empty()) {
    co_return problem({ErrorCode::kBadRequestData, "A query of current entities has no temporal part.", "/temporalQ"});
  }
  co_return co_await map_query(x, body->text, body->map.lifetime);
}

Reply map_histories(Exchange& x) {
  const auto lifetime = map_lifetime_of(x);
  if (!lifetime) co_return problem(lifetime.error());
  auto text = query_text_of(x);
  if (!text) co_return problem(text.error());
  co_return co_await map_histories(x, {std::move(*text), temporal_text_of(x), temporal_projection_of(x)}, *lifetime);
}

Reply map_histories_by_body(Exchange& x) {
  const auto body = read_query_body(x);
  if (!body) co_return problem(body.error());
  auto temporal = temporal_text_of(*body);
  if (!temporal) co_return problem(temporal.error());
  co_return co_await map_histories(x, {body->text, std::move(*temporal), temporal_projection_of(*body)},
                                   body->map.lifetime);
}

Reply show_map(Exchange& x) {
  const auto map = find(x, x.request.captures.front());
  if (!map) co_return problem(map.error());
  co_return answer(x, 200, with_context(x, map_json(*map)));
}

Reply update_map(Exchange& x) {
  const auto& id = x.request.captures.front();
  if (const auto map = find(x, id); !map) co_return problem(map.error());
  const auto body = broker::parse_json_object(x.request.body);
  if (!body) co_return problem(body.error());
  const auto* const expiry = body->if_contains("expiresAt");  // whatever else stands there is ours to say
  if (expiry == nullptr) co_return no_content();
  const auto at = expiry->is_string() ? base::parse_time(broker::text_of(expiry->get_string()))
                                      : Result<Timestamp>{fail(ErrorCode::kBadRequestData, "")};
  if (!at) co_return problem({ErrorCode::kBadRequestData, "'expiresAt' is a time in UTC.", "/expiresAt"});
  const bool done = x.broker.entity_maps().set_expiry(x.caller.tenant, id, *at, x.broker.clock().now());
  co_return done ? no_content() : problem(no_map().error());
}

Reply delete_map(Exchange& x) {
  const auto& id = x.request.captures.front();
  if (const auto good = model::check_entity_id(id); !good) co_return problem(good.error());
  const bool done = x.broker.entity_maps().remove(x.caller.tenant, id, x.broker.clock().now());
  co_return done ? no_content() : problem(no_map().error());
}

}  // namespace horad::edge::ngsi
