// SPDX-License-Identifier: Apache-2.0
// Sending: who may send when, what became of it, and storing how far delivery has come.
#include <algorithm>
#include <utility>

#include "horad/broker/notification.h"
#include "horad/broker/notifier_core.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

constexpr std::size_t kMostStoredAtOnce = 1'000;

Outcome outcome_of(const Result<base::OutboundResponse>& result) {
  if (result) return {.status = result->status, .error = {}};
  return {.status = 0, .error = result.error().detail, .ours = result.error().code == ErrorCode::kOverloaded};
}

double unit(std::uint64_t bits) noexcept { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

void Notifier::Core::schedule(const HoldPtr& hold) {
  const auto& lane = hold->lane;
  if (hold->gone || hold->scheduled || lane.empty() || lane.busy()) return;
  hold->scheduled = true;
  timers.emplace(lane.not_before(), hold);
}

bool Notifier::Core::pump_timers() {
  bool did = false;
  const auto steady = clock.steady();
  while (!timers.empty() && timers.begin()->first <= steady) {
    const auto hold = timers.begin()->second;
    timers.erase(timers.begin());
    if (hold) try_send(hold);  // without one it only ends a wait
    did = true;
  }
  return did;
}

void Notifier::Core::try_send(const HoldPtr& hold) {
  if (hold->gone || hold->lane.empty() || hold->lane.busy()) {
    hold->scheduled = false;
    return;
  }
  if (in_flight >= options.in_flight) {
    waiting_for_room.push_back(hold);
    return;
  }
  auto& origin = origins[hold->lane.subscription().endpoint.origin];
  const bool failing = hold->lane.failing();
  if (failing && origin.failing_in_flight >= room_for_failing()) {
    origin.failing_waiting.push_back(hold);
  } else if (origin.in_flight >= options.per_origin) {
    (failing ? origin.failing_waiting : origin.waiting).push_back(hold);
  } else {
    send(hold, origin);
  }
}

/// Of the room at one host, what endpoints that did not answer may take: silence lasts as long as a timeout, so without
/// a bound they would leave nothing to the paths beside them that do answer.
std::size_t Notifier::Core::room_for_failing() const noexcept {
  return std::max<std::size_t>(1, options.per_origin / 4);
}

void Notifier::Core::send(const HoldPtr& hold, Origin& origin) {
  hold->scheduled = false;
  hold->sent_as_failing = hold->lane.failing();
  if (hold->sent_as_failing) ++origin.failing_in_flight;
  ++origin.in_flight;
  ++in_flight;
  counters.notifications_waiting.set(static_cast<std::int64_t>(in_flight));
  auto jobs = hold->lane.begin(clock.steady());
  const auto subscription = hold->lane.subscription_ptr();
  const auto& q = subscription->filter.q;
  if (q && !q->links().names.empty()) return judge(hold, jobs);
  prepare(hold, *subscription, std::move(jobs));
}

void Notifier::Core::prepare(const HoldPtr& hold, const Subscription& subscription, std::vector<const Job*> jobs) {
  if (subscription.join.levels > 0) return join(hold, std::move(jobs));
  dispatch(hold, subscription, jobs, nullptr);
}

/// Brings one notification on its way.
void Notifier::Core::dispatch(const HoldPtr& hold, const Subscription& subscription, std::span<const Job* const> jobs,
                              const LinkedWalk* linked) {
  auto request =
      make_notification(subscription, hold->lane.tenant(), jobs, linked, ++next_number, clock.now(), system.location);
  auto where = subscription.endpoint.origin;
  net.exchange(std::move(request), [self = weak_from_this(), hold,
                                    where = std::move(where)](Result<base::OutboundResponse> result) mutable {
    const auto core = self.lock();
    if (!core) return;
    core->post(
        [hold, where = std::move(where), outcome = outcome_of(result)](Core& c) { c.on_answer(hold, where, outcome); });
  });
}

void Notifier::Core::on_answer(const HoldPtr& hold, const std::string& origin, const Outcome& outcome) {
  --in_flight;
  counters.notifications_waiting.set(static_cast<std::int64_t>(in_flight));
  auto& lane = hold->lane;
  const auto failed_before = lane.state().times_failed;
  const auto sent_before = lane.state().times_sent;
  if (lane.busy()) lane.finish(outcome, clock.now(), clock.steady(), unit(random.next()));  // nothing may be left of it
  counters.notifications_sent.add(lane.state().times_sent - sent_before);
  counters.notifications_failed.add(lane.state().times_failed - failed_before);
  if (!hold->gone) {
    if (!outcome.ours) {
      show(*hold);
      mark_dirty(hold);
    }
    queue_to_read(hold);
    gather(hold);
    take_received(hold);
  }
  const auto found = origins.find(origin);
  if (found == origins.end()) return;
  --found->second.in_flight;
  if (hold->sent_as_failing) --found->second.failing_in_flight;
  room_for_more(found->second);
  if (found->second.empty()) origins.erase(found);
}

/// Lets those who wait send while there is room. One that has nothing to send any more leaves its place to the next.
void Notifier::Core::room_for_more(Origin& origin) {
  const auto next_of = [this](std::deque<HoldPtr>& waiting) {
    const auto next = std::move(waiting.front());
    waiting.pop_front();
    try_send(next);
  };
  const auto room = [&] { return in_flight < options.in_flight && origin.in_flight < options.per_origin; };
  while (room() && !origin.waiting.empty()) next_of(origin.waiting);
  while (room() && !origin.failing_waiting.empty() && origin.failing_in_flight < room_for_failing())
    next_of(origin.failing_waiting);
  while (in_flight < options.in_flight && !waiting_for_room.empty()) next_of(waiting_for_room);
}

/// What is to be stored of a lane now.
void Notifier::Core::refresh(const HoldPtr& held) {
  auto& hold = *held;
  auto& state = hold.lane.state();
  state.cursor = hold.lane.done_up_to(hold.reading ? *hold.reading : position);
  for (std::size_t i = 0; i < state.cursor.size(); ++i) {
    // A subscription never owes what came before it.
    if (!hold.reading && hold.lane.empty()) state.cursor[i] = std::max(state.cursor[i], hold.floor[i]);
  }
  state.behind = !periodic(hold) && (hold.reading || !hold.lane.empty());
  if (state.behind) behind[{hold.lane.tenant(), hold.lane.subscription().id}] = held;
}

bool Notifier::Core::pump_commit() {
  if (committing || (dirty.empty() && !moved)) return false;
  const auto due = last_commit + options.commit_every;
  if (clock.steady() < due) {
    if (timers.empty() || timers.begin()->first > due) timers.emplace(due, nullptr);
    return false;
  }
  commit();
  return true;
}

void Notifier::Core::commit() {
  if (committing || (dirty.empty() && !moved)) return;
  committing = true;
  moved = false;
  last_commit = clock.steady();
  committing_cursor = position;
  std::vector<HoldPtr> storing;
  std::vector<store::Write> writes;
  while (!dirty.empty() && storing.size() < kMostStoredAtOnce) {
    auto hold = std::move(dirty.back());
    dirty.pop_back();
    hold->listed_dirty = false;
    if (hold->gone) continue;
    hold->lane.dirty = false;
    refresh(hold);
    const auto& lane = hold->lane;
    writes.push_back({kept_address(Kept::kSubscription, lane.tenant(), lane.subscription().id),
                      store_delivery(system, lane.state())});
    storing.push_back(std::move(hold));
  }
  if (!dirty.empty()) {  // the others are stored next time; until then our own cursor waits for them
    committing_cursor = committed;
    moved = true;
  }
  if (writes.empty()) return on_lanes_stored({}, true);
  store.write_all(std::move(writes), [self = weak_from_this(), storing = std::move(storing)](
                                         const std::vector<Result<store::Written>>& results) mutable {
    const auto core = self.lock();
    if (!core) return;
    const bool well = std::ranges::all_of(results, [](const auto& one) { return one.has_value(); });
    core->post([storing = std::move(storing), well](Core& c) { c.on_lanes_stored(storing, well); });
  });
}

void Notifier::Core::on_lanes_stored(const std::vector<HoldPtr>& stored, bool well) {
  if (!well) {
    for (const auto& hold : stored) mark_dirty(hold);
    committing = false;
    return;
  }
  for (const auto& hold : stored) {
    const LaneKey key{hold->lane.tenant(), hold->lane.subscription().id};
    if (!hold->reading && hold->lane.empty()) behind.erase(key);
  }
  store.write(notifier_address(), store_cursor(system, committing_cursor),
              [self = weak_from_this()](const Result<store::Written>& result) {
                const auto core = self.lock();
                if (!core) return;
                core->post([well_too = result.has_value()](Core& c) {
                  c.committing = false;
                  if (!well_too) return;
                  c.committed = c.committing_cursor;
                  c.hold_the_log();
                });
              });
}

}  // namespace horad::broker
