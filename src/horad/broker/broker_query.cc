// SPDX-License-Identifier: Apache-2.0
// Reading what is and what was.
#include <algorithm>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

bool has_instances(const store::EntityHistory& history) noexcept {
  return std::ranges::any_of(history.series,
                             [](const auto& one) { return !one.instances.empty() || !one.buckets.empty(); });
}

/// Puts the histories in the order of `ids` and leaves out those without instances.
std::vector<store::EntityHistory> in_order(std::vector<store::EntityHistory> all, const std::vector<std::string>& ids) {
  std::vector<store::EntityHistory> out;
  for (const auto& id : ids) {
    const auto found = std::ranges::find(all, id, &store::EntityHistory::id);
    if (found != all.end() && has_instances(*found)) out.push_back(std::move(*found));
  }
  return out;
}

}  // namespace

Task<Result<model::Document>> Broker::retrieve(std::string tenant, std::string id) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  auto read = co_await ask<Result<model::Document>>(
      [&](auto done) { state_->store.read(city_address(std::move(tenant), std::move(id)), std::move(done)); });
  if (!read && read.error().code == ErrorCode::kNotFound) {
    co_return fail(ErrorCode::kNotFound, "There is no entity with this id.");
  }
  co_return read;
}

Task<Result<std::vector<model::Document>>> Broker::read_all(std::string tenant, std::vector<std::string> ids) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  co_return co_await ask<Result<std::vector<model::Document>>>(
      [&](auto done) { state_->store.read_all(entities_of(std::move(tenant)), std::move(ids), std::move(done)); });
}

Task<Result<EntityPage>> Broker::query(std::string tenant, model::Query query) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  if (query.q && !query.q->links().names.empty()) {
    co_return co_await state_->query_linked(entities_of(std::move(tenant)), std::move(query));
  }
  const auto limit = query.limit;
  if (limit > 0) ++query.limit;  // one more, to know whether there is a next page
  auto page = co_await ask<Result<store::Page>>(
      [&](auto done) { state_->store.query(entities_of(std::move(tenant)), std::move(query), std::move(done)); });
  if (!page) co_return std::unexpected(std::move(page).error());
  EntityPage out{std::move(page->documents), page->count, false};
  out.more = out.documents.size() > limit;
  if (out.more) out.documents.resize(limit);
  co_return out;
}

Task<Result<store::EntityHistory>> Broker::history(std::string tenant, store::HistoryQuery query) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  auto found = co_await ask<Result<std::vector<store::EntityHistory>>>(
      [&](auto done) { state_->store.history(entities_of(std::move(tenant)), std::move(query), std::move(done)); });
  if (!found) co_return std::unexpected(std::move(found).error());
  if (found->empty()) co_return fail(ErrorCode::kNotFound, "There is no entity with this id and a past.");
  co_return std::move(found->front());
}

Task<Result<HistoryPage>> Broker::temporal_query(std::string tenant, TemporalQuery query) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto whose = entities_of(std::move(tenant));
  const auto [limit, offset, count] = std::tuple{query.entities.limit, query.entities.offset, query.entities.count};
  HistoryPage out;
  std::size_t matched = 0;  // entities with instances in the window, so far
  query.entities.limit = std::clamp<std::size_t>(limit + 1, 20, 1'000);
  query.entities.count = false;
  // Pages are cut after the window has been applied, so that they hold exactly the entities that have something in it.
  for (query.entities.offset = 0;; query.entities.offset += query.entities.limit) {
    auto page = co_await ask<Result<store::Page>>(
        [&](auto done) { state_->store.query(whose, query.entities, std::move(done)); });
    if (!page) co_return std::unexpected(std::move(page).error());
    query.history.ids.clear();
    for (const auto& document : page->documents) query.history.ids.emplace_back(document.view().id());
    if (query.history.ids.empty()) break;
    auto found = co_await ask<Result<std::vector<store::EntityHistory>>>(
        [&](auto done) { state_->store.history(whose, query.history, std::move(done)); });
    if (!found) co_return std::unexpected(std::move(found).error());
    for (auto& history : in_order(std::move(*found), query.history.ids)) {
      ++matched;
      if (matched > offset && out.entities.size() < limit) out.entities.push_back(std::move(history));
    }
    if (page->documents.size() < query.entities.limit) break;
    if (!count && matched > offset + limit) break;
  }
  out.more = matched > offset + limit;
  if (count) out.count = matched;
  co_return out;
}

Task<Result<std::vector<store::TypeCount>>> Broker::types(std::string tenant) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  co_return co_await ask<Result<std::vector<store::TypeCount>>>(
      [&](auto done) { state_->store.types(entities_of(std::move(tenant)), std::move(done)); });
}

}  // namespace horad::broker
