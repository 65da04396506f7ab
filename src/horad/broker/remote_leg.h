// SPDX-License-Identifier: Apache-2.0
// One subscription of ours at one registered source: what is known of it, what is to be done next, and how that is
// written down. Pure: acting is in remote_subscriptions.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "horad/broker/contexts.h"
#include "horad/broker/forwarding.h"
#include "horad/broker/remote_copy.h"

namespace horad::broker {

/// What is asked of the source.
enum class LegAct : std::uint8_t { kNone, kCreate, kUpdate, kDelete, kForget };

struct Leg {
  std::string id;                              // of the subscription there; nobody else can guess it
  std::string subscription;                    // ours
  std::shared_ptr<const Registration> source;  // as it was when something was last asked of it
  Timestamp told_subscription{};               // the versions that the source has been told; none: nothing for certain
  Timestamp told_source{};
  bool there = false;              // the source has said that it has it
  bool maybe_there = false;        // it may have it: what was asked got no answer, or the program ended
  bool leaving = false;            // it is to go
  bool renewing = false;           // it is to go, and to come back changed: the source cannot change it
  int failures = 0;                // in a row
  Duration pause{};                // after the next failure
  Duration due{};                  // steady: not before
  std::optional<Warning> trouble;  // why the last attempt failed
};

inline constexpr int kMostDeletions = 30;  // attempts to delete, before a source is left to itself

/// What is to be done next.
///   version   of the subscription
///   reach     null: the source has no part in it any more
LegAct next_of(Leg& leg, Timestamp version, const Reach* reach);

/// The request for it. For kDelete nothing but the leg is looked at.
base::OutboundRequest request_for(LegAct act, const Leg& leg, const Subscription* subscription,
                                  const Definition* definition, const Reach* reach, std::string_view receiver,
                                  std::string_view tenant, std::string_view alias, Contexts& contexts,
                                  model::Names& names);

/// Notes what came of it, at the steady time.
///   version, source   that were told
void note(Leg& leg, LegAct act, Timestamp version, Timestamp source, const Result<base::OutboundResponse>& reply,
          Duration steady);

json::object to_json(const Leg& leg);
/// errors  kDamaged
Result<Leg> leg_from_json(const json::object& stored);

}  // namespace horad::broker
