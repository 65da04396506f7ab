// SPDX-License-Identifier: Apache-2.0
// Private to the notifier: its state and steps. Everything but the inbox and `shown` is touched by one thread only.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "horad/broker/matcher.h"
#include "horad/broker/notification.h"
#include "horad/broker/notifier.h"
#include "horad/broker/system_store.h"

namespace horad::broker {

using LaneKey = std::pair<std::string, std::string>;  // tenant, subscription id

/// The gathering of what one periodic notification tells of, page by page.
struct Round {
  std::size_t selector = 0;  // of the subscription: which one is asked
  std::size_t offset = 0;    // in what it matches
  std::size_t told = 0;      // entities so far
};

/// A lane and where it stands in the notifier.
struct Hold {
  Hold(Lane given, store::Cursor from) : lane(std::move(given)), floor(std::move(from)) {}
  Lane lane;
  store::Cursor floor;                   // records up to here are not this subscription's business
  std::optional<store::Cursor> reading;  // set: it reads the log for itself, and stands here
  bool reading_now = false;
  bool queued_to_read = false;
  bool scheduled = false;  // in the timers, or waiting for room to send
  bool listed_dirty = false;
  bool sent_as_failing = false;  // how its attempt under way is counted
  bool gone = false;
  std::uint64_t schedule = 0;  // of a periodic one: ticks of an older schedule are void
  std::optional<Round> round;  // a periodic notification is being put together
  bool gathering = false;      // the store has been asked for a page of it
  std::deque<Job> received;    // what came from elsewhere while the lane was full; bounded by who calls tell()
};
using HoldPtr = std::shared_ptr<Hold>;

/// What goes to one host and port, and what waits for room there.
struct Origin {
  std::size_t in_flight = 0;
  std::size_t failing_in_flight = 0;  // of them, to endpoints whose last attempt failed
  std::deque<HoldPtr> waiting;
  std::deque<HoldPtr> failing_waiting;
  bool empty() const noexcept { return in_flight == 0 && waiting.empty() && failing_waiting.empty(); }
};

/// The next time of a periodic subscription.
struct Tick {
  HoldPtr hold;
  std::uint64_t schedule;
  Duration next;  // steady time of the one after it
};

inline bool periodic(const Hold& hold) noexcept { return hold.lane.subscription().interval > Duration::zero(); }

/// The common reader of one shard.
struct Source {
  bool busy = false;
  bool awake = true;  // there may be records
};

struct Notifier::Core : std::enable_shared_from_this<Notifier::Core> {
  using Task = std::move_only_function<void(Core&)>;
  using Records = std::vector<store::Record>;

  Core(store::Store& the_store, model::Names& the_names, base::Clock& the_clock, base::Random& the_random,
       base::Net& the_net, BrokerCounters& the_counters, store::Cursor from, NotifierOptions the_options);

  // notifier.cc
  void post(Task task);
  bool drain_inbox();
  bool turn();
  void wait(Duration most);
  void put(std::string tenant, std::shared_ptr<const Subscription> subscription, DeliveryState state);
  void add(std::string tenant, std::shared_ptr<const Subscription> subscription, DeliveryState state);
  void redefine(const HoldPtr& hold, std::shared_ptr<const Subscription> subscription);
  void remove(const LaneKey& key, Timestamp version);
  void tell(const LaneKey& key, Job job);
  void take_received(const HoldPtr& hold);
  void show(const Hold& hold);
  void mark_dirty(const HoldPtr& hold);
  bool delivers(const Subscription& subscription) const;

  // notifier_follow.cc
  bool pump_sources();
  void on_source(std::size_t shard, Result<Records> result);
  void process(std::size_t shard, const Records& records, store::Position end);
  void process_one(const store::Record& record, store::Position before);
  void offer(const HoldPtr& hold, const store::Record& record, store::Position before);
  void fall_behind(const HoldPtr& hold, std::size_t shard, store::Position before);
  void queue_to_read(const HoldPtr& hold);
  bool pump_readers();
  void read_for(const HoldPtr& hold);
  void on_read(const HoldPtr& hold, std::size_t shard, Result<Records> result);
  void take_read(const HoldPtr& hold, std::size_t shard, const Records& records, store::Position end);
  void let_read(const HoldPtr& hold, store::Cursor from);
  void fill(Records records, std::move_only_function<void(Core&, const Records*)> then);
  bool wanted(const store::Record& record) const;

  // notifier_periodic.cc
  void set_ticks(const HoldPtr& hold);
  bool pump_ticks();
  void tick(const Tick& tick);
  void gather(const HoldPtr& hold);
  void on_page(const HoldPtr& hold, std::uint64_t schedule, Result<store::Page> page);
  void end_round(const HoldPtr& hold);

  // notifier_join.cc
  void judge(const HoldPtr& hold, const std::vector<const Job*>& jobs);
  void join(const HoldPtr& hold, std::vector<const Job*> jobs);
  void put_off(const HoldPtr& hold, const Subscription& subscription, std::string why);

  // notifier_send.cc
  void schedule(const HoldPtr& hold);
  bool pump_timers();
  void try_send(const HoldPtr& hold);
  std::size_t room_for_failing() const noexcept;
  void send(const HoldPtr& hold, Origin& origin);
  void prepare(const HoldPtr& hold, const Subscription& subscription, std::vector<const Job*> jobs);
  void dispatch(const HoldPtr& hold, const Subscription& subscription, std::span<const Job* const> jobs,
                const LinkedWalk* linked);
  void on_answer(const HoldPtr& hold, const std::string& origin, const Outcome& outcome);
  void room_for_more(Origin& origin);
  bool pump_commit();
  void commit();
  void on_lanes_stored(const std::vector<HoldPtr>& stored, bool well);
  void refresh(const HoldPtr& held);
  void hold_the_log();

  store::Store& store;
  model::Names& names;
  base::Clock& clock;
  base::Random& random;
  base::Net& net;
  BrokerCounters& counters;
  const NotifierOptions options;
  const SystemNames system;

  mutable std::mutex mutex;  // guards inbox, closed and shown
  std::condition_variable wakeup;
  std::deque<Task> inbox;
  bool closed = false;
  std::map<LaneKey, DeliveryState> shown;

  std::map<std::string, Matcher> matchers;  // by tenant
  std::map<LaneKey, HoldPtr> lanes;
  std::map<LaneKey, Timestamp> removed;  // the newest few thousand removals
  store::Cursor position;                // of the common reader: all before has been matched
  std::vector<Source> sources;
  std::multimap<Duration, HoldPtr> timers;  // steady time
  std::multimap<Duration, Tick> ticks;      // steady time
  std::map<std::string, Origin> origins;
  std::deque<HoldPtr> waiting_for_room;
  std::size_t in_flight = 0;
  std::deque<HoldPtr> to_read;
  std::size_t readers = 0;
  std::map<LaneKey, HoldPtr> behind;  // lanes whose stored state says so, or will
  std::vector<HoldPtr> dirty;
  bool moved = false;  // the common reader passed records of cities since the last commit
  bool committing = false;
  Duration last_commit{};
  store::Cursor committing_cursor;
  store::Cursor committed;
  std::uint64_t next_number;
  std::atomic<std::size_t> lane_count{0};  // read by the store's threads
  std::shared_ptr<void> durable_token;
  std::thread thread;
  std::atomic<bool> stopping{false};
};

}  // namespace horad::broker
