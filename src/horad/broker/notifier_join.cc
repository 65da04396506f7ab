// SPDX-License-Identifier: Apache-2.0
// Notifications that tell of linked entities, too (join): these are read, level by level, between the moment when the
// lane may send and the sending. So they are shown as they are then, and as they are at each new attempt.
#include <utility>

#include "horad/broker/notifier_core.h"

namespace horad::broker {
namespace {

/// Entities that the walk starts from: those that are there.
std::vector<model::Document> roots_of(std::span<const Job* const> jobs) {
  std::vector<model::Document> out;
  for (const auto* const job : jobs) {
    if (!job->deleted_at) out.push_back(job->document);
  }
  return out;
}

bool too_much_inside(const Joining& joining) {
  if (joining.subscription->join.form != Join::Form::kInline) return false;
  return model::count_inlined(roots_of(joining.jobs), joining.subscription->shown, joining.walk.documents(),
                              model::kMostInlined + 1) > model::kMostInlined;
}

}  // namespace

void Notifier::Core::join(const HoldPtr& hold, std::vector<const Job*> jobs) {
  auto subscription = hold->lane.subscription_ptr();
  const auto roots = roots_of(jobs);
  LinkedWalk walk{roots, subscription->shown, subscription->join.contained_by};
  read_linked(std::make_shared<Joining>(Joining{hold, std::move(subscription), std::move(jobs), std::move(walk)}));
}

/// Asks for the next level, or sends when there is none.
void Notifier::Core::read_linked(const JoiningPtr& joining) {
  const auto& wanted = joining->walk.wanted();
  if (wanted.empty()) {
    const bool alone = too_much_inside(*joining);
    return dispatch(joining->hold, *joining->subscription, joining->jobs, alone ? nullptr : &joining->walk);
  }
  store.read_all({joining->hold->lane.tenant(), store::Space::kCity}, wanted,
                 [self = weak_from_this(), joining](Result<std::vector<model::Document>> found) {
                   const auto core = self.lock();
                   if (!core) return;
                   core->post([joining, found = std::move(found)](Core& c) { c.on_linked(joining, found); });
                 });
}

void Notifier::Core::on_linked(const JoiningPtr& joining, const Result<std::vector<model::Document>>& found) {
  const auto& [hold, subscription, jobs, walk] = *joining;
  if (!found || hold->gone) {  // a busy store is asked again soon; one that was deleted is told nothing more
    const auto why = found ? std::string{"The subscription was deleted."} : found.error().detail;
    return on_answer(hold, subscription->endpoint.origin, {.status = 0, .error = why, .ours = true});
  }
  // What links to more than can be told of is told alone: docs/limits.md.
  if (!joining->walk.take(*found)) return dispatch(hold, *subscription, jobs, nullptr);
  read_linked(joining);
}

}  // namespace horad::broker
