// SPDX-License-Identifier: Apache-2.0
// Reading what is.
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/model/q.h"

namespace horad::broker {
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
  EntityPage out{std::move(page->documents), {}, page->count, false};
  out.more = out.documents.size() > limit;
  if (out.more) out.documents.resize(limit);
  co_return out;
}

}  // namespace horad::broker
