// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/live_hub.h"

#include <algorithm>
#include <future>

namespace horad::edge {
namespace {

constexpr std::size_t kRecordsAtOnce = 1'000;
constexpr std::size_t kReadsAtOnce = 256;

/// Waits for the one answer of a call to the store. Its threads answer always, also when it stops.
template <class T, class Start>
Result<T> wait_for(Start start) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto answer = promise->get_future();
  start([promise](Result<T> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

}  // namespace

void LiveInbox::put(std::shared_ptr<const LiveBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    if (batches_.size() < most_batches_) {
      batches_.push_back(std::move(batch));
    } else {
      batches_.clear();
      resync_ = "This client reads more slowly than the city changes.";
    }
  }
  wake_();
}

void LiveInbox::lose(std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    batches_.clear();
    resync_ = std::move(reason);
  }
  wake_();
}

LiveInbox::Content LiveInbox::take() {
  const std::lock_guard lock(mutex_);
  Content content;
  content.batches.assign(std::make_move_iterator(batches_.begin()), std::make_move_iterator(batches_.end()));
  batches_.clear();
  content.resync = std::exchange(resync_, {});
  return content;
}

LiveHub::LiveHub(store::Store& store, model::Names& names, LiveOptions options)
    : store_(store), options_(options), writer_(names) {
  thread_ = std::thread([this] { run(); });
}

LiveHub::~LiveHub() { stop(); }

void LiveHub::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Result<store::Cursor> LiveHub::join(std::shared_ptr<LiveInbox> inbox) {
  const std::lock_guard lock(mutex_);
  if (inboxes_.size() >= options_.most_clients) {
    counters_.refused.add();
    return fail(ErrorCode::kOverloaded, "The live feed has all the clients it takes.");
  }
  if (stopping_) return fail(ErrorCode::kUnavailable, "The live feed is stopping.");
  if (inboxes_.empty()) {
    position_ = store_.end();
    ++epoch_;
  }
  inboxes_.push_back(std::move(inbox));
  counters_.clients.set(static_cast<std::int64_t>(inboxes_.size()));
  changed_.notify_one();
  return position_;
}

void LiveHub::leave(const std::shared_ptr<LiveInbox>& inbox) {
  const std::lock_guard lock(mutex_);
  std::erase(inboxes_, inbox);
  counters_.clients.set(static_cast<std::int64_t>(inboxes_.size()));
}

/// False when the hub stops.
bool LiveHub::wait_for_work() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !inboxes_.empty(); });
  return !stopping_;
}

/// Reads one shard to its end. False when records were trimmed away before they could be read, or are too many.
bool LiveHub::read_shard(std::size_t shard, store::Position& position, LiveCollector& collector) {
  for (;;) {
    auto records = wait_for<std::vector<store::Record>>(
        [&](auto done) { store_.follow(shard, position, kRecordsAtOnce, std::move(done)); });
    if (!records) return records.error().code != ErrorCode::kNotFound;  // anything else comes again or ends the process
    if (records->empty()) return true;
    counters_.records.add(records->size());
    for (const auto& record : *records) collector.add(record);
    position = records->back().position;
    if (collector.size() > options_.most_changes) return false;
  }
}

/// Records that came from disk carry no entity: it is read as it is now. False when that failed.
bool LiveHub::fill_missing(LiveBatch& batch) {
  std::vector<LiveChange*> missing;
  for (auto& change : batch.changes) {
    if (change.missing) missing.push_back(&change);
  }
  for (std::size_t start = 0; start < missing.size(); start += kReadsAtOnce) {
    std::vector<std::future<Result<model::Document>>> answers;
    for (std::size_t i = start; i < std::min(missing.size(), start + kReadsAtOnce); ++i) {
      auto promise = std::make_shared<std::promise<Result<model::Document>>>();
      answers.push_back(promise->get_future());
      store_.read(missing[i]->address,
                  [promise](Result<model::Document> result) { promise->set_value(std::move(result)); });
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
      auto document = answers[i].get();
      if (document) missing[start + i]->after = std::move(*document);
      if (!document && document.error().code != ErrorCode::kNotFound) return false;
    }
  }
  return true;
}

void LiveHub::hand_out(std::shared_ptr<const LiveBatch> batch, std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  if (epoch != epoch_) return;  // everybody left and somebody else came, who starts later
  position_ = batch->end;
  if (batch->changes.empty()) return;
  counters_.batches.add();
  for (const auto& inbox : inboxes_) inbox->put(batch);
}

void LiveHub::lose_all(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  position_ = store_.end();
  ++epoch_;
  for (const auto& inbox : inboxes_) inbox->lose(reason);
}

/// Reads what is new since `position`. None when that is more than can be told.
std::shared_ptr<LiveBatch> LiveHub::read_new(store::Cursor position) {
  LiveCollector collector{writer_.location()};
  for (std::size_t shard = 0; shard < position.size(); ++shard) {
    if (!read_shard(shard, position[shard], collector)) return nullptr;
  }
  auto batch = std::make_shared<LiveBatch>(collector.take(std::move(position)));
  if (!fill_missing(*batch)) return nullptr;
  for (auto& change : batch->changes) {
    if (change.after) writer_.append_entity(change.json, change, {});
  }
  return batch;
}

/// Looks at the log at a steady pace: being woken by every commit would cost the writers more than five looks a second
/// cost here.
void LiveHub::run() {
  while (wait_for_work()) {
    const auto next = std::chrono::steady_clock::now() + options_.interval;
    store::Cursor position;
    std::uint64_t epoch = 0;
    {
      const std::lock_guard lock(mutex_);
      position = position_;
      epoch = epoch_;
    }
    if (position != store_.end()) {
      if (auto batch = read_new(std::move(position))) {
        hand_out(std::move(batch), epoch);
      } else {
        lose_all("More changed at once than the live feed carries.");
      }
    }
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, next, [this] { return stopping_; });
  }
}

}  // namespace horad::edge
