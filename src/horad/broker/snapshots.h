// SPDX-License-Identifier: Apache-2.0
// Snapshots (ETSI GS CIM 009 V1.9.1, 5.2.41 and 5.16): entities as they were at one moment. The snapshot itself is a
// document that is kept for the tenant; its entities are copies in a space of the store that is theirs alone, so they
// are as durable as the originals, are found by the same indexes, and do not change.
//
// A space is named by tenant and number. Numbers are taken again once the space is empty, so they stay small.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/broker/json.h"
#include "horad/model/change.h"
#include "horad/model/document.h"
#include "horad/model/query.h"
#include "horad/store/store.h"

namespace horad::broker {

inline constexpr std::size_t kMostSnapshots = 100;                                  // of one tenant
inline constexpr std::size_t kMostSnapshotQueries = 20;                             // of one snapshot
inline constexpr std::size_t kMostSnapshotEntities = 200'000;                       // of one snapshot
inline constexpr Duration kSnapshotLifetime = std::chrono::hours(24);               // when none is asked for
inline constexpr Duration kLongestSnapshotLifetime = std::chrono::hours(24 * 366);  // what is asked beyond is cut

/// The name under which the consumption operations find the entities of a snapshot instead of those of the tenant. No
/// tenant's name has a slash.
std::string snapshot_space(std::string_view tenant, std::size_t number);
/// Whose entities an operation is about: the tenant's own, or those of one of its snapshots.
store::Tenant entities_of(std::string name);

/// Which numbers are taken, by tenant. Any thread.
class SnapshotNumbers {
 public:
  void take(const std::string& tenant, std::size_t number);
  /// The lowest free one; none when kMostSnapshots are taken.
  std::optional<std::size_t> take_any(const std::string& tenant);
  void release(const std::string& tenant, std::size_t number);

  /// While a space is being filled, whoever fills it is the one to empty it.
  void begin_filling(const std::string& tenant, std::size_t number);
  void end_filling(const std::string& tenant, std::size_t number);
  bool filling(const std::string& tenant, std::size_t number);

 private:
  std::mutex mutex_;  // guards the rest
  std::map<std::string, std::set<std::size_t>> taken_;
  std::set<std::pair<std::string, std::size_t>> filling_;
};

/// A copy of an entity that keeps its times. What expires, expires in the copy, too.
model::Change copy_of(model::DocumentView document);

/// The body of a new snapshot, checked and completed: id, snapshotStatus "preparing", expiresAt, lastUsedAt and the
/// number of its space.
///   errors   kBadRequestData; kNotSupported for temporal queries and for an endpoint to be told
Result<json::object> define_snapshot(std::string_view body, std::string id, std::size_t number, Timestamp now,
                                     bool clone);
/// Exchanges members that may be changed: snapshotPriority and snapshotLifetime.   errors   kBadRequestData
Result<void> patch_snapshot(json::object& snapshot, std::string_view body, Timestamp now);
/// As it is told: without what only we need to know.
json::object shown_snapshot(json::object snapshot);

std::size_t number_of(const json::object& snapshot);
std::string_view status_of(const json::object& snapshot);
/// errors   kDamaged
Result<Timestamp> expiry_of(const json::object& snapshot);

/// What its status is when its queries gave so many entities, and some or all of them failed.
std::string_view outcome(std::size_t entities, std::size_t queries, std::size_t failed) noexcept;

/// Which snapshots a purge is for: a q over snapshotPriority, snapshotStatus, expiresAt, lastUsedAt, snapshotLifetime
/// or id. The names of the members, as a q resolves them, and the snapshot as a document that it is asked of.
class SnapshotFilter {
 public:
  /// errors   kBadRequestData when it asks for anything that is no member of a snapshot
  static Result<SnapshotFilter> parse(std::string_view q, model::Names& names);
  Result<bool> matches(const json::object& snapshot, model::Names& names) const;

 private:
  std::shared_ptr<const model::QFilter> filter_;
};

}  // namespace horad::broker
