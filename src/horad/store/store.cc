// SPDX-License-Identifier: Apache-2.0
// Routes every call to the shards that know, and gathers what they answer.
#include "horad/store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "horad/store/data_directory.h"
#include "horad/store/listeners.h"
#include "horad/store/record.h"
#include "horad/store/shard.h"

namespace horad::store {
namespace {

constexpr std::size_t kReaders = 2;
constexpr std::size_t kMostReaderJobs = 4'096;
constexpr std::size_t kMostKeeperJobs = 1u << 20;  // a shard has two at most
constexpr std::size_t kMostFollowBytes = 16u << 20;
constexpr std::size_t kMostShards = 1'024;

/// Which records a follower gets when they are no longer in memory: read from the log, without the entities around
/// them.
Result<std::vector<Record>> read_records(const Log& log, std::size_t shard, Position from, std::size_t most,
                                         model::Names& names) {
  std::vector<Record> records;
  std::size_t bytes = 0;
  std::optional<Error> broken;
  const auto done = log.read(from, [&](Position after, std::string_view payload) {
    auto decoded = decode_record(payload, names);
    if (!decoded) {
      broken = std::move(decoded).error();
      return false;
    }
    bytes += payload.size();
    records.push_back({shard, after, std::move(decoded->address), decoded->at, std::move(decoded->change), {}, {}});
    return records.size() < most && bytes < kMostFollowBytes;
  });
  if (broken) return std::unexpected(std::move(*broken));
  if (!done) return std::unexpected(done.error());
  return records;
}

/// Several shards answer one question; the last one to answer calls `done` with everything, or with the first error.
template <class Part, class Whole>
class Gather {
 public:
  using Merge = std::move_only_function<Result<Whole>(std::vector<Part>)>;
  Gather(std::size_t parts, Merge merge, Store::Done<Whole> done)
      : parts_(parts), left_(parts), merge_(std::move(merge)), done_(std::move(done)) {}

  void put(std::size_t index, Result<Part> part) {
    bool last = false;
    {
      const std::lock_guard lock{mutex_};
      if (part) {
        parts_[index] = std::move(*part);
      } else if (!error_) {
        error_ = std::move(part).error();
      }
      last = --left_ == 0;
    }
    if (!last) return;
    if (error_) {
      done_(std::unexpected(std::move(*error_)));
    } else {
      done_(merge_(std::move(parts_)));
    }
  }

 private:
  std::mutex mutex_;
  std::vector<Part> parts_;
  std::size_t left_;
  std::optional<Error> error_;
  Merge merge_;
  Store::Done<Whole> done_;
};

class ShardedStore final : public Store {
 public:
  ShardedStore(base::Disk& disk, base::Clock& clock, model::Names& names, Options options)
      : options_(std::move(options)),
        keeper_(1, kMostKeeperJobs),
        readers_(std::make_unique<Workers>(kReaders, kMostReaderJobs)),
        around_{disk,
                clock,
                names,
                options_,
                counters_,
                keeper_,
                *readers_,
                [this] { listeners_.tell(); },
                [this](const Tenant& tenant) { add_tenant(tenant); },
                [this](std::size_t shard, Position end) { return held_from(shard, end); }} {}

  ~ShardedStore() override {
    stopping_ = true;
    for (auto& shard : shards_) shard->stop();
    readers_.reset();  // jobs still look at the shards
    shards_.clear();
  }
  ShardedStore(const ShardedStore&) = delete;
  ShardedStore& operator=(const ShardedStore&) = delete;

  Result<void> open() {
    auto directory = DataDirectory::open(around_.disk, options_.directory, std::min(options_.shards, kMostShards));
    if (!directory) return std::unexpected(directory.error());
    directory_ = std::move(*directory);
    if (auto opened = open_shards(); !opened) return opened;
    for (auto& shard : shards_) {
      for (const auto& tenant : shard->recovered_tenants()) add_tenant(tenant);
    }
    for (auto& shard : shards_) shard->start();
    return {};
  }

  void write(Address address, Mutation mutation, Done<Written> done) override {
    Shard& shard = shard_of(address);
    Shard::Task task = Shard::WriteTask{{std::move(address), std::move(mutation)}, std::move(done)};
    if (!shard.put(task, 1)) std::get<Shard::WriteTask>(task).done(refusal());
  }

  void write_all(std::vector<Write> writes, std::move_only_function<void(std::vector<Result<Written>>)> done) override {
    if (writes.empty()) {
      done({});
      return;
    }
    auto gather = std::make_shared<WriteGather>();
    gather->results.resize(writes.size());
    gather->left = writes.size();
    gather->done = std::move(done);
    std::vector<Shard::BatchTask> batches(shards_.size());
    for (std::size_t i = 0; i < writes.size(); ++i) {
      auto& batch = batches[shard_index(writes[i].address)];
      batch.writes.push_back(std::move(writes[i]));
      batch.indices.push_back(i);
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (!batches[i].writes.empty()) put_batch(*shards_[i], std::move(batches[i]), gather);
    }
  }

  void read(Address address, Done<model::Document> done) override {
    Shard& shard = shard_of(address);
    Shard::Task task = Shard::ReadTask{std::move(address), std::move(done)};
    if (!shard.put(task, 1)) std::get<Shard::ReadTask>(task).done(refusal());
  }

  void read_all(Tenant tenant, std::vector<std::string> ids, Done<std::vector<model::Document>> done) override {
    using Documents = std::vector<model::Document>;
    struct Part {
      Tenant tenant;
      std::vector<std::string> ids;
      std::vector<std::size_t> places;  // of each id in the answer
    };
    auto parts = std::make_shared<std::vector<Part>>(shards_.size(), Part{tenant, {}, {}});
    const std::size_t count = ids.size();
    for (std::size_t i = 0; i < count; ++i) {
      auto& part = (*parts)[shard_index({tenant, ids[i]})];
      part.ids.push_back(std::move(ids[i]));
      part.places.push_back(i);
    }
    auto merge = [parts, count](std::vector<Documents> found) -> Result<Documents> {
      Documents all(count);
      for (std::size_t i = 0; i < found.size(); ++i) {
        for (std::size_t k = 0; k < found[i].size(); ++k) all[(*parts)[i].places[k]] = std::move(found[i][k]);
      }
      return all;
    };
    auto gather = std::make_shared<Gather<Documents, Documents>>(shards_.size(), std::move(merge), std::move(done));
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      if ((*parts)[i].ids.empty()) {
        gather->put(i, Documents{});
        continue;
      }
      call(
          i, [gather, parts, i](Shard& shard) { gather->put(i, shard.read_all((*parts)[i].tenant, (*parts)[i].ids)); },
          [gather, i](Error error) { gather->put(i, std::unexpected(std::move(error))); });
    }
  }

  void query(Tenant tenant, model::Query query, Done<Page> done) override {
    auto chain = std::make_shared<QueryChain>();
    chain->tenant = std::move(tenant);
    chain->query = std::move(query);
    chain->done = std::move(done);
    ask_next(std::move(chain));
  }

  void types(Tenant tenant, Done<std::vector<TypeCount>> done) override {
    using Counts = std::vector<TypeCount>;
    auto gather = std::make_shared<Gather<Counts, Counts>>(shards_.size(), &sum_types, std::move(done));
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      call(
          i, [gather, tenant, i](Shard& shard) { gather->put(i, shard.types(tenant)); },
          [gather, i](Error error) { gather->put(i, std::unexpected(std::move(error))); });
    }
  }

  void history(Tenant tenant, HistoryQuery query, Done<HistoryAnswer> done) override {
    std::vector<std::vector<std::string>> ids(shards_.size());
    for (const auto& id : query.ids) ids[shard_index({tenant, id})].push_back(id);
    query.now = around_.clock.now();
    auto shared = std::make_shared<const HistoryQuery>(std::move(query));
    auto merge = [shared](std::vector<HistoryAnswer> parts) { return merge_histories(std::move(parts), *shared); };
    auto gather =
        std::make_shared<Gather<HistoryAnswer, HistoryAnswer>>(shards_.size(), std::move(merge), std::move(done));
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      if (ids[i].empty()) {
        gather->put(i, HistoryAnswer{});
        continue;
      }
      auto own = std::make_shared<HistoryQuery>(*shared);
      own->ids = std::move(ids[i]);
      auto failed = [gather, i](Error error) { gather->put(i, std::unexpected(std::move(error))); };
      call(
          i,
          [this, gather, tenant, i, own, failed](Shard& shard) {
            auto snapshot = shard.collect(tenant, *own);
            run_reader([gather, i, own, snapshot] { gather->put(i, evaluate(*snapshot, *own)); }, failed);
          },
          failed);
    }
  }

  void gone(Tenant tenant, std::string after, std::size_t most, Done<std::vector<std::string>> done) override {
    using Ids = std::vector<std::string>;
    auto merge = [most](std::vector<Ids> parts) { return Result<Ids>{merge_ids(std::move(parts), most)}; };
    auto gather = std::make_shared<Gather<Ids, Ids>>(shards_.size(), std::move(merge), std::move(done));
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      call(
          i, [gather, tenant, after, most, i](Shard& shard) { gather->put(i, shard.gone(tenant, after, most)); },
          [gather, i](Error error) { gather->put(i, std::unexpected(std::move(error))); });
    }
  }

  std::vector<Tenant> tenants() const override {
    const std::lock_guard lock{mutex_};
    return {tenants_.begin(), tenants_.end()};
  }

  Cursor begin() const override {
    Cursor cursor;
    for (const auto& shard : shards_) cursor.push_back(shard->log().begin());
    return cursor;
  }

  Cursor end() const override {
    Cursor cursor;
    for (const auto& shard : shards_) cursor.push_back(shard->log().end());
    return cursor;
  }

  void follow(std::size_t shard, Position from, std::size_t most, Done<std::vector<Record>> done) override {
    if (shard >= shards_.size()) {
      done(fail(ErrorCode::kInvalidRequest, fmt::format("there is no shard {}", shard)));
      return;
    }
    auto answer = std::make_shared<Done<std::vector<Record>>>(std::move(done));
    run_reader([this, shard, from, most, answer] { (*answer)(records_after(*shards_[shard], shard, from, most)); },
               [answer](Error error) { (*answer)(std::unexpected(std::move(error))); });
  }

  std::shared_ptr<void> on_durable(std::function<void()> wake) override { return listeners_.add(std::move(wake)); }

  void hold_log(const std::string& follower, Cursor from) override {
    const std::lock_guard lock{mutex_};
    if (from.empty()) {
      held_.erase(follower);
    } else {
      held_[follower] = std::move(from);
    }
  }

  std::size_t shard_count() const override { return shards_.size(); }

  void checkpoint(Done<void> done) override {
    struct Nothing {};
    auto merge = [](std::vector<Nothing>) { return Result<void>{}; };
    auto gather = std::make_shared<Gather<Nothing, void>>(shards_.size(), std::move(merge), std::move(done));
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      const auto put = [gather, i](Result<void> outcome) {
        gather->put(i, outcome ? Result<Nothing>{Nothing{}} : std::unexpected(std::move(outcome).error()));
      };
      call(
          i, [put](Shard& shard) { shard.start_checkpoint(put); },
          [put](Error error) { put(std::unexpected(std::move(error))); });
    }
  }

  const StoreCounters& counters() const override { return counters_; }

  std::string trouble() const override {
    for (const auto& shard : shards_) {
      if (shard->trouble() == Shard::Trouble::kBroken)
        return "writes have stopped after a disk failure; restart to recover";
    }
    for (const auto& shard : shards_) {
      if (shard->trouble() == Shard::Trouble::kFull) return "writes are refused: the disk is full";
    }
    return {};
  }

 private:
  /// One query on its way from shard to shard, in their order, until the page is full.
  struct QueryChain {
    Tenant tenant;
    model::Query query;
    Done<Page> done;
    std::size_t shard = 0;
    std::uint64_t matched = 0;
    std::vector<Ordered> ordered;  // of the shards before, when the query has an order
    Page page;
  };

  static Result<std::vector<TypeCount>> sum_types(std::vector<std::vector<TypeCount>> parts) {
    std::map<model::NameId, std::uint64_t> sums;
    for (const auto& part : parts) {
      for (const auto& [type, entities] : part) sums[type] += entities;
    }
    std::vector<TypeCount> counts;
    for (const auto& [type, entities] : sums) counts.push_back({type, entities});
    return counts;
  }

  /// In the order in which the ids were asked for.
  static Result<HistoryAnswer> merge_histories(std::vector<HistoryAnswer> parts, const HistoryQuery& query) {
    std::map<std::string_view, std::size_t> order;
    for (std::size_t i = 0; i < query.ids.size(); ++i) order.try_emplace(query.ids[i], i);
    HistoryAnswer all = join_answers(std::move(parts), query);
    std::ranges::sort(all.entities, {}, [&order](const EntityHistory& entity) { return order[entity.id]; });
    std::size_t results = 0;
    for (const auto& entity : all.entities) {
      for (const auto& series : entity.series) results += series.instances.size() + series.buckets.size();
    }
    if (results <= query.most_instances) return all;
    return fail(
        ErrorCode::kTooManyResults,
        fmt::format("The answer has more than {} instances or buckets; ask for less time, fewer entities or lastN.",
                    query.most_instances));
  }

  /// The smallest `most` of what the shards have.
  static std::vector<std::string> merge_ids(std::vector<std::vector<std::string>> parts, std::size_t most) {
    std::vector<std::string> all;
    for (auto& part : parts) std::ranges::move(part, std::back_inserter(all));
    std::ranges::sort(all);
    if (all.size() > most) all.resize(most);
    return all;
  }

  Result<void> open_shards() {
    const std::size_t count = directory_->shard_count();
    std::vector<Result<std::unique_ptr<Shard>>> opened(count);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([this, i, &opened] { opened[i] = Shard::open(around_, i, directory_->shard_path(i)); });
    }
    for (auto& thread : threads) thread.join();
    for (auto& shard : opened) {
      if (!shard) return std::unexpected(std::move(shard).error());
    }
    for (auto& shard : opened) shards_.push_back(std::move(*shard));
    return {};
  }

  std::size_t shard_index(const Address& address) const { return shard_for(address, shards_.size()); }
  Shard& shard_of(const Address& address) { return *shards_[shard_index(address)]; }

  std::unexpected<Error> refusal() {
    counters_.refused.add();
    if (stopping_) return fail(ErrorCode::kUnavailable, "the store is stopping");
    return fail(ErrorCode::kOverloaded, "too many requests wait; try again later");
  }

  void put_batch(Shard& shard, Shard::BatchTask batch, const std::shared_ptr<WriteGather>& gather) {
    const std::size_t count = batch.writes.size();
    batch.gather = gather;
    Shard::Task task = std::move(batch);
    if (shard.put(task, count)) return;
    const auto why = refusal();
    for (const auto index : std::get<Shard::BatchTask>(task).indices) gather->put(index, why);
    gather->finish(count);
  }

  template <class Work, class Refused>
  void call(std::size_t shard, Work work, Refused refused) {
    Shard::Task task = Shard::Call{std::move(work)};
    if (!shards_[shard]->put(task, 1)) refused(refusal().error());
  }

  template <class Work, class Refused>
  void run_reader(Work work, Refused refused) {
    Workers::Job job = std::move(work);
    if (!readers_->try_run(job)) refused(refusal().error());
  }

  void ask_next(std::shared_ptr<QueryChain> chain) {
    model::Query query = chain->query;
    if (!query.order) {
      query.offset -= std::min<std::uint64_t>(query.offset, chain->matched);
      query.limit -= chain->page.documents.size();
    }
    Shard& shard = *shards_[chain->shard];
    Shard::Task task = Shard::QueryTask{chain->tenant, std::move(query),
                                        [this, chain](Result<ShardPage> part) { take_part(chain, std::move(part)); }};
    if (!shard.put(task, 1)) chain->done(refusal());
  }

  void take_part(const std::shared_ptr<QueryChain>& chain, Result<ShardPage> part) {
    if (!part) {
      chain->done(std::unexpected(std::move(part).error()));
      return;
    }
    const model::Query& query = chain->query;
    chain->matched += part->matched;
    std::ranges::move(part->documents, std::back_inserter(chain->page.documents));
    chain->ordered = merge_ordered(std::move(chain->ordered), std::move(part->ordered), query.offset + query.limit);
    const bool full = !query.count && !query.order && chain->page.documents.size() >= query.limit;
    if (++chain->shard < shards_.size() && !full) {
      ask_next(chain);
      return;
    }
    for (std::size_t i = query.offset; i < chain->ordered.size(); ++i) {
      chain->page.documents.push_back(std::move(chain->ordered[i].document));
    }
    if (chain->query.count) chain->page.count = chain->matched;
    chain->done(std::move(chain->page));
  }

  Result<std::vector<Record>> records_after(const Shard& shard, std::size_t index, Position from,
                                            std::size_t most) const {
    if (most == 0 || from >= shard.log().end()) return std::vector<Record>{};
    if (const auto recent = shard.recent().after(from, most)) {
      std::vector<Record> records;
      records.reserve(recent->size());
      for (const auto& record : *recent) records.push_back(*record);
      return records;
    }
    return read_records(shard.log(), index, from, most, around_.names);
  }

  void add_tenant(const Tenant& tenant) {
    const std::lock_guard lock{mutex_};
    tenants_.insert(tenant);
  }

  Position held_from(std::size_t shard, Position end) const {
    const std::lock_guard lock{mutex_};
    Position oldest = end;
    for (const auto& [follower, cursor] : held_) {
      if (shard >= cursor.size() || end - std::min(end, cursor[shard]) > options_.follower_keep_bytes) continue;
      oldest = std::min(oldest, cursor[shard]);
    }
    return oldest;
  }

  const Options options_;
  StoreCounters counters_;
  Listeners listeners_;
  mutable std::mutex mutex_;  // guards the two below
  std::set<Tenant> tenants_;
  std::map<std::string, Cursor> held_;
  std::atomic<bool> stopping_{false};
  Workers keeper_;
  std::unique_ptr<Workers> readers_;
  Surroundings around_;
  std::unique_ptr<DataDirectory> directory_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(base::Disk& disk, base::Clock& clock, model::Names& names, Options options) {
  auto store = std::make_unique<ShardedStore>(disk, clock, names, std::move(options));
  if (auto opened = store->open(); !opened) return std::unexpected(opened.error());
  return store;
}

}  // namespace horad::store
