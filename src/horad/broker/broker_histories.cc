// SPDX-License-Identifier: Apache-2.0
// The past of one entity and questions about that of many (5.7.3, 5.7.4).
#include <algorithm>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/history_search.h"

namespace horad::broker {

using store::HistoryAnswer;
using store::HistoryQuery;

Task<Result<HistoryAnswer>> Broker::history(std::string tenant, HistoryQuery query) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  query.page_instances = state_->limits.temporal_page_instances;
  auto found = co_await ask_history(state_->store, entities_of(std::move(tenant)), std::move(query));
  if (found && found->entities.empty()) co_return no_such_past();
  co_return found;
}

Task<Result<std::string>> Broker::map_temporal_query(std::string tenant, TemporalQuery query,
                                                     std::optional<Duration> lifetime) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  query.entities.limit = EntityMaps::kMostEntries + 1;
  query.entities.offset = 0;
  query.entities.count = false;
  PageOfMatches matches(state_->store, entities_of(tenant), query);
  if (auto done = co_await matches.run(state_->limits.discovery_entities); !done)
    co_return std::unexpected(std::move(done).error());
  std::vector<MapEntry> entries;
  entries.reserve(matches.page().size());
  for (auto& match : matches.page()) entries.push_back(local_entry(std::move(match.id)));
  co_return state_->add_map(tenant, std::move(entries), lifetime);
}

Task<Result<HistoryPage>> Broker::temporal_query(std::string tenant, TemporalQuery query) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto whose = entities_of(std::move(tenant));
  query.history.page_instances = state_->limits.temporal_page_instances;
  PageOfMatches matches(state_->store, whose, query);
  if (auto done = co_await matches.run(state_->limits.discovery_entities); !done)
    co_return std::unexpected(std::move(done).error());
  HistoryPage out;
  out.more = matches.matched() > query.entities.offset + query.entities.limit;
  if (query.entities.count) out.count = matches.matched();
  auto answer = co_await histories_of(state_->store, whose, std::move(matches.page()), query.history);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  out.entities = std::move(answer->entities);
  out.cut = answer->cut;
  co_return out;
}

}  // namespace horad::broker
