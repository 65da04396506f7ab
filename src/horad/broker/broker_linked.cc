// SPDX-License-Identifier: Apache-2.0
// Queries whose q asks linked entities: what can be judged by an entity alone is left to the store, the rest is judged
// here, once the linked entities are at hand.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

constexpr std::size_t kMostCandidates = 100'000;  // entities that may match, before linked ones are looked at
constexpr std::size_t kJudgedTogether = 500;

}  // namespace

Task<Result<std::vector<model::Document>>> Broker::State::keep_matching(store::Tenant whose,
                                                                        std::shared_ptr<const model::QFilter> q,
                                                                        std::vector<model::Document> candidates) {
  model::LinkWalk<model::LinkPath> walk{candidates, q->links()};
  while (!walk.wanted().empty()) {
    const auto found = co_await ask<Result<std::vector<model::Document>>>(
        [&](auto done) { store.read_all(whose, walk.wanted(), std::move(done)); });
    if (!found) co_return std::unexpected(found.error());
    if (auto taken = walk.take(*found); !taken) co_return std::unexpected(std::move(taken).error());
  }
  std::erase_if(candidates, [&](const model::Document& one) { return !q->matches(one.view(), walk.documents()); });
  co_return candidates;
}

Task<Result<EntityPage>> Broker::State::query_linked(store::Tenant whose, model::Query query) {
  auto wide = query;
  wide.limit = kMostCandidates + 1;
  wide.offset = 0;
  wide.count = false;
  const auto all =
      co_await ask<Result<store::Page>>([&](auto done) { store.query(whose, std::move(wide), std::move(done)); });
  if (!all) co_return std::unexpected(all.error());
  if (all->documents.size() > kMostCandidates) {
    co_return fail(
        ErrorCode::kTooComplexQuery,
        fmt::format("More than {} entities would have to be judged by linked ones; narrow the query.", kMostCandidates),
        "q");
  }
  EntityPage out;
  std::uint64_t matched = 0;
  for (auto at = all->documents.begin(); at != all->documents.end();) {
    const auto end = at + std::min<std::ptrdiff_t>(kJudgedTogether, all->documents.end() - at);
    auto kept = co_await keep_matching(whose, query.q, {at, end});
    if (!kept) co_return std::unexpected(std::move(kept).error());
    for (auto& document : *kept) {
      ++matched;
      if (matched > query.offset && out.documents.size() < query.limit) out.documents.push_back(std::move(document));
    }
    at = end;
    if (!query.count && matched > query.offset + query.limit) break;
  }
  out.more = matched > query.offset + query.limit;
  if (query.count) out.count = matched;
  co_return out;
}

}  // namespace horad::broker
