// SPDX-License-Identifier: Apache-2.0
// Entity maps (ETSI GS CIM 009 V1.9.1, 5.2.39, 5.5.14 and 5.14): which entities a query considers, fixed when it is
// asked first, so that its pages do not shift. They are made to be forgotten: they lie in memory, end by themselves,
// and are gone after a restart, which the standard answers with a new map.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/time.h"

namespace horad::broker {

/// Where an entity is found: ids of registrations, and this word for our own store.
inline constexpr std::string_view kLocalSource = "@none";

struct MapEntry {
  std::string id;
  std::vector<std::string> sources;
};
/// Of an entity that is here alone.
inline MapEntry local_entry(std::string id) { return {std::move(id), {std::string{kLocalSource}}}; }

struct EntityMap {
  std::string id;
  Timestamp expires_at{};
  std::vector<MapEntry> entries;  // in the order of the pages
};

/// All entity maps of this broker. Any thread.
class EntityMaps {
 public:
  static constexpr std::size_t kMostEntries = 100'000;  // of one map
  static constexpr std::size_t kMostMaps = 1'000;       // of one tenant
  static constexpr std::size_t kMostEntriesTogether = 4'000'000;
  static constexpr Duration kLifetime = std::chrono::minutes(10);       // when none is asked for
  static constexpr Duration kLongestLifetime = std::chrono::hours(24);  // what is asked beyond is cut

  /// When a map made now ends, as far as the wish is granted.
  static Timestamp expiry(Timestamp now, std::optional<Duration> wish) noexcept;

  /// `id` must be new.   errors   kTooManyResults beyond kMostEntries; kOverloaded when there is no room
  Result<void> add(const std::string& tenant, EntityMap map, Timestamp now);
  /// A copy; none when it is unknown or has expired.
  std::optional<EntityMap> find(const std::string& tenant, std::string_view id, Timestamp now);
  /// Some entries from the place `from` on, and how many there are in all; none when there is no such map.
  struct Part {
    std::vector<MapEntry> entries;
    std::size_t count = 0;
  };
  std::optional<Part> part(const std::string& tenant, std::string_view id, std::size_t from, std::size_t most,
                           Timestamp now);
  /// Takes entities out that no longer fit.
  void prune(const std::string& tenant, std::string_view id, const std::unordered_set<std::string>& gone);
  /// False when there is no such map.
  bool set_expiry(const std::string& tenant, std::string_view id, Timestamp at, Timestamp now);
  bool remove(const std::string& tenant, std::string_view id, Timestamp now);

 private:
  using Key = std::pair<std::string, std::string>;  // tenant, id
  using Maps = std::map<Key, EntityMap>;

  EntityMap* live(const std::string& tenant, std::string_view id, Timestamp now);
  void drop_expired(Timestamp now);
  Maps::iterator erase(Maps::iterator at);

  std::mutex mutex_;  // guards the rest
  Maps maps_;
  std::size_t entries_ = 0;  // of all maps
};

}  // namespace horad::broker
