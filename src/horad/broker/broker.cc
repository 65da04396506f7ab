// SPDX-License-Identifier: Apache-2.0
// Opening and closing the broker, and what its operations share. The operations stand in broker_*.cc.
#include "horad/broker/broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <mutex>

#include "horad/broker/broker_state.h"

namespace horad::broker {
namespace {

/// For opening only, when there is no event loop yet: waits for the store.
Result<store::Page> query_now(store::Store& store, const store::Tenant& tenant, model::Query query) {
  auto promise = std::make_shared<std::promise<Result<store::Page>>>();
  auto answer = promise->get_future();
  store.query(tenant, std::move(query), [promise](Result<store::Page> page) { promise->set_value(std::move(page)); });
  return answer.get();
}

/// Everything before both has been dealt with.
store::Cursor later_of(store::Cursor a, const store::Cursor& b) {
  a.resize(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < b.size(); ++i) a[i] = std::max(a[i], b[i]);
  return a;
}

/// Everything of this type that is kept for the tenant, page by page.
Result<void> for_each_page(store::Store& store, const store::Tenant& tenant, model::NameId type,
                           std::move_only_function<Result<void>(std::span<const model::Document>)> each) {
  constexpr std::size_t kPage = 1'000;
  model::Query query;
  query.types = model::TypeSelection::of(type);
  query.limit = kPage;
  for (;; query.offset += kPage) {
    const auto page = query_now(store, tenant, query);
    if (!page) return std::unexpected(page.error());
    if (auto done = each(page->documents); !done) return done;
    if (page->documents.size() < kPage) return {};
  }
}

struct Loader {
  Broker::State& state;
  store::Cursor from;

  Result<void> load_one(const std::string& tenant, StoredDocument stored) const {
    std::string missing;
    auto compiled = compile_stored(state.contexts, tenant, stored.definition, stored.version, &missing);
    if (!compiled && compiled.error().code == ErrorCode::kContextNotAvailable) {
      wait_for(missing, tenant, std::move(stored));
      return {};
    }
    if (!compiled) return std::unexpected(std::move(compiled).error());
    if (!stored.delivery.behind) stored.delivery.cursor = later_of(std::move(stored.delivery.cursor), from);
    state.remote->put(tenant, *compiled);
    state.notifier->put(tenant, std::move(*compiled), std::move(stored.delivery));
    return {};
  }

  /// A document that is gone does not keep the others from starting: this one follows when it is here.
  void wait_for(const std::string& missing, const std::string& tenant, StoredDocument stored) const {
    state.remote->expect(tenant, std::string{text_of(stored.definition.body.at("id").as_string())});
    {
      const std::lock_guard lock{state.waiting_mutex};
      state.waiting_for_context.emplace_back([loader = *this, tenant, stored = std::move(stored)] {
        if (!compile_stored(loader.state.contexts, tenant, stored.definition, stored.version)) return false;
        return loader.load_one(tenant, stored).has_value();
      });
    }
    if (!missing.empty()) state.fetcher->fetch(missing, [](const Result<void>&) {});
  }
};

/// What stands between this broker and sources: our subscriptions there, and what came of them and was not told.
Result<void> load_remote(Broker::State& state) {
  for (const auto& tenant : state.store.tenants()) {
    if (tenant.space != store::Space::kSystem) continue;
    auto done = for_each_page(state.store, tenant, state.system.remote_subscription, [&](auto page) -> Result<void> {
      for (const auto& document : page) {
        auto loaded = load_remote_subscription(state, tenant.name, document.view());
        if (!loaded) return loaded;
      }
      return {};
    });
    if (!done) return done;
    std::vector<model::Document> received;  // all of them first: those that are told go from the store meanwhile
    done = for_each_page(state.store, tenant, state.system.received, [&](auto page) -> Result<void> {
      received.insert(received.end(), page.begin(), page.end());
      return {};
    });
    for (const auto& document : received) {
      if (done) done = load_received(state, tenant.name, document.view());
    }
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Broker>> Broker::open(store::Store& store, model::Names& names, base::Clock& clock,
                                             base::Random& random, base::Net& net, Limits limits,
                                             ContextOptions contexts) {
  const auto system = SystemNames::make(names);
  if (!system) return std::unexpected(system.error());
  const auto fetch = contexts.fetch;
  auto state = std::make_unique<State>(store, names, clock, random, net, *system, limits, std::move(contexts));
  state->fetcher = std::make_unique<ContextFetcher>(net, clock, fetch,
                                                    [raw = state.get()](const std::string& url, std::string text) {
                                                      return raw->accept_context(url, std::move(text));
                                                    });
  state->public_net = std::make_unique<PublicNet>(net);
  base::Net& told_by = limits.notify_private ? net : *state->public_net;  // what notifications go through
  if (state->limits.alias.empty()) {
    auto kept = stored_alias(store, *system);
    if (!kept) return std::unexpected(std::move(kept).error());
    state->alias_kept = kept->has_value();
    if (*kept) state->alias = std::move(**kept);
  }
  const auto stored = stored_cursor(store, names);
  if (!stored) return std::unexpected(stored.error());
  const Loader loader{*state, stored->value_or(store.end())};
  for (const auto& tenant : store.tenants()) {
    if (tenant.space != store::Space::kSystem) continue;
    auto done = for_each_page(store, tenant, system->jsonld_context, [&](auto page) -> Result<void> {
      for (const auto& document : page) {
        auto loaded = load_context(state->system, state->contexts.shelf(), tenant.name, document.view());
        if (!loaded) return loaded;
      }
      return {};
    });
    if (!done) return std::unexpected(std::move(done).error());
  }
  if (limits.notify) {
    const auto& own = state->contexts.options().own_urls;
    state->received = std::make_shared<ReceivedStore>(store, state->system);
    state->remote = std::make_unique<RemoteSubscriptions>(
        RemoteWorld{.store = store,
                    .system = state->system,
                    .registry = state->registry,
                    .contexts = state->contexts,
                    .names = names,
                    .clock = clock,
                    .random = random,
                    .net = net,
                    .counters = state->counters,
                    .alias = state->alias,
                    .receiver = own.empty() ? std::string{} : own.front() + std::string{kReceiverPath}});
    state->notifier = std::make_unique<Notifier>(store, names, clock, random, told_by, state->counters, loader.from);
    for (const auto& tenant : store.tenants()) {
      if (tenant.space != store::Space::kSystem) continue;
      auto done = for_each_page(store, tenant, system->subscription, [&](auto page) -> Result<void> {
        for (const auto& document : page) {
          auto read = read_stored(state->system, document.view());
          if (!read) return std::unexpected(std::move(read).error());
          if (auto loaded = loader.load_one(tenant.name, std::move(*read)); !loaded) return loaded;
        }
        return {};
      });
      if (!done) return std::unexpected(std::move(done).error());
    }
    state->notifier->start();
  }
  for (const auto& tenant : store.tenants()) {
    if (tenant.space != store::Space::kSystem) continue;
    std::vector<model::Document> registrations;
    auto done = for_each_page(store, tenant, system->registration, [&](auto page) -> Result<void> {
      registrations.insert(registrations.end(), page.begin(), page.end());
      return {};
    });
    if (done) {
      done = for_each_page(store, tenant, system->snapshot, [&](auto page) -> Result<void> {
        for (const auto& document : page) {
          const auto stored_snapshot = read_stored(state->system, document.view());
          if (!stored_snapshot) return std::unexpected(stored_snapshot.error());
          state->snapshot_numbers.take(tenant.name, number_of(stored_snapshot->definition.body));
        }
        return {};
      });
    }
    if (done) {
      done = load_registrations(state->system, state->contexts, names, state->registry, tenant.name, registrations);
    }
    if (!done) return std::unexpected(std::move(done).error());
  }
  if (limits.notify) {
    state->source_notifier = std::make_unique<SourceNotifier>(store, state->system, state->registry, clock, random,
                                                              told_by, state->counters);
    for (const auto& tenant : store.tenants()) {
      if (tenant.space != store::Space::kSystem) continue;
      auto done = for_each_page(store, tenant, system->source_subscription, [&](auto page) -> Result<void> {
        for (const auto& document : page) {
          if (auto loaded = load_source_subscription(*state, tenant.name, document.view()); !loaded) return loaded;
        }
        return {};
      });
      if (!done) return std::unexpected(std::move(done).error());
    }
    state->source_notifier->start();
    if (auto loaded = load_remote(*state); !loaded) return std::unexpected(std::move(loaded).error());
    state->remote->start();
  }
  return std::unique_ptr<Broker>{new Broker{std::move(state)}};
}

Broker::Broker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Broker::~Broker() = default;

Contexts& Broker::contexts() noexcept { return state_->contexts; }
model::Names& Broker::names() noexcept { return state_->names; }
base::Clock& Broker::clock() noexcept { return state_->clock; }
const BrokerCounters& Broker::counters() const noexcept { return state_->counters; }

std::vector<base::Metric> Broker::metrics() const {
  const auto& c = state_->counters;
  return {
      {"horad_broker_operations_total", "Operations asked of the broker.", {}, &c.operations},
      {"horad_notifications_sent_total",
       "Notifications that were accepted by their endpoint.",
       {},
       &c.notifications_sent},
      {"horad_notifications_failed_total", "Attempts to notify that failed.", {}, &c.notifications_failed},
      {"horad_notifications_lost_total",
       "Times a subscription lost changes because the log was trimmed.",
       {},
       &c.notifications_lost},
      {"horad_subscription_matches_total", "Changes matched with a subscription.", {}, &c.events_matched},
      {"horad_subscriptions", "Subscriptions stored.", {}, &c.subscriptions},
      {"horad_subscriptions_behind", "Subscriptions that read the log for themselves.", {}, &c.subscriptions_behind},
      {"horad_notifications_received_total",
       "Entities that registered sources told our subscriptions of.",
       {},
       &c.notifications_received},
      {"horad_remote_subscriptions", "Subscriptions of ours at registered sources.", {}, &c.remote_subscriptions},
      {"horad_remote_subscription_requests_total",
       "Requests to create, change or delete subscriptions at sources.",
       {},
       &c.remote_requests},
      {"horad_remote_subscription_failures_total", "Those of them that failed.", {}, &c.remote_failures},
      {"horad_notifications_in_flight", "Notifications sent and not answered yet.", {}, &c.notifications_waiting},
  };
}

Result<void> Broker::State::known(const std::string& tenant) {
  counters.operations.add();
  if (tenant.empty() || entities_of(tenant).space == store::Space::kSnapshot) return {};  // it was entered before
  {
    const std::shared_lock lock{tenants_mutex};
    if (tenants.contains(tenant)) return {};
  }
  const auto all = store.tenants();
  if (std::ranges::none_of(all, [&](const store::Tenant& one) { return one.name == tenant; })) {
    return fail(ErrorCode::kNonexistentTenant, "There is no tenant '" + tenant + "'.", "NGSILD-Tenant");
  }
  const std::unique_lock lock{tenants_mutex};
  tenants.insert(tenant);
  return {};
}

Result<std::shared_ptr<model::Context>> Broker::State::context_of(const Caller& caller, const model::Parser& parser,
                                                                  std::size_t item) {
  const auto given = parser.context(item);
  if (!given) return std::unexpected(given.error());
  if (!caller.context_in_body) {
    if (!*given) return caller.context;
    return fail(ErrorCode::kBadRequestData, "A body with an @context has the content type application/ld+json.",
                "/@context");
  }
  if (*given) return contexts.get(caller, **given);
  return fail(ErrorCode::kBadRequestData, "A body of application/ld+json needs an @context.", "/@context");
}

Result<std::shared_ptr<model::Context>> Broker::State::context_of_document(const Caller& caller,
                                                                           std::string_view body) {
  const auto parsed = parse_json_object(body);
  if (!parsed) return std::unexpected(parsed.error());
  const auto* const given = parsed->if_contains("@context");
  if (!caller.context_in_body) {
    if (given == nullptr) return caller.context;
    return fail(ErrorCode::kBadRequestData, "A body with an @context has the content type application/ld+json.",
                "/@context");
  }
  if (given != nullptr) return contexts.get(caller, to_text(*given));
  return fail(ErrorCode::kBadRequestData, "A body of application/ld+json needs an @context.", "/@context");
}

std::string random_alias(base::Random& random) { return fmt::format("horad-{:016x}", random.next()); }

bool Broker::has_sources(const std::string& tenant) const { return state_->registry.of(tenant) != nullptr; }

model::Parser& this_threads_parser() {
  thread_local model::Parser parser;
  return parser;
}

}  // namespace horad::broker
