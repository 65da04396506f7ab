// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace horad::base {

/// Many threads put, one thread takes everything there is. Bounded by weight: full means "no" to the one who puts,
/// never waiting and never growing. Waking costs a system call only when the queue was empty and the taker sleeps.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t bound) : bound_(bound) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// Any thread. Moves from `item` and answers true, or leaves it alone and answers false when it is full or closed.
  /// An item heavier than the bound fits when the queue is empty. Weight 0 always fits: for the few messages of the
  /// owner itself.
  bool try_put(T& item, std::size_t weight = 1) {
    bool wake = false;
    {
      const std::lock_guard lock{mutex_};
      if (closed_ || (weight != 0 && weight_ != 0 && weight_ + weight > bound_)) return false;
      items_.push_back(std::move(item));
      weight_ += weight;
      wake = std::exchange(asleep_, false);
    }
    if (wake) there_is_.notify_one();
    return true;
  }

  /// The taker: swaps what waits into `into`, which must be empty. Returns at once when something waits or the queue is
  /// closed; else sleeps until then, at most `patience` (none: for ever). False when it is closed and nothing is left.
  bool take_all(std::vector<T>& into, std::optional<std::chrono::nanoseconds> patience = std::nullopt) {
    std::unique_lock lock{mutex_};
    const auto ready = [this] { return !items_.empty() || closed_; };
    if (!ready()) {
      asleep_ = true;
      if (patience) {
        there_is_.wait_for(lock, *patience, ready);
      } else {
        there_is_.wait(lock, ready);
      }
      asleep_ = false;
    }
    items_.swap(into);
    weight_ = 0;
    return !into.empty() || !closed_;
  }

  /// Any thread. Nothing more goes in; what waits can still be taken.
  void close() {
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
      asleep_ = false;
    }
    there_is_.notify_all();
  }

  std::size_t weight() const {
    const std::lock_guard lock{mutex_};
    return weight_;
  }

 private:
  const std::size_t bound_;
  mutable std::mutex mutex_;
  std::condition_variable there_is_;
  std::vector<T> items_;
  std::size_t weight_ = 0;
  bool asleep_ = false;
  bool closed_ = false;
};

}  // namespace horad::base
