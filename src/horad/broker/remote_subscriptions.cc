// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/remote_subscriptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "horad/broker/broker.h"
#include "horad/broker/identity.h"

namespace horad::broker {
namespace {

using Key = std::pair<std::string, std::string>;  // tenant, id of our subscription
using Action = std::move_only_function<void()>;   // to be done without the lock

constexpr Duration kLongestSleep = std::chrono::minutes(1);
constexpr Duration kLookAgain = std::chrono::seconds(30);  // for what expires
constexpr std::size_t kMostLegs = 1'000;                   // of one subscription
constexpr std::size_t kMostUnderWay = 32;                  // exchanges
constexpr std::size_t kAtOnce = 1'000;                     // subscriptions looked at before others get the lock

/// A leg and what is under way for it.
struct Going {
  Leg leg;
  bool stored = false;
  bool busy = false;
  std::shared_ptr<const Definition> definition;  // read for the next request
  LegAct act = LegAct::kNone;
  Timestamp version{};  // being told
  Timestamp source{};
};

struct Entry {
  std::shared_ptr<const Subscription> subscription;  // null: it is gone, and its legs go
  bool expected = false;                             // it is not here yet
  std::vector<std::unique_ptr<Going>> legs;
  Duration next_look = Duration::max();  // the one of its timers that counts
};

}  // namespace

struct RemoteSubscriptions::Core : std::enable_shared_from_this<RemoteSubscriptions::Core> {
  explicit Core(RemoteWorld given) : world(std::move(given)) {}

  void wake() {
    {
      const std::lock_guard lock{mutex};
      awake = true;
    }
    wakeup.notify_all();
  }

  Going* find(const Key& key, const std::string& id) {
    const auto entry = entries.find(key);
    if (entry == entries.end()) return nullptr;
    const auto found = std::ranges::find(entry->second.legs, id, [](const auto& one) { return one->leg.id; });
    return found == entry->second.legs.end() ? nullptr : found->get();
  }

  /// Calls `change` with the leg when it is still there, and has its subscription looked at.
  template <class Change>
  void later(const Key& key, const std::string& id, Change change) {
    {
      const std::lock_guard lock{mutex};
      if (stopping) return;  // what counts and stores may be gone
      auto* const going = find(key, id);
      if (going == nullptr) return;
      going->busy = false;
      change(*going);
      dirty.insert(key);
      awake = true;
    }
    wakeup.notify_all();
  }

  void write(const Key& key, const Leg& leg, store::Store::Done<store::Written> done) {
    world.store.write(kept_address(Kept::kRemoteSubscription, key.first, leg.id),
                      put_stored(world.system, Kept::kRemoteSubscription, to_json(leg), "[]"), std::move(done));
  }

  // With the lock held.

  void look(const Key& key, std::vector<Action>& actions) {
    const auto found = entries.find(key);
    if (found == entries.end() || found->second.expected) return;
    auto& entry = found->second;
    const auto reaches = wanted_of(key, entry);
    for (auto& going : entry.legs) leave_if_moved(*going, reaches);
    for (const auto& reach : reaches) {
      const bool known = std::ranges::any_of(
          entry.legs, [&](const auto& one) { return !one->leg.leaving && one->leg.source->id == reach.source->id; });
      if (!known && entry.legs.size() < kMostLegs) entry.legs.push_back(make(key, reach));
    }
    bool waits = false;
    for (auto at = entry.legs.begin(); at != entry.legs.end();) {
      const bool forget = step(key, entry, **at, reaches, actions);
      waits = waits || !forget;
      at = forget ? entry.legs.erase(at) : at + 1;
    }
    world.counters.remote_subscriptions.set(static_cast<std::int64_t>(by_id.size()));
    if (waits) look_at(key, entry, world.clock.steady() + kLookAgain);
    if (entry.legs.empty() && !entry.subscription) entries.erase(found);
  }

  void look_at(const Key& key, Entry& entry, Duration at) {
    if (at >= entry.next_look) return;
    entry.next_look = at;
    timers.emplace(at, key);
  }

  std::vector<Reach> wanted_of(const Key& key, const Entry& entry) const {
    const auto now = world.clock.now();
    const auto& one = entry.subscription;
    if (!one || world.receiver.empty() || (one->expires_at && *one->expires_at <= now)) return {};
    const auto sources = world.registry.of(key.first);
    if (!sources) return {};
    return reach_of(*one, *sources, alias_of(world.alias, key.first), now);
  }

  /// A source that is somewhere else now is another one.
  static void leave_if_moved(Going& going, const std::vector<Reach>& reaches) {
    const auto reach =
        std::ranges::find(reaches, going.leg.source->id, [](const Reach& one) { return one.source->id; });
    if (reach == reaches.end()) return;
    const auto& now = *reach->source;
    if (now.endpoint != going.leg.source->endpoint || now.tenant != going.leg.source->tenant) going.leg.leaving = true;
  }

  std::unique_ptr<Going> make(const Key& key, const Reach& reach) {
    auto out = std::make_unique<Going>();
    out->leg.id =
        fmt::format("urn:ngsi-ld:Subscription:distsub-{:016x}{:016x}", world.random.next(), world.random.next());
    out->leg.subscription = key.second;
    out->leg.source = reach.source;
    by_id[out->leg.id] = key;
    return out;
  }

  /// Brings one leg on its way; true when it is to be forgotten.
  bool step(const Key& key, Entry& entry, Going& going, const std::vector<Reach>& reaches,
            std::vector<Action>& actions) {
    if (going.busy) return false;
    auto& leg = going.leg;
    const auto found = std::ranges::find(reaches, leg.source->id, [](const Reach& one) { return one.source->id; });
    const auto* const reach = found == reaches.end() || leg.leaving ? nullptr : &*found;
    const auto version = entry.subscription ? entry.subscription->version : Timestamp{};
    const auto act = next_of(leg, version, reach);
    if (act == LegAct::kForget) {
      by_id.erase(leg.id);
      if (going.stored) {
        world.store.write(kept_address(Kept::kRemoteSubscription, key.first, leg.id),
                          remove_stored(world.system, Kept::kRemoteSubscription), [](const auto&) {});
      }
      return true;
    }
    if (act == LegAct::kNone) return false;
    if (const auto due = leg.due; due > world.clock.steady()) {
      look_at(key, entry, due);
      return false;
    }
    if (!going.stored) return store_first(key, going, actions);
    if (act != LegAct::kDelete && !going.definition) return read_first(key, going, actions);
    if (under_way >= kMostUnderWay) {
      waiting.insert(key);
      return false;
    }
    send(key, entry, going, act, reach, actions);
    return false;
  }

  /// It is written down before anything is asked of the source, so that nothing there is ever forgotten.
  bool store_first(const Key& key, Going& going, std::vector<Action>& actions) {
    going.busy = true;
    actions.emplace_back([this, key, leg = going.leg] {
      write(key, leg, [self = weak_from_this(), key, id = leg.id](const Result<store::Written>& done) {
        const auto core = self.lock();
        if (!core) return;
        core->later(key, id, [&](Going& one) {
          one.stored = done.has_value();
          if (!done) one.leg.due = core->world.clock.steady() + std::chrono::seconds(1);
        });
      });
    });
    return false;
  }

  bool read_first(const Key& key, Going& going, std::vector<Action>& actions) {
    going.busy = true;
    actions.emplace_back([this, key, id = going.leg.id] {
      world.store.read(kept_address(Kept::kSubscription, key.first, key.second),
                       [self = weak_from_this(), key, id](const Result<model::Document>& read) {
                         const auto core = self.lock();
                         if (!core) return;
                         auto stored = read ? read_stored(core->world.system, read->view())
                                            : Result<StoredDocument>{std::unexpected(read.error())};
                         core->later(key, id, [&](Going& one) {
                           if (stored) {
                             one.definition = std::make_shared<const Definition>(std::move(stored->definition));
                           } else {
                             one.leg.due = core->world.clock.steady() + std::chrono::seconds(1);
                           }
                         });
                       });
    });
    return false;
  }

  void send(const Key& key, const Entry& entry, Going& going, LegAct act, const Reach* reach,
            std::vector<Action>& actions) {
    going.busy = true;
    going.act = act;
    if (reach != nullptr) {
      going.leg.source = reach->source;
      going.version = entry.subscription->version;
      going.source = reach->source->version;
    }
    ++under_way;
    auto request = request_for(act, going.leg, entry.subscription.get(), going.definition.get(), reach, world.receiver,
                               key.first, alias_of(world.alias, key.first), world.contexts, world.names);
    going.definition.reset();  // what it says may have changed by the next time
    actions.emplace_back([this, key, id = going.leg.id, request = std::move(request)]() mutable {
      world.net.exchange(std::move(request),
                         [self = weak_from_this(), key, id](const Result<base::OutboundResponse>& reply) {
                           if (const auto core = self.lock()) core->on_answer(key, id, reply);
                         });
    });
  }

  void on_answer(const Key& key, const std::string& id, const Result<base::OutboundResponse>& reply) {
    {
      const std::lock_guard lock{mutex};
      if (stopping) return;
      --under_way;
      dirty.merge(waiting);
      waiting.clear();
    }
    later(key, id, [&](Going& one) {
      note(one.leg, one.act, one.version, one.source, reply, world.clock.steady());
      world.counters.remote_requests.add();
      if (one.leg.trouble) world.counters.remote_failures.add();
      write(key, one.leg, [](const Result<store::Written>&) {});  // what a crash forgets is told again
    });
  }

  Duration turn() {
    std::vector<Action> actions;
    auto next = world.clock.steady() + kLongestSleep;
    {
      const std::lock_guard lock{mutex};
      awake = false;
      const auto steady = world.clock.steady();
      while (!timers.empty() && timers.begin()->first <= steady) {
        const auto entry = entries.find(timers.begin()->second);
        if (entry != entries.end() && entry->second.next_look == timers.begin()->first) {
          entry->second.next_look = Duration::max();
          dirty.insert(entry->first);
        }
        timers.erase(timers.begin());
      }
      for (std::size_t i = 0; i < kAtOnce && !dirty.empty(); ++i) {
        const auto key = *dirty.begin();
        dirty.erase(dirty.begin());
        look(key, actions);
      }
      if (!dirty.empty()) next = steady;
      if (!timers.empty()) next = std::min(next, timers.begin()->first);
    }
    for (auto& action : actions) action();
    return std::max(next - world.clock.steady(), Duration::zero());
  }

  void run() {
    for (;;) {
      const auto pause = turn();
      std::unique_lock lock{mutex};
      wakeup.wait_for(lock, std::chrono::ceil<std::chrono::milliseconds>(pause), [this] { return awake || stopping; });
      if (stopping) return;
    }
  }

  const RemoteWorld world;

  mutable std::mutex mutex;  // guards everything below
  std::condition_variable wakeup;
  std::map<Key, Entry> entries;
  std::unordered_map<std::string, Key> by_id;  // of the subscriptions at sources
  std::set<Key> dirty;                         // to be looked at
  std::multimap<Duration, Key> timers;         // to be looked at then (steady time)
  std::set<Key> waiting;                       // for room
  std::size_t under_way = 0;
  bool awake = false;
  bool stopping = false;
};

RemoteSubscriptions::RemoteSubscriptions(RemoteWorld world) : core_(std::make_shared<Core>(std::move(world))) {}

RemoteSubscriptions::~RemoteSubscriptions() { stop(); }

void RemoteSubscriptions::load(const std::string& tenant, Leg leg) {
  const std::lock_guard lock{core_->mutex};
  const Key key{tenant, leg.subscription};
  core_->by_id[leg.id] = key;
  auto going = std::make_unique<Going>();
  going->leg = std::move(leg);
  going->stored = true;
  core_->entries[key].legs.push_back(std::move(going));
  core_->dirty.insert(key);
}

void RemoteSubscriptions::expect(const std::string& tenant, const std::string& id) {
  const std::lock_guard lock{core_->mutex};
  core_->entries[{tenant, id}].expected = true;
}

void RemoteSubscriptions::put(const std::string& tenant, std::shared_ptr<const Subscription> subscription) {
  {
    const std::lock_guard lock{core_->mutex};
    const Key key{tenant, subscription->id};
    auto& entry = core_->entries[key];
    if (entry.subscription && entry.subscription->version > subscription->version) return;
    entry.subscription = std::move(subscription);
    entry.expected = false;
    for (auto& going : entry.legs) {
      going->leg.due = going->leg.pause = {};
      going->definition.reset();
    }
    core_->dirty.insert(key);
  }
  core_->wake();
}

void RemoteSubscriptions::remove(const std::string& tenant, const std::string& id) {
  {
    const std::lock_guard lock{core_->mutex};
    const auto found = core_->entries.find({tenant, id});
    if (found == core_->entries.end()) return;
    found->second.subscription.reset();
    found->second.expected = false;
    for (auto& going : found->second.legs) going->leg.due = going->leg.pause = {};
    core_->dirty.insert(found->first);
  }
  core_->wake();
}

void RemoteSubscriptions::touched(const std::string& tenant) {
  {
    const std::lock_guard lock{core_->mutex};
    for (auto at = core_->entries.lower_bound({tenant, ""}); at != core_->entries.end() && at->first.first == tenant;
         ++at) {
      core_->dirty.insert(at->first);
    }
  }
  core_->wake();
}

std::optional<RemoteSubscriptions::Address> RemoteSubscriptions::find(const std::string& remote_id) const {
  const std::lock_guard lock{core_->mutex};
  const auto known = core_->by_id.find(remote_id);
  if (known == core_->by_id.end()) return std::nullopt;
  auto* const going = core_->find(known->second, remote_id);
  const auto& subscription = core_->entries.at(known->second).subscription;
  if (going == nullptr || going->leg.leaving || !subscription) return std::nullopt;
  return Address{known->second.first, subscription, going->leg.source->id};
}

std::vector<Warning> RemoteSubscriptions::troubles(const std::string& tenant, const std::string& id) const {
  std::vector<Warning> out;
  const std::lock_guard lock{core_->mutex};
  const auto found = core_->entries.find({tenant, id});
  if (found == core_->entries.end()) return out;
  for (const auto& going : found->second.legs) {
    if (going->leg.trouble) out.push_back(*going->leg.trouble);
  }
  return out;
}

void RemoteSubscriptions::start() {
  if (thread_.joinable()) return;
  thread_ = std::thread{[core = core_] { core->run(); }};
}

void RemoteSubscriptions::stop() {
  {
    const std::lock_guard lock{core_->mutex};
    core_->stopping = true;
  }
  core_->wakeup.notify_all();
  if (thread_.joinable()) thread_.join();
}

Duration RemoteSubscriptions::turn() { return core_->turn(); }

}  // namespace horad::broker
