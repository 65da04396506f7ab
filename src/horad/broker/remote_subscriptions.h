// SPDX-License-Identifier: Apache-2.0
// Subscriptions at registered sources (ETSI GS CIM 009, 5.8): what ought to be there follows from the subscriptions and
// the registrations, what is there is stored, and the difference is what is to be done. So nothing is queued, nothing
// is lost by a restart, and local notifications wait for nobody.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "horad/base/world.h"
#include "horad/broker/contexts.h"
#include "horad/broker/forwarding.h"
#include "horad/broker/registry.h"
#include "horad/broker/remote_leg.h"
#include "horad/broker/system_store.h"
#include "horad/store/store.h"

namespace horad::broker {

struct BrokerCounters;

/// What it works with; all of it outlives it.
struct RemoteWorld {
  store::Store& store;
  const SystemNames& system;
  const Registry& registry;
  Contexts& contexts;
  model::Names& names;
  base::Clock& clock;
  base::Random& random;
  base::Net& net;
  BrokerCounters& counters;
  std::string alias;     // of this broker, see alias_of()
  std::string receiver;  // the URL where sources notify; empty: nothing is made anywhere
};

/// Driven by a thread of its own, or in tests by turn(). Any thread may call.
class RemoteSubscriptions {
 public:
  explicit RemoteSubscriptions(RemoteWorld world);
  ~RemoteSubscriptions();  // stops
  RemoteSubscriptions(const RemoteSubscriptions&) = delete;
  RemoteSubscriptions& operator=(const RemoteSubscriptions&) = delete;

  /// What was stored of a subscription at a source; before the subscriptions are put.
  void load(const std::string& tenant, Leg leg);
  /// This subscription will be put later: what is at sources stays as it is until then.
  void expect(const std::string& tenant, const std::string& id);
  /// Adds one of our subscriptions, or gives a known one its changed definition.
  void put(const std::string& tenant, std::shared_ptr<const Subscription> subscription);
  void remove(const std::string& tenant, const std::string& id);
  /// The registrations of a tenant have changed.
  void touched(const std::string& tenant);

  /// For whom a notification with this subscriptionId is, and from where; none when nobody was given that id.
  struct Address {
    std::string tenant;
    std::shared_ptr<const Subscription> subscription;
    std::string source;  // id of the registration
  };
  std::optional<Address> find(const std::string& remote_id) const;
  /// What goes wrong at sources with a subscription of ours.
  std::vector<Warning> troubles(const std::string& tenant, const std::string& id) const;

  void start();
  void stop();
  /// Does what is due; answers how long there is nothing to do (at most a minute).
  Duration turn();

 private:
  struct Core;
  std::shared_ptr<Core> core_;  // shared with the callbacks on their way
  std::thread thread_;
};

}  // namespace horad::broker
