// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/fan_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "horad/broker/bridge.h"

namespace horad::broker {
namespace {

/// All requests of one operation. Shared by the callbacks of those under way; the last one to end answers.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  using Done = std::move_only_function<void(std::vector<SourceReply>)>;

  Batch(base::Net& net, base::Clock& clock, std::vector<Outgoing> requests, Done done)
      : net_(net),
        clock_(clock),
        requests_(std::move(requests)),
        replies_(requests_.size(), fail(ErrorCode::kInternal, "not asked")),
        done_(std::move(done)) {}

  void start() {
    const auto first = std::min(kMostAtOnce, requests_.size());
    for (std::size_t i = 0; i < first; ++i) pump();
  }

 private:
  /// Sends the next request that waits, if any. Sources that need not be asked end at once, so this goes round.
  void pump() {
    for (;;) {
      std::size_t mine = 0;
      {
        const std::lock_guard lock{mutex_};
        if (next_ == requests_.size()) return;
        mine = next_++;
      }
      auto& [source, request] = requests_[mine];
      if (clock_.steady().count() < source->health->not_before.load(std::memory_order_relaxed)) {
        if (end(mine, fail(ErrorCode::kUnavailable, "it failed a short time ago and is left alone for a while")))
          return;
        continue;
      }
      net_.exchange(std::move(request), [self = shared_from_this(), mine](SourceReply reply) {
        self->note(mine, reply);
        if (!self->end(mine, std::move(reply))) self->pump();
      });
      return;
    }
  }

  void note(std::size_t i, const SourceReply& reply) {
    const auto& source = *requests_[i].source;
    auto& health = *source.health;
    const bool well = reply && reply->status < 500;
    const auto now = clock_.now().time_since_epoch().count();
    health.asked.fetch_add(1, std::memory_order_relaxed);
    if (well) {
      health.last_success.store(now, std::memory_order_relaxed);
      return;
    }
    health.failed.fetch_add(1, std::memory_order_relaxed);
    health.last_failure.store(now, std::memory_order_relaxed);
    if (source.cooldown > Duration::zero()) {
      health.not_before.store((clock_.steady() + source.cooldown).count(), std::memory_order_relaxed);
    }
  }

  /// True when that was the last one.
  bool end(std::size_t i, SourceReply reply) {
    {
      const std::lock_guard lock{mutex_};
      replies_[i] = std::move(reply);
      if (++ended_ < requests_.size()) return false;
    }
    done_(std::move(replies_));
    return true;
  }

  base::Net& net_;
  base::Clock& clock_;
  std::vector<Outgoing> requests_;
  std::mutex mutex_;  // guards next_, ended_ and replies_
  std::size_t next_ = 0;
  std::size_t ended_ = 0;
  std::vector<SourceReply> replies_;
  Done done_;
};

/// What the source has to say of its own sources.
void pass_on_warnings(const base::OutboundResponse& reply, Forwarding& forwarding) {
  for (const auto& [name, value] : reply.headers) {
    if (name != "ngsild-warning") continue;
    if (auto warning = read_warning(value)) warn(forwarding, std::move(*warning));
  }
}

}  // namespace

Task<std::vector<SourceReply>> ask_all(base::Net& net, base::Clock& clock, std::vector<Outgoing> requests) {
  if (requests.empty()) co_return std::vector<SourceReply>{};
  co_return co_await ask<std::vector<SourceReply>>(
      [&](auto done) { std::make_shared<Batch>(net, clock, std::move(requests), std::move(done))->start(); });
}

std::optional<Warning> warning_of(const Registration& source, const SourceReply& reply) {
  if (reply) {
    if (reply->status < 300 || reply->status == 404) return std::nullopt;
    return Warning{299, agent_of(source), fmt::format("the source answered {}", reply->status)};
  }
  const auto& error = reply.error();
  return Warning{error.code == ErrorCode::kTooLarge ? 111 : 199, agent_of(source),
                 error.code == ErrorCode::kTimeout ? "the source did not answer in time" : error.detail};
}

const std::string* body_of(const Registration& source, const SourceReply& reply, Forwarding& forwarding) {
  if (auto warning = warning_of(source, reply)) warn(forwarding, std::move(*warning));
  if (reply) pass_on_warnings(*reply, forwarding);
  return reply && reply->status < 300 && !reply->body.empty() ? &reply->body : nullptr;
}

Warning unusable(const Registration& source, std::string why) { return {111, agent_of(source), std::move(why)}; }

}  // namespace horad::broker
