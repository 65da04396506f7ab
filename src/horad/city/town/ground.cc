// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "horad/city/town/dice.h"
#include "horad/city/town/works.h"

namespace horad::city::town {
namespace {

Tags ground_of(Use use) {
  switch (use) {
    case Use::kCore:
    case Use::kNineteenth:
    case Use::kMixed:
    case Use::kSlabs:
    case Use::kHouses:
      return {{"landuse", "residential"}};
    case Use::kIndustry:
      return {{"landuse", "industrial"}};
    case Use::kAllotments:
      return {{"landuse", "allotments"}};
    case Use::kGreenhouses:
      return {{"landuse", "greenhouse_horticulture"}};
    case Use::kPark:
    case Use::kLakePark:
      return {{"leisure", "park"}};
    case Use::kRiverside:
      return {{"landuse", "grass"}};
    case Use::kRailway:
      return {{"landuse", "railway"}};
    case Use::kForest:
      return {{"landuse", "forest"}};
    case Use::kFarmland:
      return {{"landuse", "farmland"}};
    case Use::kMeadow:
      return {{"landuse", "meadow"}};
    case Use::kSquare:
      return {};
  }
  return {};
}

Name ground_name(const Quarter& quarter) {
  if (quarter.use == Use::kLakePark) return {"Парк «Люстэрка»", "Парк «Зеркальный»", "Mirror Lake Park"};
  if (quarter.use == Use::kPark) return {"Парк чыгуначнікаў", "Парк железнодорожников", "Railwaymen's Park"};
  return quarter.use == Use::kForest || quarter.use == Use::kAllotments ? quarter.name : Name{};
}

void lay_quarters(Town& town) {
  for (const Quarter& q : town.layout.quarters) {
    const Tags tags = ground_of(q.use);
    if (!tags.empty()) town.areas.push_back({town.layout.graph.ring_of(q.ring), {}, ground_name(q), tags});
  }
}

void fill_waters(Town& town) {
  const Plan& plan = town.plan;
  town.areas.push_back({plan.river_water, plan.islands, plan.river_name, {{"natural", "water"}, {"water", "river"}}});
  for (std::size_t i = 0; i < plan.islands.size(); ++i) {
    const Name name = i == 0 ? Name{"Востраў Кахання", "Остров Любви", "Island of Love"} : Name{};
    town.areas.push_back({plan.islands[i], {}, name, i == 0 ? Tags{{"leisure", "park"}} : Tags{{"natural", "wood"}}});
  }
  town.areas.push_back({plan.lake, {}, plan.lake_name, {{"natural", "water"}, {"water", "reservoir"}}});
  town.courses.push_back({plan.river, plan.river_name, {{"waterway", "river"}}});
  town.courses.push_back({plan.stream, plan.stream_name, {{"waterway", "stream"}}});
}

Polyline moved(const Polyline& line, double away, double from, double to) {
  Polyline out;
  const double size = length_of(line);
  for (double at = std::max(0.0, from); at <= std::min(size, to); at += 40) {
    const Placed place = along(line, at);
    out.push_back(place.at + left_of(place.direction) * away);
  }
  return out;
}

void lay_rails(Town& town) {
  const Polyline& line = town.plan.railway;
  const double size = length_of(line);
  const double station = project(line, town.plan.station);
  const Name name{"Ліда — Баранавічы", "Лида — Барановичи", "Lida – Baranavichy Railway"};
  town.courses.push_back(
      {moved(line, 2.2, 0, size), name, {{"railway", "rail"}, {"usage", "main"}, {"electrified", "no"}}});
  town.courses.push_back(
      {moved(line, -2.2, 0, size), name, {{"railway", "rail"}, {"usage", "main"}, {"electrified", "no"}}});
  struct Siding {
    double away, from, to;
  };
  for (const auto& [away, from, to] :
       {Siding{-8, -420, 500}, {-19, -380, 620}, {-24.5, -300, 760}, {-30, -200, 900}, {6.6, -350, 300}}) {
    Polyline track = moved(line, away, station + from, station + to);
    track.insert(track.begin(), along(line, station + from - 90).at);  // switches join the main line at both ends
    track.push_back(along(line, station + to + 90).at);
    town.courses.push_back({std::move(track), {}, {{"railway", "rail"}, {"service", "siding"}}});
  }
  const Placed gate = along(line, station + 700);
  const Point south = left_of(gate.direction) * -1.0;
  town.courses.push_back({smooth(Polyline{gate.at + south * 2.2, gate.at + gate.direction * 130 + south * 40,
                                          gate.at + gate.direction * 190 + south * 112},
                                 20),
                          {},
                          {{"railway", "rail"}, {"service", "spur"}}});
}

/// Woods in the fields, the beach, sport grounds: softer shapes than quarters have.
void scatter_patches(Town& town) {
  struct Patch {
    Blob blob;
    Tags tags;
    Name name;
  };
  const Tags wood{{"landuse", "forest"}};
  const Tags grove{{"natural", "wood"}};
  const Patch patches[] = {
      {{{900, 3300}, 420, 180, 0.3, 0.25, 40}, wood, {}},
      {{{2300, 3150}, 260, 190, 1.0, 0.25, 40}, wood, {}},
      {{{1900, -3150}, 520, 210, -0.3, 0.25, 40}, wood, {"Княжая дуброва", "Княжья дубрава", "Prince's Oakwood"}},
      {{{3700, -3200}, 480, 260, 0.2, 0.25, 40}, wood, {}},
      {{{-2200, -3350}, 430, 180, 0.1, 0.25, 40}, wood, {}},
      {{{-4050, -1500}, 380, 520, 0.2, 0.25, 40}, wood, {"Заходні гай", "Западная роща", "West Grove"}},
      {{{3650, -700}, 330, 170, 0.4, 0.25, 40}, wood, {}},
      {{{6400, 3600}, 900, 500, 0.3, 0.25, 60}, wood, {}},
      {{{7300, -1900}, 800, 350, 0.2, 0.25, 60}, wood, {}},
      {{{-7000, -1900}, 800, 420, -0.3, 0.25, 60}, wood, {}},
      {{{-6300, -4900}, 900, 600, 0.5, 0.25, 60}, wood, {}},
      {{{3000, -5500}, 1000, 450, 0.1, 0.25, 60}, wood, {}},
      {{{6700, -5400}, 900, 600, -0.2, 0.25, 60}, wood, {}},
      {{{-2100, -5700}, 800, 380, 0.3, 0.25, 60}, wood, {}},
      {{{1700, 5500}, 900, 450, 0.2, 0.25, 60}, wood, {}},
      {{{6400, 3600}, 900, 500, 0.3, 0.25, 60}, wood, {}},
      {{{7300, -1900}, 800, 350, 0.2, 0.25, 60}, wood, {}},
      {{{-7000, -1900}, 800, 420, -0.3, 0.25, 60}, wood, {}},
      {{{-6300, -4900}, 900, 600, 0.5, 0.25, 60}, wood, {}},
      {{{3000, -5500}, 1000, 450, 0.1, 0.25, 60}, wood, {}},
      {{{6700, -5400}, 900, 600, -0.2, 0.25, 60}, wood, {}},
      {{{-2100, -5700}, 800, 380, 0.3, 0.25, 60}, wood, {}},
      {{{1700, 5500}, 900, 450, 0.2, 0.25, 60}, wood, {}},
      {{{2120, 1780}, 300, 110, 0.35, 0.2, 25}, grove, {}},
      {{{1420, 1130}, 170, 120, 0.4, 0.2, 25}, grove, {}},
      {{{2560, 1040}, 190, 150, 0.4, 0.2, 25}, grove, {}},
      {{{1720, 1190}, 90, 26, 0.1, 0.1, 12}, {{"natural", "beach"}}, {"Гарадскі пляж", "Городской пляж", "Town Beach"}},
      {{{750, -1120}, 120, 70, 0.1, 0.2, 25}, grove, {}},
      {{{-3750, 120}, 420, 150, -0.2, 0.25, 40}, {{"natural", "wetland"}}, {"Лагі", "Лога", "Lahi"}},
  };
  unsigned long long n = 0;
  for (const Patch& p : patches) town.areas.push_back({draw(p.blob, mix(town.seed, ++n)), {}, p.name, p.tags});
  const Point pitch = town.plan.station + Point{880, 330};
  town.areas.push_back({corners({pitch, {1, 0.05}, 52, 34}), {}, {}, {{"leisure", "pitch"}, {"sport", "soccer"}}});
}

void name_places(Town& town) {
  const Plan& plan = town.plan;
  town.spots.push_back({{-60, 110}, plan.town, {{"place", "town"}, {"population", "60214"}}});
  for (const DistrictPlan& d : plan.districts) {
    const Point at = d.slug == "central"   ? Point{-760, 1150}
                     : d.slug == "azyorny" ? Point{1750, 780}
                                           : Point{-300, -900};
    town.spots.push_back({at, d.name, {{"place", "suburb"}}});
  }
  for (const QuarterPlan& q : plan.quarters) {
    const bool lived_in = q.use <= Use::kIndustry || q.use == Use::kGreenhouses;
    if (!q.name.empty() && lived_in) town.spots.push_back({q.inside, q.name, {{"place", "neighbourhood"}}});
  }
}

/// Trees along the embankment and the avenues: one node each.
void plant_trees(Town& town) {
  Dice dice{mix(town.seed, 4242)};
  const auto line_up = [&](const Polyline& line, double away, double step) {
    for (double at = step; at < length_of(line); at += step) {
      const Placed place = along(line, at);
      if (dice.chance(0.85))
        town.spots.push_back({place.at + left_of(place.direction) * away, {}, {{"natural", "tree"}}});
    }
  };
  Polyline bank;
  for (double t = 5.2; t < 8.1; t += 0.05) bank.push_back(beside_river(t, embankment_offset(t) - 9));
  line_up(bank, 0, 14);
  for (const Edge& e : town.layout.graph.edges()) {
    if (!e.alive || e.kind.bridge || e.kind.road != RoadClass::kPrimary || e.kind.street == kNoStreet) continue;
    const Point a = town.layout.graph.at(e.a);
    const Point b = town.layout.graph.at(e.b);
    if (std::abs(a.x) > 2600 || std::abs(a.y) > 2350) continue;
    line_up({a, b}, 11, 16);
    line_up({a, b}, -11, 16);
  }
}

}  // namespace

void lay_ground(Town& town) {
  lay_quarters(town);
  fill_waters(town);
  lay_rails(town);
  scatter_patches(town);
  name_places(town);
  plant_trees(town);
}

}  // namespace horad::city::town
