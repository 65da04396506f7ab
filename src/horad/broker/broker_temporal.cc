// SPDX-License-Identifier: Apache-2.0
// The temporal API: writes of the past (5.6.11 to 5.6.16).
#include <algorithm>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/decide.h"
#include "horad/broker/decide_history.h"
#include "horad/broker/history_search.h"

namespace horad::broker {
namespace {

using store::EntityHistory;
using store::HistoryQuery;

constexpr int kMostTries = 16;  // of a write whose past changes under it

Task<Result<store::Written>> write_change(store::Store& store, store::Address address, store::Mutation mutation) {
  return ask<Result<store::Written>>(
      [&store, address = std::move(address), mutation = std::move(mutation)](auto done) mutable {
        store.write(std::move(address), std::move(mutation), std::move(done));
      });
}

/// What stands where the instances of a fragment are to go.
HistoryQuery neighbours_of(const std::string& id, const model::TemporalFragment& fragment) {
  auto times = times_of(fragment.instances);
  if (times.empty()) return existence_of({id});
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
      state_->store, entities_of(std::move(caller.tenant)), existence_of({std::move(id)}),
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

}  // namespace horad::broker
