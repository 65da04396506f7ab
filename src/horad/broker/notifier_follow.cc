// SPDX-License-Identifier: Apache-2.0
// Reading the log: the common reader, readers of lanes that fell behind, and what a record means to a subscription.
#include <algorithm>
#include <atomic>
#include <utility>

#include "horad/broker/notification.h"
#include "horad/broker/notifier_core.h"
#include "horad/model/expiry.h"

namespace horad::broker {
namespace {

constexpr auto kLostRecords =
    "Changes were lost: the endpoint was away for longer than the change log is kept. Delivery goes on with newer "
    "ones.";

/// Records whose documents are being fetched. Each slot is written by one callback.
struct Filling {
  explicit Filling(std::vector<store::Record> given) : records(std::move(given)) {}
  std::vector<store::Record> records;
  std::atomic<std::size_t> left{1};
  std::atomic<bool> failed{false};

  /// A store that is busy can be asked again. An entity that is not there any more is told of by its deletion, and of a
  /// damaged one nothing can be told.
  void note(const Error& error) noexcept {
    if (error.code == ErrorCode::kOverloaded || error.code == ErrorCode::kUnavailable) failed = true;
  }
};

bool lacks_document(const store::Record& record) noexcept {
  return record.change.kind != model::ChangeKind::kHistory && !record.after && !record.before;
}

/// What has expired since a change is not told any more; a deletion record tells that an entity has gone.
void leave_out_expired(std::vector<store::Record>& records, Timestamp now) {
  for (auto& record : records) {
    if (record.after && model::is_due(record.after.view(), now)) record.after = model::left_of(record.after, now);
  }
}

/// A deleted entity of which only id and types are known.
model::Document stub_of(const store::EntityHistory& history) {
  model::Entity entity;
  entity.id = history.id;
  entity.types = history.types;
  return model::Document{model::encode(entity)};
}

store::HistoryQuery types_of(const std::string& id) {
  store::HistoryQuery query;
  query.ids = {id};
  query.last_n = 1;
  query.time_property = store::TimeProperty::kModifiedAt;
  return query;
}

struct Seen {
  std::vector<Touched> touched;
  Event event;
};

Seen see(const store::Record& record) {
  const bool deleted = record.change.kind == model::ChangeKind::kDeleted;
  const auto& document = deleted ? record.before : record.after;
  Seen out{{},
           {.document = document.view(),
            .created = record.change.kind == model::ChangeKind::kCreated,
            .deleted = deleted,
            .touched = {}}};
  out.touched = touched_by(record.change, out.event.document, record.at);
  return out;
}

Job job_of(const Subscription& subscription, const store::Record& record, store::Position before) {
  const bool deleted = record.change.kind == model::ChangeKind::kDeleted;
  Job job;
  job.shard = record.shard;
  job.before = before;
  job.document = deleted ? record.before : record.after;
  if (deleted) job.deleted_at = record.at;
  if (subscription.show_changes) job.previous = record.before;
  job.gone = gone_for(subscription, record.change, record.before, job.document.view());
  job.gone_at = record.at;
  job.at = record.at;
  return job;
}

/// Where a reader that missed records goes on: with the oldest that is there, and when that is no help at the end.
store::Position after_loss(store::Position from, store::Position begin, store::Position end) noexcept {
  return begin > from ? std::min(begin, end) : end;
}

bool readable(const store::Record& record) noexcept {
  return record.change.kind == model::ChangeKind::kDeleted ? bool{record.before} : bool{record.after};
}

}  // namespace

bool Notifier::Core::wanted(const store::Record& record) const {
  return record.address.tenant.space == store::Space::kCity && record.change.kind != model::ChangeKind::kHistory &&
         matchers.contains(record.address.tenant.name);
}

/// Gives each record that came back from disk the document it is about, then goes on with `then` on the notifier's
/// thread; with null when the store is too busy to say, so that they have to be read again.
void Notifier::Core::fill(Records records, std::move_only_function<void(Core&, const Records*)> then) {
  leave_out_expired(records, clock.now());
  if (std::ranges::none_of(records, lacks_document)) return then(*this, &records);
  auto filling = std::make_shared<Filling>(std::move(records));
  auto next = std::make_shared<std::move_only_function<void(Core&, const Records*)>>(std::move(then));
  const auto done = [self = weak_from_this(), filling, next] {
    if (filling->left.fetch_sub(1) != 1) return;
    if (const auto core = self.lock()) {
      core->post([filling, next](Core& c) { (*next)(c, filling->failed ? nullptr : &filling->records); });
    }
  };
  for (auto& record : filling->records) {
    if (!lacks_document(record)) continue;
    ++filling->left;
    if (record.change.kind == model::ChangeKind::kDeleted) {
      store.history(record.address.tenant, types_of(record.address.id),
                    [filling, &record, done](Result<store::HistoryAnswer> past) {
                      if (!past) filling->note(past.error());
                      if (past && !past->entities.empty()) record.before = stub_of(past->entities.front());
                      done();
                    });
    } else {
      store.read(record.address, [filling, &record, done](Result<model::Document> read) {
        if (!read) filling->note(read.error());
        if (read) record.after = std::move(*read);
        done();
      });
    }
  }
  done();
}

bool Notifier::Core::pump_sources() {
  if (lanes.empty()) return false;
  bool did = false;
  for (std::size_t shard = 0; shard < sources.size(); ++shard) {
    auto& source = sources[shard];
    if (source.busy || !source.awake) continue;
    source.busy = true;
    source.awake = false;
    did = true;
    store.follow(shard, position[shard], options.read_batch, [self = weak_from_this(), shard](Result<Records> result) {
      const auto core = self.lock();
      if (!core) return;
      core->post([shard, result = std::move(result)](Core& c) mutable { c.on_source(shard, std::move(result)); });
    });
  }
  return did;
}

void Notifier::Core::on_source(std::size_t shard, Result<Records> result) {
  if (!result && result.error().code == ErrorCode::kNotFound) {
    for (const auto& [key, hold] : lanes) {
      if (hold->reading || periodic(*hold)) continue;
      hold->lane.lost(kLostRecords, clock.now());
      counters.notifications_lost.add();
      show(*hold);
      mark_dirty(hold);
    }
    position[shard] = after_loss(position[shard], store.begin()[shard], store.end()[shard]);
    sources[shard] = {.busy = false, .awake = true};
    return;
  }
  if (!result || result->empty()) {
    sources[shard].busy = false;
    return;  // the next wake-up tries again
  }
  const auto end = result->back().position;
  std::erase_if(*result, [this](const auto& record) { return !wanted(record); });
  fill(std::move(*result), [shard, end](Core& c, const Records* records) {
    if (records != nullptr) c.process(shard, *records, end);
    c.sources[shard] = {.busy = false, .awake = true};
  });
}

void Notifier::Core::process(std::size_t shard, const Records& records, store::Position end) {
  for (const auto& record : records) {
    if (wanted(record) && readable(record)) {  // again: its tenant's last subscription may have gone meanwhile
      moved = true;
      process_one(record, position[shard]);
    }
    position[shard] = record.position;
  }
  position[shard] = end;
}

void Notifier::Core::process_one(const store::Record& record, store::Position before) {
  const auto& tenant = record.address.tenant.name;
  auto seen = see(record);
  seen.event.touched = seen.touched;
  std::vector<Matcher::Ptr> found;
  matchers.at(tenant).match(seen.event, found);
  counters.events_matched.add(found.size());
  for (const auto& subscription : found) {
    const auto hold = lanes.find({tenant, subscription->id});
    if (hold != lanes.end()) offer(hold->second, record, before);
  }
}

void Notifier::Core::offer(const HoldPtr& hold, const store::Record& record, store::Position before) {
  if (hold->reading || record.position <= hold->floor[record.shard]) return;
  if (!delivers(hold->lane.subscription())) return;
  if (hold->lane.full()) return fall_behind(hold, record.shard, before);
  if (hold->lane.empty()) {
    behind[{hold->lane.tenant(), hold->lane.subscription().id}] = hold;
    mark_dirty(hold);
  }
  hold->lane.add(job_of(hold->lane.subscription(), record, before));
  schedule(hold);
}

void Notifier::Core::fall_behind(const HoldPtr& hold, std::size_t shard, store::Position before) {
  auto from = position;
  from[shard] = before;
  let_read(hold, std::move(from));
}

void Notifier::Core::let_read(const HoldPtr& hold, store::Cursor from) {
  hold->reading = std::move(from);
  behind[{hold->lane.tenant(), hold->lane.subscription().id}] = hold;
  counters.subscriptions_behind.add(1);
  mark_dirty(hold);
  queue_to_read(hold);
}

void Notifier::Core::queue_to_read(const HoldPtr& hold) {
  if (!hold->reading || hold->reading_now || hold->queued_to_read || hold->gone) return;
  if (hold->lane.waiting() > options.lane.waiting / 2) return;
  hold->queued_to_read = true;
  to_read.push_back(hold);
}

bool Notifier::Core::pump_readers() {
  bool did = false;
  while (!to_read.empty() && readers < options.catching_up) {
    const auto hold = std::move(to_read.front());
    to_read.pop_front();
    hold->queued_to_read = false;
    if (hold->gone || !hold->reading) continue;
    read_for(hold);
    did = true;
  }
  return did;
}

void Notifier::Core::read_for(const HoldPtr& hold) {
  const auto& reading = *hold->reading;
  for (std::size_t shard = 0; shard < reading.size(); ++shard) {
    if (reading[shard] >= position[shard]) continue;
    hold->reading_now = true;
    ++readers;
    store.follow(shard, reading[shard], options.read_batch,
                 [self = weak_from_this(), hold, shard](Result<Records> result) {
                   const auto core = self.lock();
                   if (!core) return;
                   core->post([hold, shard, result = std::move(result)](Core& c) mutable {
                     c.on_read(hold, shard, std::move(result));
                   });
                 });
    return;
  }
  hold->floor = reading;  // it has caught up with the common reader, which feeds it from here on
  hold->reading.reset();
  counters.subscriptions_behind.add(-1);
  mark_dirty(hold);
}

void Notifier::Core::on_read(const HoldPtr& hold, std::size_t shard, Result<Records> result) {
  const auto done = [](Core& c, const HoldPtr& finished) {
    finished->reading_now = false;
    --c.readers;
    c.queue_to_read(finished);
  };
  if (hold->gone || !hold->reading) return done(*this, hold);
  if (!result || result->empty()) {
    auto& at = (*hold->reading)[shard];
    if (result) {
      at = position[shard];
    } else if (result.error().code == ErrorCode::kNotFound) {
      at = after_loss(at, store.begin()[shard], position[shard]);
      hold->lane.lost(kLostRecords, clock.now());
      counters.notifications_lost.add();
      show(*hold);
    }
    mark_dirty(hold);
    return done(*this, hold);
  }
  const auto end = result->back().position;
  const store::Tenant tenant{hold->lane.tenant(), store::Space::kCity};
  std::erase_if(*result, [&tenant](const auto& record) { return record.address.tenant != tenant; });
  fill(std::move(*result), [hold, shard, end, done](Core& c, const Records* records) {
    if (records != nullptr && !hold->gone && hold->reading) c.take_read(hold, shard, *records, end);
    done(c, hold);
  });
}

/// `end`: all before it is in `records`, or was of other tenants.
void Notifier::Core::take_read(const HoldPtr& hold, std::size_t shard, const Records& records, store::Position end) {
  auto& at = (*hold->reading)[shard];
  const auto& subscription = hold->lane.subscription();
  bool all = true;
  for (const auto& record : records) {
    if (record.position > position[shard]) break;  // the common reader's business
    if (readable(record) && delivers(subscription)) {
      auto seen = see(record);
      seen.event.touched = seen.touched;
      if (concerns(subscription, seen.event)) {
        all = !hold->lane.full();
        if (!all) break;
        hold->lane.add(job_of(subscription, record, at));
      }
    }
    at = record.position;
  }
  if (all) at = std::max(at, std::min(end, position[shard]));
  mark_dirty(hold);
  schedule(hold);
}

}  // namespace horad::broker
