// SPDX-License-Identifier: Apache-2.0
// GET /entities and POST /entityOperations/query
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/query_text.h"
#include "horad/edge/ngsi/representation.h"
#include "horad/model/context.h"

namespace horad::edge::ngsi {
namespace {

Reply run(Exchange& x, model::QueryText text, const Projection& projection) {
  const auto how = read_representation(x, projection);
  if (!how) co_return problem(how.error());
  auto query = model::parse_query(text, *x.caller.context);
  if (!query) co_return problem(query.error());
  add_remains(*how, *query);
  PageInfo info{.limit = query->limit, .offset = query->offset, .more = false, .count = {}};
  const auto page = co_await x.broker.query(x.caller, std::move(*query), text);
  if (!page) co_return problem(page.error());
  info.more = page->more;
  info.count = page->count;
  auto response = answer_shown(x, *how, page->documents, show_all(*how, page->documents, *x.caller.context));
  add_paging(response, x, info);
  co_return response;
}

}  // namespace

Reply query_entities(Exchange& x) {
  auto text = query_text_of(x);
  if (!text) co_return problem(text.error());
  const auto projection = projection_of(x);
  co_return co_await run(x, std::move(*text), projection);
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
                              .dataset_id = body->dataset_id};
  co_return co_await run(x, body->text, projection);
}

}  // namespace horad::edge::ngsi
