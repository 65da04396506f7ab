// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/matcher.h"

#include <algorithm>

#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

constexpr std::uint32_t kAny = 0;

std::uint64_t key_of(std::uint32_t type, std::uint32_t attribute) noexcept {
  return std::uint64_t{type} << 32 | attribute;
}
std::uint32_t number(model::NameId name) noexcept { return name.get() + 1; }

bool watches(const Subscription& subscription, model::NameId name) noexcept {
  return subscription.watched.empty() || std::ranges::binary_search(subscription.watched, name);
}

bool triggered(const Subscription& subscription, const Event& event) noexcept {
  if (event.deleted && (subscription.triggers & kEntityDeleted) != 0) return true;
  const bool on_creation = event.created && (subscription.triggers & kEntityCreated) != 0;
  if (on_creation && subscription.watched.empty()) return true;
  return std::ranges::any_of(event.touched, [&](const Touched& touched) {
    return (on_creation || (subscription.triggers & touched.how) != 0) && watches(subscription, touched.name);
  });
}

bool selected(const Subscription& subscription, const model::DocumentView& document) {
  if (subscription.selectors.empty()) return true;
  return std::ranges::any_of(subscription.selectors, [&](const auto& one) { return model::matches(one, document); });
}

bool filters(const Subscription& subscription) noexcept {
  const auto& filter = subscription.filter;
  return filter.q || filter.geo || filter.scope;
}

void erase_from(std::vector<const Subscription*>& bucket, const Subscription* gone) noexcept {
  const auto at = std::ranges::find(bucket, gone);
  if (at == bucket.end()) return;
  *at = bucket.back();
  bucket.pop_back();
}

}  // namespace

std::vector<Touched> touched_by(const model::Change& change, const model::DocumentView& after, Timestamp at) {
  std::vector<Touched> out;
  const auto add = [&out](model::NameId name, Trigger how) {
    const auto same = [&](const Touched& one) { return one.name == name && one.how == how; };
    if (std::ranges::none_of(out, same)) out.push_back({name, how});
  };
  if (change.kind == model::ChangeKind::kDeleted) {
    for (const auto attribute : after.attributes()) add(attribute.name(), kAttributeDeleted);
    return out;
  }
  for (const auto& attribute : change.set) {
    const auto now = after.find(attribute.name, attribute.dataset_id);
    const bool fresh = change.kind == model::ChangeKind::kCreated || (now && now->created_at() == at);
    add(attribute.name, fresh ? kAttributeCreated : kAttributeUpdated);
  }
  for (const auto& key : change.removed) {
    const bool written_again = std::ranges::any_of(
        change.set, [&](const auto& a) { return a.name == key.name && a.dataset_id == key.dataset_id; });
    if (written_again) continue;
    const auto remaining = after.attributes();
    bool others = false;
    for (const auto attribute : remaining) others |= attribute.name() == key.name;
    if (others) add(key.name, kAttributeUpdated);
    add(key.name, kAttributeDeleted);
  }
  return out;
}

bool concerns(const Subscription& subscription, const Event& event) {
  if (!triggered(subscription, event)) return false;
  if (!selected(subscription, event.document)) return false;
  return !filters(subscription) || model::matches(subscription.filter, event.document);
}

template <class Each>
void Matcher::for_each_key(const Subscription& subscription, Each each) {
  const auto with_attributes = [&](std::uint32_t type) {
    const bool without = subscription.watched.empty() || (subscription.triggers & kEntityDeleted) != 0;
    if (without) each(key_of(type, kAny));
    if (subscription.watched.empty()) return;
    for (const auto name : subscription.watched) each(key_of(type, number(name)));
  };
  const auto with_types = [&](const model::Query& selector) {
    if (!selector.types || selector.types->any()) return with_attributes(kAny);
    for (const auto& alternative : selector.types->alternatives()) with_attributes(number(alternative.front()));
  };
  if (subscription.selectors.empty()) with_attributes(kAny);
  for (const auto& selector : subscription.selectors) {
    if (selector.ids.empty()) with_types(selector);
  }
}

void Matcher::put(Ptr subscription) {
  remove(subscription->id);
  const auto* const raw = subscription.get();
  for_each_key(*raw, [&](Key key) {
    auto& bucket = by_type_[key];
    if (bucket.empty() || bucket.back() != raw) bucket.push_back(raw);
  });
  for (const auto& selector : raw->selectors) {
    for (const auto& id : selector.ids) by_entity_[id].push_back(raw);
  }
  by_subscription_[raw->id] = std::move(subscription);
}

void Matcher::remove(const std::string& id) {
  const auto found = by_subscription_.find(id);
  if (found == by_subscription_.end()) return;
  const auto* const raw = found->second.get();
  const auto drop = [raw](auto& map, const auto& key) {
    const auto at = map.find(key);
    if (at == map.end()) return;
    erase_from(at->second, raw);
    if (at->second.empty()) map.erase(at);
  };
  for_each_key(*raw, [&](Key key) { drop(by_type_, key); });
  for (const auto& selector : raw->selectors) {
    for (const auto& entity : selector.ids) drop(by_entity_, entity);
  }
  by_subscription_.erase(found);
}

void Matcher::candidates(const Event& event, Bucket& out) const {
  const auto add = [&](Key key) {
    const auto found = by_type_.find(key);
    if (found != by_type_.end()) out.insert(out.end(), found->second.begin(), found->second.end());
  };
  const auto with_attributes = [&](std::uint32_t type) {
    add(key_of(type, kAny));
    for (const auto& touched : event.touched) add(key_of(type, number(touched.name)));
  };
  with_attributes(kAny);
  for (std::size_t i = 0; i < event.document.type_count(); ++i) with_attributes(number(event.document.type(i)));
  if (by_entity_.empty()) return;
  const auto found = by_entity_.find(std::string{event.document.id()});
  if (found != by_entity_.end()) out.insert(out.end(), found->second.begin(), found->second.end());
}

void Matcher::match(const Event& event, std::vector<Ptr>& out) const {
  Bucket found;
  candidates(event, found);
  std::ranges::sort(found);
  const auto doubles = std::ranges::unique(found);
  found.erase(doubles.begin(), doubles.end());
  for (const auto* const subscription : found) {
    if (concerns(*subscription, event)) out.push_back(by_subscription_.at(subscription->id));
  }
}

}  // namespace horad::broker
