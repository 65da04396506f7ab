// SPDX-License-Identifier: Apache-2.0
// /snapshots
#include "horad/broker/snapshots.h"

#include "horad/broker/contexts.h"
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/query_text.h"
#include "horad/model/context.h"
#include "horad/model/q.h"

namespace horad::edge::ngsi {
namespace {

namespace json = broker::json;

std::unexpected<Error> wrong(std::string what) {
  return fail(ErrorCode::kBadRequestData, std::move(what), "/snapshotQueries");
}

Result<broker::Broker::SnapshotQuery> read_query(Exchange& x, const json::value& value) {
  const auto* const document = value.if_object();
  if (document == nullptr) return wrong("Each of 'snapshotQueries' is a Query.");
  const auto read = read_query_document(*document);
  if (!read) return std::unexpected(read.error());
  if (!read->temporal.empty() || !read->aggregation.empty())
    return wrong("A query of a snapshot has no temporal part.");
  auto query = model::parse_query(read->text, *x.caller.context);
  if (!query) return std::unexpected(std::move(query).error());
  if (x.caller.forwarding != nullptr && query->q && !query->q->links().names.empty()) {
    return wrong("Linked entities of registered sources cannot be asked in q; with local=true those here can.");
  }
  return broker::Broker::SnapshotQuery{std::move(*query), read->text};
}

/// What is to be in a new snapshot.
Result<std::vector<broker::Broker::SnapshotQuery>> read_queries(Exchange& x) {
  const auto body = broker::parse_json_object(x.request.body);
  if (!body) return std::unexpected(body.error());
  if (auto taken = take_context(x, *body); !taken) return std::unexpected(std::move(taken).error());
  const auto* const given = body->if_contains("snapshotQueries");
  const auto* const list = given == nullptr ? nullptr : given->if_array();
  if (list == nullptr || list->empty() || list->size() > broker::kMostSnapshotQueries) {
    return wrong("'snapshotQueries' is a list of 1 to " + std::to_string(broker::kMostSnapshotQueries) + " queries.");
  }
  std::vector<broker::Broker::SnapshotQuery> out;
  for (const auto& one : *list) {
    auto query = read_query(x, one);
    if (!query) return std::unexpected(std::move(query).error());
    out.push_back(std::move(*query));
  }
  return out;
}

Response created_snapshot(const Result<std::string>& id) {
  return id ? created("/ngsi-ld/v1/snapshots/" + path_segment(*id)) : problem(id.error());
}

Response shown(const Exchange& x, Result<std::string> snapshot) {
  return snapshot ? answer(x, 200, with_context(x, std::move(*snapshot))) : problem(snapshot.error());
}

}  // namespace

Reply create_snapshot(Exchange& x) {
  auto queries = read_queries(x);
  if (!queries) co_return problem(queries.error());
  co_return created_snapshot(co_await x.broker.create_snapshot(x.caller, x.request.body, std::move(*queries)));
}

Reply clone_snapshot(Exchange& x) {
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return created_snapshot(co_await x.broker.clone_snapshot(x.caller, target->id, x.request.body));
}

Reply purge_snapshots(Exchange& x) {
  const auto q = x.parameter("q");
  if (q.empty()) {
    co_return problem({ErrorCode::kBadRequestData, "A purge of snapshots needs 'q': which ones.", "q"});
  }
  co_return answer_done(co_await x.broker.purge_snapshots(x.caller.tenant, q));
}

Reply show_snapshot(Exchange& x) {
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return shown(x, co_await x.broker.show_snapshot(x.caller.tenant, target->id));
}

Reply update_snapshot(Exchange& x) {
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return shown(x, co_await x.broker.update_snapshot(x.caller.tenant, target->id, x.request.body));
}

Reply delete_snapshot(Exchange& x) {
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.remove_snapshot(x.caller.tenant, target->id));
}

}  // namespace horad::edge::ngsi
