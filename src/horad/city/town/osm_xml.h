// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "horad/city/town/town.h"

namespace horad::city::town {

/// How many objects were written.
struct OsmCounts {
  std::size_t nodes = 0;
  std::size_t ways = 0;
  std::size_t relations = 0;
};

/// Writes the town as OpenStreetMap XML 0.6: all nodes, then all ways, then all relations, ids ascending from 1 in each
/// kind, no reference to anything that is not written. Streets share nodes where they meet; districts and the town's
/// border share ways; a bus line is a route_master of two routes. Everything named has name (Belarusian), name:be,
/// name:ru and name:en.
///   sink     gets the text in pieces of about 64 KiB, in order
///   cost     one pass over the town; memory for the nodes only
OsmCounts write_osm_xml(const Town& town, const std::function<void(std::string_view)>& sink);

}  // namespace horad::city::town
