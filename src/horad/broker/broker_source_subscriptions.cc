// SPDX-License-Identifier: Apache-2.0
// Subscriptions to registrations (ETSI GS CIM 009, 5.11): stored first, then the notifier of sources learns of them.
#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "horad/broker/broker_state.h"

namespace horad::broker {
namespace {

constexpr Kept kSort = Kept::kSourceSubscription;
constexpr std::size_t kMost = 10'000;  // of all tenants

std::string new_id(base::Random& random) {
  return fmt::format("urn:ngsi-ld:Subscription:{:016x}{:016x}", random.next(), random.next());
}

std::string as_text(json::object object) { return to_text(json::value(std::move(object))); }

Result<std::shared_ptr<const SourceSubscription>> compile(Contexts& contexts, const std::string& tenant,
                                                          const Definition& definition, Timestamp version) {
  auto context = contexts.get(tenant, definition.context, nullptr, true);
  if (!context) return std::unexpected(std::move(context).error());
  auto compiled = compile_source_subscription(definition, *context);
  if (!compiled) return std::unexpected(std::move(compiled).error());
  compiled->base.context_url = contexts.url_of(**context);
  compiled->base.version = version;
  return std::make_shared<const SourceSubscription>(std::move(*compiled));
}

Task<Result<StoredDocument>> read_one(Broker::State& state, std::string tenant, std::string id) {
  const auto read = co_await ask<Result<model::Document>>(
      [&](auto done) { state.store.read(kept_address(kSort, std::move(tenant), id), std::move(done)); });
  if (!read && read.error().code == ErrorCode::kNotFound) co_return no_such(kSort);
  if (!read) co_return std::unexpected(read.error());
  co_return read_stored(state.system, read->view());
}

std::string show(Broker::State& state, const Caller& caller, const StoredDocument& stored) {
  const std::string id{text_of(stored.definition.body.at("id").as_string())};
  const auto live = state.source_notifier ? state.source_notifier->state(caller.tenant, id) : std::nullopt;
  return as_text(show_subscription(stored.definition, live.value_or(stored.delivery), *caller.context, state.names,
                                   state.clock.now()));
}

}  // namespace

Result<void> load_source_subscription(Broker::State& state, const std::string& tenant, model::DocumentView document) {
  auto stored = read_stored(state.system, document);
  if (!stored) return std::unexpected(std::move(stored).error());
  auto compiled = compile(state.contexts, tenant, stored->definition, stored->version);
  if (!compiled && compiled.error().code == ErrorCode::kContextNotAvailable) {  // it follows when the context is here
    const std::lock_guard lock{state.waiting_mutex};
    state.waiting_for_context.emplace_back([&state, tenant, whole = std::string{document.bytes()}] {
      auto again = read_stored(state.system, model::DocumentView{whole});
      if (!again || !state.contexts.get(tenant, again->definition.context, nullptr, true)) return false;
      return load_source_subscription(state, tenant, model::DocumentView{whole}).has_value();
    });
    return {};
  }
  if (!compiled) return std::unexpected(std::move(compiled).error());
  state.source_notifier->put(tenant, std::move(*compiled), std::move(stored->delivery),
                             read_told(state.system, document));
  return {};
}

Task<Result<std::string>> Broker::create_source_subscription(Caller caller, std::string_view body) {
  auto& state = *state_;
  state.counters.operations.add();
  if (state.source_notifier && state.source_notifier->size() >= kMost) {
    co_return fail(ErrorCode::kTooLarge,
                   fmt::format("There are {} subscriptions to registrations, which is the limit.", kMost));
  }
  const auto context = state.context_of_document(caller, body);
  if (!context) co_return std::unexpected(context.error());
  const auto definition =
      define_source_subscription(body, new_id(state.random), **context, state.names, state.clock.now());
  if (!definition) co_return std::unexpected(definition.error());
  if (auto hosted = co_await host_context(caller.tenant, *context); !hosted)
    co_return std::unexpected(std::move(hosted).error());
  const std::string id{text_of(definition->body.at("id").as_string())};
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    state.store.write(kept_address(kSort, caller.tenant, id), create_stored(state.system, kSort, *definition, {}),
                      std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  auto compiled = compile(state.contexts, caller.tenant, *definition, written->at);
  if (!compiled) co_return std::unexpected(std::move(compiled).error());
  if (state.source_notifier) state.source_notifier->put(std::move(caller.tenant), std::move(*compiled), {}, {});
  co_return id;
}

Task<Result<std::string>> Broker::source_subscription(Caller caller, std::string_view id) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto stored = co_await read_one(*state_, caller.tenant, std::string{id});
  if (!stored) co_return std::unexpected(stored.error());
  co_return show(*state_, caller, *stored);
}

Task<Result<Broker::SubscriptionPage>> Broker::source_subscriptions(Caller caller, std::size_t limit,
                                                                    std::size_t offset) {
  if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  model::Query query;
  query.types = model::TypeSelection::of(state_->system.source_subscription);
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
    const auto stored = read_stored(state_->system, document.view());
    if (!stored) co_return std::unexpected(stored.error());
    out.items.push_back(show(*state_, caller, *stored));
  }
  co_return out;
}

Task<Result<void>> Broker::update_source_subscription(Caller caller, std::string_view id, std::string_view body) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  auto& state = *state_;
  const auto context = state.context_of_document(caller, body);
  if (!context) co_return std::unexpected(context.error());
  const auto stored = co_await read_one(state, caller.tenant, std::string{id});
  if (!stored) co_return std::unexpected(stored.error());
  const auto patched = patch_source_subscription(stored->definition, body, **context, state.names, state.clock.now());
  if (!patched) co_return std::unexpected(patched.error());
  if (auto hosted = co_await host_context(caller.tenant, *context); !hosted) co_return hosted;
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    state.store.write(kept_address(kSort, caller.tenant, id),
                      update_stored(state.system, kSort, *patched, stored->version), std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  auto compiled = compile(state.contexts, caller.tenant, *patched, written->at);
  if (!compiled) co_return std::unexpected(std::move(compiled).error());
  if (state.source_notifier) state.source_notifier->put(std::move(caller.tenant), std::move(*compiled), {}, {});
  co_return Result<void>{};
}

Task<Result<void>> Broker::remove_source_subscription(Caller caller, std::string_view id) {
  if (auto known = state_->known(caller.tenant); !known) co_return known;
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    state_->store.write(kept_address(kSort, caller.tenant, id), remove_stored(state_->system, kSort), std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  if (state_->source_notifier) state_->source_notifier->remove(caller.tenant, std::string{id});
  co_return Result<void>{};
}

}  // namespace horad::broker
