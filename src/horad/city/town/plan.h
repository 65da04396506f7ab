// SPDX-License-Identifier: Apache-2.0
// The town as a town planner would sketch it by hand: the river, the railway, the main streets with their names, what
// each quarter is for, and the district lines. Everything smaller grows from this, by seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "horad/city/town/geometry.h"
#include "horad/city/town/names.h"
#include "horad/city/town/street_graph.h"

namespace horad::city::town {

/// What a quarter is, and so how it is divided and built up.
enum class Use : std::uint8_t {
  kCore,        // the old town: small crooked blocks, houses wall to wall
  kNineteenth,  // a grid of blocks built along their edges
  kMixed,       // two and three storeys from the middle of the last century, with yards
  kSlabs,       // a microdistrict: rows of long blocks of flats, schools in the middle
  kHouses,      // private houses with gardens
  kIndustry,
  kAllotments,
  kGreenhouses,
  kSquare,  // the market square
  kPark,
  kLakePark,
  kRiverside,  // between the embankments
  kRailway,    // between the streets along the railway
  kForest,
  kFarmland,
  kMeadow,
};

struct QuarterPlan {
  Point inside;  // any place in it
  Use use = Use::kMeadow;
  Name name;  // empty: part of a larger quarter that has one
};

struct DistrictPlan {
  std::string slug;  // stands in entity ids
  Name name;
  Ring border;
};

struct Plan {
  Name town;
  std::vector<Name> streets;       // PlannedLine::kind.street points here
  std::vector<PlannedLine> lines;  // roads and the frame; they make the quarters
  std::vector<PlannedLine> spurs;  // roads that end somewhere; drawn after the quarters are known
  std::vector<QuarterPlan> quarters;

  Name river_name;
  Polyline river;    // middle, downstream, beyond the frame at both ends
  Ring river_water;  // both banks
  std::vector<Ring> islands;
  Name stream_name;
  Polyline stream;  // from the lake to the river
  Name lake_name;
  Ring lake;
  Polyline railway;  // middle of the main tracks, west to east
  Point station;     // middle of the platforms
  Point monitored_bridge;
  Name bridge_name;

  Ring limits;  // the town's administrative border
  Ring frame;   // the whole map
  std::vector<DistrictPlan> districts;
};

/// The plan is drawn, not rolled: it is the same for every seed.
Plan draw_plan();

/// Places along the river: `t` counts its control points from the west, `away` is metres to the north of its middle.
Point beside_river(double t, double away);
double river_half_width(double t) noexcept;
double embankment_offset(double t) noexcept;

}  // namespace horad::city::town
