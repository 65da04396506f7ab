// SPDX-License-Identifier: Apache-2.0
// Context source registrations (ETSI GS CIM 009, 5.9 and 5.10): stored durably first, then shown to every operation
// through the registry.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/model/id_pattern.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

using Ptr = std::shared_ptr<const Registration>;

constexpr std::size_t kSweep = 16;  // expired registrations removed with one creation

std::string new_id(base::Random& random) {
  return fmt::format("urn:ngsi-ld:ContextSourceRegistration:{:016x}{:016x}", random.next(), random.next());
}

Result<Ptr> compile(Contexts& contexts, model::Names& names, const Definition& definition, Timestamp version,
                    std::shared_ptr<SourceHealth> health) {
  auto compiled = compile_registration(definition, *contexts.core(), names);
  if (!compiled) return std::unexpected(std::move(compiled).error());
  compiled->version = version;
  compiled->health = health ? std::move(health) : std::make_shared<SourceHealth>();
  return std::make_shared<const Registration>(std::move(*compiled));
}

bool share_attributes(const Offer& a, const Offer& b) {
  if (a.attributes.empty() || b.attributes.empty()) return true;
  return std::ranges::any_of(a.attributes, [&](auto name) { return std::ranges::binary_search(b.attributes, name); });
}

bool share_an_id(const Offer& a, const Offer& b) {
  return std::ranges::any_of(a.entities, [&](const EntityInfo& one) {
    return !one.id.empty() && std::ranges::find(b.entities, one.id, &EntityInfo::id) != b.entities.end();
  });
}

/// An exclusive source is the only one for its attributes of its entities (4.3.6.3).
Result<void> check_exclusive(const Sources* sources, const Registration& mine, Timestamp now) {
  if (sources == nullptr || (mine.mode != Mode::kExclusive && mine.mode != Mode::kRedirect)) return {};
  for (const auto& other : sources->all()) {
    if (other->id == mine.id || other->mode != Mode::kExclusive || other->expired(now)) continue;
    if (mine.version != Timestamp{} && other->version > mine.version) continue;
    for (const auto& offer : mine.offers) {
      const bool taken = std::ranges::any_of(
          other->offers, [&](const Offer& one) { return share_an_id(one, offer) && share_attributes(one, offer); });
      if (!taken) continue;
      return fail(ErrorCode::kConflict,
                  "The exclusive registration " + other->id + " has attributes of the same entity.", "/information");
    }
  }
  return {};
}

bool asked_for(const Registration& registration, const RegistrationQuery& query) {
  // Without a temporal query, sources of what has been are not meant (5.10.2).
  const bool timely =
      query.window ? in_window(registration, *query.window) : !registration.observation && !registration.management;
  return timely && model::matches(query.properties, registration.properties.view()) &&
         (!query.csf || query.csf->matches(registration.properties.view()));
}

std::string as_text(json::object object) { return to_text(json::value(std::move(object))); }

/// The local entities that a proxied registration would hide (5.9.2.4), as queries: one result is one too many.
std::vector<model::Query> hidden_by(const Registration& registration) {
  std::vector<model::Query> out;
  for (const auto& offer : registration.offers) {
    model::Query query;
    query.limit = 1;
    query.attributes = offer.attributes;
    if (offer.entities.empty()) out.push_back(query);
    for (const auto& entity : offer.entities) {
      auto one = query;
      if (!entity.id.empty()) one.ids.push_back(entity.id);
      one.id_pattern = entity.pattern;
      // An exclusive registration is about an entity by its id, whatever its type.
      if (registration.mode == Mode::kExclusive) {
        out.push_back(std::move(one));
        continue;
      }
      for (const auto type : entity.types) {
        one.types = model::TypeSelection::of(type);
        out.push_back(one);
      }
    }
  }
  return out;
}

Task<Result<void>> check_entities(store::Store& store, std::string tenant, const Registration& registration) {
  if (registration.mode != Mode::kExclusive && registration.mode != Mode::kRedirect) co_return Result<void>{};
  for (auto& query : hidden_by(registration)) {
    const auto page = co_await ask<Result<store::Page>>(
        [&](auto done) { store.query({tenant, store::Space::kCity}, std::move(query), std::move(done)); });
    if (!page) co_return std::unexpected(page.error());
    if (page->documents.empty()) continue;
    co_return fail(ErrorCode::kConflict,
                   "The entity " + std::string{page->documents.front().view().id()} +
                       " exists here; a source that holds it elsewhere cannot be registered.",
                   "/information");
  }
  co_return Result<void>{};
}

/// The registrations of the tenant have changed: who subscribed to them is told, and subscriptions follow them.
void tell(Broker::State& state, const std::string& tenant) {
  if (state.source_notifier) state.source_notifier->touched(tenant);
  if (state.remote) state.remote->touched(tenant);
}

Task<void> sweep(Broker::State& state, std::string tenant, Timestamp now) {
  const auto sources = state.registry.of(tenant);
  std::size_t removed = 0;
  for (const auto& one : sources ? sources->all() : std::vector<Ptr>{}) {
    if (!one->expired(now) || removed == kSweep) continue;
    ++removed;
    const auto written = co_await ask<Result<store::Written>>([&](auto done) {
      state.store.write(kept_address(Kept::kRegistration, tenant, one->id),
                        remove_stored(state.system, Kept::kRegistration), std::move(done));
    });
    if (written) state.registry.remove(tenant, one->id, written->at);
  }
}

}  // namespace

Result<void> load_registrations(const SystemNames& system, Contexts& contexts, model::Names& names, Registry& registry,
                                const std::string& tenant, std::span<const model::Document> documents) {
  std::vector<Ptr> all;
  for (const auto& document : documents) {
    auto stored = read_stored(system, document.view());
    if (!stored) return std::unexpected(std::move(stored).error());
    auto compiled = compile(contexts, names, stored->definition, stored->version, nullptr);
    if (!compiled) return std::unexpected(std::move(compiled).error());
    all.push_back(std::move(*compiled));
  }
  std::ranges::sort(all, {}, [](const Ptr& one) { return std::pair{one->version, one->id}; });
  registry.put_all(tenant, std::move(all));
  return {};
}

Task<Result<std::string>> Broker::create_registration(Caller caller, std::string_view body) {
  auto& state = *state_;
  state.counters.operations.add();
  const auto now = state.clock.now();
  co_await sweep(state, caller.tenant, now);
  if (state.registry.size() >= state.limits.registrations) {
    co_return fail(ErrorCode::kTooLarge,
                   fmt::format("There are {} registrations, which is the limit.", state.limits.registrations));
  }
  const auto context = state.context_of_document(caller, body);
  if (!context) co_return std::unexpected(context.error());
  const auto definition = define_registration(body, new_id(state.random), **context, state.names, now);
  if (!definition) co_return std::unexpected(definition.error());
  auto compiled = compile(state.contexts, state.names, *definition, {}, nullptr);
  if (!compiled) co_return std::unexpected(std::move(compiled).error());
  const std::string id = (*compiled)->id;
  const auto known = state.registry.of(caller.tenant);
  if (const auto same = known ? known->find(id) : nullptr; same && !same->expired(now)) {
    co_return fail(ErrorCode::kAlreadyExists, "A context source registration with this id exists already.");
  }
  if (auto good = check_exclusive(known.get(), **compiled, now); !good) co_return std::unexpected(good.error());
  if (auto good = co_await check_entities(state.store, caller.tenant, **compiled); !good) {
    co_return std::unexpected(good.error());
  }
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    state.store.write(kept_address(Kept::kRegistration, caller.tenant, id),
                      create_stored(state.system, Kept::kRegistration, *definition, {}), std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  compiled = compile(state.contexts, state.names, *definition, written->at, nullptr);
  if (!compiled) co_return std::unexpected(std::move(compiled).error());
  state.registry.put(caller.tenant, *compiled);
  tell(state, caller.tenant);
  // Of two exclusive ones that were made at the same moment the later one goes.
  if (auto good = check_exclusive(state.registry.of(caller.tenant).get(), **compiled, now); !good) {
    if (auto gone = co_await remove_registration(caller, id); !gone) co_return std::unexpected(gone.error());
    co_return std::unexpected(good.error());
  }
  co_return id;
}

Task<Result<std::string>> Broker::registration(Caller caller, std::string_view id, bool sys_attrs) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto sources = state_->registry.of(caller.tenant);
  const auto found = sources ? sources->find(id) : nullptr;
  if (!found || found->expired(state_->clock.now())) co_return no_such(Kept::kRegistration);
  co_return as_text(show_registration(*found, *caller.context, sys_attrs));
}

Task<Result<Broker::SubscriptionPage>> Broker::registrations(Caller caller, RegistrationQuery query) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto& about = query.entities;
  const Wanted wanted{.ids = about.ids,
                      .pattern = about.id_pattern.get(),
                      .types = about.types.get(),
                      .has_types = {},
                      .attributes = about.attributes};
  const auto now = state_->clock.now();
  SubscriptionPage out;
  const auto sources = state_->registry.of(caller.tenant);
  for (const auto& one : sources ? sources->matching(wanted) : std::vector<Ptr>{}) {
    if (one->expired(now) || !asked_for(*one, query)) continue;
    if (out.count++ < about.offset || out.items.size() >= about.limit) continue;
    out.items.push_back(as_text(show_registration(*one, *caller.context, query.sys_attrs)));
  }
  co_return out;
}

Task<Result<void>> Broker::update_registration(Caller caller, std::string_view id, std::string_view body) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  auto& state = *state_;
  const auto context = state.context_of_document(caller, body);
  if (!context) co_return std::unexpected(context.error());
  const auto now = state.clock.now();
  const auto sources = state.registry.of(caller.tenant);
  const auto before = sources ? sources->find(id) : nullptr;
  if (!before || before->expired(now)) co_return no_such(Kept::kRegistration);
  const auto patched = patch_registration(before->definition, body, **context, state.names, now);
  if (!patched) co_return std::unexpected(patched.error());
  auto compiled = compile(state.contexts, state.names, *patched, {}, before->health);
  if (!compiled) co_return std::unexpected(std::move(compiled).error());
  if (auto good = check_exclusive(sources.get(), **compiled, now); !good) co_return good;
  const bool wider =
      before->mode != (*compiled)->mode || before->definition.body.at("information") != patched->body.at("information");
  if (wider) {
    if (auto good = co_await check_entities(state.store, caller.tenant, **compiled); !good) co_return good;
  }
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    state.store.write(kept_address(Kept::kRegistration, caller.tenant, id),
                      update_stored(state.system, Kept::kRegistration, *patched, before->version), std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  compiled = compile(state.contexts, state.names, *patched, written->at, before->health);
  if (!compiled) co_return std::unexpected(std::move(compiled).error());
  state.registry.put(caller.tenant, std::move(*compiled));
  tell(state, caller.tenant);
  co_return Result<void>{};
}

Task<Result<void>> Broker::remove_registration(Caller caller, std::string_view id) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  const auto sources = state_->registry.of(caller.tenant);
  const auto before = sources ? sources->find(id) : nullptr;
  if (before && before->expired(state_->clock.now())) co_return no_such(Kept::kRegistration);
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    state_->store.write(kept_address(Kept::kRegistration, caller.tenant, id),
                        remove_stored(state_->system, Kept::kRegistration), std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  state_->registry.remove(caller.tenant, std::string{id}, written->at);
  tell(*state_, caller.tenant);
  co_return Result<void>{};
}

}  // namespace horad::broker
