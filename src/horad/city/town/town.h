// SPDX-License-Identifier: Apache-2.0
// A generated town as plain data: what osm_xml writes out and what the devices stand in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "horad/city/town/geometry.h"
#include "horad/city/town/layout.h"
#include "horad/city/town/names.h"
#include "horad/city/town/plan.h"

namespace horad::city::town {

using Tags = std::vector<std::pair<std::string, std::string>>;  // OSM keys and values, without names

struct Building {
  Ring ring;         // counter-clockwise
  std::string kind;  // value of building=*
  int levels = 1;
  Point front;  // middle of the side towards its street
  std::size_t quarter = 0;
  int street = kNoStreet;  // index into Town::streets; kNoStreet when it has no address
  int number = 0;          // of the address; 0 when it has none
  Name name;
  Tags tags;
};

/// Ground: land use, parks, water, squares, grounds of schools. Order is not drawing order.
struct Area {
  Ring outer;
  std::vector<Ring> holes;
  Name name;
  Tags tags;
};

/// A point of interest, a place name, a tree: anything that is one node.
struct Spot {
  Point at;
  Name name;
  Tags tags;
};

/// A chain of nodes of the graph, all of one kind: one OSM way.
struct Road {
  std::vector<NodeIndex> nodes;
  EdgeKind kind;
};

/// Rails, the river's middle, fences: lines that share no nodes with roads.
struct Course {
  Polyline points;
  Name name;
  Tags tags;
};

/// Two platforms, one on each side of a street: index 0 is served on the way out, 1 on the way back.
struct Stop {
  Name name;
  Point on_road;
  Point platforms[2];
};

struct StopCall {
  std::size_t stop = 0;  // index into Town::stops
  double at = 0;         // metres along the line's path
};

/// One bus line, out along `path` and back the same way.
struct Line {
  std::string ref;
  std::string colour;  // #rrggbb
  Name from, to;       // names of the end stops
  std::vector<NodeIndex> nodes;
  Polyline path;
  std::vector<StopCall> calls;  // ascending `at`; the first is at one end, the last at the other
};

struct Town {
  Plan plan;
  std::uint64_t seed = 0;
  Layout layout;
  std::vector<Name> streets;
  std::vector<Road> roads;
  std::vector<Building> buildings;
  std::vector<Area> areas;
  std::vector<Spot> spots;
  std::vector<Course> courses;
  std::vector<Stop> stops;
  std::vector<Line> lines;
};

/// Where the town lies: degrees on WGS 84, GeoJSON order.
struct Degrees {
  double lng = 0;
  double lat = 0;
};
inline constexpr Degrees kOrigin{25.8, 53.6};
/// Plane metres to degrees and back, by the lengths of a degree at the origin; good to a metre within the map.
Degrees to_degrees(Point p) noexcept;
Point from_degrees(Degrees d) noexcept;

/// The district that holds `p`: an index into plan.districts, or its size when none does.
std::size_t district_of(const Plan& plan, Point p) noexcept;

/// Makes the whole town. Pure: equal seeds give equal towns, to the last bit. About a second.
Town make_town(std::uint64_t seed);
inline constexpr std::uint64_t kNovahradSeed = 1253;  // the town everybody sees

}  // namespace horad::city::town
