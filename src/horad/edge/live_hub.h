// SPDX-License-Identifier: Apache-2.0
// The one follower of the change log behind every live client.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "horad/base/counters.h"
#include "horad/base/time.h"
#include "horad/edge/live_batch.h"
#include "horad/store/store.h"

namespace horad::edge {

struct LiveOptions {
  std::size_t most_clients = 1'000;
  Duration interval = std::chrono::milliseconds(200);  // between batches: at most five messages a second
  Duration beat = std::chrono::seconds(2);
  Duration write_timeout = std::chrono::seconds(20);  // of one message
  std::size_t most_waiting_batches = 16;              // per client; beyond: resync
  std::size_t most_changes = 50'000;  // entities in one batch, or records to catch up with; beyond: resync
};

struct LiveCounters {
  base::Gauge clients;
  base::Counter messages, batches, records, resyncs, refused;
};

/// What waits for one client. The hub fills it, the client's coroutine empties it; bounded, it forgets rather than
/// grows.
class LiveInbox {
 public:
  struct Content {
    std::vector<std::shared_ptr<const LiveBatch>> batches;
    std::string resync;  // not empty: batches before these were dropped, and why
  };
  /// `wake` is called (any thread) whenever something was put in.
  LiveInbox(std::size_t most_batches, std::function<void()> wake)
      : most_batches_(most_batches), wake_(std::move(wake)) {}
  void put(std::shared_ptr<const LiveBatch> batch);
  void lose(std::string reason);  // drops what waits: the client has to reload
  Content take();

 private:
  const std::size_t most_batches_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const LiveBatch>> batches_;  // guarded by mutex_
  std::string resync_;                                    // guarded by mutex_
};

/// Reads the log in a thread of its own while anybody listens. Outlives its clients; the store outlives its thread.
class LiveHub {
 public:
  LiveHub(store::Store& store, model::Names& names, LiveOptions options);
  ~LiveHub();  // stop()
  LiveHub(const LiveHub&) = delete;
  LiveHub& operator=(const LiveHub&) = delete;

  /// From the returned cursor on every batch comes into `inbox`, until leave().
  /// Errors: kOverloaded when there are too many clients.
  Result<store::Cursor> join(std::shared_ptr<LiveInbox> inbox);
  void leave(const std::shared_ptr<LiveInbox>& inbox);
  /// Reads the log no more and joins the thread. The store may be destroyed then; join() and leave() still work.
  void stop();
  const LiveWriter& writer() const noexcept { return writer_; }
  LiveCounters& counters() noexcept { return counters_; }

 private:
  void run();
  bool wait_for_work();
  bool read_shard(std::size_t shard, store::Position& position, LiveCollector& collector);
  std::shared_ptr<LiveBatch> read_new(store::Cursor position);
  bool fill_missing(LiveBatch& batch);
  void hand_out(std::shared_ptr<const LiveBatch> batch, std::uint64_t epoch);
  void lose_all(const std::string& reason);

  store::Store& store_;
  const LiveOptions options_;
  LiveWriter writer_;
  LiveCounters counters_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<LiveInbox>> inboxes_;  // guarded by mutex_
  store::Cursor position_;                           // guarded by mutex_: everything up to it was handed out
  std::uint64_t epoch_ = 0;                          // guarded by mutex_: new whenever position_ jumps
  bool stopping_ = false;                            // guarded by mutex_
  std::thread thread_;
};

}  // namespace horad::edge
