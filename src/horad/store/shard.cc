// SPDX-License-Identifier: Apache-2.0
#include "horad/store/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "horad/model/expiry.h"
#include "horad/store/shard_checkpoint.h"

namespace horad::store {
namespace {

constexpr std::size_t kSlice = 2'000;              // candidates of one query at a time
constexpr std::size_t kCandidatesPerTurn = 8'000;  // of all queries
constexpr std::size_t kBuildPerTurn = 20'000;      // documents looked at for attribute postings
constexpr std::size_t kMostQueries = 4'096;        // running or waiting for their turn
constexpr std::size_t kReportEvery = 64;           // turns
// The wall clock may step, and a simulated one does: while something expires, it is looked at this often.
constexpr std::chrono::nanoseconds kLongestDoze = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kShortestDoze = std::chrono::milliseconds(1);

std::unexpected<Error> stopping() { return fail(ErrorCode::kUnavailable, "the store is stopping"); }

}  // namespace

Shard::Shard(Surroundings& around, std::size_t index)
    : around_(around), index_(index), queue_(around.options.queue_bound) {}

Shard::~Shard() { stop(); }

void Shard::start() {
  thread_ = std::thread([this] { run(); });
}

void Shard::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

/// True when there is work besides the queue.
bool Shard::restless() const {
  if (!queries_.empty() || (checkpoint_run_ && checkpoint_run_->can_go_on()) || reaping_due()) return true;
  return std::ranges::any_of(collections_, [](const auto& entry) { return entry.second->indexes.building(); });
}

/// How long to wait for a task: none for ever.
std::optional<std::chrono::nanoseconds> Shard::patience() const {
  if (restless()) return std::chrono::nanoseconds{0};
  const auto next = expiries_.first();
  if (!next) return std::nullopt;
  const auto now = around_.clock.now();
  if (next->at <= now) return kLongestDoze;  // the disk refuses to reap
  return std::clamp<std::chrono::nanoseconds>(next->at - now, kShortestDoze, kLongestDoze);
}

void Shard::run() {
  std::vector<Task> tasks;
  for (;;) {
    if (!queue_.take_all(tasks, patience())) break;
    turn(tasks);
    tasks.clear();
  }
  for (auto& query : queries_) query.task.done(stopping());
  queries_.clear();
  finish_checkpoint();
  for (auto& done : checkpoint_wanted_) done(stopping());
}

void Shard::turn(std::vector<Task>& tasks) {
  for (auto& task : tasks) {
    if (auto* const asked = std::get_if<ReadTask>(&task)) {
      read(*asked);
    } else if (auto* const query = std::get_if<QueryTask>(&task)) {
      if (queries_.size() >= kMostQueries) {
        around_.counters.refused.add();
        query->done(fail(ErrorCode::kOverloaded, "too many queries wait"));
        continue;
      }
      queries_.push_back({std::move(*query), nullptr, nullptr});
    } else if (auto* const call = std::get_if<Call>(&task)) {
      (*call)(*this);
    } else {
      writes_.push_back(std::move(task));
    }
  }
  step_queries();
  if (!writes_.empty() || reaping_due()) write_turn();
  build_postings();
  advance_checkpoint();
  if (++turns_ % kReportEvery == 1) report();
}

Shard::Collection* Shard::find(const Tenant& tenant) const {
  const auto found = collections_.find(tenant);
  return found == collections_.end() ? nullptr : found->second.get();
}

Shard::Collection& Shard::find_or_make(const Tenant& tenant) {
  auto& collection = collections_[tenant];
  if (!collection) {
    collection = std::make_unique<Collection>();
    collection->tenant = tenant;
    if (tenant.space == Space::kCity) collection->history_key = fmt::format("{}/city", tenant.name);
  }
  return *collection;
}

/// The entity without what has expired; an empty one when it is not there.
model::Document Shard::find_live(const Collection& collection, std::string_view id) const {
  const auto number = collection.table.find(id);
  if (!number) return {};
  const auto& document = collection.table.document(*number);
  return document.view().transient() ? model::left_of(document, around_.clock.now()) : document;
}

void Shard::read(ReadTask& task) {
  around_.counters.reads.add();
  const Collection* const collection = find(task.address.tenant);
  auto found = collection ? find_live(*collection, task.address.id) : model::Document{};
  if (!found) {
    task.done(fail(ErrorCode::kNotFound, fmt::format("there is no entity {}", task.address.id)));
    return;
  }
  task.done(std::move(found));
}

std::vector<model::Document> Shard::read_all(const Tenant& tenant, const std::vector<std::string>& ids) const {
  around_.counters.reads.add(ids.size());
  std::vector<model::Document> out(ids.size());
  const Collection* const collection = find(tenant);
  if (collection == nullptr) return out;
  for (std::size_t i = 0; i < ids.size(); ++i) out[i] = find_live(*collection, ids[i]);
  return out;
}

void Shard::step_queries() {
  std::size_t budget = kCandidatesPerTurn;
  while (budget > 0 && !queries_.empty()) {
    Running query = std::move(queries_.front());
    queries_.pop_front();
    if (!query.run) {
      around_.counters.queries.add();
      query.collection = find(query.task.tenant);
      if (!query.collection) {
        query.task.done(ShardPage{});
        continue;
      }
      std::optional<Timestamp> expired;
      if (!expiries_.empty()) {
        const auto now = around_.clock.now();
        if (expiries_.due(now)) expired = now;
      }
      query.run = std::make_unique<QueryRun>(query.collection->table, query.collection->indexes,
                                             std::move(query.task.query), expired);
    }
    std::size_t slice = std::min(kSlice, budget);
    budget -= slice;
    const bool done = query.run->step(slice);
    budget += slice;  // what it did not need
    if (done) {
      answer_query(query);
    } else {
      queries_.push_back(std::move(query));
    }
  }
}

void Shard::answer_query(Running& query) {
  query.run->ask_for_values(query.collection->indexes);
  query.task.done(ShardPage{std::move(query.run->documents()), query.run->take_ordered(), query.run->matched()});
}

void Shard::build_postings() {
  for (auto& [tenant, collection] : collections_) {
    if (!collection->indexes.building()) continue;
    collection->indexes.build_some(collection->table, kBuildPerTurn);
    return;
  }
}

void Shard::report() {
  const auto log_bytes = static_cast<std::int64_t>(log_->file_bytes());
  around_.counters.log_bytes.add(log_bytes - reported_log_bytes_);
  reported_log_bytes_ = log_bytes;
  auto memory = static_cast<std::int64_t>(history_->memory_bytes());
  for (const auto& [tenant, collection] : collections_) {
    memory += static_cast<std::int64_t>(collection->table.memory_bytes() + collection->indexes.memory_bytes());
  }
  around_.counters.memory_bytes.add(memory - reported_memory_);
  reported_memory_ = memory;
}

std::vector<TypeCount> Shard::types(const Tenant& tenant) const {
  std::vector<TypeCount> counts;
  if (const Collection* const collection = find(tenant)) {
    std::map<model::NameId, std::uint64_t> gone;  // of entities that have expired and are not taken away yet
    const auto now = around_.clock.now();
    expiries_.for_each_due(now, [&](const auto& entry) {
      if (entry.owner != collection) return;
      const auto document = collection->table.document(entry.number).view();
      if (document.expires_at() > now) return;
      for (std::size_t i = 0; i < document.type_count(); ++i) ++gone[document.type(i)];
    });
    for (const auto& [type, numbers] : collection->indexes.types()) {
      const auto left = numbers.cardinality() - (gone.empty() ? 0 : gone[type]);
      if (left > 0) counts.push_back({type, left});
    }
  }
  return counts;
}

std::shared_ptr<const HistorySnapshot> Shard::collect(const Tenant& tenant, const HistoryQuery& query) const {
  const Collection* const collection = find(tenant);
  return history_->collect(collection == nullptr ? std::string{} : collection->history_key, query);
}

std::vector<std::string> Shard::gone(const Tenant& tenant, std::string_view after, std::size_t most) const {
  const Collection* const collection = find(tenant);
  if (collection == nullptr || collection->history_key.empty()) return {};
  return history_->gone(collection->history_key, after, most);
}

std::vector<Tenant> Shard::recovered_tenants() const {
  std::vector<Tenant> tenants;
  for (const auto& [tenant, collection] : collections_) tenants.push_back(tenant);
  return tenants;
}

}  // namespace horad::store
