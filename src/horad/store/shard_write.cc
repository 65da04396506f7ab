// SPDX-License-Identifier: Apache-2.0
// The writes of a turn: decide, apply, append, sync once, tell, answer.
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "horad/model/expiry.h"
#include "horad/store/kill_points.h"
#include "horad/store/record.h"
#include "horad/store/shard.h"
#include "horad/store/shard_checkpoint.h"

namespace horad::store {
namespace {

using model::ChangeKind;
using model::DocumentView;

constexpr std::size_t kReapedPerTurn = 1'000;             // entities in which something expired
constexpr Duration kReapPause = std::chrono::seconds(1);  // after the disk refused

}  // namespace

void Shard::write_turn() {
  for (auto& task : writes_) {
    if (auto* const single = std::get_if<WriteTask>(&task)) {
      Position position = 0;
      auto result = write_one(single->write, position);
      answers_.push_back({std::move(single->done), std::move(result), position});
      continue;
    }
    auto& batch = std::get<BatchTask>(task);
    for (std::size_t i = 0; i < batch.writes.size(); ++i) {
      Position position = 0;
      auto result = write_one(batch.writes[i], position);
      answers_.push_back({std::pair{batch.gather, batch.indices[i]}, std::move(result), position});
    }
  }
  if (reaping_due()) reap();
  if (commit()) {
    publish();
    answer_writes(nullptr);
  }
  if (log_->broken()) {
    trouble_ = Trouble::kBroken;
    around_.counters.writes_stopped.set(1);
  }
  decided_.clear();
  writes_.clear();
}

bool Shard::reaping_due() const {
  return !expiries_.empty() && expiries_.due(around_.clock.now()) && around_.clock.steady() >= reap_not_before_ &&
         !log_->broken();
}

/// Takes away what has expired, the longest overdue first.
void Shard::reap() {
  const auto now = around_.clock.now();
  for (std::size_t i = 0; i < kReapedPerTurn && expiries_.due(now); ++i) {
    const auto next = *expiries_.first();
    const auto done = reap_one(*next.owner, next.number, now);
    if (done && *done) continue;
    reap_not_before_ = around_.clock.steady() + kReapPause;
    return;
  }
}

/// Takes away what has expired in one entity. False when nothing had.
Result<bool> Shard::reap_one(Collection& collection, Number number, Timestamp now) {
  const auto document = collection.table.document(number).view();
  auto change = model::expire(document, now);
  if (change.empty()) return false;
  Write write{{collection.tenant, std::string{document.id()}}, {}};
  Position position = 0;
  auto done = accept(write, std::move(change), next_time(), true, position);
  if (!done) return std::unexpected(std::move(done).error());
  return true;
}

/// Strictly after every write of this shard, in whole microseconds unless the clock went back.
Timestamp Shard::next_time() const {
  const auto now = std::chrono::floor<std::chrono::microseconds>(around_.clock.now());
  return std::max<Timestamp>(now, last_at_ + std::chrono::microseconds{1});
}

Result<model::Change> Shard::decide(Mutation& mutation, const DocumentView* current, Timestamp at) const {
  try {
    return mutation(current, at);
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, fmt::format("a write could not be decided: {}", error.what()));
  }
}

Result<Written> Shard::write_one(Write& write, Position& position) {
  around_.counters.writes.add();
  if (log_->broken())
    return fail(ErrorCode::kUnavailable, "writes have stopped after a disk failure; restart to recover");
  Collection* const collection = find(write.address.tenant);
  auto number = collection ? collection->table.find(write.address.id) : std::nullopt;
  if (number && collection->table.document(*number).view().transient()) {  // what has expired is not there for a write
    const auto reaped = reap_one(*collection, *number, around_.clock.now());
    if (!reaped) return std::unexpected(reaped.error());
    number = collection->table.find(write.address.id);
  }
  std::optional<DocumentView> current;
  if (number) current = collection->table.document(*number).view();
  const Timestamp at = next_time();
  auto change = decide(write.mutation, current ? &*current : nullptr, at);
  if (!change) return std::unexpected(std::move(change).error());
  if (change->empty()) return Written{false, false, current ? current->modified_at() : at};
  if (!current && change->kind != ChangeKind::kCreated && change->kind != ChangeKind::kHistory) {
    return fail(ErrorCode::kNotFound, fmt::format("there is no entity {}", write.address.id));
  }
  if (change->history) {
    if (auto good = check_edit(write.address, *change->history); !good) return std::unexpected(std::move(good).error());
  }
  describe_removed(*change, current ? &*current : nullptr);
  return accept(write, std::move(*change), at, current.has_value(), position);
}

/// Whether the past still is what the edit was made for; what this turn has decided counts, too.
Result<void> Shard::check_edit(const Address& address, const model::HistoryEdit& edit) const {
  if (address.tenant.space != Space::kCity) return fail(ErrorCode::kInternal, "only city data has a past");
  const Collection* const collection = find(address.tenant);
  const auto edited_now = [&](const Decided& one) { return one.change.history && one.address == address; };
  const auto version = collection ? history_->version(collection->history_key, address.id) : 0;
  if (edit.made_for && (*edit.made_for != version || std::ranges::any_of(decided_, edited_now))) {
    return fail(ErrorCode::kConflict, fmt::format("the past of {} was edited meanwhile; try again", address.id));
  }
  if (!collection) return {};
  return history_->has_room(collection->history_key, address.id, edit);
}

/// A record says of itself what it took away, so that the past can show it: the kinds, and for a deletion everything.
void Shard::describe_removed(model::Change& change, const DocumentView* current) {
  if (!current) return;
  if (change.kind == ChangeKind::kDeleted) {
    change.removed.clear();
    for (const auto attribute : current->attributes()) {
      change.removed.push_back({attribute.name(), std::string{attribute.dataset_id()}, attribute.kind()});
    }
    return;
  }
  for (auto& key : change.removed) {
    if (const auto old = current->find(key.name, key.dataset_id)) key.kind = old->kind();
  }
}

Result<Written> Shard::accept(Write& write, model::Change change, Timestamp at, bool existed, Position& position) {
  payload_.clear();
  append_record(payload_, write.address, at, change, around_.names);
  if (auto room = log_->reserve(payload_.size()); !room) {
    around_.counters.refused.add();
    if (room.error().code == ErrorCode::kStorageFull) trouble_ = Trouble::kFull;
    return std::unexpected(std::move(room).error());
  }
  trouble_ = Trouble::kNone;
  position = log_->append(payload_);
  last_at_ = at;
  Decided decided{std::move(write.address), at, position, std::move(change), {}};
  Collection& collection = find_or_make(decided.address.tenant);
  decided.applied = apply(collection, decided.address.id, decided.change, at, position);
  decided_.push_back(std::move(decided));
  return Written{!existed, true, at};
}

void Shard::tell_queries(const Collection& collection, Number number) {
  for (auto& query : queries_) {
    if (query.run && query.collection == &collection)
      query.run->before_change(number, collection.table.document(number));
  }
}

void Shard::put_new(Collection& collection, model::Document document, Position position) {
  const Number number = collection.table.insert(std::move(document), position);
  const DocumentView view = collection.table.document(number).view();
  collection.indexes.add(number, view);
  expiries_.add(collection, number, view);
  if (const auto marker = collection.markers.find(view.id()); marker != collection.markers.end()) {
    collection.markers.erase(marker);
  }
  collection.table.mark_dirty(number);
  collection.dirty.push_back(number);
  around_.counters.entities.add(1);
}

void Shard::take_away(Collection& collection, Number number, Applied& applied) {
  applied.before_position = collection.table.position(number);
  const DocumentView view = collection.table.document(number).view();
  collection.indexes.remove(number, view);
  expiries_.remove(collection, number, view);
  applied.before = collection.table.erase(number);
  around_.counters.entities.add(-1);
}

Shard::Applied Shard::apply(Collection& collection, std::string_view id, const model::Change& change, Timestamp at,
                            Position position) {
  Applied applied{&collection, {}, 0, {}};
  if (change.kind == ChangeKind::kHistory) return applied;
  const auto number = collection.table.find(id);
  if (number && !queries_.empty()) tell_queries(collection, *number);
  if (change.kind == ChangeKind::kUpdated && number) {
    const DocumentView current = collection.table.document(*number).view();
    applied.after = model::Document{model::apply_encoded(&current, id, change, at)};
    applied.before_position = collection.table.position(*number);
    collection.indexes.update(*number, current, applied.after.view(), change);
    expiries_.remove(collection, *number, current);
    expiries_.add(collection, *number, applied.after.view());
    applied.before = collection.table.replace(*number, applied.after, position);
    if (collection.table.mark_dirty(*number)) collection.dirty.push_back(*number);
    return applied;
  }
  if (number) take_away(collection, *number, applied);
  if (change.kind == ChangeKind::kDeleted) {
    collection.markers.insert_or_assign(std::string{id}, Marker{position, 0});
    return applied;
  }
  applied.after = model::Document{model::apply_encoded(nullptr, id, change, at)};
  put_new(collection, applied.after, position);
  return applied;
}

/// Only after a disk failure, when the log takes nothing more: readers must not see what is not durable.
void Shard::undo(const Decided& decided) {
  if (decided.change.kind == ChangeKind::kHistory) return;
  Collection& collection = *decided.applied.collection;
  const auto number = collection.table.find(decided.address.id);
  if (number) {
    if (!queries_.empty()) tell_queries(collection, *number);
    Applied unused;
    take_away(collection, *number, unused);
  }
  if (decided.applied.before) put_new(collection, decided.applied.before, decided.applied.before_position);
}

bool Shard::commit() {
  if (decided_.empty()) {
    answer_writes(nullptr);
    return false;
  }
  kill(kill::kBeforeAppend);
  const auto start = around_.clock.steady();
  const auto durable = log_->commit(!around_.options.unsafe_fast);
  if (durable) {
    around_.counters.sync_seconds.observe(std::chrono::duration<double>(around_.clock.steady() - start).count());
    around_.counters.syncs.add();
    around_.counters.synced_bytes.add(log_->synced_bytes() - std::exchange(reported_synced_, log_->synced_bytes()));
    kill(kill::kSynced);
    return true;
  }
  const auto lost = std::ranges::find_if(decided_, [this](const Decided& one) { return one.position > log_->end(); });
  for (auto one = decided_.end(); one != lost;) undo(*--one);
  decided_.erase(lost, decided_.end());
  publish();
  const Error stopped{ErrorCode::kUnavailable, "writes have stopped after a disk failure; restart to recover", {}};
  answer_writes(&stopped);
  return false;
}

/// What became durable in this turn goes to history and to followers.
void Shard::publish() {
  if (decided_.empty()) return;
  std::vector<std::shared_ptr<const Record>> records;
  records.reserve(decided_.size());
  for (auto& one : decided_) {
    Collection& collection = *one.applied.collection;
    if (!collection.history_key.empty()) {
      history_->append(collection.history_key, one.address.id, one.change, one.at, one.position);
    }
    if (!std::exchange(collection.seen, true)) around_.tenant_seen(collection.tenant);
    records.push_back(std::make_shared<const Record>(Record{index_, one.position, std::move(one.address), one.at,
                                                            std::move(one.change), std::move(one.applied.after),
                                                            std::move(one.applied.before)}));
  }
  around_.counters.records.add(records.size());
  recent_->add(records);
  around_.became_durable();
}

/// `stopped`: what to answer instead to writes that were decided and are not durable.
void Shard::answer_writes(const Error* stopped) {
  for (auto& answer : answers_) {
    if (stopped && answer.result && answer.position > log_->end()) answer.result = std::unexpected(*stopped);
    if (auto* const done = std::get_if<Done<Written>>(&answer.to)) {
      (*done)(std::move(answer.result));
    } else {
      auto& [gather, index] = std::get<1>(answer.to);
      gather->put(index, std::move(answer.result));
      gather->finish(1);
    }
  }
  answers_.clear();
}

}  // namespace horad::store
