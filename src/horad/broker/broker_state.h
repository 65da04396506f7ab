// SPDX-License-Identifier: Apache-2.0
// Private to the broker: what its operations share.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "horad/broker/bridge.h"
#include "horad/broker/broker.h"
#include "horad/broker/context_fetcher.h"
#include "horad/broker/contexts.h"
#include "horad/broker/entity_maps.h"
#include "horad/broker/identity.h"
#include "horad/broker/notifier.h"
#include "horad/broker/public_net.h"
#include "horad/broker/received.h"
#include "horad/broker/registry.h"
#include "horad/broker/remote_subscriptions.h"
#include "horad/broker/snapshots.h"
#include "horad/broker/source_notifier.h"
#include "horad/broker/system_store.h"
#include "horad/model/parse.h"
#include "horad/model/type_selection.h"

namespace horad::broker {

/// A name under which nobody else is known.
std::string random_alias(base::Random& random);

struct Broker::State {
  State(store::Store& the_store, model::Names& the_names, base::Clock& the_clock, base::Random& the_random,
        base::Net& the_net, SystemNames the_system, Limits the_limits, ContextOptions context_options)
      : store(the_store),
        names(the_names),
        clock(the_clock),
        random(the_random),
        net(the_net),
        limits(std::move(the_limits)),
        alias(limits.alias.empty() ? random_alias(the_random) : limits.alias),
        system(the_system),
        contexts(the_names, std::move(context_options), &the_clock),
        started(the_clock.steady()) {}

  /// errors  kNonexistentTenant
  Result<void> known(const std::string& tenant);

  /// Puts a downloaded document on the shelf and into the store.   errors  kBadRequestData when it is no @context
  Result<void> accept_context(const std::string& url, std::string text);
  void write_context(const ContextDocument& document);   // without waiting
  void forget_context(const ContextDocument& document);  // in the store, without waiting

  // broker_linked.cc
  /// Those of `candidates`, which may match, for which `q` holds with what they link to.   errors  kTooManyResults
  Task<Result<std::vector<model::Document>>> keep_matching(store::Tenant whose, std::shared_ptr<const model::QFilter> q,
                                                           std::vector<model::Document> candidates);
  /// A query whose q asks linked entities.   errors  kTooComplexQuery, kTooManyResults
  Task<Result<EntityPage>> query_linked(store::Tenant whose, model::Query query);

  // broker_maps.cc
  Result<std::string> add_map(const std::string& tenant, std::vector<MapEntry> entries,
                              std::optional<Duration> lifetime);
  /// Those entities of a map that match the query now, in the order of the map, of the places that it has for them.
  ///   errors   as Broker::query()
  Task<Result<std::vector<model::Document>>> fitting_of(const Caller& caller, model::Query query,
                                                        const model::QueryText& text, std::vector<MapEntry> entries);
  /// Those of `documents` that match the query; empty documents do not.
  Task<Result<std::vector<model::Document>>> keep_fitting(store::Tenant whose, const model::Query& query,
                                                          std::vector<model::Document> documents);

  // broker_remote.cc
  Task<Result<void>> complete_news(Broker& broker, const Caller& caller, const RemoteSubscriptions::Address& to,
                                   std::shared_ptr<const Registration> source, std::vector<News>& news);

  // broker_snapshots.cc
  struct StoredSnapshot {
    json::object body;
    Timestamp version{};
  };
  /// One query to fill a snapshot with.
  struct SnapshotSource {
    std::string whose;  // a tenant, or the space of another snapshot
    SnapshotQuery asked;
  };
  /// All that fills a snapshot, from the exchange that asked for it to long after.
  struct Filling {
    Broker& broker;
    Caller caller;  // forwards when `forwarding` is there
    std::unique_ptr<Forwarding> forwarding;
    std::string id;
    std::size_t number = 0;
    std::vector<SnapshotSource> sources;
  };
  Task<Result<StoredSnapshot>> read_snapshot(std::string tenant, std::string id);
  Task<Result<std::vector<StoredSnapshot>>> all_snapshots(std::string tenant);
  Task<Result<json::object>> modify_snapshot(std::string tenant, std::string id,
                                             std::function<Result<void>(json::object&)> change);
  Task<Result<std::string>> start_snapshot(Broker& broker, Caller caller, json::object body,
                                           std::vector<SnapshotSource> sources);
  Task<void> fill_snapshot(Filling filling);
  Task<Result<std::size_t>> new_snapshot_number(std::string tenant);
  std::string new_snapshot_id();
  Task<Result<void>> empty_space(store::Tenant whose);
  Task<Result<void>> drop_snapshot(std::string tenant, StoredSnapshot snapshot);
  Task<Result<void>> drop_expired_snapshots(std::string tenant);

  /// The context of a body, or of an item of a batch, that `parser` has loaded.
  ///   errors   kInvalidRequest when the @context stands where it must not, or is missing where it must be
  Result<std::shared_ptr<model::Context>> context_of(const Caller& caller, const model::Parser& parser,
                                                     std::size_t item = 0);

  /// The same for the document of a subscription or a registration.   errors   also kBadRequestData, kTooLarge
  Result<std::shared_ptr<model::Context>> context_of_document(const Caller& caller, std::string_view body);

  store::Store& store;
  model::Names& names;
  base::Clock& clock;
  base::Random& random;
  base::Net& net;
  const Limits limits;
  std::string alias;                    // who we are in Via, see alias_of(); not changed after opening
  std::atomic<bool> alias_kept{false};  // it is stored, so that it is the same after a restart
  const SystemNames system;
  Contexts contexts;
  Registry registry;
  const Duration started;  // steady time
  EntityMaps maps;
  SnapshotNumbers snapshot_numbers;
  BrokerCounters counters;
  std::shared_mutex tenants_mutex;                  // guards tenants
  std::set<std::string> tenants;                    // seen to exist; tenants never cease to
  std::unique_ptr<PublicNet> public_net;            // for notifications, when they stay out of private networks
  std::unique_ptr<Notifier> notifier;               // null when Limits::notify is false
  std::unique_ptr<SourceNotifier> source_notifier;  // the same
  std::unique_ptr<RemoteSubscriptions> remote;      // the same
  std::shared_ptr<ReceivedStore> received;          // goes before the notifier, whose jobs end then unheard
  std::mutex waiting_mutex;                         // guards waiting_for_context
  /// Stored things whose @context was not here at the start: each tries again and is true when it is done.
  std::vector<std::function<bool()>> waiting_for_context;
  std::unique_ptr<ContextFetcher> fetcher;  // last, so that nothing comes while the others go
};

/// Compiles the stored registrations of a tenant into the registry, at the start.   errors   kDamaged
Result<void> load_registrations(const SystemNames& system, Contexts& contexts, model::Names& names, Registry& registry,
                                const std::string& tenant, std::span<const model::Document> documents);

/// Hands a stored subscription to registrations to its notifier, at the start.   errors   kDamaged
Result<void> load_source_subscription(Broker::State& state, const std::string& tenant, model::DocumentView document);

/// The same of what came from sources and was not told, and of subscriptions of ours at sources.   errors  kDamaged
Result<void> load_received(Broker::State& state, const std::string& tenant, model::DocumentView document);
Result<void> load_remote_subscription(Broker::State& state, const std::string& tenant, model::DocumentView document);

/// What the notifier works with, made of a stored definition.
///   errors   those of compile_subscription; kContextNotAvailable, with `missing` as Contexts::get has it
Result<std::shared_ptr<Subscription>> compile_stored(Contexts& contexts, std::string_view tenant,
                                                     const Definition& definition, Timestamp version,
                                                     std::string* missing = nullptr);

/// The parser of this thread. Between load() and the last look at what was loaded there must be no co_await.
model::Parser& this_threads_parser();

store::Address context_address(const ContextDocument& document);
store::Mutation store_context(const SystemNames& names, const ContextDocument& document);
/// Puts what store_context() and Broker::pin_context() wrote back on the shelf.   errors  kDamaged
Result<void> load_context(const SystemNames& names, ContextShelf& shelf, const std::string& tenant,
                          model::DocumentView document);
inline store::Address city_address(std::string tenant, std::string id) {
  return {entities_of(std::move(tenant)), std::move(id)};
}

}  // namespace horad::broker
