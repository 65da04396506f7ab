// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/registry.h"

#include <algorithm>

#include "horad/model/id_pattern.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

constexpr std::size_t kRemovalsKept = 10'000;

bool meet(std::span<const model::NameId> a, std::span<const model::NameId> b) {
  return std::ranges::any_of(a, [&](model::NameId one) { return std::ranges::find(b, one) != b.end(); });
}

bool id_fits(const EntityInfo& info, const Wanted& wanted) {
  const auto fits = [&info](const std::string& id) {
    if (!info.id.empty()) return info.id == id;
    return info.pattern == nullptr || info.pattern->matches(id);
  };
  if (!wanted.ids.empty()) return std::ranges::any_of(wanted.ids, fits);
  // Whether two patterns have ids in common cannot be told; then the source is asked.
  return wanted.pattern == nullptr || info.id.empty() || wanted.pattern->matches(info.id);
}

bool type_fits(const EntityInfo& info, const Wanted& wanted) {
  if (!wanted.has_types.empty() && !meet(info.types, wanted.has_types)) return false;
  if (wanted.types == nullptr || wanted.types->any()) return true;
  return std::ranges::any_of(wanted.types->alternatives(), [&](const auto& one) { return meet(info.types, one); });
}

/// Every type that could be wanted; empty: any.
std::vector<model::NameId> types_of(const Wanted& wanted) {
  if (!wanted.has_types.empty()) return {wanted.has_types.begin(), wanted.has_types.end()};
  std::vector<model::NameId> out;
  if (wanted.types == nullptr) return out;
  for (const auto& one : wanted.types->alternatives()) out.insert(out.end(), one.begin(), one.end());
  return out;
}

}  // namespace

bool may_have(const EntityInfo& info, const Wanted& wanted) { return type_fits(info, wanted) && id_fits(info, wanted); }

bool may_have(const Offer& offer, const Wanted& wanted) {
  const bool entities = offer.entities.empty() || std::ranges::any_of(offer.entities, [&](const EntityInfo& one) {
                          return may_have(one, wanted);
                        });
  return entities &&
         (offer.attributes.empty() || wanted.attributes.empty() || meet(offer.attributes, wanted.attributes));
}

bool in_window(const Registration& registration, const RegistrationQuery::Window& window) {
  const auto& interval =
      window.property == store::TimeProperty::kObservedAt ? registration.observation : registration.management;
  if (!interval) return false;
  if (window.to && interval->start >= *window.to) return false;
  return !window.from || !interval->end || *interval->end >= *window.from;
}

Sources::Sources(std::vector<Ptr> all) : all_(std::move(all)) {
  const auto note = [](std::vector<std::uint32_t>& list, std::uint32_t i) {
    if (list.empty() || list.back() != i) list.push_back(i);
  };
  for (std::uint32_t i = 0; i < all_.size(); ++i) {
    index_.emplace(all_[i]->id, i);
    for (const auto& offer : all_[i]->offers) {
      if (offer.entities.empty()) note(untyped_, i);
      for (const auto& entity : offer.entities) {
        if (!entity.id.empty()) {
          note(by_id_[entity.id], i);
          continue;
        }
        for (const auto type : entity.types) note(by_type_[type], i);
      }
    }
  }
}

Sources::Ptr Sources::find(std::string_view id) const {
  const auto found = index_.find(std::string{id});
  return found == index_.end() ? nullptr : all_[found->second];
}

std::vector<Sources::Ptr> Sources::matching(const Wanted& wanted) const {
  std::vector<std::uint32_t> seen;
  const auto take = [&seen](const auto& map, const auto& key) {
    const auto found = map.find(key);
    if (found != map.end()) seen.insert(seen.end(), found->second.begin(), found->second.end());
  };
  const auto take_all = [&seen](const auto& map) {
    for (const auto& [key, list] : map) seen.insert(seen.end(), list.begin(), list.end());
  };
  for (const auto& id : wanted.ids) take(by_id_, id);
  if (wanted.ids.empty()) take_all(by_id_);
  const auto types = types_of(wanted);
  for (const auto type : types) take(by_type_, type);
  if (types.empty()) take_all(by_type_);
  seen.insert(seen.end(), untyped_.begin(), untyped_.end());
  std::ranges::sort(seen);
  const auto doubles = std::ranges::unique(seen);
  seen.erase(doubles.begin(), doubles.end());
  std::vector<Ptr> out;
  for (const auto i : seen) {
    if (std::ranges::any_of(all_[i]->offers, [&](const Offer& one) { return may_have(one, wanted); })) {
      out.push_back(all_[i]);
    }
  }
  return out;
}

std::shared_ptr<const Sources> Registry::of(const std::string& tenant) const {
  if (size_.load(std::memory_order_acquire) == 0) return nullptr;
  const auto all = tenants_.load();
  if (!all) return nullptr;
  const auto found = all->find(tenant);
  return found == all->end() ? nullptr : found->second;
}

void Registry::replace(const std::string& tenant, std::vector<std::shared_ptr<const Registration>> all) {
  const auto before = tenants_.load();
  auto after = before ? std::make_shared<Tenants>(*before) : std::make_shared<Tenants>();
  std::size_t count = all.size();
  if (all.empty()) {
    after->erase(tenant);
  } else {
    (*after)[tenant] = std::make_shared<const Sources>(std::move(all));
  }
  for (const auto& [name, sources] : *after) {
    if (name != tenant) count += sources->all().size();
  }
  tenants_.store(std::move(after));
  size_.store(count, std::memory_order_release);
}

void Registry::put_all(const std::string& tenant, std::vector<std::shared_ptr<const Registration>> registrations) {
  const std::lock_guard lock{mutex_};
  replace(tenant, std::move(registrations));
}

void Registry::put(const std::string& tenant, std::shared_ptr<const Registration> registration) {
  const std::lock_guard lock{mutex_};
  const auto gone = removed_.find({tenant, registration->id});
  if (gone != removed_.end() && gone->second >= registration->version) return;
  const auto before = of(tenant);
  auto all = before ? before->all() : std::vector<std::shared_ptr<const Registration>>{};
  const auto same = std::ranges::find(all, registration->id, [](const auto& one) { return one->id; });
  if (same == all.end()) {
    all.push_back(std::move(registration));
  } else if ((*same)->version < registration->version) {
    *same = std::move(registration);
  } else {
    return;
  }
  replace(tenant, std::move(all));
}

void Registry::remove(const std::string& tenant, const std::string& id, Timestamp version) {
  const std::lock_guard lock{mutex_};
  if (removed_.size() >= kRemovalsKept) removed_.erase(removed_.begin());
  removed_[{tenant, id}] = version;
  const auto before = of(tenant);
  if (!before) return;
  auto all = before->all();
  const auto gone = std::erase_if(all, [&](const auto& one) { return one->id == id && one->version <= version; });
  if (gone > 0) replace(tenant, std::move(all));
}

}  // namespace horad::broker
