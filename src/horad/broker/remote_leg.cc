// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/remote_leg.h"

#include <algorithm>
#include <utility>

#include "horad/broker/fan_out.h"
#include "horad/broker/members.h"
#include "horad/model/context.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);  // after a failure, doubling
constexpr Duration kLongestPause = std::chrono::minutes(10);

std::string subscription_path(const Leg& leg) { return "/subscriptions/" + path_part(leg.id); }

/// The words for a copy: full names where q or the like stands in words of its own.
struct Spoken {
  Words words;
  json::value own;  // the @context that goes into the body; null: none
};
Spoken spoken_for(const Subscription& subscription, const Definition& definition, std::string_view tenant,
                  Contexts& contexts) {
  Spoken out{.words = {contexts.core(), {}, true}, .own = nullptr};
  const auto& text = definition.q_context.empty() ? definition.context : definition.q_context;
  if (subscription.split || !subscription.filter.q || text.empty()) return out;
  const auto q = contexts.get(tenant, text, nullptr, true);
  if (q && (*q)->is_core_only()) return out;
  if (auto own = parse_json(text)) out.own = std::move(*own);
  return out;
}

void set_copy(Outgoing& out, json::object copy, const Spoken& spoken) {
  if (spoken.own.is_null()) return set_body(out, std::move(copy), spoken.words);
  copy["@context"] = spoken.own;
  out.request.headers.emplace_back("Content-Type", "application/ld+json");
  out.request.body = to_text(copy);
}

Timestamp time_of(const json::object& stored, json::string_view name) {
  json::error_code trouble;
  const auto* const value = stored.if_contains(name);
  const auto count = value == nullptr ? 0 : value->to_number<std::int64_t>(trouble);
  return Timestamp{Duration{trouble ? 0 : count}};
}

void failed(Leg& leg, Warning why, Duration steady) {
  ++leg.failures;
  leg.pause = leg.pause == Duration::zero() ? kFirstPause : std::min(leg.pause * 2, kLongestPause);
  leg.due = steady + std::max(leg.pause, leg.source->cooldown);
  leg.trouble = std::move(why);
}

}  // namespace

LegAct next_of(Leg& leg, Timestamp version, const Reach* reach) {
  if (reach == nullptr) leg.leaving = true;
  const bool may_delete = leg.source->operations.has(SourceOp::kDeleteSubscription);
  if (leg.leaving) {
    const bool settled = !leg.there && !leg.maybe_there;
    return settled || !may_delete || leg.failures >= kMostDeletions ? LegAct::kForget : LegAct::kDelete;
  }
  if (!leg.there) return LegAct::kCreate;
  if (leg.told_subscription == version && leg.told_source == reach->source->version) return LegAct::kNone;
  if (reach->source->operations.has(SourceOp::kUpdateSubscription)) return LegAct::kUpdate;
  leg.renewing = may_delete;
  return may_delete ? LegAct::kDelete : LegAct::kNone;
}

base::OutboundRequest request_for(LegAct act, const Leg& leg, const Subscription* subscription,
                                  const Definition* definition, const Reach* reach, std::string_view receiver,
                                  std::string_view tenant, std::string_view alias, Contexts& contexts,
                                  model::Names& names) {
  Forwarding forwarding;
  if (subscription != nullptr && !subscription->via.empty()) {
    forwarding.headers.emplace_back("via", subscription->via);
  }
  Share share;
  share.source = leg.source;
  const Words plain{contexts.core(), {}, true};
  if (act == LegAct::kDelete) {
    return outgoing(share, "DELETE", subscription_path(leg), plain, forwarding, alias).request;
  }
  share.source = reach->source;
  const auto spoken = spoken_for(*subscription, *definition, tenant, contexts);
  auto copy = copy_for(*subscription, *definition, *reach, leg.id, receiver,
                       {.context = spoken.own.is_null() ? contexts.core().get() : nullptr, .names = names});
  const bool create = act == LegAct::kCreate;
  auto out = outgoing(share, create ? "POST" : "PATCH", create ? "/subscriptions" : subscription_path(leg),
                      spoken.words, forwarding, alias);
  set_copy(out, create ? std::move(copy) : as_patch(std::move(copy)), spoken);
  return std::move(out.request);
}

void note(Leg& leg, LegAct act, Timestamp version, Timestamp source, const Result<base::OutboundResponse>& reply,
          Duration steady) {
  const int status = reply ? reply->status : 0;
  const bool well = status >= 200 && status < 300;
  const bool gone = act != LegAct::kCreate && status == 404;
  const bool known = act == LegAct::kCreate && status == 409;  // the answer to an earlier attempt was lost
  if (!well && !gone && !known) {
    if (act == LegAct::kCreate) leg.maybe_there = status == 0 || status >= 500 ? true : leg.maybe_there;
    auto why = warning_of(*leg.source, reply);
    return failed(leg, why ? std::move(*why) : unusable(*leg.source, "the source does not know of subscriptions"),
                  steady);
  }
  leg.failures = 0;
  leg.pause = leg.due = Duration::zero();
  leg.trouble.reset();
  leg.there = act != LegAct::kDelete && !gone;
  leg.maybe_there = leg.there;
  leg.renewing = false;
  if (!well || act == LegAct::kDelete) {
    leg.told_subscription = leg.told_source = {};
    return;
  }
  leg.told_subscription = version;
  leg.told_source = source;
}

json::object to_json(const Leg& leg) {
  const auto& source = *leg.source;
  json::array headers;
  for (const auto& [name, value] : source.headers) {
    if (value == kFromRequest) continue;
    headers.emplace_back(json::string(name));
    headers.emplace_back(json::string(value));
  }
  return {{"id", leg.id},
          {"subscription", leg.subscription},
          {"source", source.id},
          {"endpoint", source.endpoint},
          {"tenant", source.tenant},
          {"alias", source.alias},
          {"headers", std::move(headers)},
          {"timeout", source.timeout.count()},
          {"localOnly", source.local_only},
          {"canDelete", source.operations.has(SourceOp::kDeleteSubscription)},
          {"toldSubscription", leg.told_subscription.time_since_epoch().count()},
          {"toldSource", leg.told_source.time_since_epoch().count()},
          {"there", leg.there},
          {"leaving", leg.leaving}};
}

Result<Leg> leg_from_json(const json::object& stored) {
  const auto text = [&](std::string_view name) {
    const auto* const value = member(stored, name);
    return value != nullptr && value->is_string() ? std::string{text_of(value->get_string())} : std::string{};
  };
  const auto flag = [&](std::string_view name) {
    const auto* const value = member(stored, name);
    return value != nullptr && value->is_bool() && value->get_bool();
  };
  auto source = std::make_shared<Registration>();
  source->id = text("source");
  source->endpoint = text("endpoint");
  source->tenant = text("tenant");
  source->alias = text("alias");
  source->local_only = flag("localOnly");
  source->timeout = time_of(stored, "timeout").time_since_epoch();
  source->health = std::make_shared<SourceHealth>();
  if (flag("canDelete")) source->operations.add(SourceOp::kDeleteSubscription);
  if (const auto* const list = member(stored, "headers"); list != nullptr && list->is_array()) {
    const auto& texts = list->get_array();
    for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
      if (!texts[i].is_string() || !texts[i + 1].is_string()) continue;
      source->headers.emplace_back(text_of(texts[i].get_string()), text_of(texts[i + 1].get_string()));
    }
  }
  Leg out;
  out.id = text("id");
  out.subscription = text("subscription");
  if (out.id.empty() || out.subscription.empty() || source->endpoint.empty()) {
    return fail(ErrorCode::kDamaged, "A stored subscription at a source lacks its id or its source.");
  }
  out.source = std::move(source);
  out.told_subscription = time_of(stored, "toldSubscription");
  out.told_source = time_of(stored, "toldSource");
  out.there = flag("there");
  out.maybe_there = true;
  out.leaving = flag("leaving");
  return out;
}

}  // namespace horad::broker
