// SPDX-License-Identifier: Apache-2.0
// Entity maps: making one of a query, and paging along one.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/forwarding.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

constexpr std::size_t kReadTogether = 500;  // entities of a map
constexpr std::size_t kAskedTogether = 50;  // the same where sources are asked: their ids stand in a URL

/// What is here of a map's entities, and matches.
Task<Result<std::vector<model::Document>>> read_fitting(Broker::State& state, store::Tenant whose,
                                                        const model::Query& query,
                                                        const std::vector<MapEntry>& entries) {
  std::vector<std::string> ids;
  for (const auto& entry : entries) ids.push_back(entry.id);
  auto found = co_await ask<Result<std::vector<model::Document>>>(
      [&](auto done) { state.store.read_all(whose, std::move(ids), std::move(done)); });
  if (!found) co_return std::unexpected(std::move(found).error());
  co_return co_await state.keep_fitting(std::move(whose), query, std::move(*found));
}

}  // namespace

EntityMaps& Broker::entity_maps() noexcept { return state_->maps; }

Result<std::string> Broker::State::add_map(const std::string& tenant, std::vector<MapEntry> entries,
                                           std::optional<Duration> lifetime) {
  const auto now = clock.now();
  auto id = fmt::format("urn:ngsi-ld:EntityMap:{:016x}{:016x}", random.next(), random.next());
  auto added = maps.add(tenant, {id, EntityMaps::expiry(now, lifetime), std::move(entries)}, now);
  if (!added) return std::unexpected(std::move(added).error());
  return id;
}

Result<std::string> Broker::map_entity(const std::string& tenant, std::string id, std::optional<Duration> lifetime) {
  return state_->add_map(tenant, {local_entry(std::move(id))}, lifetime);
}

Task<Result<std::string>> Broker::map_query(const Caller& caller, model::Query query, const model::QueryText& text,
                                            std::optional<Duration> lifetime) {
  query.limit = EntityMaps::kMostEntries + 1;
  query.offset = 0;
  query.count = false;
  auto page = co_await this->query(caller, std::move(query), text);
  if (!page) co_return std::unexpected(page.error());
  std::vector<MapEntry> entries;
  entries.reserve(page->documents.size());
  for (std::size_t i = 0; i < page->documents.size(); ++i) {
    std::string id{page->documents[i].view().id()};
    entries.push_back(page->places.empty() ? local_entry(std::move(id))
                                           : MapEntry{std::move(id), std::move(page->places[i])});
  }
  co_return state_->add_map(caller.tenant, std::move(entries), lifetime);
}

Task<Result<EntityPage>> Broker::query_mapped(const Caller& caller, model::Query query, const model::QueryText& text,
                                              std::string map) {
  const auto& tenant = caller.tenant;
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto whose = entities_of(tenant);
  const bool alone = caller.forwarding == nullptr;
  const auto troubles = alone ? 0 : caller.forwarding->warnings.size();
  const auto step = alone ? kReadTogether : kAskedTogether;
  EntityPage out;
  std::uint64_t matched = 0;  // on the page and behind it
  std::unordered_set<std::string> gone;
  // A count needs every entity judged; else those before the page are not looked at again.
  const std::size_t first = query.count ? 0 : query.offset;
  std::size_t before = query.count ? query.offset : 0;  // matches still to be left out
  for (std::size_t at = first;; at += step) {
    auto part = state_->maps.part(tenant, map, at, step, state_->clock.now());
    if (!part) co_return fail(ErrorCode::kNotFound, "There is no entity map with this id.", "NGSILD-EntityMap");
    if (part->entries.empty()) break;
    for (const auto& entry : part->entries) gone.insert(entry.id);
    auto kept = alone ? co_await read_fitting(*state_, whose, query, part->entries)
                      : co_await state_->fitting_of(caller, query, text, std::move(part->entries));
    if (!kept) co_return std::unexpected(std::move(kept).error());
    for (auto& document : *kept) {
      gone.erase(std::string{document.view().id()});
      ++matched;
      if (before > 0) {
        --before;
      } else if (out.documents.size() < query.limit) {
        out.documents.push_back(std::move(document));
      } else {
        out.more = true;
      }
    }
    if (!query.count && out.more) break;
  }
  const bool all_answered = alone || caller.forwarding->warnings.size() == troubles;
  if (all_answered) state_->maps.prune(tenant, map, gone);
  if (query.count) out.count = matched;
  co_return out;
}

Task<Result<std::vector<model::Document>>> Broker::State::keep_fitting(store::Tenant whose, const model::Query& query,
                                                                       std::vector<model::Document> documents) {
  std::erase_if(documents, [&](const model::Document& one) { return !one || !model::matches(query, one.view()); });
  if (!query.q || query.q->links().names.empty()) co_return documents;
  co_return co_await keep_matching(std::move(whose), query.q, std::move(documents));
}

}  // namespace horad::broker
