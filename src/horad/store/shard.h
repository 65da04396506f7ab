// SPDX-License-Identifier: Apache-2.0
// One share of the entities: its table, indexes, history, log and checkpoint, and the one thread that works on them.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "horad/base/bounded_queue.h"
#include "horad/store/checkpoint.h"
#include "horad/store/expiries.h"
#include "horad/store/history/history_store.h"
#include "horad/store/indexes.h"
#include "horad/store/log.h"
#include "horad/store/query_run.h"
#include "horad/store/recent.h"
#include "horad/store/store.h"
#include "horad/store/table.h"
#include "horad/store/workers.h"

namespace horad::store {

/// What all shards of a store share. Owned by the store, which outlives its shards.
struct Surroundings {
  base::Disk& disk;
  base::Clock& clock;
  model::Names& names;
  const Options& options;
  StoreCounters& counters;
  Workers& keeper;                                                     // one thread: checkpoints
  Workers& readers;                                                    // a few threads: history, old log
  std::function<void()> became_durable;                                // any shard has new durable records
  std::function<void(const Tenant&)> tenant_seen;                      // a tenant has durable data
  std::function<Position(std::size_t shard, Position end)> held_from;  // the oldest log that a follower needs
};

/// Gathers the answers of a write_all that went to several shards.
struct WriteGather {
  std::vector<Result<Written>> results;
  std::atomic<std::size_t> left;
  std::move_only_function<void(std::vector<Result<Written>>)> done;
  void put(std::size_t index, Result<Written> result) { results[index] = std::move(result); }
  void finish(std::size_t count) {
    if (left.fetch_sub(count, std::memory_order_acq_rel) == count) done(std::move(results));
  }
};

struct ShardPage {
  std::vector<model::Document> documents;
  std::vector<Ordered> ordered;  // instead of the documents when the query has an order: its first offset + limit
  std::uint64_t matched = 0;     // see QueryRun::matched
};

/// A turn: take all that waits; answer reads, step queries (everything they see is durable); decide and apply the
/// writes in order, each seeing the one before; append, sync once; answer the writes; tell followers; hand a slice to a
/// running checkpoint. What has expired (4.22) is taken away by writes of the shard's own, some in each turn; readers
/// see through what is not taken away yet.
class Shard {
 public:
  template <class T>
  using Done = Store::Done<T>;
  struct WriteTask {
    Write write;
    Done<Written> done;
  };
  struct BatchTask {
    std::vector<Write> writes;
    std::vector<std::size_t> indices;  // of each write in the gathered answer
    std::shared_ptr<WriteGather> gather;
  };
  struct ReadTask {
    Address address;
    Done<model::Document> done;
  };
  struct QueryTask {
    Tenant tenant;
    model::Query query;
    Done<ShardPage> done;
  };
  using Call = std::move_only_function<void(Shard&)>;  // on the shard's thread
  using Task = std::variant<WriteTask, BatchTask, ReadTask, QueryTask, Call>;

  /// Recovers checkpoint and log; the thread does not run yet. Errors: as Store::open.
  static Result<std::unique_ptr<Shard>> open(Surroundings& around, std::size_t index, const std::string& directory);
  void start();
  /// Takes no more tasks, answers those that wait, writes a checkpoint, joins the thread.
  void stop();
  ~Shard();

  /// Any thread. False (and `task` is still there) when too many wait or the shard stops.
  bool put(Task& task, std::size_t weight) { return queue_.try_put(task, weight); }

  const Log& log() const noexcept { return *log_; }
  const RecentRecords& recent() const noexcept { return *recent_; }

  // On the shard's thread, from a Call:
  std::vector<model::Document> read_all(const Tenant& tenant, const std::vector<std::string>& ids) const;
  std::vector<TypeCount> types(const Tenant& tenant) const;
  std::shared_ptr<const HistorySnapshot> collect(const Tenant& tenant, const HistoryQuery& query) const;
  std::vector<std::string> gone(const Tenant& tenant, std::string_view after, std::size_t most) const;
  void start_checkpoint(Done<void> done);

  /// After open(), before start().
  std::vector<Tenant> recovered_tenants() const;

  enum class Trouble : std::uint8_t { kNone, kFull, kBroken };
  Trouble trouble() const noexcept { return trouble_.load(std::memory_order_relaxed); }  // any thread

 private:
  struct Marker {
    Position position = 0;
    int age = 0;  // 0: not in a checkpoint yet; 1, 2: checkpoints since
  };
  struct Collection {
    Tenant tenant;
    std::string history_key;
    Table table;
    Indexes indexes;
    std::vector<Number> dirty;
    std::map<std::string, Marker, std::less<>> markers;  // of deleted entities, until no replay can meet them
    bool seen = false;                                   // the store knows the tenant
  };
  struct Applied {
    Collection* collection = nullptr;
    model::Document before;
    Position before_position = 0;
    model::Document after;
  };
  struct Decided {  // a write of this turn
    Address address;
    Timestamp at{};
    Position position = 0;
    model::Change change;
    Applied applied;
  };
  struct Answer {
    std::variant<Done<Written>, std::pair<std::shared_ptr<WriteGather>, std::size_t>> to;
    Result<Written> result;
    Position position = 0;  // of its record; 0: none
  };
  struct Running {
    QueryTask task;
    Collection* collection = nullptr;
    std::unique_ptr<QueryRun> run;  // null: not begun
  };
  struct CheckpointRun;
  class Loader;

  Shard(Surroundings& around, std::size_t index);

  // shard.cc: turns
  void run();
  void turn(std::vector<Task>& tasks);
  bool restless() const;
  std::optional<std::chrono::nanoseconds> patience() const;
  void read(ReadTask& task);
  model::Document find_live(const Collection& collection, std::string_view id) const;
  void step_queries();
  void answer_query(Running& running);
  void build_postings();
  void report();

  // shard_write.cc: writes
  void write_turn();
  Result<Written> write_one(Write& write, Position& position);
  Result<model::Change> decide(Mutation& mutation, const model::DocumentView* current, Timestamp at) const;
  Result<void> check_edit(const Address& address, const model::HistoryEdit& edit) const;
  static void describe_removed(model::Change& change, const model::DocumentView* current);
  Result<Written> accept(Write& write, model::Change change, Timestamp at, bool existed, Position& position);
  bool reaping_due() const;
  void reap();
  Result<bool> reap_one(Collection& collection, Number number, Timestamp now);
  Applied apply(Collection& collection, std::string_view id, const model::Change& change, Timestamp at,
                Position position);
  void put_new(Collection& collection, model::Document document, Position position);
  void take_away(Collection& collection, Number number, Applied& applied);
  void tell_queries(const Collection& collection, Number number);
  void undo(const Decided& decided);
  bool commit();
  void publish();
  void answer_writes(const Error* stopped);
  Timestamp next_time() const;
  Collection* find(const Tenant& tenant) const;
  Collection& find_or_make(const Tenant& tenant);

  // shard_recovery.cc
  Result<void> recover(const std::string& directory);
  Result<void> replay(Position from);
  Result<void> replay_one(Position position, std::string_view payload);

  // shard_checkpoint.cc
  void begin_checkpoint();
  void advance_checkpoint();
  void end_checkpoint(std::optional<Error> error);
  void hand_over(CheckpointSlice slice);
  void hand_over(std::move_only_function<Result<void>()> job);
  bool take_entities(CheckpointSlice& slice);
  bool take_markers(CheckpointSlice& slice);
  bool take_heads(CheckpointSlice& slice);
  void next_stage();
  void finish_checkpoint();
  void trim_log();
  void kill(std::string_view name) const {
    if (around_.options.kill_point) around_.options.kill_point(name);
  }

  Surroundings& around_;
  const std::size_t index_;
  base::BoundedQueue<Task> queue_;
  std::map<Tenant, std::unique_ptr<Collection>> collections_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Checkpoint> checkpoint_;
  std::unique_ptr<HistoryStore> history_;
  std::unique_ptr<RecentRecords> recent_;
  Timestamp last_at_{};
  CheckpointMark mark_;
  Position retry_checkpoint_at_ = 0;
  std::unique_ptr<CheckpointRun> checkpoint_run_;
  std::vector<Done<void>> checkpoint_wanted_;

  Expiries<Collection> expiries_;
  Duration reap_not_before_{};  // steady; after a reaping that the disk refused

  std::deque<Running> queries_;
  std::vector<Task> writes_;      // of this turn
  std::vector<Decided> decided_;  // of this turn
  std::vector<Answer> answers_;   // of this turn
  std::string payload_;
  std::int64_t reported_log_bytes_ = 0;
  std::int64_t reported_memory_ = 0;
  std::uint64_t reported_synced_ = 0;
  std::size_t turns_ = 0;
  std::atomic<Trouble> trouble_{Trouble::kNone};
  std::thread thread_;
};

}  // namespace horad::store
