// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/world.h"
#include "horad/broker/lane.h"
#include "horad/model/change.h"
#include "horad/model/links.h"
#include "horad/model/represent.h"

namespace horad::broker {

using LinkedWalk = model::LinkWalk<model::RepresentOptions>;

/// What of a change is told to the subscription as deletion (5.8.6): the instances it watches, when it asks for
/// attributeDeleted; of a deleted entity all of them, when it asks for changes.
///   before      the entity before the change; empty when that is not known
///   document    what is told: the entity after the change, or before its deletion
///   returns     the instances as they were. An attribute that went whole is one default instance, unless the
///               subscription looks at instances: by showChanges or datasetId
std::vector<model::Attribute> gone_for(const Subscription& subscription, const model::Change& change,
                                       const model::Document& before, model::DocumentView document);

/// The request that brings `body`, one JSON object, to the endpoint: by HTTP (6.3.8) with the headers that it wants, or
/// for MQTT wrapped with them as metadata (7.2), where the transport reads MQTT-Version and MQTT-QoS from the headers.
base::OutboundRequest delivery_of(const Subscription& subscription, std::string_view tenant, std::string body);

/// The same for a Notification (ETSI GS CIM 009, 5.3.1) that tells of `jobs`, with one entity for each, in the form the
/// subscription asks for.
///   linked     what the entities link to, as far as the subscription joins; null: they are shown alone
///   number     makes the id of the notification unique
///   location   the GeoProperty shown with application/geo+json
base::OutboundRequest make_notification(const Subscription& subscription, std::string_view tenant,
                                        std::span<const Job* const> jobs, const LinkedWalk* linked,
                                        std::uint64_t number, Timestamp now, model::NameId location);

}  // namespace horad::broker
