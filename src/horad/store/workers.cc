// SPDX-License-Identifier: Apache-2.0
#include "horad/store/workers.h"

#include <utility>

namespace horad::store {

Workers::Workers(std::size_t threads, std::size_t bound) : bound_(bound) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  there_is_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Workers::try_run(Job& job) {
  {
    const std::lock_guard lock{mutex_};
    if (jobs_.size() >= bound_) return false;
    jobs_.push_back(std::move(job));
  }
  there_is_.notify_one();
  return true;
}

void Workers::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock{mutex_};
      there_is_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace horad::store
