// SPDX-License-Identifier: Apache-2.0
// For tests: a network of sources that answer what a test tells them to, honestly or not.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "horad/base/world.h"

namespace horad::broker::testing {

/// Answers on the caller's thread by the first endpoint that begins the URL; others refuse the connection. Any thread.
class SourceNet final : public base::Net {
 public:
  using Answer = std::function<Result<base::OutboundResponse>(const base::OutboundRequest&)>;

  ~SourceNet() override { release(); }

  void exchange(base::OutboundRequest request, Done done) override {
    Answer answer;
    {
      const std::lock_guard lock{mutex_};
      requests_.push_back(request);
      for (const auto& [prefix, one] : answers_) {
        if (request.url.starts_with(prefix)) answer = one;
      }
      if (answer && held_.contains(request.url.substr(0, request.url.find("/ngsi-ld")))) {
        waiting_.push_back(std::move(done));
        most_waiting_ = std::max(most_waiting_, waiting_.size());
        return;
      }
    }
    if (!answer) return done(fail(ErrorCode::kIo, "connection refused"));
    done(answer(request));
  }

  void on(const std::string& prefix, Answer answer) {
    const std::lock_guard lock{mutex_};
    answers_[prefix] = std::move(answer);
  }
  void says(const std::string& prefix, int status, std::string body) {
    on(prefix, [status, body = std::move(body)](const base::OutboundRequest&) {
      base::OutboundResponse out;
      out.status = status;
      out.body = body;
      return Result<base::OutboundResponse>{out};
    });
  }
  /// The endpoint takes requests and says nothing until release().
  void hangs(const std::string& endpoint) {
    says(endpoint, 200, "");
    const std::lock_guard lock{mutex_};
    held_[endpoint] = true;
  }
  void release() {
    for (;;) {
      std::vector<Done> ended;
      {
        const std::lock_guard lock{mutex_};
        ended.swap(waiting_);
      }
      if (ended.empty()) return;
      for (auto& done : ended) done(fail(ErrorCode::kTimeout, "no answer in time"));
    }
  }
  std::vector<base::OutboundRequest> requests() const {
    const std::lock_guard lock{mutex_};
    return requests_;
  }
  std::size_t most_waiting() const {
    const std::lock_guard lock{mutex_};
    return most_waiting_;
  }

 private:
  mutable std::mutex mutex_;  // guards everything
  std::map<std::string, Answer> answers_;
  std::map<std::string, bool> held_;
  std::vector<Done> waiting_;
  std::size_t most_waiting_ = 0;
  std::vector<base::OutboundRequest> requests_;
};

inline std::string header_of(const base::OutboundRequest& request, std::string_view name) {
  const auto found = std::ranges::find(request.headers, name, [](const auto& one) { return one.first; });
  return found == request.headers.end() ? std::string{} : found->second;
}

}  // namespace horad::broker::testing
