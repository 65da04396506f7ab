// SPDX-License-Identifier: Apache-2.0
// Subscriptions: the definition is stored durably first, then the notifier learns of it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/forward.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

/// Finds out whether the context that notifications are to be written in can be had.   errors  as Contexts::get
Result<void> check_words(Contexts& contexts, const Caller& caller, const Definition& definition) {
  const auto* const given = definition.body.if_contains("jsonldContext");
  if (given == nullptr) return {};
  const auto words = contexts.get(caller, to_text(*given));
  return words ? Result<void>{} : std::unexpected(words.error());
}

Task<Result<model::Document>> read_one(store::Store& store, const SystemNames& system, std::string tenant,
                                       std::string id) {
  const auto read = co_await ask<Result<model::Document>>(
      [&](auto done) { store.read(kept_address(Kept::kSubscription, std::move(tenant), id), std::move(done)); });
  if (!read && read.error().code == ErrorCode::kNotFound) co_return no_such(Kept::kSubscription);
  if (!read) co_return std::unexpected(read.error());
  if (!read->view().has_type(system.subscription)) co_return no_such(Kept::kSubscription);
  co_return read;
}

std::string new_id(base::Random& random) {
  return fmt::format("urn:ngsi-ld:Subscription:{:016x}{:016x}", random.next(), random.next());
}

/// The URL of the context in which it notifies (5.2.12); none when that is the core context alone.
void add_context_url(Contexts& contexts, std::string_view tenant, const Definition& definition, json::object& shown) {
  const auto context = contexts.get(tenant, definition.context, nullptr, true);
  if (shown.contains("jsonldContext") || !context || (*context)->is_core_only()) return;
  shown["jsonldContext"] = contexts.url_of(**context);
}

std::string as_text(json::object object) { return to_text(json::value(std::move(object))); }

/// How one subscription is shown now, with the triggers that hold, and with when it was made and changed if asked.
Result<std::string> show_one(Broker::State& state, const Caller& caller, model::DocumentView document, bool sys_attrs) {
  const auto stored = read_stored(state.system, document);
  if (!stored) return std::unexpected(stored.error());
  const auto live = state.notifier ? state.notifier->state(caller.tenant, std::string{document.id()}) : std::nullopt;
  auto shown = show_subscription(stored->definition, live.value_or(stored->delivery), *caller.context, state.names,
                                 state.clock.now());
  add_context_url(state.contexts, caller.tenant, stored->definition, shown);
  if (!shown.contains("notificationTrigger")) shown["notificationTrigger"] = {"attributeCreated", "attributeUpdated"};
  if (sys_attrs) {
    shown["createdAt"] = json::string(base::format_time(document.created_at()));
    shown["modifiedAt"] = json::string(base::format_time(stored->version));
  }
  return as_text(std::move(shown));
}

}  // namespace

Result<std::shared_ptr<Subscription>> compile_stored(Contexts& contexts, std::string_view tenant,
                                                     const Definition& definition, Timestamp version,
                                                     std::string* missing) {
  const auto* const given = definition.body.if_contains("jsonldContext");
  const auto words = contexts.get(tenant, given != nullptr ? to_text(*given) : definition.context, missing, true);
  if (!words) return std::unexpected(words.error());
  const auto& q_context = definition.q_context.empty() ? definition.context : definition.q_context;
  const auto q = contexts.get(tenant, q_context, missing, true);
  if (!q) return std::unexpected(q.error());
  auto compiled = compile_subscription(definition, {.words = *words, .q = *q});
  if (!compiled) return std::unexpected(std::move(compiled).error());
  compiled->context_url = contexts.url_of(**words);
  compiled->version = version;
  return std::make_shared<Subscription>(std::move(*compiled));
}

Task<Result<std::string>> Broker::create_subscription(Caller caller, std::string_view body, HeaderSource headers) {
  state_->counters.operations.add();
  auto& state = *state_;
  if (static_cast<std::size_t>(state.counters.subscriptions.value()) >= state.limits.subscriptions) {
    co_return fail(ErrorCode::kTooLarge,
                   fmt::format("There are {} subscriptions, which is the limit.", state.limits.subscriptions));
  }
  if (headers && names_proxy(headers(kVia).value_or(""), alias_of(state.alias, caller.tenant))) {
    if (caller.forwarding != nullptr) caller.forwarding->looped = true;
    co_return fail(ErrorCode::kConflict, "The subscription came back to where it had been: registrations form a loop.");
  }
  const auto context = state.context_of_document(caller, body);
  if (!context) co_return std::unexpected(context.error());
  auto definition = define_subscription(body, new_id(state.random), **context, state.names, state.clock.now(), headers);
  if (!definition) co_return std::unexpected(std::move(definition).error());
  if (auto there = check_words(state.contexts, caller, *definition); !there) {
    co_return std::unexpected(std::move(there).error());
  }
  if (auto hosted = co_await host_context(caller.tenant, *context); !hosted)
    co_return std::unexpected(std::move(hosted).error());
  const std::string id{text_of(definition->body.at("id").as_string())};
  DeliveryState delivery;
  delivery.cursor = state.store.end();
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    state.store.write(kept_address(Kept::kSubscription, caller.tenant, id),
                      create_stored(state.system, Kept::kSubscription, *definition, delivery), std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  auto compiled = compile_stored(state.contexts, caller.tenant, *definition, written->at);
  if (!compiled) co_return std::unexpected(std::move(compiled).error());
  if (state.remote) state.remote->put(caller.tenant, *compiled);
  if (state.notifier) state.notifier->put(std::move(caller.tenant), std::move(*compiled), std::move(delivery));
  co_return id;
}

Task<Result<std::string>> Broker::subscription(Caller caller, std::string_view id, bool sys_attrs) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto read = co_await read_one(state_->store, state_->system, caller.tenant, std::string{id});
  if (!read) co_return std::unexpected(read.error());
  if (state_->remote && caller.forwarding != nullptr) {
    caller.forwarding->warnings = state_->remote->troubles(caller.tenant, std::string{id});
  }
  co_return show_one(*state_, caller, read->view(), sys_attrs);
}

Task<Result<Broker::SubscriptionPage>> Broker::subscriptions(Caller caller, std::size_t limit, std::size_t offset,
                                                             bool sys_attrs) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  model::Query query;
  query.types = model::TypeSelection::of(state_->system.subscription);
  query.limit = limit;
  query.offset = offset;
  query.count = true;
  const auto page = co_await ask<Result<store::Page>>([&](auto done) {
    state_->store.query({caller.tenant, store::Space::kSystem}, std::move(query), std::move(done));
  });
  if (!page) co_return std::unexpected(page.error());
  SubscriptionPage out;
  out.count = page->count.value_or(0);
  for (const auto& document : page->documents) {
    auto shown = show_one(*state_, caller, document.view(), sys_attrs);
    if (!shown) co_return std::unexpected(std::move(shown).error());
    out.items.push_back(std::move(*shown));
  }
  co_return out;
}

Task<Result<void>> Broker::update_subscription(Caller caller, std::string_view id, std::string_view body,
                                               HeaderSource headers) {
  constexpr int kTries = 4;  // against others who change it at the same moment
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  auto& state = *state_;
  const auto context = state.context_of_document(caller, body);
  if (!context) co_return std::unexpected(context.error());
  Error last;
  for (int i = 0; i < kTries; ++i) {
    const auto read = co_await read_one(state.store, state.system, caller.tenant, std::string{id});
    if (!read) co_return std::unexpected(read.error());
    const auto stored = read_stored(state.system, read->view());
    if (!stored) co_return std::unexpected(stored.error());
    const auto patched =
        patch_subscription(stored->definition, body, **context, state.names, state.clock.now(), headers);
    if (!patched) co_return std::unexpected(patched.error());
    if (auto there = check_words(state.contexts, caller, *patched); !there) co_return there;
    if (auto hosted = co_await host_context(caller.tenant, *context); !hosted) co_return hosted;
    const auto written = co_await ask<Result<store::Written>>([&](auto done) {
      state.store.write(kept_address(Kept::kSubscription, caller.tenant, id),
                        update_stored(state.system, Kept::kSubscription, *patched, stored->version), std::move(done));
    });
    if (written) {
      auto compiled = compile_stored(state.contexts, caller.tenant, *patched, written->at);
      if (!compiled) co_return std::unexpected(std::move(compiled).error());
      if (state.remote) state.remote->put(caller.tenant, *compiled);
      if (state.notifier) state.notifier->put(std::move(caller.tenant), std::move(*compiled), stored->delivery);
      co_return Result<void>{};
    }
    last = written.error();
    if (last.code != ErrorCode::kConflict) break;
  }
  co_return std::unexpected(std::move(last));
}

Task<Result<void>> Broker::remove_subscription(Caller caller, std::string_view id) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    state_->store.write(kept_address(Kept::kSubscription, caller.tenant, id),
                        remove_stored(state_->system, Kept::kSubscription), std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  if (state_->remote) state_->remote->remove(caller.tenant, std::string{id});
  if (state_->notifier) state_->notifier->remove(std::move(caller.tenant), std::string{id}, written->at);
  co_return Result<void>{};
}

}  // namespace horad::broker
