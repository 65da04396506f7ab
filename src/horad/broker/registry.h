// SPDX-License-Identifier: Apache-2.0
// Which sources are registered, in memory and for every operation to ask: immutable per tenant, replaced whole when a
// registration changes, so that nobody waits for anybody.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "horad/broker/registration.h"
#include "horad/broker/types.h"
#include "horad/model/names.h"
#include "horad/model/query.h"

namespace horad::broker {

/// What an operation is about, as far as sources are concerned.
struct Wanted {
  std::span<const std::string> ids;             // empty: any
  const model::IdPattern* pattern = nullptr;    // null: any; `ids` win over it
  const model::TypeSelection* types = nullptr;  // null: any, unless has_types
  std::span<const model::NameId> has_types;     // the types that the entity has; empty: unknown
  std::span<const model::NameId> attributes;    // empty: any
};

/// True when the source may have such entities.
bool may_have(const EntityInfo& info, const Wanted& wanted);
/// True when it may have such entities with at least one of the attributes.
bool may_have(const Offer& offer, const Wanted& wanted);

/// True when the source has to do with that time: its observation interval for observedAt, else its management
/// interval.
bool in_window(const Registration& registration, const RegistrationQuery::Window& window);

/// The registrations of one tenant.
class Sources {
 public:
  using Ptr = std::shared_ptr<const Registration>;
  explicit Sources(std::vector<Ptr> all);

  const std::vector<Ptr>& all() const noexcept { return all_; }  // oldest first
  Ptr find(std::string_view id) const;
  /// Those with an offer that may be wanted, oldest first; not looked at: expiry, operations, csf.
  ///   cost   by id and type from an index; all that are not about certain ids when neither is given
  std::vector<Ptr> matching(const Wanted& wanted) const;

 private:
  std::vector<Ptr> all_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_id_;      // of offers by id
  std::unordered_map<model::NameId, std::vector<std::uint32_t>> by_type_;  // of offers by type without an id
  std::vector<std::uint32_t> untyped_;                                     // of offers without entities
  std::unordered_map<std::string, std::uint32_t> index_;                   // by id of the registration
};

class Registry {
 public:
  /// Null when the tenant has none. Cost: one relaxed load when no tenant has any; else a short copy of a pointer.
  std::shared_ptr<const Sources> of(const std::string& tenant) const;
  /// Adds a registration or replaces the version before; older ones than what is known are ignored.
  void put(const std::string& tenant, std::shared_ptr<const Registration> registration);
  void put_all(const std::string& tenant, std::vector<std::shared_ptr<const Registration>> registrations);
  void remove(const std::string& tenant, const std::string& id, Timestamp version);
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  using Tenants = std::map<std::string, std::shared_ptr<const Sources>>;
  void replace(const std::string& tenant, std::vector<std::shared_ptr<const Registration>> all);

  std::atomic<std::size_t> size_{0};  // over all tenants
  std::atomic<std::shared_ptr<const Tenants>> tenants_;
  std::mutex mutex_;                                                  // one change at a time; guards removed_
  std::map<std::pair<std::string, std::string>, Timestamp> removed_;  // the newest removals
};

}  // namespace horad::broker
