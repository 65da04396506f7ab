// SPDX-License-Identifier: Apache-2.0
// Tells subscribers of registrations, at least once each, across restarts. What has been told is stored with each
// subscription; what is to be told is the difference to what is registered now, so nothing is queued.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "horad/base/world.h"
#include "horad/broker/registry.h"
#include "horad/broker/source_subscription.h"
#include "horad/broker/system_store.h"
#include "horad/store/store.h"

namespace horad::broker {

struct BrokerCounters;

/// Driven by a thread of its own, which begins with the first subscription, or in tests by turn(). Any thread may call.
class SourceNotifier {
 public:
  /// Everything given must outlive it.
  SourceNotifier(store::Store& store, const SystemNames& system, const Registry& registry, base::Clock& clock,
                 base::Random& random, base::Net& net, BrokerCounters& counters);
  ~SourceNotifier();  // stops
  SourceNotifier(const SourceNotifier&) = delete;
  SourceNotifier& operator=(const SourceNotifier&) = delete;

  /// Adds a subscription with how its delivery stands, or gives a known one its changed definition (then `state` and
  /// `told` are ignored).
  void put(std::string tenant, std::shared_ptr<const SourceSubscription> subscription, DeliveryState state, Told told);
  void remove(const std::string& tenant, const std::string& id);
  /// The registrations of a tenant have changed.
  void touched(const std::string& tenant);
  std::optional<DeliveryState> state(const std::string& tenant, const std::string& id) const;
  std::size_t size() const;

  void start();
  void stop();
  /// Sends what is due; answers how long there is nothing to do (at most a minute).
  Duration turn();

 private:
  struct Core;
  std::shared_ptr<Core> core_;  // shared with the callbacks on their way
  std::thread thread_;
};

}  // namespace horad::broker
