// SPDX-License-Identifier: Apache-2.0
// Which subscriptions a change concerns. Pure: no clock, no store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "horad/broker/subscription.h"
#include "horad/model/change.h"
#include "horad/model/document.h"

namespace horad::broker {

struct Touched {
  model::NameId name;
  Trigger how = kAttributeUpdated;  // kAttributeCreated, kAttributeUpdated or kAttributeDeleted
};

/// One change as subscriptions see it.
struct Event {
  model::DocumentView document;  // after the change; before it when the entity was deleted
  bool created = false;
  bool deleted = false;
  std::span<const Touched> touched;  // each name and kind once
};

/// What `change`, made at `at`, did to the attributes, given the entity after it (of a deleted one: before it, all of
/// whose attributes went). An instance that stands there since `at` is "created", one that went is "deleted"; an
/// attribute that keeps other instances is "updated" as well.
std::vector<Touched> touched_by(const model::Change& change, const model::DocumentView& after, Timestamp at);

/// True when the subscription asks to be told of `event`. Does not look at isActive, expiresAt and throttling.
bool concerns(const Subscription& subscription, const Event& event);

/// The subscriptions of one tenant, findable by entity id, by type and watched attribute, or by neither. Many
/// subscriptions on other ids, types or attributes cost an event nothing.
class Matcher {
 public:
  using Ptr = std::shared_ptr<const Subscription>;
  void put(Ptr subscription);          // replaces the one with its id
  void remove(const std::string& id);  // fine when it is not there
  std::size_t size() const noexcept { return by_subscription_.size(); }

  /// Appends to `out` each subscription that concerns() the event, once, in no promised order.
  ///   cost   a hash probe per type and touched attribute, and concerns() per candidate
  void match(const Event& event, std::vector<Ptr>& out) const;

 private:
  using Key = std::uint64_t;  // type and attribute, each 0 for "any"
  using Bucket = std::vector<const Subscription*>;
  template <class Each>
  static void for_each_key(const Subscription& subscription, Each each);
  void candidates(const Event& event, Bucket& out) const;

  std::unordered_map<std::string, Ptr> by_subscription_;
  std::unordered_map<std::string, Bucket> by_entity_;
  std::unordered_map<Key, Bucket> by_type_;
};

}  // namespace horad::broker
