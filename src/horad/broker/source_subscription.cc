// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/source_subscription.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "horad/base/text.h"
#include "horad/broker/members.h"
#include "horad/broker/notification.h"
#include "horad/model/context.h"
#include "horad/model/id_pattern.h"
#include "horad/model/q.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

/// What a subscription to registrations has beyond one to entities, or means otherwise.
constexpr std::array<std::string_view, 3> kOwn{"temporalQ", "csf", "timeInterval"};

json::string_view key(std::string_view name) noexcept { return {name.data(), name.size()}; }

/// Moves our own members out of a document.
json::object take_own(json::object& body) {
  json::object out;
  for (const auto name : kOwn) {
    auto* const value = body.if_contains(key(name));
    if (value == nullptr) continue;
    out.insert_or_assign(key(name), std::move(*value));
    body.erase(key(name));
  }
  return out;
}

std::string as_text(json::object object) { return to_text(json::value(std::move(object))); }

Result<std::optional<RegistrationQuery::Window>> compile_window(const json::object& own) {
  const auto* const value = member(own, "temporalQ");
  if (value == nullptr) return std::nullopt;
  const auto* const object = value->if_object();
  if (object == nullptr) return wrong("temporalQ", "'temporalQ' is an object.");
  Members members{*object, "temporalQ"};
  const auto relation = members.text("timerel");
  const auto property = members.text("timeproperty");
  const auto from = base::parse_time(members.text("timeAt"));
  const auto end_text = members.text("endTimeAt");
  if (!members.state()) return std::unexpected(members.state().error());
  if (!from) return wrong("temporalQ/timeAt", "'timeAt' is a time in UTC.");
  RegistrationQuery::Window out;
  if (property == "createdAt") {
    out.property = store::TimeProperty::kCreatedAt;
  } else if (property == "modifiedAt") {
    out.property = store::TimeProperty::kModifiedAt;
  } else if (!property.empty() && property != "observedAt") {
    return wrong("temporalQ/timeproperty", "'timeproperty' is observedAt, createdAt or modifiedAt.");
  }
  if (relation == "before") {
    out.to = *from;
  } else if (relation == "after") {
    out.from = *from;
  } else if (relation == "between") {
    const auto to = base::parse_time(end_text);
    if (!to || *to <= *from) return wrong("temporalQ/endTimeAt", "'endTimeAt' is a time in UTC after 'timeAt'.");
    out.from = *from;
    out.to = *to;
  } else {
    return wrong("temporalQ/timerel", "'timerel' is before, after or between.");
  }
  return out;
}

/// Puts our members back and sees that the whole is sound.
Result<Definition> joined(Definition definition, json::object own, model::Context& context) {
  for (auto& one : own) {
    if (!is_null(one.value())) definition.body.insert_or_assign(one.key(), std::move(one.value()));
  }
  const std::shared_ptr<model::Context> loan{std::shared_ptr<void>{}, &context};  // does not own it
  if (auto compiled = compile_source_subscription(definition, loan); !compiled) {
    return std::unexpected(std::move(compiled).error());
  }
  return definition;
}

bool timely(const SourceSubscription& subscription, const Registration& registration) {
  if (!subscription.window) return !registration.observation && !registration.management;
  return in_window(registration, *subscription.window);
}

bool wants(const Subscription& base, const Offer& offer) {
  const auto fits = [&](const model::Query* selector) {
    const Wanted wanted{.ids = selector == nullptr ? std::span<const std::string>{} : selector->ids,
                        .pattern = selector == nullptr ? nullptr : selector->id_pattern.get(),
                        .types = selector == nullptr ? nullptr : selector->types.get(),
                        .has_types = {},
                        .attributes = base.watched};
    return may_have(offer, wanted);
  };
  if (base.selectors.empty()) return fits(nullptr);
  return std::ranges::any_of(base.selectors, [&](const model::Query& one) { return fits(&one); });
}

/// Calls `each` with every registration that matches now.
template <class Each>
void for_matching(const SourceSubscription& subscription, const Sources* sources, Timestamp now, Each each) {
  if (sources == nullptr) return;
  for (const auto& one : sources->all()) {
    if (!one->expired(now) && !asked_offers(subscription, *one).empty()) each(one);
  }
}

json::object shown(const SourceSubscription& subscription, const Registration& registration) {
  auto out = show_registration(registration, *subscription.base.context, false);
  for (const auto* const name : {"status", "timesSent", "timesFailed", "lastSuccess", "lastFailure"}) out.erase(name);
  const auto offers = asked_offers(subscription, registration);
  if (offers.empty()) return out;  // it does not match any more: the whole is told
  json::array information;
  for (const auto i : offers) information.push_back(out.at("information").as_array().at(i));
  out["information"] = std::move(information);
  return out;
}

}  // namespace

Result<Definition> define_source_subscription(std::string_view body, std::string_view fallback_id,
                                              model::Context& context, model::Names& names, Timestamp now) {
  auto parsed = parse_json_object(body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  auto own = take_own(*parsed);
  auto definition = define_subscription(as_text(std::move(*parsed)), fallback_id, context, names, now);
  if (!definition) return definition;
  return joined(std::move(*definition), std::move(own), context);
}

Result<Definition> patch_source_subscription(const Definition& before, std::string_view body, model::Context& context,
                                             model::Names& names, Timestamp now) {
  auto patch = parse_json_object(body);
  if (!patch) return std::unexpected(std::move(patch).error());
  auto changed = take_own(*patch);
  Definition plain = before;
  auto own = take_own(plain.body);
  patch->erase("@context");
  if (!patch->empty() || changed.empty()) {
    auto patched = patch_subscription(plain, as_text(std::move(*patch)), context, names, now);
    if (!patched) return patched;
    plain = std::move(*patched);
  }
  for (auto& one : changed) own.insert_or_assign(one.key(), std::move(one.value()));
  return joined(std::move(plain), std::move(own), context);
}

Result<SourceSubscription> compile_source_subscription(const Definition& definition,
                                                       std::shared_ptr<model::Context> context) {
  Definition plain = definition;
  const auto own = take_own(plain.body);
  auto base = compile_subscription(plain, {.words = context, .q = context});
  if (!base) return std::unexpected(std::move(base).error());
  SourceSubscription out;
  out.base = std::move(*base);
  if (out.base.endpoint.accept == BodyType::kGeoJson) out.base.endpoint.accept = BodyType::kJson;  // no geometries here
  if (out.base.filter.q && !out.base.filter.q->links().names.empty()) {
    return wrong("q", "A registration has no relationships that q could follow.");
  }
  Members members{own, ""};
  if (const auto csf = members.text("csf"); !csf.empty()) {
    auto filter = model::QFilter::parse(csf, *context);
    if (!filter) return fail(filter.error().code, filter.error().detail, "/csf");
    out.csf = std::move(*filter);
  }
  out.interval = members.duration("timeInterval", std::chrono::seconds(1), Duration::zero());
  if (out.interval > Duration::zero() && (!out.base.watched.empty() || out.base.throttling > Duration::zero())) {
    members.refuse("timeInterval", "'timeInterval' does not go with watchedAttributes or throttling.");
  }
  if (!members.state()) return std::unexpected(members.state().error());
  auto window = compile_window(own);
  if (!window) return std::unexpected(std::move(window).error());
  out.window = *window;
  return out;
}

std::vector<std::size_t> asked_offers(const SourceSubscription& subscription, const Registration& registration) {
  std::vector<std::size_t> out;
  if (!timely(subscription, registration)) return out;
  const auto properties = registration.properties.view();
  if (!model::matches(subscription.base.filter, properties)) return out;
  if (subscription.csf && !subscription.csf->matches(properties)) return out;
  for (std::size_t i = 0; i < registration.offers.size(); ++i) {
    if (wants(subscription.base, registration.offers[i])) out.push_back(i);
  }
  return out;
}

std::string_view trigger_name(TriggerReason reason) noexcept {
  switch (reason) {
    case TriggerReason::kNewlyMatching:
      return "newlyMatching";
    case TriggerReason::kUpdated:
      return "updated";
    case TriggerReason::kNoLongerMatching:
      return "noLongerMatching";
  }
  return {};
}

SourceNews news_of(const SourceSubscription& subscription, const Sources* sources, const Told& told, Timestamp now) {
  SourceNews newly{.reason = TriggerReason::kNewlyMatching, .registrations = {}, .gone = {}};
  SourceNews updated{.reason = TriggerReason::kUpdated, .registrations = {}, .gone = {}};
  SourceNews gone{.reason = TriggerReason::kNoLongerMatching, .registrations = {}, .gone = {}};
  for_matching(subscription, sources, now, [&](const auto& one) {
    const auto known = told.find(one->id);
    if (known == told.end()) {
      newly.registrations.push_back(one);
    } else if (known->second != one->version) {
      updated.registrations.push_back(one);
    }
  });
  if (!newly.empty()) return newly;
  if (!updated.empty()) return updated;
  for (const auto& [id, version] : told) {
    auto one = sources == nullptr ? nullptr : sources->find(id);
    if (!one || one->expired(now)) {
      gone.gone.push_back(id);
    } else if (asked_offers(subscription, *one).empty()) {
      gone.registrations.push_back(std::move(one));
    }
  }
  return gone;
}

SourceNews all_of(const SourceSubscription& subscription, const Sources* sources, Timestamp now) {
  SourceNews out;
  for_matching(subscription, sources, now, [&](const auto& one) { out.registrations.push_back(one); });
  return out;
}

void note_told(Told& told, const SourceNews& news) {
  for (const auto& one : news.registrations) {
    if (news.reason == TriggerReason::kNoLongerMatching) {
      told.erase(one->id);
    } else {
      told[one->id] = one->version;
    }
  }
  for (const auto& id : news.gone) told.erase(id);
}

base::OutboundRequest make_source_notification(const SourceSubscription& subscription, std::string_view tenant,
                                               const SourceNews& news, std::uint64_t number, Timestamp now) {
  json::object body;
  body["id"] = json::string(fmt::format("urn:ngsi-ld:ContextSourceNotification:{:016x}", number));
  body["type"] = "ContextSourceNotification";
  body["subscriptionId"] = json::string(subscription.base.id);
  body["notifiedAt"] = json::string(base::format_time(now));
  body["triggerReason"] = json::string(trigger_name(news.reason));
  json::array data;
  for (const auto& one : news.registrations) data.emplace_back(shown(subscription, *one));
  for (const auto& id : news.gone) {
    data.emplace_back(json::object{{"id", json::string(id)}, {"type", "ContextSourceRegistration"}});
  }
  body["data"] = std::move(data);
  if (subscription.base.endpoint.accept == BodyType::kLdJson) {
    if (const auto parsed = parse_json(subscription.base.context->json())) body["@context"] = *parsed;
  }
  return delivery_of(subscription.base, tenant, as_text(std::move(body)));
}

}  // namespace horad::broker
