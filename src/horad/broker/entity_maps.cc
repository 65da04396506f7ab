// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/entity_maps.h"

#include <fmt/format.h>

#include <algorithm>

namespace horad::broker {

Timestamp EntityMaps::expiry(Timestamp now, std::optional<Duration> wish) noexcept {
  return now + std::min(wish.value_or(kLifetime), kLongestLifetime);
}

Result<void> EntityMaps::add(const std::string& tenant, EntityMap map, Timestamp now) {
  if (map.entries.size() > kMostEntries) {
    return fail(ErrorCode::kTooManyResults,
                fmt::format("An entity map has at most {} entities; ask for fewer.", kMostEntries), "entityMap");
  }
  const std::lock_guard lock{mutex_};
  drop_expired(now);
  const auto first = maps_.lower_bound({tenant, {}});
  const auto last = std::find_if(first, maps_.end(), [&](const auto& one) { return one.first.first != tenant; });
  if (static_cast<std::size_t>(std::distance(first, last)) >= kMostMaps ||
      entries_ + map.entries.size() > kMostEntriesTogether) {
    return fail(ErrorCode::kOverloaded, "There are too many entity maps; delete some or wait until they expire.",
                "entityMap");
  }
  entries_ += map.entries.size();
  Key key{tenant, map.id};
  maps_.insert_or_assign(std::move(key), std::move(map));
  return {};
}

EntityMap* EntityMaps::live(const std::string& tenant, std::string_view id, Timestamp now) {
  const auto found = maps_.find({tenant, std::string{id}});
  if (found == maps_.end()) return nullptr;
  if (found->second.expires_at > now) return &found->second;
  erase(found);
  return nullptr;
}

EntityMaps::Maps::iterator EntityMaps::erase(Maps::iterator at) {
  entries_ -= at->second.entries.size();
  return maps_.erase(at);
}

void EntityMaps::drop_expired(Timestamp now) {
  for (auto at = maps_.begin(); at != maps_.end();) at = at->second.expires_at > now ? std::next(at) : erase(at);
}

std::optional<EntityMap> EntityMaps::find(const std::string& tenant, std::string_view id, Timestamp now) {
  const std::lock_guard lock{mutex_};
  const auto* const map = live(tenant, id, now);
  return map == nullptr ? std::nullopt : std::optional{*map};
}

std::optional<EntityMaps::Part> EntityMaps::part(const std::string& tenant, std::string_view id, std::size_t from,
                                                 std::size_t most, Timestamp now) {
  const std::lock_guard lock{mutex_};
  const auto* const map = live(tenant, id, now);
  if (map == nullptr) return std::nullopt;
  Part out{{}, map->entries.size()};
  for (std::size_t i = from; i < map->entries.size() && out.entries.size() < most; ++i) {
    out.entries.push_back(map->entries[i]);
  }
  return out;
}

void EntityMaps::prune(const std::string& tenant, std::string_view id, const std::unordered_set<std::string>& gone) {
  if (gone.empty()) return;
  const std::lock_guard lock{mutex_};
  const auto found = maps_.find({tenant, std::string{id}});
  if (found == maps_.end()) return;
  entries_ -= std::erase_if(found->second.entries, [&](const MapEntry& entry) { return gone.contains(entry.id); });
}

bool EntityMaps::set_expiry(const std::string& tenant, std::string_view id, Timestamp at, Timestamp now) {
  const std::lock_guard lock{mutex_};
  auto* const map = live(tenant, id, now);
  if (map == nullptr) return false;
  map->expires_at = std::min(at, now + kLongestLifetime);
  return true;
}

bool EntityMaps::remove(const std::string& tenant, std::string_view id, Timestamp now) {
  const std::lock_guard lock{mutex_};
  if (live(tenant, id, now) == nullptr) return false;
  erase(maps_.find({tenant, std::string{id}}));
  return true;
}

}  // namespace horad::broker
