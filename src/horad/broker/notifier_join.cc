// SPDX-License-Identifier: Apache-2.0
// Linked entities of notifications: those that q asks (4.9) and those that are told of, too (join). They are read,
// level by level, between the moment when the lane may send and the sending: what counts is how they are then, and how
// they are at each new attempt.
#include <algorithm>
#include <utility>

#include "horad/broker/notifier_core.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

template <class Way>
using WalkPtr = std::shared_ptr<model::LinkWalk<Way>>;

/// Entities that a walk starts from.
template <class Wanted>
std::vector<model::Document> roots_of(std::span<const Job* const> jobs, Wanted wanted) {
  std::vector<model::Document> out;
  for (const auto* const job : jobs) {
    if (wanted(*job)) out.push_back(job->document);
  }
  return out;
}

/// Reads what the walk wants until it wants no more, then goes on with `then` on the notifier's thread.
///   errors   given to `then`: of a read, kTooManyResults of the walk
template <class Core, class Way, class Then>
void finish_walk(Core& core, std::string tenant, WalkPtr<Way> walk, Then then) {
  if (walk->wanted().empty()) return then(core, Result<void>{});
  core.store.read_all({tenant, store::Space::kCity}, walk->wanted(),
                      [self = core.weak_from_this(), tenant, walk,
                       then = std::move(then)](Result<std::vector<model::Document>> found) mutable {
                        const auto alive = self.lock();
                        if (!alive) return;
                        alive->post([tenant, walk, then = std::move(then), found = std::move(found)](Core& c) mutable {
                          auto taken = found ? walk->take(*found) : Result<void>{std::unexpected(found.error())};
                          if (!taken) return then(c, std::move(taken));
                          finish_walk(c, std::move(tenant), walk, std::move(then));
                        });
                      });
}

}  // namespace

/// Takes out of the notification what q refuses once linked entities are at hand.
void Notifier::Core::judge(const HoldPtr& hold, const std::vector<const Job*>& jobs) {
  const auto subscription = hold->lane.subscription_ptr();
  const auto roots = roots_of(jobs, [](const Job&) { return true; });
  auto walk = std::make_shared<model::LinkWalk<model::LinkPath>>(roots, subscription->filter.q->links());
  finish_walk(*this, hold->lane.tenant(), walk, [hold, subscription, walk](Core& c, const Result<void>& done) {
    const bool busy = !done && done.error().code != ErrorCode::kTooManyResults;
    if (busy || hold->gone) return c.put_off(hold, *subscription, done ? "" : done.error().detail);
    if (!done) hold->lane.lost("Changes were not told: " + done.error().detail, c.clock.now());
    const auto left = hold->lane.keep([&](const Job& job) {
      if (job.receipt && !subscription->split) return true;  // judged where it comes from, which may not tell all of it
      return done && subscription->filter.q->matches(job.document.view(), walk->documents());
    });
    c.mark_dirty(hold);
    if (left.empty()) return c.put_off(hold, *subscription, {});
    c.prepare(hold, *subscription, left);
  });
}

/// What could not be sent now, or needs not be.
void Notifier::Core::put_off(const HoldPtr& hold, const Subscription& subscription, std::string why) {
  on_answer(hold, subscription.endpoint.origin, {.status = 0, .error = std::move(why), .ours = true});
}

void Notifier::Core::join(const HoldPtr& hold, std::vector<const Job*> jobs) {
  const auto subscription = hold->lane.subscription_ptr();
  const auto roots = roots_of(jobs, [](const Job& job) { return !job.deleted_at; });
  auto walk = std::make_shared<LinkedWalk>(roots, subscription->shown, subscription->join.contained_by);
  finish_walk(*this, hold->lane.tenant(), walk,
              [hold, subscription, jobs = std::move(jobs), walk](Core& c, const Result<void>& done) {
                const bool busy = !done && done.error().code != ErrorCode::kTooManyResults;
                if (busy || hold->gone) return c.put_off(hold, *subscription, done ? "" : done.error().detail);
                // What links to more than can be told of is told alone: docs/limits.md.
                const bool inlined = subscription->join.form == Join::Form::kInline;
                const auto outer = roots_of(jobs, [&](const Job& job) { return inlined && !job.deleted_at; });
                const bool alone = !done || model::count_inlined(outer, subscription->shown, walk->documents(),
                                                                 model::kMostInlined + 1) > model::kMostInlined;
                c.dispatch(hold, *subscription, jobs, alone ? nullptr : walk.get());
              });
}

}  // namespace horad::broker
