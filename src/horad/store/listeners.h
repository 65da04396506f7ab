// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace horad::store {

/// Who wants to be woken. Any thread. When a token is gone, its function is not running and will not run again; a token
/// may be dropped by its own function.
class Listeners {
 public:
  std::shared_ptr<void> add(std::function<void()> wake) {
    auto one = std::make_shared<One>();
    one->wake = std::move(wake);
    const std::lock_guard lock{mutex_};
    std::erase_if(all_, [](const auto& weak) { return weak.expired(); });
    all_.push_back(one);
    return {one.get(), [one](void*) {
              const std::lock_guard silence{one->mutex};
              one->alive = false;
            }};
  }

  void tell() {
    std::vector<std::shared_ptr<One>> now;
    {
      const std::lock_guard lock{mutex_};
      for (const auto& weak : all_) {
        if (auto one = weak.lock()) now.push_back(std::move(one));
      }
    }
    for (const auto& one : now) {
      const std::lock_guard lock{one->mutex};
      if (one->alive) one->wake();
    }
  }

 private:
  struct One {
    std::recursive_mutex mutex;
    bool alive = true;
    std::function<void()> wake;
  };
  std::mutex mutex_;
  std::vector<std::weak_ptr<One>> all_;
};

}  // namespace horad::store
