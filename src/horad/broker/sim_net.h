// SPDX-License-Identifier: Apache-2.0
// For tests: a network in which every endpoint does what it is told.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "horad/base/world.h"

namespace horad::broker::testing {

/// Answers at once, on the caller's thread, as the URL's behaviour says; silent ones never answer until released. Any
/// thread.
class SimNet final : public base::Net {
 public:
  enum class Mode : std::uint8_t { kOk, kError500, kRefuse404, kDead, kSilent };

  ~SimNet() override { release(); }

  void exchange(base::OutboundRequest request, Done done) override {
    Mode mode = Mode::kOk;
    {
      const std::lock_guard lock{mutex_};
      const auto known = modes_.find(request.url);
      if (known != modes_.end()) mode = known->second;
      ++attempts_[request.url];
      if (mode == Mode::kSilent) {
        held_.push_back(std::move(done));
        return;
      }
      if (mode == Mode::kOk) received_[request.url].push_back(std::move(request));
    }
    if (mode == Mode::kDead) return done(fail(ErrorCode::kIo, "connection refused"));
    base::OutboundResponse response;
    response.status = mode == Mode::kOk ? 200 : mode == Mode::kError500 ? 500 : 404;
    done(response);
  }

  void set(const std::string& url, Mode mode) {
    const std::lock_guard lock{mutex_};
    modes_[url] = mode;
  }
  /// What `url` took with 200, in order.
  std::vector<base::OutboundRequest> received(const std::string& url) const {
    const std::lock_guard lock{mutex_};
    const auto found = received_.find(url);
    return found == received_.end() ? std::vector<base::OutboundRequest>{} : found->second;
  }
  std::size_t attempts(const std::string& url) const {
    const std::lock_guard lock{mutex_};
    const auto found = attempts_.find(url);
    return found == attempts_.end() ? 0 : found->second;
  }
  /// Ends what is silent with a time-out.
  void release() {
    std::vector<Done> ended;
    {
      const std::lock_guard lock{mutex_};
      ended.swap(held_);
    }
    for (auto& done : ended) done(fail(ErrorCode::kTimeout, "no answer in time"));
  }

 private:
  mutable std::mutex mutex_;  // guards everything
  std::map<std::string, Mode> modes_;
  std::map<std::string, std::vector<base::OutboundRequest>> received_;
  std::map<std::string, std::size_t> attempts_;
  std::vector<Done> held_;
};

}  // namespace horad::broker::testing
