// SPDX-License-Identifier: Apache-2.0
// OpenStreetMap features as entities. Pure: one GeoJSON feature in, one entity out. The table of what becomes what
// stands in docs/operate/import.md; OpenStreetMap data is (c) OpenStreetMap contributors, ODbL, and every entity says
// so in `source`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "horad/base/result.h"

namespace horad::city::exchange {

enum class OsmKind : std::uint8_t { kStreet, kPlace, kPublicBuilding, kStop, kDistrict };
constexpr std::size_t kOsmKinds = 5;
std::string_view name_of(OsmKind kind);  // "streets", "places", ...

struct OsmEntity {
  OsmKind kind;
  std::string json;  // one NGSI-LD entity in concise form
};

/// Turns one feature, as `osmium export` writes it with the configuration below, into an entity; nothing when Horad has
/// no use for it.
///   feature  one GeoJSON Feature on one line, members @type and @id among its properties
///   errors   kInvalidRequest when it is not such a feature
/// Ids are stable (`urn:ngsi-ld:RoadSegment:osm:w26786712`), so importing twice changes nothing.
Result<std::optional<OsmEntity>> osm_entity(std::string_view feature);

/// What `osmium export -c` must be told so that each object comes once and as the shape that osm_entity() wants.
std::string_view osmium_export_config();

}  // namespace horad::city::exchange
