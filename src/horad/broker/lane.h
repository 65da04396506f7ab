// SPDX-License-Identifier: Apache-2.0
// The delivery of one subscription as a small state machine without clock, store or network: what waits, what is on its
// way, when to try again, and up to where in the log all is done.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/time.h"
#include "horad/broker/subscription.h"
#include "horad/model/document.h"
#include "horad/store/store.h"

namespace horad::broker {

/// One entity to be told of.
struct Job {
  static constexpr store::Position kNoRecord = ~store::Position{0};  // it came of the clock or from elsewhere

  std::size_t shard = 0;
  store::Position before = 0;  // of the record: a reader that starts there sees it again
  model::Document document;    // after the change; before it for a deletion
  std::optional<Timestamp> deleted_at;
  model::Document previous;  // before the change, for showChanges; empty when there was nothing or nobody asks
  std::vector<model::Attribute> gone;  // instances the change took away, as they were: to be told as such
  Timestamp gone_at{};                 // when they went
  Timestamp at{};                      // of the change; of the oldest when it stands for several
  /// What came from another broker is kept until the last copy of this goes: the job has been done then, or dropped.
  std::shared_ptr<void> receipt;
};

/// How an attempt ended.
struct Outcome {
  int status = 0;     // HTTP status; 0 when there was no answer
  std::string error;  // why there was no answer
  bool ours = false;  // it was not the endpoint's fault (too much in flight): try again soon and count nothing
};

struct LaneLimits {
  std::size_t waiting = 256;   // jobs; beyond, the lane reads the log itself later
  std::size_t data = 50;       // entities in one notification
  int answered_failures = 10;  // of one notification, before it is given up; silence is not counted
  Duration first_pause = std::chrono::seconds(1);
  Duration longest_pause = std::chrono::seconds(60);
};

class Lane {
 public:
  Lane(std::string tenant, std::shared_ptr<const Subscription> subscription, DeliveryState state, LaneLimits limits);

  const std::string& tenant() const noexcept { return tenant_; }
  const Subscription& subscription() const noexcept { return *subscription_; }
  const std::shared_ptr<const Subscription>& subscription_ptr() const noexcept { return subscription_; }
  /// Takes a changed definition; what waits is kept. The next attempt is due at once.
  void redefine(std::shared_ptr<const Subscription> subscription);

  bool full() const noexcept { return queue_.size() >= limits_.waiting; }
  bool empty() const noexcept { return queue_.empty(); }
  bool busy() const noexcept { return in_flight_ > 0; }
  /// The last attempt failed: it has to leave room for those that did not.
  bool failing() const noexcept { return !state_.last_error.empty(); }
  std::size_t waiting() const noexcept { return queue_.size(); }
  /// Adds a job; not when full(). While throttled, an entity that waits already is replaced by its newer state, and
  /// what it was before stays what it was before the first change.
  void add(Job job);
  /// Forgets what waits but is not on its way: for a paused or expired subscription.
  void drop_waiting();

  /// When the next attempt may start (steady time).
  Duration not_before() const noexcept { return not_before_; }
  /// The jobs of the next notification, each entity once. They stay in the lane until finish(). Not when empty() or
  /// busy().
  std::vector<const Job*> begin(Duration steady);
  /// Of the jobs of the notification under way leaves those that `wanted` holds for, and answers these. When none are
  /// left the lane is not busy any more.
  template <class Wanted>
  std::vector<const Job*> keep(Wanted wanted) {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(in_flight_);
    const auto kept = std::remove_if(queue_.begin(), end, [&](const Job& job) { return !wanted(job); });
    in_flight_ = static_cast<std::size_t>(kept - queue_.begin());
    queue_.erase(kept, end);
    if (in_flight_ == 0) attempts_ = answered_ = 0;
    std::vector<const Job*> out;
    for (std::size_t i = 0; i < in_flight_; ++i) out.push_back(&queue_[i]);
    return out;
  }
  /// No attempt starts before this (steady time): for what is left of a throttling time after a restart.
  void hold_until(Duration steady) noexcept { not_before_ = std::max(not_before_, steady); }
  /// Ends the attempt. `random` in [0, 1) spreads the pauses of many lanes.
  void finish(const Outcome& outcome, Timestamp now, Duration steady, double random);
  /// Says in the state that records were lost to this subscription.
  void lost(std::string why, Timestamp now);

  /// Everything before this is done, given that everything before `read` has been looked at.
  store::Cursor done_up_to(store::Cursor read) const;

  DeliveryState& state() noexcept { return state_; }
  const DeliveryState& state() const noexcept { return state_; }
  bool dirty = true;  // state differs from what is stored

 private:
  void succeeded(Timestamp now, Duration steady);
  void failed(const Outcome& outcome, Timestamp now, Duration steady, double random);
  void pop();

  std::string tenant_;
  std::shared_ptr<const Subscription> subscription_;
  DeliveryState state_;
  LaneLimits limits_;
  std::deque<Job> queue_;  // the first in_flight_ are on their way
  std::size_t in_flight_ = 0;
  int attempts_ = 0;  // failed ones of the notification at the front
  int answered_ = 0;  // those of them that got an answer
  Duration not_before_{};
};

}  // namespace horad::broker
