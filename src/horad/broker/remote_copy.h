// SPDX-License-Identifier: Apache-2.0
// The part of a subscription that a registered source takes over (ETSI GS CIM 009, 5.8.1.4), as pure decisions: which
// sources, and what is written to them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/broker/forward.h"
#include "horad/broker/registry.h"
#include "horad/broker/subscription.h"

namespace horad::broker {

/// What one source has to do with a subscription.
struct Reach {
  std::shared_ptr<const Registration> source;
  std::vector<std::pair<std::size_t, Share>> parts;  // by the selector of the subscription; one of 0 when it has none
  std::vector<model::NameId> offered;                // the attributes it is registered for; sorted; empty: all
};

/// The sources that take over a part of the subscription: those that may have such entities with attributes that
/// matter, that `csf` lets in, that can be subscribed to, and that its request has not come through.
///   alias    ours, for Via
std::vector<Reach> reach_of(const Subscription& subscription, const Sources& sources, std::string_view alias,
                            Timestamp now);

/// How a copy is written.
struct CopyWords {
  const model::Context* context;  // names are compacted by it; null: full names
  model::Names& names;
};

/// The subscription as the source gets it: entities and attributes cut down to what it is registered for, the filters
/// as they are, or with splitEntities none of them, and the notifications to `receiver`.
///   id    of the subscription there
json::object copy_for(const Subscription& subscription, const Definition& definition, const Reach& reach,
                      std::string_view id, std::string_view receiver, const CopyWords& words);

/// The copy as a patch: what may have gone from it since is taken away.
json::object as_patch(json::object copy);

}  // namespace horad::broker
