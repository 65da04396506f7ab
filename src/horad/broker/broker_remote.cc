// SPDX-License-Identifier: Apache-2.0
// Notifications that sources send to our subscriptions with them (ETSI GS CIM 009, 5.8.6): they are kept durably, then
// told to the subscriber as if the change had been here.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/source_answer.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

constexpr std::size_t kMostTold = ReceivedStore::kMostWaiting;  // entities in one notification

bool selected(const Subscription& subscription, model::DocumentView document) {
  return subscription.selectors.empty() ||
         std::ranges::any_of(subscription.selectors, [&](const auto& one) { return model::matches(one, document); });
}

/// q over linked entities is judged when the subscriber is told.
bool passes(const Subscription& subscription, model::DocumentView document) {
  auto filter = subscription.filter;
  if (filter.q && !filter.q->links().names.empty()) filter.q = nullptr;
  return model::matches(filter, document);
}

bool listens(const Subscription& subscription, Timestamp now) {
  return subscription.active && (!subscription.expires_at || *subscription.expires_at > now);
}

/// Attributes that the source is not registered for are none of its business.
void keep_offered(News& news, const Registration& source) {
  const auto offered = [&](model::NameId name) {
    const Wanted wanted{.ids = {&news.entity.id, 1},
                        .pattern = nullptr,
                        .types = nullptr,
                        .has_types = news.entity.types,
                        .attributes = {&name, 1}};
    return std::ranges::any_of(source.offers, [&](const Offer& one) { return may_have(one, wanted); });
  };
  std::erase_if(news.entity.attributes, [&](const model::Attribute& one) { return !offered(one.name); });
  std::erase_if(news.gone, [&](const model::Attribute& one) { return !offered(one.name); });
}

/// Data of a notification, as far as it concerns the subscription.
struct Inbound {
  RemoteSubscriptions::Address to;
  std::shared_ptr<const Registration> source;  // null: it is not registered any more
  std::vector<News> news;
};

Result<Inbound> read_notification(Broker::State& state, const Caller& caller, std::string_view text) {
  const auto body = parse_json_object(text, kMostBody);
  if (!body) return std::unexpected(body.error());
  const auto* const id = body->if_contains("subscriptionId");
  const auto* const data = body->if_contains("data");
  if (id == nullptr || !id->is_string() || data == nullptr || !data->is_array()) {
    return fail(ErrorCode::kBadRequestData, "A notification has a subscriptionId and a list of entities as data.");
  }
  auto to = state.remote ? state.remote->find(std::string{text_of(id->get_string())}) : std::nullopt;
  if (!to) return fail(ErrorCode::kNotFound, "Nobody here waits for notifications with this subscriptionId.");
  if (data->get_array().size() > kMostTold) {
    return fail(ErrorCode::kTooLarge, fmt::format("A notification tells of at most {} entities.", kMostTold), "/data");
  }
  auto words = caller.context;
  if (const auto* const own = body->if_contains("@context")) {
    auto found = state.contexts.get(caller, to_text(*own));
    if (!found) return std::unexpected(std::move(found).error());
    words = std::move(*found);
  }
  Inbound out;
  const auto sources = state.registry.of(to->tenant);
  out.source = sources ? sources->find(to->source) : nullptr;
  const auto now = state.clock.now();
  for (const auto& item : data->get_array()) {
    auto news = read_news(item, words, state.contexts, to->tenant, now);
    if (!news) return std::unexpected(std::move(news).error());
    if (!selected(*to->subscription, model::DocumentView{model::encode(news->entity)})) continue;
    if (out.source) keep_offered(*news, *out.source);
    out.news.push_back(std::move(*news));
  }
  out.to = std::move(*to);
  return out;
}

}  // namespace

/// Puts what is here and at other sources to each of the news, and drops those that the filters refuse then.
Task<Result<void>> Broker::State::complete_news(Broker& broker, const Caller& caller,
                                                const RemoteSubscriptions::Address& to,
                                                std::shared_ptr<const Registration> source, std::vector<News>& news) {
  std::vector<News> out;
  for (auto& one : news) {
    if (one.deleted_at) {
      out.push_back(std::move(one));
      continue;
    }
    Forwarding forwarding;
    forwarding.leave_out = to.source;
    Caller asking{.tenant = to.tenant, .context = contexts.core()};
    asking.unknown_context = caller.unknown_context;
    asking.forwarding = &forwarding;
    auto known = co_await broker.retrieve(asking, Target{.id = one.entity.id, .types = nullptr}, {});
    if (!known && known.error().code != ErrorCode::kNotFound) co_return std::unexpected(std::move(known).error());
    Merger merger;
    if (known) {
      auto entity = known->view().to_entity();
      std::erase_if(entity.attributes, [&](const model::Attribute& attribute) {
        return std::ranges::any_of(one.gone, [&](const model::Attribute& mark) {
          return mark.name == attribute.name && mark.dataset_id == attribute.dataset_id;
        });
      });
      merger.add({nullptr, std::move(entity)});
    }
    merger.add({source, std::move(one.entity)});
    one.entity = std::move(std::move(merger).take().front());
    if (passes(*to.subscription, model::DocumentView{model::encode(one.entity)})) out.push_back(std::move(one));
  }
  news = std::move(out);
  co_return Result<void>{};
}

Task<Result<void>> Broker::receive_notification(Caller caller, std::string_view body) {
  auto& state = *state_;
  state.counters.operations.add();
  auto inbound = read_notification(state, caller, body);
  if (!inbound) co_return std::unexpected(std::move(inbound).error());
  const auto& to = inbound->to;
  const auto now = state.clock.now();
  if (!listens(*to.subscription, now)) co_return Result<void>{};
  if (to.subscription->split) {
    auto done = co_await state.complete_news(*this, caller, to, inbound->source, inbound->news);
    if (!done) co_return done;
  }
  if (inbound->news.empty()) co_return Result<void>{};
  const auto& subscription = to.subscription->id;
  std::vector<store::Write> writes;
  std::vector<std::pair<std::string, std::size_t>> kept;  // ids and sizes
  std::size_t bytes = 0;
  for (const auto& one : inbound->news) {
    auto stored = to_json(one, *state.contexts.core(), state.names);
    stored["subscription"] = subscription;
    kept.emplace_back(fmt::format("{:016x}{:016x}", state.random.next(), state.random.next()), to_text(stored).size());
    bytes += kept.back().second;
    writes.push_back({kept_address(Kept::kReceived, to.tenant, kept.back().first),
                      put_stored(state.system, Kept::kReceived, stored, "[]")});
  }
  if (auto room = state.received->reserve(to.tenant, subscription, kept.size(), bytes); !room) co_return room;
  const auto results = co_await ask<std::vector<Result<store::Written>>>(
      [&](auto done) { state.store.write_all(std::move(writes), std::move(done)); });
  Result<void> out;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) {
      state.received->release(to.tenant, subscription, 1, kept[i].second);
      out = std::unexpected(results[i].error());
      continue;
    }
    auto job = state.received->job_of(std::move(inbound->news[i]), to.tenant, subscription, kept[i].first,
                                      kept[i].second, now);
    state.notifier->tell(to.tenant, subscription, std::move(job));
    state.counters.notifications_received.add();
  }
  co_return out;
}

Result<void> load_received(Broker::State& state, const std::string& tenant, model::DocumentView document) {
  constexpr std::string_view kPrefix = "urn:horad:system:received:";
  const auto stored = read_put(state.system, document);
  if (!stored) return std::unexpected(stored.error());
  auto news = news_from_json(stored->definition, state.contexts, state.names);
  if (!news) return std::unexpected(std::move(news).error());
  const auto* const name = stored->definition.if_contains("subscription");
  const std::string subscription{name != nullptr && name->is_string() ? text_of(name->get_string()) : ""};
  if (!state.notifier->state(tenant, subscription)) {
    const std::lock_guard lock{state.waiting_mutex};
    if (!state.waiting_for_context.empty()) return {};  // its subscription may follow; it is told after the next start
  }
  const auto bytes = to_text(stored->definition).size();
  state.received->admit(tenant, subscription, bytes);
  auto job = state.received->job_of(std::move(*news), tenant, subscription,
                                    std::string{document.id().substr(kPrefix.size())}, bytes, state.clock.now());
  state.notifier->tell(tenant, subscription, std::move(job));
  return {};
}

Result<void> load_remote_subscription(Broker::State& state, const std::string& tenant, model::DocumentView document) {
  const auto stored = read_put(state.system, document);
  if (!stored) return std::unexpected(stored.error());
  auto leg = leg_from_json(stored->definition);
  if (!leg) return std::unexpected(std::move(leg).error());
  state.remote->load(tenant, std::move(*leg));
  return {};
}

}  // namespace horad::broker
