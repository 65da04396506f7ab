// SPDX-License-Identifier: Apache-2.0
// Writes to one entity: parse, hand the decision to the store, answer when it is durable.
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/decide.h"

namespace horad::broker {
namespace {

model::ParseOptions options_of(const Caller& caller, bool type_required, bool nulls = false) {
  return {.form = caller.simplified ? model::InputForm::kSimplified : model::InputForm::kNormalized,
          .type_required = type_required,
          .nulls = nulls};
}

std::unexpected<Error> not_one_object() {
  return fail(ErrorCode::kInvalidRequest, "The body must be one JSON object.");
}

Result<void> same_id(const std::string& given, const std::string& wanted) {
  if (given.empty() || given == wanted) return {};
  return fail(ErrorCode::kBadRequestData, "The id in the body is not the id in the URL.", "/id");
}

/// Runs `decide(current)` on the store's writer; an entity that the target's types do not match is not there for it.
template <class Decide>
Task<Result<store::Written>> write(store::Store& store, std::string tenant, Target target, Decide decide) {
  auto mutation = [types = std::move(target.types), decide = std::move(decide)](
                      const model::DocumentView* current, Timestamp) mutable -> Result<model::Change> {
    if (current != nullptr && types && !types->matches(*current)) current = nullptr;
    return decide(current);
  };
  return ask<Result<store::Written>>([&store, address = city_address(std::move(tenant), std::move(target.id)),
                                      mutation = std::move(mutation)](auto done) mutable {
    store.write(std::move(address), std::move(mutation), std::move(done));
  });
}

/// The same for decisions that also say what was not updated.
template <class Decide>
Task<Result<UpdateResult>> write_with_result(store::Store& store, std::string tenant, Target target,
                                             std::shared_ptr<model::Context> context, Decide decide) {
  UpdateResult result;  // lives in this frame, which the store's callback keeps alive
  const auto written = co_await write(
      store, std::move(tenant), std::move(target),
      [&result, decide = std::move(decide)](const model::DocumentView* current) mutable -> Result<model::Change> {
        auto decision = decide(current);
        if (!decision) return std::unexpected(std::move(decision).error());
        result = std::move(decision->result);
        return std::move(decision->change);
      });
  if (!written) co_return std::unexpected(written.error());
  result.context = std::move(context);
  co_return result;
}

Result<void> plain(const Result<store::Written>& written) {
  if (!written) return std::unexpected(written.error());
  return {};
}

/// A fragment together with the context it was written in.
struct ReadFragment {
  model::EntityFragment fragment;
  std::shared_ptr<model::Context> context;
};

/// Reads the fragment of an entity in a body that is about `id`. `nulls`: the NGSI-LD null removes an instance.
Result<ReadFragment> read_fragment(Result<std::shared_ptr<model::Context>> context, const model::Parser& parser,
                                   const Caller& caller, const std::string& id, bool nulls = false) {
  if (!context) return std::unexpected(std::move(context).error());
  if (parser.is_array()) return not_one_object();
  auto fragment = parser.fragment(**context, options_of(caller, false, nulls));
  if (!fragment) return std::unexpected(std::move(fragment).error());
  if (auto same = same_id(fragment->id, id); !same) return std::unexpected(std::move(same).error());
  return ReadFragment{std::move(*fragment), std::move(*context)};
}

}  // namespace

Task<Result<std::string>> Broker::create(Caller caller, std::string_view body) {
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return std::unexpected(std::move(loaded).error());
  if (parser.is_array()) co_return not_one_object();
  const auto context = state_->context_of(caller, parser);
  if (!context) co_return std::unexpected(context.error());
  auto entity = parser.entity(0, **context, options_of(caller, true));
  if (!entity) co_return std::unexpected(std::move(entity).error());
  state_->counters.operations.add();
  std::string id = entity->id;
  const auto written = co_await write(state_->store, std::move(caller.tenant), {id, nullptr},
                                      [entity = std::move(*entity)](const model::DocumentView* current) mutable {
                                        return decide_create(current, std::move(entity));
                                      });
  if (!written) co_return std::unexpected(written.error());
  co_return id;
}

Task<Result<void>> Broker::replace(Caller caller, Target target, std::string_view body) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return loaded;
  auto read = read_fragment(state_->context_of(caller, parser), parser, caller, target.id);
  if (!read) co_return std::unexpected(std::move(read).error());
  co_return plain(co_await write(state_->store, std::move(caller.tenant), std::move(target),
                                 [fragment = std::move(read->fragment)](const model::DocumentView* current) mutable {
                                   return decide_replace(current, std::move(fragment));
                                 }));
}

Task<Result<UpdateResult>> Broker::merge(Caller caller, Target target, std::string_view body, MergeOptions options) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return std::unexpected(std::move(loaded).error());
  if (parser.is_array()) co_return not_one_object();
  auto context = state_->context_of(caller, parser);
  if (!context) co_return std::unexpected(std::move(context).error());
  auto patch = parser.entity_patch(0, **context, options_of(caller, false));
  if (!patch) co_return std::unexpected(std::move(patch).error());
  if (auto same = same_id(patch->id, target.id); !same) co_return std::unexpected(std::move(same).error());
  co_return co_await write_with_result(state_->store, std::move(caller.tenant), std::move(target), std::move(*context),
                                       [patch = std::move(*patch), options](const model::DocumentView* current) {
                                         return decide_merge(current, patch, options);
                                       });
}

Task<Result<void>> Broker::remove(Caller caller, Target target) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  co_return plain(co_await write(state_->store, std::move(caller.tenant), std::move(target),
                                 [](const model::DocumentView* current) { return decide_remove(current); }));
}

Task<Result<UpdateResult>> Broker::append(Caller caller, Target target, std::string_view body, bool overwrite) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return std::unexpected(std::move(loaded).error());
  auto read = read_fragment(state_->context_of(caller, parser), parser, caller, target.id);
  if (!read) co_return std::unexpected(std::move(read).error());
  co_return co_await write_with_result(
      state_->store, std::move(caller.tenant), std::move(target), std::move(read->context),
      [fragment = std::move(read->fragment), overwrite](const model::DocumentView* current) mutable {
        return decide_append(current, std::move(fragment), overwrite);
      });
}

Task<Result<UpdateResult>> Broker::update(Caller caller, Target target, std::string_view body) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return std::unexpected(std::move(loaded).error());
  auto read = read_fragment(state_->context_of(caller, parser), parser, caller, target.id, true);
  if (!read) co_return std::unexpected(std::move(read).error());
  co_return co_await write_with_result(
      state_->store, std::move(caller.tenant), std::move(target), std::move(read->context),
      [fragment = std::move(read->fragment)](const model::DocumentView* current) mutable {
        return decide_update(current, std::move(fragment));
      });
}

Task<Result<void>> Broker::partial_update(Caller caller, Target target, std::string_view attribute,
                                          std::string_view body) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  if (attribute == "scope") co_return fail(ErrorCode::kBadRequestData, "The scope cannot be updated in parts.");
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return loaded;
  if (parser.is_array()) co_return not_one_object();
  const auto context = state_->context_of(caller, parser);
  if (!context) co_return std::unexpected(context.error());
  const auto name = (*context)->resolve_attribute(attribute);
  if (!name) co_return std::unexpected(name.error());
  auto patch = parser.attribute_patch(*name, **context, options_of(caller, false));
  if (!patch) co_return std::unexpected(std::move(patch).error());
  co_return plain(co_await write(state_->store, std::move(caller.tenant), std::move(target),
                                 [patch = std::move(*patch)](const model::DocumentView* current) {
                                   return decide_partial_update(current, patch);
                                 }));
}

Task<Result<void>> Broker::replace_attribute(Caller caller, Target target, std::string_view attribute,
                                             std::string_view body) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  if (attribute == "scope") co_return fail(ErrorCode::kBadRequestData, "The scope is no attribute to be replaced.");
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return loaded;
  const auto context = state_->context_of(caller, parser);
  if (!context) co_return std::unexpected(context.error());
  const auto name = (*context)->resolve_attribute(attribute);
  if (!name) co_return std::unexpected(name.error());
  auto instances = parser.attribute(*name, **context, options_of(caller, false));
  if (!instances) co_return std::unexpected(std::move(instances).error());
  co_return plain(co_await write(state_->store, std::move(caller.tenant), std::move(target),
                                 [name = *name, all = parser.is_array(),
                                  instances = std::move(*instances)](const model::DocumentView* current) mutable {
                                   return decide_replace_attribute(current, name, std::move(instances), all);
                                 }));
}

Task<Result<void>> Broker::remove_attribute(Caller caller, Target target, std::string_view attribute,
                                            DeleteAttribute which) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  if (attribute == "scope") {
    co_return plain(co_await write(state_->store, std::move(caller.tenant), std::move(target),
                                   [](const model::DocumentView* current) { return decide_remove_scopes(current); }));
  }
  const auto name = caller.context->resolve_attribute(attribute);
  if (!name) co_return std::unexpected(name.error());
  co_return plain(co_await write(state_->store, std::move(caller.tenant), std::move(target),
                                 [name = *name, which = std::move(which)](const model::DocumentView* current) {
                                   return decide_remove_attribute(current, name, which);
                                 }));
}

}  // namespace horad::broker
