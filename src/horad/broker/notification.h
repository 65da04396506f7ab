// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "horad/base/world.h"
#include "horad/broker/lane.h"

namespace horad::broker {

/// The HTTP request that tells of `jobs` (ETSI GS CIM 009, 5.3.1 and 6.3.8): a Notification with one entity for each,
/// in the form the subscription asks for.
///   number     makes the id of the notification unique
///   location   the GeoProperty shown with application/geo+json
base::OutboundRequest make_notification(const Subscription& subscription, std::string_view tenant,
                                        std::span<const Job* const> jobs, std::uint64_t number, Timestamp now,
                                        model::NameId location);

}  // namespace horad::broker
