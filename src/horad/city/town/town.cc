// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/town.h"

#include "horad/city/town/works.h"

namespace horad::city::town {
namespace {

constexpr double kMetresPerLng = 66203.0;  // at 53.6 degrees north on WGS 84
constexpr double kMetresPerLat = 111297.0;

}  // namespace

Degrees to_degrees(Point p) noexcept { return {kOrigin.lng + p.x / kMetresPerLng, kOrigin.lat + p.y / kMetresPerLat}; }
Point from_degrees(Degrees d) noexcept {
  return {(d.lng - kOrigin.lng) * kMetresPerLng, (d.lat - kOrigin.lat) * kMetresPerLat};
}

std::size_t district_of(const Plan& plan, Point p) noexcept {
  std::size_t i = 0;
  while (i < plan.districts.size() && !contains(plan.districts[i].border, p)) ++i;
  return i;
}

Town make_town(std::uint64_t seed) {
  Town town;
  town.seed = seed;
  town.plan = draw_plan();
  town.layout = lay_out(town.plan, seed);
  name_streets(town);
  lay_ground(town);
  build_up(town);
  number_buildings(town);
  open_shops(town);
  run_buses(town);
  chain_roads(town);
  return town;
}

}  // namespace horad::city::town
