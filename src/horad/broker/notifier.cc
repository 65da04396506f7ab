// SPDX-License-Identifier: Apache-2.0
// The notifier's outside: its inbox, its thread, and which subscriptions there are.
#include "horad/broker/notifier.h"

#include <algorithm>
#include <future>
#include <utility>

#include "horad/broker/notifier_core.h"

namespace horad::broker {
namespace {

constexpr auto kLogHolder = "notifications";

SystemNames system_names(model::Names& names) {
  auto made = SystemNames::make(names);
  return made ? *made : SystemNames{};  // a full table of names is found out at Broker::open, before
}

/// What a restart leaves of the time in which a throttled subscription is to be silent.
Duration left_of_throttling(const Lane& lane, Timestamp now) {
  const auto& last = lane.state().last_success;
  const auto throttling = lane.subscription().throttling;
  if (!last || *last > now) return Duration::zero();  // a clock that stepped back silences nobody
  return std::max(throttling - (now - *last), Duration::zero());
}

std::shared_ptr<void> listen(store::Store& store, const std::weak_ptr<void>& life, std::function<void()> wake) {
  return store.on_durable([life, wake = std::move(wake)] {
    if (const auto alive = life.lock()) wake();
  });
}

}  // namespace

Notifier::Core::Core(store::Store& the_store, model::Names& the_names, base::Clock& the_clock, base::Random& the_random,
                     base::Net& the_net, BrokerCounters& the_counters, store::Cursor from, NotifierOptions the_options)
    : store(the_store),
      names(the_names),
      clock(the_clock),
      random(the_random),
      net(the_net),
      counters(the_counters),
      options(the_options),
      system(system_names(the_names)),
      position(std::move(from)),
      sources(the_store.shard_count()),
      next_number(the_random.next()) {
  position.resize(sources.size());
  committed = position;
  last_commit = clock.steady();
}

void Notifier::Core::post(Task task) {
  const std::lock_guard lock{mutex};
  if (closed) return;
  inbox.push_back(std::move(task));
  wakeup.notify_one();
}

bool Notifier::Core::drain_inbox() {
  std::deque<Task> taken;
  {
    const std::lock_guard lock{mutex};
    taken.swap(inbox);
  }
  for (auto& task : taken) task(*this);
  return !taken.empty();
}

bool Notifier::Core::turn() {
  bool did = drain_inbox();
  did |= pump_sources();
  did |= pump_timers();
  did |= pump_ticks();
  did |= pump_readers();
  did |= pump_commit();
  return did;
}

void Notifier::Core::wait(Duration most) {
  const auto until = [&](Duration steady) {
    most = std::min(most, std::max(steady - clock.steady(), Duration::zero()));
  };
  if (!timers.empty()) until(timers.begin()->first);
  if (!ticks.empty()) until(ticks.begin()->first);
  std::unique_lock lock{mutex};
  wakeup.wait_for(lock, most, [this] { return !inbox.empty() || stopping; });
}

bool Notifier::Core::delivers(const Subscription& subscription) const {
  return subscription.active && (!subscription.expires_at || *subscription.expires_at > clock.now());
}

void Notifier::Core::show(const Hold& hold) {
  const std::lock_guard lock{mutex};
  shown[{hold.lane.tenant(), hold.lane.subscription().id}] = hold.lane.state();
}

void Notifier::Core::mark_dirty(const HoldPtr& hold) {
  hold->lane.dirty = true;
  if (std::exchange(hold->listed_dirty, true)) return;
  dirty.push_back(hold);
}

void Notifier::Core::put(std::string tenant, std::shared_ptr<const Subscription> subscription, DeliveryState state) {
  const LaneKey key{tenant, subscription->id};
  const auto known = lanes.find(key);
  const auto gone = removed.find(key);
  if (gone != removed.end() && gone->second >= subscription->version) return;
  if (known != lanes.end() && known->second->lane.subscription().version > subscription->version) return;
  auto& matcher = matchers[tenant];
  if (subscription->interval == Duration::zero()) {
    matcher.put(subscription);
  } else {
    matcher.remove(subscription->id);  // changes are not its business
    if (matcher.size() == 0) matchers.erase(tenant);
  }
  if (known == lanes.end()) return add(std::move(tenant), std::move(subscription), std::move(state));
  redefine(known->second, std::move(subscription));
}

void Notifier::Core::redefine(const HoldPtr& hold, std::shared_ptr<const Subscription> subscription) {
  auto& lane = hold->lane;
  const bool was_periodic = periodic(*hold);
  lane.redefine(std::move(subscription));
  if (!delivers(lane.subscription()) || periodic(*hold) != was_periodic) lane.drop_waiting();
  if (!delivers(lane.subscription())) hold->received.clear();
  if (periodic(*hold) && hold->reading) {
    hold->reading.reset();
    counters.subscriptions_behind.add(-1);
  }
  if (was_periodic) hold->floor = position;  // from here on it hears of changes
  end_round(hold);
  set_ticks(hold);
  hold->scheduled = false;  // an entry left in the timers finds the lane busy or empty and does nothing
  schedule(hold);
}

void Notifier::Core::add(std::string tenant, std::shared_ptr<const Subscription> subscription, DeliveryState state) {
  auto cursor = state.cursor;
  cursor.resize(position.size());
  if (lanes.empty()) {  // nobody was listening, so nothing was read meanwhile
    for (std::size_t i = 0; i < position.size(); ++i) position[i] = std::max(position[i], cursor[i]);
  }
  const LaneKey key{tenant, subscription->id};
  Lane lane{std::move(tenant), std::move(subscription), std::move(state), options.lane};
  lane.hold_until(clock.steady() + left_of_throttling(lane, clock.now()));
  auto hold = std::make_shared<Hold>(std::move(lane), cursor);
  lanes[key] = hold;
  lane_count = lanes.size();
  for (auto& source : sources) source.awake = true;
  counters.subscriptions.set(static_cast<std::int64_t>(lanes.size()));
  show(*hold);
  set_ticks(hold);
  if (periodic(*hold)) return;
  bool missed = false;
  for (std::size_t i = 0; i < position.size(); ++i) missed |= cursor[i] < position[i];
  if (missed) let_read(hold, std::move(cursor));
}

void Notifier::Core::remove(const LaneKey& key, Timestamp version) {
  constexpr std::size_t kMostRemembered = 10'000;
  if (removed.size() >= kMostRemembered) removed.clear();
  removed[key] = version;
  const auto found = lanes.find(key);
  if (found == lanes.end()) return;
  found->second->gone = true;
  if (found->second->reading) counters.subscriptions_behind.add(-1);
  lanes.erase(found);
  behind.erase(key);
  lane_count = lanes.size();
  counters.subscriptions.set(static_cast<std::int64_t>(lanes.size()));
  const auto matcher = matchers.find(key.first);
  if (matcher != matchers.end()) {
    matcher->second.remove(key.second);
    if (matcher->second.size() == 0) matchers.erase(matcher);
  }
  if (lanes.empty()) store.hold_log(kLogHolder, {});
  const std::lock_guard lock{mutex};
  shown.erase(key);
}

void Notifier::Core::tell(const LaneKey& key, Job job) {
  const auto found = lanes.find(key);
  if (found == lanes.end() || !delivers(found->second->lane.subscription())) return;
  found->second->received.push_back(std::move(job));
  take_received(found->second);
}

void Notifier::Core::take_received(const HoldPtr& hold) {
  if (!delivers(hold->lane.subscription())) hold->received.clear();
  while (!hold->received.empty() && !hold->lane.full()) {
    hold->lane.add(std::move(hold->received.front()));
    hold->received.pop_front();
  }
  schedule(hold);
}

void Notifier::Core::hold_the_log() {
  auto least = committed;
  for (const auto& [key, hold] : behind) {
    const auto& cursor = hold->lane.state().cursor;
    for (std::size_t i = 0; i < std::min(least.size(), cursor.size()); ++i) least[i] = std::min(least[i], cursor[i]);
  }
  if (!lanes.empty()) store.hold_log(kLogHolder, least);
}

Notifier::Notifier(store::Store& store, model::Names& names, base::Clock& clock, base::Random& random, base::Net& net,
                   BrokerCounters& counters, store::Cursor from, NotifierOptions options)
    : core_(std::make_shared<Core>(store, names, clock, random, net, counters, std::move(from), options)) {
  auto* const core = core_.get();
  core->durable_token = listen(store, core_, [core] {
    if (core->lane_count == 0) return;
    core->post([](Core& c) {
      for (auto& source : c.sources) source.awake = true;
    });
  });
}

Notifier::~Notifier() { stop(); }

void Notifier::put(std::string tenant, std::shared_ptr<const Subscription> subscription, DeliveryState state) {
  {
    const std::lock_guard lock{core_->mutex};
    core_->shown.try_emplace({tenant, subscription->id}, state);
  }
  core_->post([tenant = std::move(tenant), subscription = std::move(subscription), state = std::move(state)](
                  Core& core) mutable { core.put(std::move(tenant), std::move(subscription), std::move(state)); });
}

void Notifier::remove(std::string tenant, std::string id, Timestamp version) {
  core_->post([key = LaneKey{std::move(tenant), std::move(id)}, version](Core& core) { core.remove(key, version); });
}

void Notifier::tell(std::string tenant, std::string id, Job job) {
  core_->post([key = LaneKey{std::move(tenant), std::move(id)}, job = std::move(job)](Core& core) mutable {
    core.tell(key, std::move(job));
  });
}

std::optional<DeliveryState> Notifier::state(const std::string& tenant, const std::string& id) const {
  const std::lock_guard lock{core_->mutex};
  const auto found = core_->shown.find({tenant, id});
  return found == core_->shown.end() ? std::nullopt : std::optional{found->second};
}

void Notifier::start() {
  core_->thread = std::thread{[core = core_.get()] {
    while (!core->stopping) {
      if (!core->turn()) core->wait(std::chrono::seconds(1));
    }
  }};
}

void Notifier::stop() {
  if (core_->stopping.exchange(true)) return;
  {
    const std::lock_guard lock{core_->mutex};
    core_->wakeup.notify_all();
  }
  if (core_->thread.joinable()) core_->thread.join();
  core_->drain_inbox();
  core_->commit();
  for (int i = 0; core_->committing && i < 100;
       ++i) {  // bounded: a store that does not answer loses us a second of cursors
    std::unique_lock lock{core_->mutex};
    core_->wakeup.wait_for(lock, std::chrono::milliseconds(50), [this] { return !core_->inbox.empty(); });
    lock.unlock();
    core_->drain_inbox();
  }
  core_->durable_token.reset();
  const std::lock_guard lock{core_->mutex};
  core_->closed = true;
  core_->inbox.clear();
}

bool Notifier::turn() { return core_->turn(); }
void Notifier::wait(Duration most) { core_->wait(most); }

Result<std::optional<store::Cursor>> stored_cursor(store::Store& store, model::Names& names) {
  const auto system = SystemNames::make(names);
  if (!system) return std::unexpected(system.error());
  auto promise = std::make_shared<std::promise<Result<model::Document>>>();
  auto answer = promise->get_future();
  store.read(notifier_address(), [promise](Result<model::Document> read) { promise->set_value(std::move(read)); });
  const auto read = answer.get();
  if (read) return read_cursor(*system, read->view());
  if (read.error().code == ErrorCode::kNotFound) return std::optional<store::Cursor>{};
  return std::unexpected(read.error());
}

}  // namespace horad::broker
