// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/source_notifier.h"

#include <algorithm>

#include "horad/broker/broker.h"

namespace horad::broker {
namespace {

using Key = std::pair<std::string, std::string>;  // tenant, id

constexpr Duration kLongestSleep = std::chrono::minutes(1);
constexpr Duration kFirstPause = std::chrono::seconds(15);  // after a failure, doubling
constexpr Duration kLongestPause = std::chrono::minutes(10);
/// How often expiry of registrations is looked at, where nothing else happens.
constexpr Duration kLookAgain = std::chrono::seconds(30);

struct Entry {
  std::shared_ptr<const SourceSubscription> subscription;
  DeliveryState state;
  Told told;
  Duration due{};    // steady: not looked at before
  Duration pause{};  // after the next failure
  bool busy = false;
  std::uint64_t age = 0;  // tells an entry from one that had the same key before
};

}  // namespace

struct SourceNotifier::Core : std::enable_shared_from_this<SourceNotifier::Core> {
  Core(store::Store& the_store, const SystemNames& the_system, const Registry& the_registry, base::Clock& the_clock,
       base::Random& the_random, base::Net& the_net, BrokerCounters& the_counters)
      : store(the_store),
        system(the_system),
        registry(the_registry),
        clock(the_clock),
        random(the_random),
        net(the_net),
        counters(the_counters) {}

  void wake() {
    {
      const std::lock_guard lock{mutex};
      awake = true;
    }
    wakeup.notify_all();
  }

  /// Sends what is news to the subscription, when it may. Called with the mutex held; answers what is to be sent.
  std::optional<base::OutboundRequest> prepare(const Key& key, Entry& entry, SourceNews& news) {
    const auto steady = clock.steady();
    const auto now = clock.now();
    if (entry.busy || entry.due > steady) return std::nullopt;
    const auto& base = entry.subscription->base;
    entry.due = steady + kLookAgain;
    if (!base.active || (base.expires_at && *base.expires_at <= now)) return std::nullopt;
    const auto sources = registry.of(key.first);
    const auto interval = entry.subscription->interval;
    news = interval > Duration::zero() ? all_of(*entry.subscription, sources.get(), now)
                                       : news_of(*entry.subscription, sources.get(), entry.told, now);
    if (interval > Duration::zero()) entry.due = steady + interval;
    if (news.empty()) return std::nullopt;
    entry.busy = true;
    return make_source_notification(*entry.subscription, key.first, news, random.next(), now);
  }

  void send(const Key& key, std::uint64_t age, base::OutboundRequest request, SourceNews news) {
    net.exchange(std::move(request), [self = weak_from_this(), key, age,
                                      news = std::move(news)](const Result<base::OutboundResponse>& reply) {
      if (const auto core = self.lock()) core->on_answer(key, age, news, reply);
    });
  }

  void on_answer(const Key& key, std::uint64_t age, const SourceNews& news,
                 const Result<base::OutboundResponse>& reply) {
    const bool well = reply && reply->status >= 200 && reply->status < 300;
    {
      const std::lock_guard lock{mutex};
      if (stopping) return;  // what counts and stores may be gone
      (well ? counters.notifications_sent : counters.notifications_failed).add();
      const auto found = entries.find(key);
      if (found == entries.end() || found->second.age != age) return;
      auto& entry = found->second;
      entry.busy = false;
      note(entry, well, reply);
      if (well) note_told(entry.told, news);
      store_it(key, entry);
    }
    wake();
  }

  void note(Entry& entry, bool well, const Result<base::OutboundResponse>& reply) {
    auto& state = entry.state;
    const auto now = clock.now();
    const bool periodic = entry.subscription->interval > Duration::zero();
    ++state.times_sent;
    state.last_notification = now;
    if (well) {
      state.last_success = now;
      state.last_error.clear();
      entry.pause = Duration::zero();
      // There may be more news; a throttled subscriber hears it later.
      if (!periodic) entry.due = clock.steady() + entry.subscription->base.throttling;
      return;
    }
    ++state.times_failed;
    state.last_failure = now;
    state.last_error = reply ? "the endpoint answered " + std::to_string(reply->status) : reply.error().detail;
    const auto& base = entry.subscription->base;
    entry.pause = std::min(entry.pause == Duration::zero() ? kFirstPause : entry.pause * 2, kLongestPause);
    if (!periodic) entry.due = clock.steady() + std::max(entry.pause, base.endpoint.cooldown);
  }

  /// What a crash forgets is told again.
  void store_it(const Key& key, const Entry& entry) {
    store.write(kept_address(Kept::kSourceSubscription, key.first, key.second),
                store_told(system, entry.state, entry.told), [](const Result<store::Written>&) {});
  }

  Duration turn() {
    struct Ready {
      Key key;
      std::uint64_t age;
      base::OutboundRequest request;
      SourceNews news;
    };
    std::vector<Ready> ready;
    auto next = clock.steady() + kLongestSleep;
    {
      const std::lock_guard lock{mutex};
      awake = false;
      for (auto& [key, entry] : entries) {
        SourceNews news;
        if (auto request = prepare(key, entry, news)) {
          ready.push_back({key, entry.age, std::move(*request), std::move(news)});
        }
        if (!entry.busy) next = std::min(next, entry.due);
      }
    }
    for (auto& one : ready) send(one.key, one.age, std::move(one.request), std::move(one.news));
    return std::max(next - clock.steady(), Duration::zero());
  }

  void run() {
    for (;;) {
      const auto pause = turn();
      std::unique_lock lock{mutex};
      wakeup.wait_for(lock, std::chrono::ceil<std::chrono::milliseconds>(pause), [this] { return awake || stopping; });
      if (stopping) return;
    }
  }

  store::Store& store;
  const SystemNames& system;
  const Registry& registry;
  base::Clock& clock;
  base::Random& random;
  base::Net& net;
  BrokerCounters& counters;

  mutable std::mutex mutex;  // guards everything below
  std::condition_variable wakeup;
  std::map<Key, Entry> entries;
  std::uint64_t made = 0;
  bool awake = false;
  bool stopping = false;
};

SourceNotifier::SourceNotifier(store::Store& store, const SystemNames& system, const Registry& registry,
                               base::Clock& clock, base::Random& random, base::Net& net, BrokerCounters& counters)
    : core_(std::make_shared<Core>(store, system, registry, clock, random, net, counters)) {}

SourceNotifier::~SourceNotifier() { stop(); }

void SourceNotifier::put(std::string tenant, std::shared_ptr<const SourceSubscription> subscription,
                         DeliveryState state, Told told) {
  {
    const std::lock_guard lock{core_->mutex};
    const Key key{std::move(tenant), subscription->base.id};
    auto& entry = core_->entries[key];
    if (!entry.subscription) {
      entry.state = std::move(state);
      entry.told = std::move(told);
      entry.age = ++core_->made;
    } else if (entry.subscription->base.version > subscription->base.version) {
      return;
    }
    entry.subscription = std::move(subscription);
    entry.due = Duration::zero();
  }
  core_->wake();
}

void SourceNotifier::remove(const std::string& tenant, const std::string& id) {
  const std::lock_guard lock{core_->mutex};
  core_->entries.erase({tenant, id});
}

void SourceNotifier::touched(const std::string& tenant) {
  bool any = false;
  {
    const std::lock_guard lock{core_->mutex};
    for (auto at = core_->entries.lower_bound({tenant, ""}); at != core_->entries.end() && at->first.first == tenant;
         ++at) {
      auto& entry = at->second;
      // One that waits after a failure goes on waiting.
      if (entry.pause > Duration::zero() || entry.subscription->interval > Duration::zero()) continue;
      const auto throttling = entry.subscription->base.throttling;
      if (throttling == Duration::zero() || entry.state.times_sent == 0) entry.due = Duration::zero();
      any = true;
    }
  }
  if (any) core_->wake();
}

std::optional<DeliveryState> SourceNotifier::state(const std::string& tenant, const std::string& id) const {
  const std::lock_guard lock{core_->mutex};
  const auto found = core_->entries.find({tenant, id});
  return found == core_->entries.end() ? std::nullopt : std::optional{found->second.state};
}

std::size_t SourceNotifier::size() const {
  const std::lock_guard lock{core_->mutex};
  return core_->entries.size();
}

void SourceNotifier::start() {
  if (thread_.joinable()) return;
  thread_ = std::thread{[core = core_] { core->run(); }};
}

void SourceNotifier::stop() {
  {
    const std::lock_guard lock{core_->mutex};
    core_->stopping = true;
  }
  core_->wakeup.notify_all();
  if (thread_.joinable()) thread_.join();
}

Duration SourceNotifier::turn() { return core_->turn(); }

}  // namespace horad::broker
