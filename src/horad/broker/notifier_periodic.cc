// SPDX-License-Identifier: Apache-2.0
// Periodic subscriptions (timeInterval): their times, and putting together what is there at one of them. The times of a
// subscription are its definition's plus whole intervals; they are kept by the steady clock, so that a step of the wall
// clock neither silences nor repeats. A time that passed while the program was down is made up for once, at the start.
#include <algorithm>
#include <utility>

#include "horad/broker/notifier_core.h"

namespace horad::broker {
namespace {

constexpr std::size_t kMostPerRound = 10'000;  // entities told of at one time

constexpr auto kTooMany =
    "More than 10000 entities match: a periodic notification tells of the first 10000. Narrow the subscription.";

/// From `now` to the next time after it, given that every `interval` from `origin` on is one.
Duration to_next(Timestamp origin, Duration interval, Timestamp now) {
  if (now < origin) return std::min(origin - now, interval);
  return interval - (now - origin) % interval;
}

/// True when a time lies after `last` and not after `now`.
bool missed_one(Timestamp origin, Duration interval, Timestamp last, Timestamp now) {
  return now > last && last >= origin && (now - origin) / interval > (last - origin) / interval;
}

model::Query page_query(const Subscription& subscription, const Round& round, std::size_t limit) {
  auto query = subscription.selectors[round.selector];
  query.q = subscription.filter.q;
  query.geo = subscription.filter.geo;
  query.scope = subscription.filter.scope;
  query.offset = round.offset;
  query.limit = limit;
  return query;
}

/// An entity that several selectors match is told of once, with the first of them.
bool told_before(const Subscription& subscription, std::size_t selector, model::DocumentView document) {
  const auto end = subscription.selectors.begin() + static_cast<std::ptrdiff_t>(selector);
  return std::any_of(subscription.selectors.begin(), end,
                     [&](const auto& one) { return model::matches(one, document); });
}

}  // namespace

/// Makes the schedule anew; ticks of an older one are void.
void Notifier::Core::set_ticks(const HoldPtr& hold) {
  ++hold->schedule;
  const auto& subscription = hold->lane.subscription();
  if (!periodic(*hold) || !delivers(subscription)) return;
  const auto now = clock.now();
  const auto steady = clock.steady();
  const auto last = std::max(subscription.version, hold->lane.state().last_notification.value_or(subscription.version));
  const auto next = steady + to_next(subscription.version, subscription.interval, now);
  if (missed_one(subscription.version, subscription.interval, last, now)) {
    ticks.emplace(steady, Tick{hold, hold->schedule, next});
  } else {
    ticks.emplace(next, Tick{hold, hold->schedule, next + subscription.interval});
  }
}

bool Notifier::Core::pump_ticks() {
  bool did = false;
  const auto steady = clock.steady();
  while (!ticks.empty() && ticks.begin()->first <= steady) {
    const auto due = std::move(ticks.begin()->second);
    ticks.erase(ticks.begin());
    tick(due);
    did = true;
  }
  return did;
}

void Notifier::Core::tick(const Tick& due) {
  const auto& hold = due.hold;
  if (hold->gone || hold->schedule != due.schedule || !delivers(hold->lane.subscription())) return;
  const auto interval = hold->lane.subscription().interval;
  auto next = due.next;
  const auto steady = clock.steady();
  if (next <= steady) next += interval * ((steady - next) / interval + 1);  // late by whole intervals: they are one
  ticks.emplace(next, Tick{hold, due.schedule, next + interval});
  if (hold->gathering) return;  // the store has not answered since the last time
  hold->lane.drop_waiting();    // what the endpoint has not taken is older than what is there now
  hold->round.emplace();
  gather(hold);
}

/// Asks for the next page of a round once what came before it has been delivered.
void Notifier::Core::gather(const HoldPtr& hold) {
  if (!hold->round || hold->gathering || !hold->lane.empty()) return;
  hold->gathering = true;
  store.query({hold->lane.tenant(), store::Space::kCity},
              page_query(hold->lane.subscription(), *hold->round, options.lane.waiting),
              [self = weak_from_this(), hold, schedule = hold->schedule](Result<store::Page> page) {
                const auto core = self.lock();
                if (!core) return;
                core->post([hold, schedule, page = std::move(page)](Core& c) mutable {
                  c.on_page(hold, schedule, std::move(page));
                });
              });
}

void Notifier::Core::on_page(const HoldPtr& hold, std::uint64_t planned, Result<store::Page> page) {
  hold->gathering = false;
  if (hold->gone || !hold->round) return;
  if (planned != hold->schedule || !page) return end_round(hold);  // the store is overloaded: the next time comes
  auto& round = *hold->round;
  const auto& subscription = hold->lane.subscription();
  const auto now = clock.now();
  for (auto& document : page->documents) {
    if (told_before(subscription, round.selector, document.view())) continue;
    Job job;
    job.before = Job::kNoRecord;
    job.document = std::move(document);
    job.at = now;
    hold->lane.add(std::move(job));
    ++round.told;
  }
  if (round.told >= kMostPerRound) {
    hold->lane.lost(kTooMany, now);
    show(*hold);
    end_round(hold);
  } else if (page->documents.size() == options.lane.waiting) {
    round.offset += page->documents.size();
  } else if (round.selector + 1 < subscription.selectors.size()) {
    round = {.selector = round.selector + 1, .offset = 0, .told = round.told};
  } else {
    end_round(hold);
  }
  gather(hold);
  schedule(hold);
}

void Notifier::Core::end_round(const HoldPtr& hold) { hold->round.reset(); }

}  // namespace horad::broker
