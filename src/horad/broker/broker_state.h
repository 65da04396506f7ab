// SPDX-License-Identifier: Apache-2.0
// Private to the broker: what its operations share.
#pragma once

#include <memory>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <utility>

#include "horad/broker/bridge.h"
#include "horad/broker/broker.h"
#include "horad/broker/contexts.h"
#include "horad/broker/notifier.h"
#include "horad/broker/registry.h"
#include "horad/broker/system_store.h"
#include "horad/model/parse.h"
#include "horad/model/type_selection.h"

namespace horad::broker {

struct Broker::State {
  State(store::Store& the_store, model::Names& the_names, base::Clock& the_clock, base::Random& the_random,
        SystemNames the_system, Limits the_limits, ContextDocuments pinned)
      : store(the_store),
        names(the_names),
        clock(the_clock),
        random(the_random),
        limits(the_limits),
        system(the_system),
        contexts(the_names, std::move(pinned)) {}

  /// errors  kNonexistentTenant
  Result<void> known(const std::string& tenant);

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
  const Limits limits;
  const SystemNames system;
  Contexts contexts;
  Registry registry;
  BrokerCounters counters;
  std::shared_mutex tenants_mutex;     // guards tenants
  std::set<std::string> tenants;       // seen to exist; tenants never cease to
  std::unique_ptr<Notifier> notifier;  // null when Limits::notify is false
};

/// Compiles the stored registrations of a tenant into the registry, at the start.   errors   kDamaged
Result<void> load_registrations(const SystemNames& system, Contexts& contexts, model::Names& names, Registry& registry,
                                const std::string& tenant, std::span<const model::Document> documents);

/// The parser of this thread. Between load() and the last look at what was loaded there must be no co_await.
model::Parser& this_threads_parser();

inline store::Address city_address(std::string tenant, std::string id) {
  return {{std::move(tenant), store::Space::kCity}, std::move(id)};
}

}  // namespace horad::broker
