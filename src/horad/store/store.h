// SPDX-License-Identifier: Apache-2.0
// The door of the engine (docs/architecture.md, "The engine"). Every call is asynchronous: it never blocks, and answers
// through its `done`, called exactly once on a thread of the store. `done` must be short: hand the result to your own
// loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "horad/base/counters.h"
#include "horad/base/result.h"
#include "horad/base/world.h"
#include "horad/model/change.h"
#include "horad/model/document.h"
#include "horad/model/query.h"
#include "horad/store/history.h"

namespace horad::store {

/// Whose data. A tenant's city data, what Horad itself keeps for it (subscriptions, cursors) and each of its snapshots
/// never meet in one query. Only kCity has a history.
enum class Space : std::uint8_t { kCity = 0, kSystem = 1, kSnapshot = 2 };  // the numbers stand on disk
struct Tenant {
  std::string name;  // "" is the default tenant; [A-Za-z0-9_-]{0,50}; in kSnapshot followed by `/` and a number
  Space space = Space::kCity;
  friend auto operator<=>(const Tenant&, const Tenant&) = default;
};

struct Address {
  Tenant tenant;
  std::string id;
  friend auto operator<=>(const Address&, const Address&) = default;
};

/// A place in one shard's log: the byte offset after the record, growing for ever. 0 is before the first record.
using Position = std::uint64_t;
/// One position per shard: everything up to them.
using Cursor = std::vector<Position>;

/// Decides a write, given what is there now (null: nothing). Pure and quick, it runs on the shard's writer; it may be
/// called at most once. An empty Change means "nothing to do" and writes no record. What it captures must live until
/// `done`.
using Mutation = std::move_only_function<Result<model::Change>(const model::DocumentView* current, Timestamp at)>;

struct Written {
  bool created = false;  // the entity was not there before
  bool changed = false;  // a record was written
  Timestamp at{};        // modifiedAt of the change
};

struct Write {
  Address address;
  Mutation mutation;
};

struct Page {
  std::vector<model::Document>
      documents;                       // in the order asked for; else in the store's own: shard, then age of the entity
  std::optional<std::uint64_t> count;  // when asked: exact number of matches
};

/// One accepted change as followers see it.
struct Record {
  std::size_t shard = 0;
  Position position = 0;  // after this record
  Address address;
  Timestamp at{};
  model::Change change;
  model::Document after;   // the entity as this record left it; empty for kDeleted
  model::Document before;  // as it was; empty for kCreated. Both are empty when the record is read back from disk at
                           // catch-up: then read() gives the present state
};

struct TypeCount {
  model::NameId type;
  std::uint64_t entities = 0;
};

/// Names where a test may stop the process dead, to prove that nothing acknowledged is lost. Null in production.
using KillPoint = std::function<void(std::string_view name)>;

struct Options {
  std::string directory;
  std::size_t shards = 1;                               // fixed when the directory is made; ignored after
  std::size_t queue_bound = 65'536;                     // writes and reads waiting per shard; beyond: kOverloaded
  std::uint64_t segment_bytes = 64ull << 20;            // of the log
  std::uint64_t checkpoint_every_bytes = 256ull << 20;  // of log since the last one
  std::uint64_t follower_keep_bytes = 1ull << 30;       // log kept for slow followers
  bool unsafe_fast = false;                             // acknowledge before sync; for measuring only
  KillPoint kill_point;
};

struct StoreCounters {
  base::Counter writes, reads, queries, records, synced_bytes, syncs, checkpoints, refused;
  base::Gauge entities, log_bytes, memory_bytes, writes_stopped;
  base::LatencyHistogram sync_seconds;
};

class Store {
 public:
  template <class T>
  using Done = std::move_only_function<void(Result<T>)>;

  /// Opens or makes the directory, recovers, and starts one writer thread per shard.
  ///   errors   kBusy (another process has it), kWrongVersion, kDamaged (says which file and offset), kIo, kStorageFull
  static Result<std::unique_ptr<Store>> open(base::Disk& disk, base::Clock& clock, model::Names& names,
                                             Options options);
  virtual ~Store() = default;  // answers what waits with kUnavailable, writes a checkpoint, joins its threads

  /// Durable when `done` is called with a value. Errors: what the mutation answered; kOverloaded; kStorageFull;
  /// kUnavailable once a sync has failed (writes stay stopped until restart).
  virtual void write(Address address, Mutation mutation, Done<Written> done) = 0;
  /// Each stands alone; answers in the order given; writes to one address are applied in that order. One sync for all.
  virtual void write_all(std::vector<Write> writes,
                         std::move_only_function<void(std::vector<Result<Written>>)> done) = 0;

  virtual void read(Address address, Done<model::Document> done) = 0;  // kNotFound
  /// The entities of these ids, in the order given; an empty document where there is none. Each shard is asked once.
  virtual void read_all(Tenant tenant, std::vector<std::string> ids, Done<std::vector<model::Document>> done) = 0;
  virtual void query(Tenant tenant, model::Query query, Done<Page> done) = 0;
  virtual void types(Tenant tenant, Done<std::vector<TypeCount>> done) = 0;
  /// Evolution of these entities, also of deleted ones; unknown ids are left out. See history.h.
  virtual void history(Tenant tenant, HistoryQuery query, Done<HistoryAnswer> done) = 0;
  /// Up to `most` ids of city entities that are no longer but have a past, above `after`, ascending.
  virtual void gone(Tenant tenant, std::string after, std::size_t most, Done<std::vector<std::string>> done) = 0;

  /// Tenants that have or had data; a tenant exists from its first write on.
  virtual std::vector<Tenant> tenants() const = 0;

  /// Where every shard's log begins: the position before the oldest record that is there.
  virtual Cursor begin() const = 0;
  /// The durable end of every shard's log.
  virtual Cursor end() const = 0;
  /// Up to `most` durable records of `shard` after `from`, oldest first; empty when there are none yet.
  ///   errors   kNotFound when the log before the records was trimmed away: the follower has missed records and must
  ///   say so; what is left begins at begin()
  virtual void follow(std::size_t shard, Position from, std::size_t most, Done<std::vector<Record>> done) = 0;
  /// Calls `wake` (any thread, may coalesce) whenever records became durable. Keep the token; destroying it ends the
  /// calls.
  virtual std::shared_ptr<void> on_durable(std::function<void()> wake) = 0;
  /// The log is kept from this cursor on (up to follower_keep_bytes) for the follower of this name; empty cursor: no
  /// longer.
  virtual void hold_log(const std::string& follower, Cursor from) = 0;

  virtual std::size_t shard_count() const = 0;
  virtual void checkpoint(Done<void> done) = 0;
  virtual const StoreCounters& counters() const = 0;
  /// Empty when writes are accepted, else the reason they are not, for /readyz.
  virtual std::string trouble() const = 0;
};

}  // namespace horad::store
