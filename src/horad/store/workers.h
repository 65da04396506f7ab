// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace horad::store {

/// A few threads for work that must not hold up a shard: writing checkpoints, evaluating history, reading old log.
class Workers {
 public:
  using Job = std::move_only_function<void()>;

  Workers(std::size_t threads, std::size_t bound);
  ~Workers();  // runs what waits, then joins
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Any thread. Takes `job` and answers true, or leaves it alone and answers false when `bound` jobs wait.
  bool try_run(Job& job);

 private:
  void work();

  const std::size_t bound_;
  std::mutex mutex_;
  std::condition_variable there_is_;
  std::deque<Job> jobs_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace horad::store
