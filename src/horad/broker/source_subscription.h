// SPDX-License-Identifier: Apache-2.0
// Subscriptions to registrations (ETSI GS CIM 009, 5.11), without clock, store or network: what is asked for, what has
// been told, and so what is news. Because news is a difference of two states, nothing is lost by a restart and nothing
// has to be queued.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/world.h"
#include "horad/broker/registry.h"
#include "horad/broker/subscription.h"
#include "horad/broker/types.h"

namespace horad::broker {

struct SourceSubscription {
  Subscription base;                                // selectors, watched attributes, q, geoQ, endpoint
  std::optional<RegistrationQuery::Window> window;  // temporalQ; none: sources of what is now
  std::shared_ptr<const model::QFilter> csf;        // null: any
  Duration interval{};                              // timeInterval; zero: when something changes
};

/// As define_subscription() and patch_subscription(); the members temporalQ, csf and timeInterval are read here.
Result<Definition> define_source_subscription(std::string_view body, std::string_view fallback_id,
                                              model::Context& context, model::Names& names, Timestamp now);
Result<Definition> patch_source_subscription(const Definition& before, std::string_view body, model::Context& context,
                                             model::Names& names, Timestamp now);
Result<SourceSubscription> compile_source_subscription(const Definition& definition,
                                                       std::shared_ptr<model::Context> context);

/// Which offers of the registration are asked for, by their place; none: the registration is not.
std::vector<std::size_t> asked_offers(const SourceSubscription& subscription, const Registration& registration);

/// The registrations a subscriber knows to match, with the version that was told.
using Told = std::map<std::string, Timestamp>;

enum class TriggerReason : std::uint8_t { kNewlyMatching, kUpdated, kNoLongerMatching };
std::string_view trigger_name(TriggerReason reason) noexcept;

/// One notification to be sent.
struct SourceNews {
  TriggerReason reason = TriggerReason::kNewlyMatching;
  std::vector<std::shared_ptr<const Registration>> registrations;
  std::vector<std::string> gone;  // of kNoLongerMatching: those that are not registered any more
  bool empty() const noexcept { return registrations.empty() && gone.empty(); }
};

/// What the subscriber does not know yet: what newly matches, else what changed, else what no longer matches.
///   sources   of the tenant; null: none
SourceNews news_of(const SourceSubscription& subscription, const Sources* sources, const Told& told, Timestamp now);
/// Everything that matches, for periodic subscriptions.
SourceNews all_of(const SourceSubscription& subscription, const Sources* sources, Timestamp now);
/// What is known once `news` has been delivered.
void note_told(Told& told, const SourceNews& news);

/// The request that tells `news` (5.3.2): of each registration only what was asked for.
base::OutboundRequest make_source_notification(const SourceSubscription& subscription, std::string_view tenant,
                                               const SourceNews& news, std::uint64_t number, Timestamp now);

}  // namespace horad::broker
