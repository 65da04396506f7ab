// SPDX-License-Identifier: Apache-2.0
// GET /entities and POST /entityOperations/query
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/query_text.h"
#include "horad/edge/ngsi/representation.h"
#include "horad/model/context.h"

namespace horad::edge::ngsi {
namespace {

/// The entities of a page, and the entity map that they are taken from when one is used or asked for.
boost::asio::awaitable<Result<broker::EntityPage>> find_page(Exchange& x, const model::Query& query,
                                                             const model::QueryText& text, MapUse& use) {
  if (auto possible = check_linked(x, query); !possible) co_return std::unexpected(std::move(possible).error());
  if (use.make) {
    auto made = co_await x.broker.map_query(x.caller, query, text, use.lifetime);
    if (!made) co_return std::unexpected(std::move(made).error());
    use.map = std::move(*made);
  }
  if (use.map) co_return co_await x.broker.query_mapped(x.caller, query, text, *use.map);
  co_return co_await x.broker.query(x.caller, query, text);
}

Reply run(Exchange& x, model::QueryText text, const Projection& projection, MapUse use) {
  const auto how = read_representation(x, projection);
  if (!how) co_return problem(how.error());
  text.join_levels = how->join.levels;
  auto query = model::parse_query(text, *x.caller.context);
  if (!query) co_return problem(query.error());
  add_remains(*how, *query);
  PageInfo info{.limit = query->limit, .offset = query->offset, .more = false, .count = {}};
  const auto page = co_await find_page(x, *query, text, use);
  if (!page) co_return problem(page.error());
  info.more = page->more;
  info.count = page->count;
  auto shown = co_await show_all_linked(x, *how, page->documents);
  if (!shown) co_return problem(shown.error());
  auto response = answer_shown(x, *how, page->documents, std::move(*shown));
  if (use.make && response.status == 200) response.status = 201;
  add_paging(response, x, info);
  if (use.map) add_map(response, *use.map);
  co_return response;
}

}  // namespace

Reply query_entities(Exchange& x) {
  auto text = query_text_of(x);
  if (!text) co_return problem(text.error());
  auto projection = projection_of(x);
  auto join = join_of(x);
  if (!join) co_return problem(join.error());
  projection.join = std::move(*join);
  auto use = map_use_of(x);
  if (!use) co_return problem(use.error());
  co_return co_await run(x, std::move(*text), projection, std::move(*use));
}

Reply query_entities_by_body(Exchange& x) {
  const auto body = read_query_body(x);
  if (!body) co_return problem(body.error());
  if (!body->temporal.empty() || !body->aggregation.empty()) {
    co_return problem({ErrorCode::kBadRequestData, "A query of current entities has no temporal part.", "/temporalQ"});
  }
  const Projection projection{.attrs = body->text.attrs,
                              .pick = body->pick,
                              .omit = body->omit,
                              .lang = body->lang,
                              .dataset_id = body->dataset_id,
                              .join = body->join};
  co_return co_await run(x, body->text, projection, body->map);
}

}  // namespace horad::edge::ngsi
