// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/remote_copy.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "horad/model/context.h"
#include "horad/model/id_pattern.h"
#include "horad/model/q.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

/// Members that are ours alone: who the subscription is, where it may go, and how our notifications look.
constexpr std::array<std::string_view, 11> kOurs{"id",     "type",          "subscriptionName", "description",
                                                 "csf",    "localOnly",     "splitEntities",    "lang",
                                                 "status", "jsonldContext", "notification"};
/// Members that a patch may have to take away.
constexpr std::array<std::string_view, 13> kOptional{
    "entities",   "watchedAttributes", "q",         "geoQ",         "scopeQ",   "isActive",           "expiresAt",
    "throttling", "timeInterval",      "datasetId", "expandValues", "jsonKeys", "notificationTrigger"};

json::string_view key_of(std::string_view name) noexcept { return {name.data(), name.size()}; }

/// What both lists have; an empty list is all there is.
std::vector<model::NameId> common(const std::vector<model::NameId>& a, const std::vector<model::NameId>& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  std::vector<model::NameId> out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

bool meet(const std::vector<model::NameId>& a, const std::vector<model::NameId>& b) {
  return a.empty() || b.empty() || !common(a, b).empty();
}

std::vector<model::NameId> sorted(std::vector<model::NameId> names) {
  std::ranges::sort(names);
  return names;
}

/// The attributes that notifications show; empty: all.
std::vector<model::NameId> shown_of(const Subscription& subscription) {
  return subscription.shown.only_listed ? sorted(subscription.shown.listed) : std::vector<model::NameId>{};
}

/// A source whose attributes are neither watched nor shown has no part in the subscription. What is put together
/// afterwards is not looked at here.
bool matters(const Subscription& subscription, const std::vector<model::NameId>& offered) {
  if (!meet(subscription.watched, offered)) return false;
  return subscription.split || !subscription.watched.empty() || meet(shown_of(subscription), offered);
}

class Writer {
 public:
  Writer(const Subscription& subscription, const Reach& reach, const CopyWords& words)
      : subscription_(subscription), reach_(reach), words_(words) {}

  json::array list(const std::vector<model::NameId>& names) const {
    json::array out;
    for (const auto name : names) out.emplace_back(json::string(text(name)));
    return out;
  }

  /// `given`: the selectors of the subscription, in the words of the copy.
  json::array entities(const json::value* given) const {
    json::array out;
    for (const auto& [i, share] : reach_.parts) {
      json::object selector = given == nullptr ? json::object{} : given->as_array().at(i).as_object();
      const auto* const types = given == nullptr ? nullptr : subscription_.selectors[i].types.get();
      narrow(selector, share, types);
      out.push_back(std::move(selector));
    }
    return out;
  }

  json::object notification(std::string_view receiver) const {
    json::object out;
    const auto attributes = subscription_.split ? reach_.offered : common(shown_of(subscription_), reach_.offered);
    if (!attributes.empty()) out["attributes"] = list(attributes);
    out["format"] = "normalized";
    // What is put together needs to be told which of two values is the newer one.
    if (subscription_.split || subscription_.shown.sys_attrs) out["sysAttrs"] = true;
    out["endpoint"] = {{"uri", json::string(receiver)}, {"accept", "application/json"}};
    return out;
  }

 private:
  std::string_view text(model::NameId name) const {
    return words_.context == nullptr ? words_.names.text(name) : words_.context->compact(name);
  }

  std::string joined(const std::vector<model::NameId>& names) const {
    std::string out;
    for (const auto name : names) (out += out.empty() ? "" : ",") += text(name);
    return out;
  }

  void narrow(json::object& selector, const Share& share, const model::TypeSelection* types) const {
    if (!share.ids.empty()) {
      selector.erase("idPattern");
      json::array ids;
      for (const auto& id : share.ids) ids.emplace_back(json::string(id));
      selector["id"] = share.ids.size() == 1 ? json::value(ids.front()) : json::value(std::move(ids));
    } else if (!share.id_pattern.empty() && !selector.contains("id")) {
      selector["idPattern"] = json::string(share.id_pattern);
    }
    if (types == nullptr || types->any()) {
      selector["type"] = share.types.empty() ? json::string("*") : json::string(joined(share.types));
      return;
    }
    std::vector<model::NameId> left;
    for (const auto& all : types->alternatives()) {
      if (share.types.empty() || all.size() != 1) return;  // it stays as it was written
      if (std::ranges::binary_search(share.types, all.front())) left.push_back(all.front());
    }
    if (!left.empty()) selector["type"] = json::string(joined(left));
  }

  const Subscription& subscription_;
  const Reach& reach_;
  const CopyWords& words_;
};

}  // namespace

std::vector<Reach> reach_of(const Subscription& subscription, const Sources& sources, std::string_view alias,
                            Timestamp now) {
  std::vector<Reach> out;
  if (subscription.local_only) return out;
  Forwarding forwarding;
  forwarding.csf = subscription.csf;
  if (!subscription.via.empty()) forwarding.headers.emplace_back("via", subscription.via);
  const auto add = [&](std::size_t i, Share share) {
    const auto known = std::ranges::find(out, share.source, &Reach::source);
    if (known == out.end()) {
      Reach one{.source = share.source, .parts = {}, .offered = share.attributes};
      one.parts.emplace_back(i, std::move(share));
      out.push_back(std::move(one));
      return;
    }
    if (known->offered.empty() || share.attributes.empty()) {
      known->offered.clear();
    } else {
      std::vector<model::NameId> both;
      std::ranges::set_union(known->offered, share.attributes, std::back_inserter(both));
      known->offered = std::move(both);
    }
    known->parts.emplace_back(i, std::move(share));
  };
  static const model::Query kAnything;
  const auto count = std::max<std::size_t>(1, subscription.selectors.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& selector = subscription.selectors.empty() ? kAnything : subscription.selectors[i];
    const Wanted wanted{.ids = selector.ids,
                        .pattern = selector.id_pattern.get(),
                        .types = selector.types.get(),
                        .has_types = {},
                        .attributes = {}};
    auto plan = plan_forward(sources, wanted, SourceOps::of({SourceOp::kCreateSubscription}), forwarding, alias, now);
    for (auto& share : plan.shares) add(i, std::move(share));
  }
  std::erase_if(out, [&](const Reach& one) { return !matters(subscription, one.offered); });
  return out;
}

json::object copy_for(const Subscription& subscription, const Definition& definition, const Reach& reach,
                      std::string_view id, std::string_view receiver, const CopyWords& words) {
  const Writer writer{subscription, reach, words};
  json::object out = words.context == nullptr
                         ? definition.body
                         : show_subscription(definition, {}, *words.context, words.names, subscription.version);
  for (const auto name : kOurs) out.erase(key_of(name));
  if (subscription.split) {
    for (const std::string_view name : {"q", "geoQ", "scopeQ"}) out.erase(key_of(name));
    out["splitEntities"] = true;
  }
  if (reach.source->local_only) out["localOnly"] = true;
  const auto watched = common(subscription.watched, reach.offered);
  out.erase("watchedAttributes");
  if (!watched.empty() && subscription.interval == Duration::zero()) out["watchedAttributes"] = writer.list(watched);
  const auto* const entities = out.if_contains("entities");
  out["entities"] = writer.entities(entities);
  out["notification"] = writer.notification(receiver);
  if (words.context == nullptr) out["jsonldContext"] = json::string(model::kCoreContextUrl);
  out["id"] = json::string(id);
  out["type"] = "Subscription";
  return out;
}

json::object as_patch(json::object copy) {
  copy.erase("id");
  for (const auto name : kOptional) {
    if (!copy.contains(key_of(name))) copy[key_of(name)] = json::string(kNull);
  }
  return copy;
}

}  // namespace horad::broker
