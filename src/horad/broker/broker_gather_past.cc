// SPDX-License-Identifier: Apache-2.0
// The past of entities from here and from registered sources, asked together and put together (ETSI GS CIM 009, 4.3.6,
// 5.7.3 and 5.7.4).
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/fan_out.h"
#include "horad/broker/forward.h"
#include "horad/broker/history_search.h"
#include "horad/broker/source_answer.h"
#include "horad/broker/source_history.h"
#include "horad/broker/source_query.h"
#include "horad/model/id_pattern.h"

namespace horad::broker {
namespace {

using enum SourceOp;
using store::HistoryAnswer;
using store::HistoryQuery;

constexpr std::size_t kMostGathered = 10'000;  // entities of one distributed question, over all places
constexpr std::size_t kSourcePage = 100;       // entities, each with all that it has in the window

std::unexpected<Error> too_many(std::size_t most, std::string_view what) {
  return fail(ErrorCode::kTooManyResults,
              fmt::format("More than {} {} of all sources would have to be put together; ask for less.", most, what));
}

/// What comes together from all places.
struct Gathered {
  Plan plan;
  std::vector<Words> words;
  std::vector<std::shared_ptr<const Registration>> proxied;
  HistoryMerger merger;
  std::vector<HistoryAnswer> cuts;  // without entities: where answers of places end

  void note_cut(std::optional<store::HistoryCut> cut) {
    if (cut) cuts.push_back({{}, cut});
  }
  void add(HistoryPiece piece) {
    if (sift(piece, proxied)) merger.add(std::move(piece));
  }
  void add_here(HistoryAnswer answer) {
    note_cut(answer.cut);
    for (auto& one : answer.entities) add({nullptr, std::move(one)});
  }
  /// The histories of `ids`, ended where the first of the places ends, or before.
  HistoryAnswer put_together(std::span<const std::string> ids, const HistoryQuery& query, const model::Names& names) {
    cuts.push_back({std::move(merger).take(ids, query, names), std::nullopt});
    return store::join_answers(std::move(cuts), query);
  }
};

/// Which sources take part; none when only this broker does.
Result<std::optional<Gathered>> prepare(Broker::State& state, const Caller& caller, const Wanted& wanted,
                                        SourceOps ops) {
  const auto sources = caller.forwarding == nullptr ? nullptr : state.registry.of(caller.tenant);
  if (!sources) return std::nullopt;
  Gathered out;
  const auto now = state.clock.now();
  out.plan = plan_forward(*sources, wanted, ops, *caller.forwarding, alias_of(state.alias, caller.tenant), now);
  out.proxied = proxied_of(*sources, wanted, now);
  if (out.plan.looped) return went_round(*caller.forwarding);
  if (out.plan.shares.empty() && out.proxied.empty()) return std::nullopt;
  for (const auto& share : out.plan.shares) {
    auto spoken = words_for(*share.source, caller.context, caller, state.contexts);
    if (!spoken) return std::unexpected(std::move(spoken).error());
    out.words.push_back(std::move(*spoken));
  }
  return out;
}

/// Aggregates of several places cannot be made of each other.
Result<void> check_form(const HistoryQuery& query) {
  if (!query.aggregation) return {};
  return fail(ErrorCode::kNotSupported,
              "Aggregates over registered sources are not supported; with local=true there are those of what is here.",
              "aggrMethods");
}

/// Reads what a source answered of the data sets and the time that were asked.
SourceHistories read_reply(Gathered& work, std::size_t i, const SourceReply& reply, const HistoryQuery& query,
                           Contexts& contexts, const Caller& caller) {
  const auto& share = work.plan.shares[i];
  const auto* const body = body_of(*share.source, reply, *caller.forwarding);
  if (body == nullptr) return {};
  auto read = read_source_histories(*body, work.words[i].context, contexts, caller.tenant, kSourcePage);
  if (!read.trouble.empty()) warn(*caller.forwarding, unusable(*share.source, read.trouble));
  for (auto& one : read.entities) keep_window(one, query);
  if (reply->status == 206) work.note_cut(cut_of(reply->headers));
  return read;
}

/// A question about many, under way.
struct Questioning {
  const Caller& caller;
  Broker::State& state;
  const TemporalQuery& query;
  const model::QueryText& text;
  HistoryConditions conditions{query};
  std::size_t needed = 0;  // entities of a place that can matter
  Gathered work;

  /// The conditions stay here when a source would not understand them.
  bool judged_here(std::size_t i) const { return conditions.on_facts() && !work.words[i].same_as_caller; }

  Outgoing request(std::size_t i, std::size_t offset) const {
    const auto& share = work.plan.shares[i];
    const auto& words = work.words[i];
    const auto& ids = share.ids.empty() ? query.entities.ids : share.ids;
    const bool here = judged_here(i);
    const SourceQuery out{
        .share = share,
        .words = words,
        .types = types_for(query.entities.types.get(), share, words),
        .ids = joined(ids),
        .pattern = !ids.empty() ? std::string{} : text.id_pattern.value_or(share.id_pattern),
        .attributes = here ? std::string{} : name_list(share.attributes, *words.context),
        .filters = here ? std::vector<std::pair<std::string_view, std::string_view>>{} : filters_of(text),
        .limit = std::min(needed, kSourcePage),
        .offset = offset};
    auto window = query.history;
    if (here) window.last_n = 0;  // what is judged here is judged on all of it
    return by_temporal_query(out, window, *caller.forwarding, alias_of(state.alias, caller.tenant));
  }

  /// Takes in what a source said; the number of entities in its answer.
  std::size_t take(std::size_t i, const SourceReply& reply) {
    auto read = read_reply(work, i, reply, query.history, state.contexts, caller);
    const auto count = read.entities.size();
    for (auto& one : read.entities) {
      // Where it is judged here, attributes that are not asked for are looked at, and go afterwards.
      if (!meant(work.plan.shares[i], one.id) || !conditions.judge_whole(one, judged_here(i))) continue;
      keep_attributes(one, work.plan.shares[i], query.history);
      work.add({work.plan.shares[i].source, std::move(one)});
    }
    return count;
  }

  bool meant(const Share& share, const std::string& id) const {
    const auto& ids = share.ids.empty() ? query.entities.ids : share.ids;
    if (!ids.empty()) return std::ranges::find(ids, id) != ids.end();
    return !query.entities.id_pattern || query.entities.id_pattern->matches(id);
  }
};

/// Asks every source, page by page, until it has no more or enough has come.
Task<Result<void>> ask_sources(Questioning& question) {
  auto& work = question.work;
  const auto page = std::min(question.needed, kSourcePage);
  std::vector<std::size_t> asking(work.plan.shares.size());
  for (std::size_t i = 0; i < asking.size(); ++i) asking[i] = i;
  for (std::size_t offset = 0; !asking.empty() && offset < question.needed; offset += page) {
    std::vector<Outgoing> requests;
    for (const auto i : asking) requests.push_back(question.request(i, offset));
    const auto replies = co_await ask_all(question.state.net, question.state.clock, std::move(requests));
    std::vector<std::size_t> more;
    for (std::size_t k = 0; k < asking.size(); ++k) {
      if (question.take(asking[k], replies[k]) >= page) more.push_back(asking[k]);
    }
    if (work.merger.instances() > kMostLookedAt) co_return too_many(kMostLookedAt, "instances");
    asking = std::move(more);
  }
  co_return Result<void>{};
}

/// Those of the matches here that are not the whole affair of a redirect source.
Task<Result<std::vector<HistoryMatch>>> matches_here(Questioning& question) {
  TemporalQuery local = question.query;
  local.entities.limit = question.needed;
  local.entities.offset = 0;
  local.entities.count = false;
  auto& state = question.state;
  const auto whose = entities_of(question.caller.tenant);
  PageOfMatches matches(state.store, whose, local);
  if (auto done = co_await matches.run(state.limits.discovery_entities); !done) {
    co_return std::unexpected(std::move(done).error());
  }
  auto out = std::move(matches.page());
  if (question.work.proxied.empty() || out.empty()) co_return out;
  std::vector<std::string> ids;
  for (const auto& one : out) ids.push_back(one.id);
  const auto types = co_await ask_history(state.store, whose, existence_of(std::move(ids)));
  if (!types) co_return std::unexpected(types.error());
  for (const auto& one : types->entities) {
    const Sieve sieve{nullptr, one.id, one.types, question.work.proxied};
    if (sieve.takes_all()) std::erase_if(out, [&](const HistoryMatch& match) { return match.id == one.id; });
  }
  co_return out;
}

/// All that was found, as it is paged: what is here, then what others have; or by id.
std::vector<std::string> ids_in_order(const Questioning& question, const std::vector<HistoryMatch>& here) {
  std::vector<std::string> out;
  std::set<std::string_view> known;
  for (const auto& one : here) {
    out.push_back(one.id);
    known.insert(one.id);
  }
  for (const auto& id : question.work.merger.ids()) {
    if (!known.contains(id)) out.push_back(id);
  }
  if (question.query.order == TemporalQuery::Order::kAny) return out;
  std::ranges::sort(out);
  if (question.query.order == TemporalQuery::Order::kDescending) std::ranges::reverse(out);
  return out;
}

Task<Result<HistoryPage>> answer(Questioning& question) {
  auto& state = question.state;
  const auto& query = question.query;
  auto here = co_await matches_here(question);
  if (!here) co_return std::unexpected(std::move(here).error());
  if (auto asked = co_await ask_sources(question); !asked) co_return std::unexpected(std::move(asked).error());
  const auto ids = ids_in_order(question, *here);
  if (ids.size() > kMostGathered) co_return too_many(kMostGathered, "entities");
  const auto first = std::min(query.entities.offset, ids.size());
  const auto page = std::span{ids}.subspan(first, std::min(query.entities.limit, ids.size() - first));
  std::erase_if(*here, [&](const HistoryMatch& one) { return std::ranges::find(page, one.id) == page.end(); });
  auto local = co_await histories_of(state.store, entities_of(question.caller.tenant), std::move(*here), query.history);
  if (!local) co_return std::unexpected(std::move(local).error());
  question.work.add_here(std::move(*local));
  HistoryPage out;
  out.more = ids.size() > first + page.size();
  if (query.entities.count) out.count = ids.size();
  auto whole = question.work.put_together(page, query.history, state.names);
  out.entities = std::move(whole.entities);
  out.cut = whole.cut;
  co_return out;
}

}  // namespace

Task<Result<HistoryAnswer>> Broker::history(const Caller& caller, HistoryQuery query,
                                            std::vector<model::NameId> one_of) {
  auto& state = *state_;
  const Wanted wanted{.ids = query.ids, .pattern = nullptr, .types = nullptr, .has_types = {}, .attributes = one_of};
  auto work = prepare(state, caller, wanted, SourceOps::of({kRetrieveTemporal, kQueryTemporal}));
  if (!work) co_return std::unexpected(std::move(work).error());
  if (!*work) co_return co_await history(caller.tenant, std::move(query));
  if (auto possible = check_form(query); !possible) co_return std::unexpected(std::move(possible).error());
  auto& gathered = **work;
  auto local = co_await history(caller.tenant, query);
  if (!local && local.error().code != ErrorCode::kNotFound) co_return std::unexpected(std::move(local).error());
  query.page_instances = state.limits.temporal_page_instances;
  std::vector<Outgoing> requests;
  for (std::size_t i = 0; i < gathered.plan.shares.size(); ++i) {
    requests.push_back(by_temporal_retrieve(gathered.plan.shares[i], gathered.words[i], query.ids.front(), query,
                                            *caller.forwarding, alias_of(state.alias, caller.tenant)));
  }
  const auto replies = co_await ask_all(state.net, state.clock, std::move(requests));
  if (local) gathered.add_here(std::move(*local));
  for (std::size_t i = 0; i < replies.size(); ++i) {
    auto read = read_reply(gathered, i, replies[i], query, state.contexts, caller);
    for (auto& one : read.entities) {
      if (one.id != query.ids.front()) continue;
      keep_attributes(one, gathered.plan.shares[i], query);
      gathered.add({gathered.plan.shares[i].source, std::move(one)});
    }
  }
  auto out = gathered.put_together(query.ids, query, state.names);
  if (out.entities.empty()) co_return no_such_past();
  co_return out;
}

Task<Result<HistoryPage>> Broker::temporal_query(const Caller& caller, TemporalQuery query,
                                                 const model::QueryText& text) {
  auto& state = *state_;
  if (caller.forwarding != nullptr) caller.forwarding->csf = query.entities.csf;
  const Wanted wanted{.ids = query.entities.ids,
                      .pattern = query.entities.id_pattern.get(),
                      .types = query.entities.types.get(),
                      .has_types = {},
                      .attributes = query.one_of};
  auto work = prepare(state, caller, wanted, SourceOps::of({kQueryTemporal}));
  if (!work) co_return std::unexpected(std::move(work).error());
  if (!*work) co_return co_await temporal_query(caller.tenant, std::move(query));
  if (auto possible = check_form(query.history); !possible) co_return std::unexpected(std::move(possible).error());
  state.counters.operations.add();
  query.history.page_instances = state.limits.temporal_page_instances;
  const bool all = query.entities.count || query.order != TemporalQuery::Order::kAny;
  Questioning question{
      .caller = caller,
      .state = state,
      .query = query,
      .text = text,
      .needed = all ? kMostGathered + 1 : std::min(query.entities.offset + query.entities.limit, kMostGathered) + 1,
      .work = std::move(**work)};
  co_return co_await answer(question);
}

}  // namespace horad::broker
