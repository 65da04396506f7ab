// SPDX-License-Identifier: Apache-2.0
// Follows the change log and tells subscribers, at least once each, across restarts. See README.md, "Notifications".
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "horad/base/world.h"
#include "horad/broker/broker.h"
#include "horad/broker/lane.h"
#include "horad/broker/subscription.h"
#include "horad/model/names.h"
#include "horad/store/store.h"

namespace horad::broker {

struct NotifierOptions {
  LaneLimits lane;
  std::size_t per_origin = 8;    // exchanges with one host and port at a time
  std::size_t in_flight = 512;   // exchanges at a time, over all
  std::size_t catching_up = 4;   // lanes that read the log for themselves at a time
  std::size_t read_batch = 256;  // records asked for at once
  Duration commit_every = std::chrono::seconds(1);
};

/// One follower for all subscriptions. A subscription whose endpoint keeps up is fed by the common reader; one that
/// does not is cut off when its queue is full and later reads the log for itself, so no endpoint ever waits for
/// another.
///
/// It is driven either by its own thread (start, stop) or, in tests, by calls of turn() from one thread. put, remove
/// and state may be called from any thread.
class Notifier {
 public:
  /// Everything given must outlive the notifier. `from`: where the common reader starts.
  Notifier(store::Store& store, model::Names& names, base::Clock& clock, base::Random& random, base::Net& net,
           BrokerCounters& counters, store::Cursor from, NotifierOptions options = {});
  ~Notifier();  // stops
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Adds a subscription with where its delivery stands, or gives a known one its changed definition (then `state` is
  /// ignored).
  void put(std::string tenant, std::shared_ptr<const Subscription> subscription, DeliveryState state);
  void remove(std::string tenant, std::string id, Timestamp version);
  /// Tells the subscription, unless it is paused, expired or gone, of something that is in no log. See Job::receipt.
  void tell(std::string tenant, std::string id, Job job);
  /// How delivery of this subscription stands; none when it is not known.
  std::optional<DeliveryState> state(const std::string& tenant, const std::string& id) const;

  void start();
  /// Ends the thread after what it does at the moment, and stores every cursor.
  void stop();

  /// Does all that can be done now without waiting; false when that was nothing.
  bool turn();
  /// Waits until there is something to do for turn(), at most `most`.
  void wait(Duration most);

 private:
  struct Core;
  std::shared_ptr<Core> core_;  // shared with the callbacks on their way, which find it closed after stop()
};

/// The notifier's own cursor as it was stored last; none at the first start. Blocks until the store has answered.
Result<std::optional<store::Cursor>> stored_cursor(store::Store& store, model::Names& names);

}  // namespace horad::broker
