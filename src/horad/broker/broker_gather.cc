// SPDX-License-Identifier: Apache-2.0
// Entities from here and from registered sources, asked together and put together (ETSI GS CIM 009, 4.3.6, 5.7.1 and
// 5.7.2).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/fan_out.h"
#include "horad/broker/forward.h"
#include "horad/broker/source_answer.h"
#include "horad/broker/source_query.h"
#include "horad/model/id_pattern.h"
#include "horad/model/ordering.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

using enum SourceOp;
using Ptr = std::shared_ptr<const Registration>;

constexpr std::size_t kMostGathered = 10'000;  // entities of one distributed query, over all places
constexpr std::size_t kSourcePage = model::kMostLimit;

/// Reads the answer of a source and leaves out what was not asked.
SourceEntities sifted(const Share& share, const Words& words, const SourceReply& reply,
                                  const model::Query& asked, Contexts& contexts, const Caller& caller) {
  auto& forwarding = *caller.forwarding;
  const auto& source = *share.source;
  const auto* const body = body_of(source, reply, forwarding);
  if (body == nullptr) return {};
  auto read = read_source_entities(*body, words.context, contexts, caller.tenant, kSourcePage);
  const auto before = read.entities.size();
  std::erase_if(read.entities, [&](model::Entity& entity) {
    if (!share.attributes.empty()) {
      std::erase_if(entity.attributes, [&](const model::Attribute& one) {
        return !std::ranges::binary_search(share.attributes, one.name);
      });
    }
    if (!share.ids.empty() && std::ranges::find(share.ids, entity.id) == share.ids.end()) return true;
    return !model::matches(asked, model::DocumentView{model::encode(entity)});
  });
  if (read.entities.size() < before && read.trouble.empty()) read.trouble = "the answer has what was not asked for";
  if (!read.trouble.empty()) warn(forwarding, unusable(source, read.trouble));
  return read;
}

}  // namespace

Task<Result<model::Document>> Broker::retrieve(const Caller& caller, Target target,
                                               std::vector<model::NameId> attributes) {
  auto local = co_await retrieve(caller.tenant, target.id);
  if (local && target.types && !target.types->matches(local->view())) {
    local = fail(ErrorCode::kNotFound, "There is no entity with this id and type.");
  }
  auto& state = *state_;
  const auto sources = caller.forwarding == nullptr ? nullptr : state.registry.of(caller.tenant);
  if (!sources || (!local && local.error().code != ErrorCode::kNotFound)) co_return local;
  auto& forwarding = *caller.forwarding;
  const Wanted wanted{.ids = {&target.id, 1},
                      .pattern = nullptr,
                      .types = target.types.get(),
                      .has_types = {},
                      .attributes = attributes};
  const auto now = state.clock.now();
  const auto alias = alias_of(state.alias, caller.tenant);
  const auto plan = plan_forward(*sources, wanted, SourceOps::of({kRetrieveEntity, kQueryEntity, kQueryBatch}),
                                 forwarding, alias, now);
  const auto proxied = proxied_of(*sources, wanted, now);
  if (plan.looped) co_return went_round(forwarding);
  if (plan.shares.empty() && proxied.empty()) co_return local;
  std::vector<Words> words;
  std::vector<Outgoing> requests;
  for (const auto& share : plan.shares) {
    auto spoken = words_for(*share.source, caller.context, caller, state.contexts);
    if (!spoken) co_return std::unexpected(std::move(spoken).error());
    words.push_back(std::move(*spoken));
    requests.push_back(by_retrieve(share, words.back(), target, forwarding, alias));
  }
  const auto replies = co_await ask_all(state.net, state.clock, std::move(requests));
  model::Query asked;
  asked.ids = {target.id};
  Merger merger;
  const auto add = [&](Piece piece) {
    if (sift(piece, proxied)) merger.add(std::move(piece));
  };
  if (local) add({nullptr, local->view().to_entity()});
  for (std::size_t i = 0; i < replies.size(); ++i) {
    auto read = sifted(plan.shares[i], words[i], replies[i], asked, state.contexts, caller);
    for (auto& entity : read.entities) {
      add({plan.shares[i].source, std::move(entity)});
    }
  }
  auto merged = std::move(merger).take();
  if (merged.empty()) co_return fail(ErrorCode::kNotFound, "There is no entity with this id.");
  co_return model::Document{model::encode(merged.front())};
}

namespace {

/// A distributed query under way.
struct Gathering {
  const Caller& caller;
  Broker::State& state;
  const model::QueryText& text;
  model::Query query;  // as asked, without what is seen in whole entities only: the order, and what remains
  std::optional<model::Remains> remains;
  std::shared_ptr<const model::Ordering> order;
  std::size_t needed = 0;  // entities that can matter: up to the end of the page, or all of them when they are counted
  Plan plan;
  std::vector<Words> words;
  std::vector<Ptr> proxied;
  Merger merger;
  std::map<std::string, std::vector<std::string>> places;  // by entity: where it was found

  Forwarding& forwarding() const { return *caller.forwarding; }
  /// The filters stay here when a source would not understand them, or when they are judged after merging.
  bool filters_travel(std::size_t i) const { return !forwarding().split_entities && words[i].same_as_caller; }

  Outgoing request(std::size_t i, std::size_t limit, std::size_t offset) const {
    const auto& share = plan.shares[i];
    const auto& ids = share.ids.empty() ? query.ids : share.ids;
    const SourceQuery out{
        .share = share,
        .words = words[i],
        .types = types_for(query.types.get(), share, words[i]),
        .ids = joined(ids),
        .pattern = !ids.empty() ? std::string{} : text.id_pattern.value_or(share.id_pattern),
        .attributes = name_list(share.attributes, *words[i].context),
        .filters = filters_travel(i) ? filters_of(text) : std::vector<std::pair<std::string_view, std::string_view>>{},
        .limit = limit,
        .offset = offset};
    return by_query(out, forwarding(), alias_of(state.alias, caller.tenant));
  }

  void add(Piece piece) {
    if (!sift(piece, proxied)) return;
    auto& list = places[piece.entity.id];
    std::string place{piece.source ? std::string_view{piece.source->id} : kLocalSource};
    if (std::ranges::find(list, place) == list.end()) list.push_back(std::move(place));
    merger.add(std::move(piece));
  }
};

/// In whose words each source is asked.
Result<void> find_words(Gathering& work) {
  for (const auto& share : work.plan.shares) {
    auto spoken = words_for(*share.source, work.caller.context, work.caller, work.state.contexts);
    if (!spoken) return std::unexpected(std::move(spoken).error());
    work.words.push_back(std::move(*spoken));
  }
  return {};
}

/// The query without its conditions on content.
model::Query without_filters(model::Query query) {
  query.q = nullptr;
  query.geo = nullptr;
  query.scope = nullptr;
  query.attributes.clear();
  return query;
}

bool has_filters(const model::Query& query) noexcept { return query.q || query.geo || query.scope; }

/// What is judged when an entity has been put together.
model::Query after_merging(const Gathering& work) {
  model::Query out;
  if (work.forwarding().split_entities) out = work.query;
  out.remains = work.remains;
  return out;
}

Task<Result<void>> gather_local(Gathering& work) {
  auto query = work.forwarding().split_entities ? without_filters(work.query) : work.query;
  query.limit = work.needed;
  query.offset = 0;
  query.count = false;
  auto page = co_await ask<Result<store::Page>>([&](auto done) {
    work.state.store.query({work.caller.tenant, store::Space::kCity}, std::move(query), std::move(done));
  });
  if (!page) co_return std::unexpected(std::move(page).error());
  for (const auto& document : page->documents) work.add({nullptr, document.view().to_entity()});
  co_return Result<void>{};
}

/// True when what a source answers is not yet known to meet the conditions.
bool judged_here(const Gathering& work, std::size_t i) {
  return !work.forwarding().split_entities && !work.filters_travel(i) && has_filters(work.query);
}

/// How many entities of a place can matter. Merging makes one of several, and some are left out afterwards, so what is
/// on a page is known only when everything before it has been put together.
std::size_t needed_of(const Gathering& work) {
  bool all = work.query.count || work.forwarding().split_entities || work.remains || work.order;
  for (std::size_t i = 0; i < work.plan.shares.size(); ++i) all = all || judged_here(work, i);
  return all ? kMostGathered + 1 : std::min(work.query.offset + work.query.limit + 1, kMostGathered + 1);
}

/// Asks every source, page by page, until it has no more or enough has come.
Task<void> gather_remote(Gathering& work) {
  const auto page = std::min(work.needed, kSourcePage);
  const auto asked = without_filters(work.query);
  std::vector<std::size_t> asking(work.plan.shares.size());
  for (std::size_t i = 0; i < asking.size(); ++i) asking[i] = i;
  for (std::size_t offset = 0; !asking.empty() && offset < work.needed; offset += page) {
    std::vector<Outgoing> requests;
    for (const auto i : asking) requests.push_back(work.request(i, page, offset));
    const auto replies = co_await ask_all(work.state.net, work.state.clock, std::move(requests));
    std::vector<std::size_t> more;
    for (std::size_t k = 0; k < asking.size(); ++k) {
      const auto i = asking[k];
      auto read = sifted(work.plan.shares[i], work.words[i], replies[k], asked, work.state.contexts, work.caller);
      auto& entities = read.entities;
      if (read.items == page) more.push_back(i);
      if (judged_here(work, i)) {
        std::erase_if(entities, [&](const model::Entity& entity) {
          return !model::matches(work.query, model::DocumentView{model::encode(entity)});
        });
      }
      for (auto& entity : entities) work.add({work.plan.shares[i].source, std::move(entity)});
    }
    asking = std::move(more);
  }
}

/// What was found, whole and in order; equal ones in the order in which they came.
std::vector<model::Document> put_together(Gathering& work) {
  const auto wanted = after_merging(work);
  std::vector<model::Document> found;
  for (const auto& entity : std::move(work.merger).take()) {
    model::Document document{model::encode(entity)};
    if (model::matches(wanted, document.view())) found.push_back(std::move(document));
  }
  if (!work.order) return found;
  std::vector<std::pair<std::string, std::size_t>> keys(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    work.order->append_key(keys[i].first, found[i].view());
    keys[i].second = i;
  }
  std::ranges::sort(keys);
  std::vector<model::Document> out;
  out.reserve(found.size());
  for (const auto& [key, at] : keys) out.push_back(std::move(found[at]));
  return out;
}

}  // namespace

Task<Result<EntityPage>> Broker::query(const Caller& caller, model::Query query, const model::QueryText& text) {
  auto& state = *state_;
  const auto sources = caller.forwarding == nullptr ? nullptr : state.registry.of(caller.tenant);
  if (!sources) co_return co_await this->query(caller.tenant, std::move(query));
  auto& forwarding = *caller.forwarding;
  forwarding.csf = query.csf;
  const Wanted wanted{.ids = query.ids,
                      .pattern = query.id_pattern.get(),
                      .types = query.types.get(),
                      .has_types = {},
                      .attributes = query.attributes};
  const auto now = state.clock.now();
  const auto alias = alias_of(state.alias, caller.tenant);
  auto plan = plan_forward(*sources, wanted, SourceOps::of({kQueryEntity, kQueryBatch}), forwarding, alias, now);
  auto proxied = proxied_of(*sources, wanted, now);
  if (plan.looped) co_return went_round(forwarding);
  if (plan.shares.empty() && proxied.empty()) co_return co_await this->query(caller.tenant, std::move(query));
  state.counters.operations.add();
  const auto limit = query.limit;
  const auto offset = query.offset;
  const bool counted = query.count;
  auto remains = std::exchange(query.remains, {});
  auto order = std::exchange(query.order, {});
  Gathering work{.caller = caller,
                 .state = state,
                 .text = text,
                 .query = std::move(query),
                 .remains = std::move(remains),
                 .order = std::move(order),
                 .plan = std::move(plan),
                 .words = {},
                 .proxied = std::move(proxied),
                 .merger = {},
                 .places = {}};
  if (auto said = find_words(work); !said) co_return std::unexpected(std::move(said).error());
  work.needed = needed_of(work);
  if (auto done = co_await gather_local(work); !done) co_return std::unexpected(std::move(done).error());
  co_await gather_remote(work);
  if (work.merger.size() > kMostGathered) {
    co_return fail(ErrorCode::kTooManyResults,
                   fmt::format("More than {} entities of all sources would have to be put together; ask for less.",
                               kMostGathered));
  }
  auto found = put_together(work);
  EntityPage out;
  out.more = found.size() > offset + limit;
  if (counted) out.count = found.size();
  for (auto i = offset; i < std::min(found.size(), offset + limit); ++i) {
    out.places.push_back(std::move(work.places[std::string{found[i].view().id()}]));
    out.documents.push_back(std::move(found[i]));
  }
  co_return out;
}

namespace {

/// Narrows a plan to what a map says of where its entities are.
void narrow_to(Plan& plan, const std::vector<MapEntry>& entries) {
  std::erase_if(plan.shares, [&entries](Share& share) {
    std::vector<std::string> ids;
    for (const auto& entry : entries) {
      const bool there = std::ranges::find(entry.sources, share.source->id) != entry.sources.end();
      const bool asked = share.ids.empty() || std::ranges::find(share.ids, entry.id) != share.ids.end();
      if (there && asked) ids.push_back(entry.id);
    }
    share.ids = std::move(ids);
    share.id_pattern.clear();
    return share.ids.empty();
  });
}

std::vector<model::Document> in_order_of(const std::vector<MapEntry>& entries, std::vector<model::Document> found) {
  std::map<std::string_view, model::Document*> by_id;
  for (auto& document : found) by_id.emplace(document.view().id(), &document);
  std::vector<model::Document> out;
  for (const auto& entry : entries) {
    const auto at = by_id.find(entry.id);
    if (at != by_id.end()) out.push_back(*at->second);
  }
  return out;
}

}  // namespace

Task<Result<std::vector<model::Document>>> Broker::State::fitting_of(const Caller& caller, model::Query query,
                                                                     const model::QueryText& text,
                                                                     std::vector<MapEntry> entries) {
  std::erase_if(entries, [&query](const MapEntry& entry) {
    return !query.ids.empty() && std::ranges::find(query.ids, entry.id) == query.ids.end();
  });
  std::vector<std::string> ids;
  std::vector<std::string> ids_here;
  for (const auto& entry : entries) {
    ids.push_back(entry.id);
    if (std::ranges::find(entry.sources, kLocalSource) != entry.sources.end()) ids_here.push_back(entry.id);
  }
  if (ids.empty()) co_return std::vector<model::Document>{};
  query.ids = std::move(ids);
  query.count = false;
  query.order = nullptr;
  const Wanted wanted{.ids = query.ids,
                      .pattern = nullptr,
                      .types = query.types.get(),
                      .has_types = {},
                      .attributes = query.attributes};
  const auto sources = registry.of(caller.tenant);
  Plan plan;
  std::vector<Ptr> proxied;
  if (sources) {
    const auto now = clock.now();
    plan = plan_forward(*sources, wanted, SourceOps::of({kQueryEntity, kQueryBatch}), *caller.forwarding,
                        alias_of(alias, caller.tenant), now);
    proxied = proxied_of(*sources, wanted, now);
    if (plan.looped) co_return went_round(*caller.forwarding);
    narrow_to(plan, entries);
  }
  auto remains = std::exchange(query.remains, {});
  Gathering work{.caller = caller,
                 .state = *this,
                 .text = text,
                 .query = std::move(query),
                 .remains = std::move(remains),
                 .order = {},
                 .needed = entries.size(),
                 .plan = std::move(plan),
                 .words = {},
                 .proxied = std::move(proxied),
                 .merger = {},
                 .places = {}};
  if (auto said = find_words(work); !said) co_return std::unexpected(std::move(said).error());
  if (!ids_here.empty()) {
    auto all = std::exchange(work.query.ids, std::move(ids_here));
    if (auto done = co_await gather_local(work); !done) co_return std::unexpected(std::move(done).error());
    work.query.ids = std::move(all);
  }
  co_await gather_remote(work);
  co_return in_order_of(entries, put_together(work));
}

}  // namespace horad::broker
