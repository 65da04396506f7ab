// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace horad::broker {
namespace {

/// The endpoint understood and said no; the same body would be refused again.
bool final_refusal(int status) noexcept { return status >= 400 && status < 500 && status != 408 && status != 429; }

bool is_instance(const model::Attribute& one, const model::Attribute& other) {
  return one.name == other.name && one.dataset_id == other.dataset_id;
}

/// Makes of a job that waits and a newer one of the same entity one that tells of both.
void merge(Job& waiting, Job newer) {
  waiting.document = std::move(newer.document);  // its place in the log stays that of the oldest change
  waiting.deleted_at = newer.deleted_at;
  if (!newer.gone.empty()) waiting.gone_at = newer.gone_at;
  for (auto& attribute : waiting.gone) {
    const auto same = [&](const model::Attribute& one) { return is_instance(one, attribute); };
    const bool back = !newer.deleted_at && waiting.document.view().find(attribute.name, attribute.dataset_id);
    if (!back && std::ranges::none_of(newer.gone, same)) newer.gone.push_back(std::move(attribute));
  }
  waiting.gone = std::move(newer.gone);
  if (newer.receipt) {
    waiting.receipt = std::make_shared<std::pair<std::shared_ptr<void>, std::shared_ptr<void>>>(
        std::move(waiting.receipt), std::move(newer.receipt));
  }
}

}  // namespace

Lane::Lane(std::string tenant, std::shared_ptr<const Subscription> subscription, DeliveryState state, LaneLimits limits)
    : tenant_(std::move(tenant)), subscription_(std::move(subscription)), state_(std::move(state)), limits_(limits) {}

void Lane::redefine(std::shared_ptr<const Subscription> subscription) {
  subscription_ = std::move(subscription);
  not_before_ = {};
}

void Lane::add(Job job) {
  assert(!full());
  if (subscription_->throttling > Duration::zero()) {
    const auto same = [&](const Job& one) { return one.document.view().id() == job.document.view().id(); };
    const auto waiting = std::find_if(queue_.begin() + static_cast<std::ptrdiff_t>(in_flight_), queue_.end(), same);
    if (waiting != queue_.end()) return merge(*waiting, std::move(job));
  }
  queue_.push_back(std::move(job));
}

void Lane::drop_waiting() { queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(in_flight_), queue_.end()); }

std::vector<const Job*> Lane::begin(Duration steady) {
  assert(!empty() && !busy());
  std::vector<const Job*> out;
  for (const auto& job : queue_) {
    const auto same = [&](const Job* one) { return one->document.view().id() == job.document.view().id(); };
    if (out.size() == limits_.data || std::ranges::any_of(out, same)) break;
    out.push_back(&job);
  }
  in_flight_ = out.size();
  not_before_ = steady;
  return out;
}

void Lane::pop() {
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(in_flight_));
  attempts_ = 0;
  answered_ = 0;
}

void Lane::succeeded(Timestamp now, Duration steady) {
  ++state_.times_sent;
  state_.last_notification = now;
  state_.last_success = now;
  state_.last_error.clear();
  not_before_ = steady + subscription_->throttling;
  pop();
}

void Lane::failed(const Outcome& outcome, Timestamp now, Duration steady, double random) {
  ++state_.times_sent;  // timesSent counts attempts, timesFailed those of them that came to nothing (5.2.14)
  ++state_.times_failed;
  ++attempts_;
  state_.last_notification = now;
  state_.last_failure = now;
  state_.last_error = outcome.status == 0 ? outcome.error : fmt::format("The endpoint answered {}.", outcome.status);
  if (outcome.status != 0) ++answered_;
  const auto doubled = limits_.first_pause * (std::int64_t{1} << std::min(attempts_ - 1, 20));
  const auto pause = std::min(doubled, limits_.longest_pause);
  const auto spread = Duration{static_cast<Duration::rep>(static_cast<double>(pause.count()) * (0.75 + random / 4))};
  not_before_ = steady + std::max(spread, subscription_->endpoint.cooldown);
  if (final_refusal(outcome.status) || answered_ >= limits_.answered_failures) pop();
}

void Lane::finish(const Outcome& outcome, Timestamp now, Duration steady, double random) {
  assert(busy());
  if (outcome.ours) {
    not_before_ = steady + limits_.first_pause / 10;
  } else if (outcome.status >= 200 && outcome.status < 300) {
    succeeded(now, steady);
    dirty = true;
  } else {
    failed(outcome, now, steady, random);
    dirty = true;
  }
  in_flight_ = 0;
}

void Lane::lost(std::string why, Timestamp now) {
  state_.last_failure = now;
  state_.last_lost = now;
  state_.last_error = std::move(why);
  ++state_.times_failed;
  dirty = true;
}

store::Cursor Lane::done_up_to(store::Cursor read) const {
  for (auto job = queue_.rbegin(); job != queue_.rend(); ++job) {
    if (job->shard < read.size()) read[job->shard] = std::min(read[job->shard], job->before);
  }
  return read;
}

}  // namespace horad::broker
