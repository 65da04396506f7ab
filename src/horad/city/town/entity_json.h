// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "horad/city/town/readings.h"

namespace horad::city::town {

/// The device as a normalized NGSI-LD entity without @context: name in three languages, location, address, the district
/// as a Relationship to the AdministrativeArea that `horad import osm` makes of the town's XML, reportingInterval in
/// seconds, and for buses the line. Readings are added by reading_json.
std::string entity_json(const Town& town, const Device& device);

/// A reading as a partial entity (id, type and the measured attributes with observedAt and unitCode), normalized.
std::string reading_json(const Device& device, const Reading& reading);

}  // namespace horad::city::town
