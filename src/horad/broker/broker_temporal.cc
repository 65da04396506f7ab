// SPDX-License-Identifier: Apache-2.0
// The temporal API: writes of the past, one entity's past, and questions about many (5.6.11 to 5.6.16, 5.7.3, 5.7.4).
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/decide.h"
#include "horad/broker/decide_history.h"
#include "horad/broker/history_match.h"
#include "horad/model/id_pattern.h"

namespace horad::broker {
namespace {

using store::EntityHistory;
using store::HistoryAnswer;
using store::HistoryQuery;

constexpr int kMostTries = 16;                    // of a write whose past changes under it
constexpr std::size_t kMostLookedAt = 2'000'000;  // instances that a write or a condition may have to look at

Task<Result<HistoryAnswer>> ask_history(store::Store& store, store::Tenant whose, HistoryQuery query) {
  return ask<Result<HistoryAnswer>>([&store, whose = std::move(whose), query = std::move(query)](auto done) mutable {
    store.history(std::move(whose), std::move(query), std::move(done));
  });
}

Task<Result<store::Written>> write_change(store::Store& store, store::Address address, store::Mutation mutation) {
  return ask<Result<store::Written>>(
      [&store, address = std::move(address), mutation = std::move(mutation)](auto done) mutable {
        store.write(std::move(address), std::move(mutation), std::move(done));
      });
}

std::unexpected<Error> no_such_past() {
  return fail(ErrorCode::kNotFound, "There is no entity with this id and a past.");
}

/// A question that finds the entity and none of its instances.
HistoryQuery existence_of(std::string id) {
  HistoryQuery query;
  query.ids = {std::move(id)};
  query.place = model::InstancePlace{Timestamp::min(), 0};
  return query;
}

/// What stands where the instances of a fragment are to go.
HistoryQuery neighbours_of(const std::string& id, const model::TemporalFragment& fragment) {
  auto times = times_of(fragment.instances);
  if (times.empty()) return existence_of(id);
  HistoryQuery query;
  query.ids = {id};
  query.observed_at = std::move(times);
  query.most_instances = kMostLookedAt;
  for (const auto& one : fragment.instances) note(query.attributes, one.attribute.name);
  return query;
}

struct Added {
  bool known = false;  // had a past before
};

/// Looks at the past, decides, writes; and again when the past was edited meanwhile.
Task<Result<Added>> add_to_past(store::Store& store, store::Tenant whose, std::string id,
                                model::TemporalFragment fragment, bool may_create) {
  keep_last(fragment.instances);
  const auto shared = std::make_shared<const model::TemporalFragment>(std::move(fragment));
  for (int tries = 1;; ++tries) {
    auto found = co_await ask_history(store, whose, neighbours_of(id, *shared));
    if (!found) co_return std::unexpected(std::move(found).error());
    std::shared_ptr<const EntityHistory> past;
    if (!found->entities.empty()) past = std::make_shared<const EntityHistory>(std::move(found->entities.front()));
    if (!past && !may_create) co_return no_such_past();
    store::Mutation mutation = [shared, past](const model::DocumentView* current, Timestamp at) {
      return decide_add_history(current, past.get(), *shared, at);
    };
    const auto written = co_await write_change(store, {whose, id}, std::move(mutation));
    if (written) co_return Added{past != nullptr};
    if (written.error().code != ErrorCode::kConflict || tries == kMostTries) co_return std::unexpected(written.error());
  }
}

/// The same for edits of what is there: `look` is the question, `decide(past)` makes the change of the answer.
template <class Decide>
Task<Result<void>> edit_past(store::Store& store, store::Tenant whose, HistoryQuery look, Decide decide) {
  const std::string id = look.ids.front();
  for (int tries = 1;; ++tries) {
    auto found = co_await ask_history(store, whose, look);
    if (!found) co_return std::unexpected(std::move(found).error());
    if (found->entities.empty()) co_return no_such_past();
    auto change = decide(found->entities.front());
    if (!change) co_return std::unexpected(std::move(change).error());
    store::Mutation mutation = [change = std::move(*change)](const model::DocumentView*,
                                                             Timestamp) -> Result<model::Change> { return change; };
    const auto written = co_await write_change(store, {whose, id}, std::move(mutation));
    if (written) co_return Result<void>{};
    if (written.error().code != ErrorCode::kConflict || tries == kMostTries) co_return std::unexpected(written.error());
  }
}

Result<model::NameId> name_of(model::Context& context, std::string_view attribute) {
  if (attribute == "scope") return model::kScopeName;
  return context.resolve_attribute(attribute);
}

/// The instance that `id` names, in the answer to a question for its place.
const store::Instance* find_instance(const EntityHistory& past, std::string_view id) {
  for (const auto& series : past.series) {
    for (const auto& one : series.instances) {
      if (one.instance_id == id) return &one;
    }
  }
  return nullptr;
}

std::unexpected<Error> no_such_instance() {
  return fail(ErrorCode::kNotFound, "The attribute has no instance with this id.");
}

/// errors  kBadRequestData when the id is no URI; kNotFound when it is none of ours
Result<HistoryQuery> instance_query(std::string id, model::NameId name, std::string_view instance_id) {
  if (auto good = model::check_entity_id(instance_id); !good) return std::unexpected(std::move(good).error());
  const auto place = store::place_of(instance_id);
  if (!place) return no_such_instance();
  HistoryQuery query;
  query.ids = {std::move(id)};
  query.attributes = {name};
  query.place = *place;
  return query;
}

}  // namespace

Task<Result<TemporalWritten>> Broker::write_history(Caller caller, std::string_view body) {
  state_->counters.operations.add();
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return std::unexpected(std::move(loaded).error());
  const auto context = state_->context_of(caller, parser);
  if (!context) co_return std::unexpected(context.error());
  auto fragment = parser.temporal(**context, true);
  if (!fragment) co_return std::unexpected(std::move(fragment).error());
  std::string id = fragment->id;
  const auto added =
      co_await add_to_past(state_->store, entities_of(std::move(caller.tenant)), id, std::move(*fragment), true);
  if (!added) co_return std::unexpected(added.error());
  co_return TemporalWritten{std::move(id), !added->known};
}

Task<Result<void>> Broker::append_history(Caller caller, std::string id, std::string_view body) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return loaded;
  const auto context = state_->context_of(caller, parser);
  if (!context) co_return std::unexpected(context.error());
  auto fragment = parser.temporal(**context, false);
  if (!fragment) co_return std::unexpected(std::move(fragment).error());
  if (!fragment->id.empty() && fragment->id != id)
    co_return fail(ErrorCode::kBadRequestData, "The id in the body is not the id in the URL.", "/id");
  const auto added = co_await add_to_past(state_->store, entities_of(std::move(caller.tenant)), std::move(id),
                                          std::move(*fragment), false);
  if (!added) co_return std::unexpected(added.error());
  co_return Result<void>{};
}

Task<Result<void>> Broker::remove_history(Caller caller, std::string id) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  co_return co_await edit_past(
      state_->store, entities_of(std::move(caller.tenant)), existence_of(std::move(id)),
      [](const EntityHistory& past) -> Result<model::Change> { return decide_erase_history(past); });
}

Task<Result<void>> Broker::remove_history_attribute(Caller caller, std::string id, std::string_view attribute,
                                                    DeleteAttribute which) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  const auto name = name_of(*caller.context, attribute);
  if (!name) co_return std::unexpected(name.error());
  HistoryQuery look;
  look.ids = {std::move(id)};
  look.attributes = {*name};
  look.time_property = store::TimeProperty::kModifiedAt;
  look.last_n = 1;
  if (!which.all) look.dataset_ids = {which.dataset_id};
  co_return co_await edit_past(state_->store, entities_of(std::move(caller.tenant)), std::move(look),
                               [name = *name, which](const EntityHistory& past) -> Result<model::Change> {
                                 if (past.series.empty())
                                   return fail(ErrorCode::kNotFound, "The past of the entity has no such attribute.");
                                 return decide_erase_attribute(
                                     past, {name, which.all ? std::nullopt : std::optional{which.dataset_id}});
                               });
}

Task<Result<void>> Broker::modify_instance(Caller caller, std::string id, std::string_view attribute,
                                           std::string_view instance_id, std::string_view body) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return loaded;
  if (parser.is_array()) co_return fail(ErrorCode::kInvalidRequest, "The body must be one JSON object.");
  const auto context = state_->context_of(caller, parser);
  if (!context) co_return std::unexpected(context.error());
  const auto name = name_of(**context, attribute);
  if (!name) co_return std::unexpected(name.error());
  auto patch = parser.attribute_patch(*name, **context, {.type_required = false});
  if (!patch) co_return std::unexpected(std::move(patch).error());
  auto look = instance_query(std::move(id), *name, instance_id);
  if (!look) co_return std::unexpected(std::move(look).error());
  co_return co_await edit_past(state_->store, entities_of(std::move(caller.tenant)), std::move(*look),
                               [instance_id = std::string{instance_id},
                                patch = std::move(*patch)](const EntityHistory& past) -> Result<model::Change> {
                                 const auto* const found = find_instance(past, instance_id);
                                 if (found == nullptr) return no_such_instance();
                                 return decide_modify_instance(past, *found, patch);
                               });
}

Task<Result<void>> Broker::remove_instance(Caller caller, std::string id, std::string_view attribute,
                                           std::string_view instance_id) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  const auto name = name_of(*caller.context, attribute);
  if (!name) co_return std::unexpected(name.error());
  auto look = instance_query(std::move(id), *name, instance_id);
  if (!look) co_return std::unexpected(std::move(look).error());
  co_return co_await edit_past(
      state_->store, entities_of(std::move(caller.tenant)), std::move(*look),
      [instance_id = std::string{instance_id}](const EntityHistory& past) -> Result<model::Change> {
        const auto* const found = find_instance(past, instance_id);
        if (found == nullptr) return no_such_instance();
        return decide_erase_instance(past, *found);
      });
}

// --- Questions

Task<Result<HistoryAnswer>> Broker::history(std::string tenant, HistoryQuery query) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  query.page_instances = state_->limits.temporal_page_instances;
  auto found = co_await ask_history(state_->store, entities_of(std::move(tenant)), std::move(query));
  if (found && found->entities.empty()) co_return no_such_past();
  co_return found;
}

namespace {

/// Walks over the ids of all entities that may be meant: those that are there, then those that are gone.
class Candidates {
 public:
  Candidates(store::Store& store, store::Tenant whose, const model::Query& query)
      : store_(store), whose_(std::move(whose)), query_(query) {
    present_.id_pattern = query.id_pattern;
    present_.types = query.types;
    present_.limit = kStep;
  }

  /// The next of them, never one twice; empty when there are no more.
  Task<Result<std::vector<std::string>>> next() {
    std::vector<std::string> out;
    while (out.empty() && stage_ != Stage::kDone) {
      auto step = co_await step_on();
      if (!step) co_return std::unexpected(std::move(step).error());
      for (auto& id : *step) {
        if (seen_.insert(id).second) out.push_back(std::move(id));
      }
    }
    co_return out;
  }

 private:
  enum class Stage : std::uint8_t { kPresent, kGone, kDone };
  static constexpr std::size_t kStep = 500;

  Task<Result<std::vector<std::string>>> step_on() {
    if (!query_.ids.empty()) {
      stage_ = Stage::kDone;
      co_return query_.ids;
    }
    if (stage_ == Stage::kPresent) co_return co_await present();
    auto gone = co_await ask<Result<std::vector<std::string>>>(
        [&](auto done) { store_.gone(whose_, after_, kStep, std::move(done)); });
    if (!gone) co_return gone;
    if (gone->size() < kStep) stage_ = Stage::kDone;
    if (!gone->empty()) after_ = gone->back();
    if (query_.id_pattern) std::erase_if(*gone, [&](const auto& id) { return !query_.id_pattern->matches(id); });
    co_return gone;
  }

  Task<Result<std::vector<std::string>>> present() {
    auto page = co_await ask<Result<store::Page>>([&](auto done) { store_.query(whose_, present_, std::move(done)); });
    if (!page) co_return std::unexpected(std::move(page).error());
    if (page->documents.size() < kStep) stage_ = Stage::kGone;
    present_.offset += kStep;
    std::vector<std::string> out;
    for (const auto& document : page->documents) out.emplace_back(document.view().id());
    co_return out;
  }

  store::Store& store_;
  store::Tenant whose_;
  const model::Query& query_;
  model::Query present_;
  Stage stage_ = Stage::kPresent;
  std::string after_;
  std::set<std::string> seen_;
};

/// Finds which entities match, in order, and keeps those of the page.
class PageOfMatches {
 public:
  PageOfMatches(store::Store& store, store::Tenant whose, const TemporalQuery& query)
      : store_(store), whose_(std::move(whose)), query_(query), conditions_(query) {}

  std::vector<HistoryMatch>& page() noexcept { return page_; }
  std::size_t matched() const noexcept { return matched_; }

  Task<Result<void>> run(std::size_t most_ordered) {
    Candidates candidates(store_, whose_, query_.entities);
    std::vector<std::string> all;  // when they must be put in order first
    for (;;) {
      auto ids = co_await candidates.next();
      if (!ids) co_return std::unexpected(std::move(ids).error());
      if (query_.order == TemporalQuery::Order::kAny) {
        if (ids->empty() || full()) co_return Result<void>{};
        if (auto done = co_await look_at(std::move(*ids)); !done) co_return done;
        continue;
      }
      if (ids->empty()) break;
      all.insert(all.end(), std::make_move_iterator(ids->begin()), std::make_move_iterator(ids->end()));
      if (all.size() > most_ordered) {
        co_return fail(ErrorCode::kTooComplexQuery,
                       "More entities than can be put in order match; narrow the query or leave orderBy out.",
                       "orderBy");
      }
    }
    std::ranges::sort(all);
    if (query_.order == TemporalQuery::Order::kDescending) std::ranges::reverse(all);
    for (std::size_t at = 0; at < all.size() && !full(); at += kAtOnce) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(at);
      const auto to = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + kAtOnce));
      if (auto done = co_await look_at({from, to}); !done) co_return done;
    }
    co_return Result<void>{};
  }

 private:
  static constexpr std::size_t kAtOnce = 500;
  bool full() const noexcept {
    return !query_.entities.count && matched_ > query_.entities.offset + query_.entities.limit;
  }

  /// Those of `ids` that q, geo and scopeQ leave, and when.
  Task<Result<std::vector<HistoryMatch>>> judge(std::vector<std::string> ids) {
    std::vector<HistoryMatch> out;
    if (!conditions_.on_facts()) {
      for (auto& id : ids) out.push_back({std::move(id), {}});
      co_return out;
    }
    const auto facts = co_await ask_history(store_, whose_, conditions_.facts_of(std::move(ids), kMostLookedAt));
    if (!facts) co_return std::unexpected(facts.error());
    for (const auto& one : facts->entities) {
      if (auto match = conditions_.judge(one)) out.push_back(std::move(*match));
    }
    co_return out;
  }

  Task<Result<void>> look_at(std::vector<std::string> ids) {
    auto judged = co_await judge(std::move(ids));
    if (!judged) co_return std::unexpected(std::move(judged).error());
    for (auto& [some, within] : groups_of(*judged)) {
      const auto probed = co_await ask_history(store_, whose_, conditions_.probe_of(std::move(some), within));
      if (!probed) co_return std::unexpected(probed.error());
      for (const auto& one : probed->entities) {
        if (conditions_.is_meant(one)) take(one.id, within);
        if (full()) co_return Result<void>{};
      }
    }
    co_return Result<void>{};
  }

  void take(const std::string& id, const std::vector<store::TimeSpan>& within) {
    ++matched_;
    if (matched_ > query_.entities.offset && page_.size() < query_.entities.limit) page_.push_back({id, within});
  }

  store::Store& store_;
  store::Tenant whose_;
  const TemporalQuery& query_;
  HistoryConditions conditions_;
  std::vector<HistoryMatch> page_;
  std::size_t matched_ = 0;
};

}  // namespace

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
  std::vector<HistoryAnswer> parts;
  for (auto& [ids, within] : groups_of(matches.page())) {
    HistoryQuery part = query.history;
    part.ids = std::move(ids);
    part.within = std::move(within);
    auto found = co_await ask_history(state_->store, whose, std::move(part));
    if (!found) co_return std::unexpected(std::move(found).error());
    parts.push_back(std::move(*found));
  }
  auto answer = store::join_answers(std::move(parts), query.history);
  out.entities = std::move(answer.entities);
  out.cut = answer.cut;
  co_return out;
}

}  // namespace horad::broker
