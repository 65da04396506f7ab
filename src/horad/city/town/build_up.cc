// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "horad/city/town/construction.h"
#include "horad/city/town/landmarks.h"
#include "horad/city/town/works.h"

namespace horad::city::town {
namespace {

/// Water that reaches into built blocks; buildings keep away from it.
std::vector<Polyline> waters_near(const Plan& plan, const Ring& shape) {
  std::vector<Polyline> out;
  for (const Point p : plan.stream) {
    if (contains(shape, p) || distance_to_border(p, shape) < 40) {
      out.push_back(plan.stream);
      break;
    }
  }
  return out;
}

class Builder {
 public:
  explicit Builder(Town& town) : town_(town) {
    for (const Block& block : town.layout.blocks) {
      const Ring shape = town.layout.graph.ring_of(block.ring);
      areas_.push_back(signed_area(shape));
      middles_.push_back(centroid(shape));
    }
  }

  void landmark(const Landmark& mark) {
    const std::size_t i = choose(mark);
    if (i == town_.layout.blocks.size()) return;
    used_.insert(i);
    const Block& block = town_.layout.blocks[i];
    Site site = site_of(block);
    Dice dice{mix(town_.seed, i)};
    if (!mark.grounds.empty()) town_.areas.push_back({inset(site.shape(), site.lines()), {}, mark.name, mark.grounds});
    if (mark.main) {
      if (auto made = build_monument(site, *mark.main)) {
        made->name = mark.name;
        made->tags = mark.building;
        add(block, {std::move(*made)});
      }
    }
    if (mark.rows) add(block, build_grid(site, *mark.rows, dice));
    if (mark.keep_usual) add(block, build_block(site, block.use, 5, dice));
  }

  void ordinary() {
    for (std::size_t i = 0; i < town_.layout.blocks.size(); ++i) {
      if (used_.contains(i)) continue;
      const Block& block = town_.layout.blocks[i];
      Dice dice{mix(town_.seed, i)};
      if (block.use == Use::kHouses && areas_[i] > 60000) continue;  // too deep for gardens: left as green land
      const bool tall = mix(town_.seed, i, 77) % 12 == 0;            // most microdistricts are five storeys high
      Site site = site_of(block);
      if (block.use == Use::kSlabs && mix(town_.seed, i, 78) % 6 == 0) {
        green(site, dice);
        continue;
      }
      add(block, build_block(site, block.use, tall ? 9 : 5, dice));
    }
  }

 private:
  /// A yard between blocks of flats: grass, trees, and a playground in the middle.
  void green(const Site& site, Dice& dice) {
    town_.areas.push_back({inset(site.shape(), site.lines()), {}, {}, {{"leisure", "garden"}}});
    const Point middle = centroid(site.shape());
    const Box ground{middle, tight_box(site.shape()).axis, 14, 9};
    if (site.free(ground, 0)) town_.areas.push_back({corners(ground), {}, {}, {{"leisure", "playground"}}});
    for (int i = 0; i < 60; ++i) {
      const Point at = middle + Point{dice.between(-90.0, 90.0), dice.between(-90.0, 90.0)};
      if (distance(at, middle) > 22 && site.free({at, {1, 0}, 1, 1}, 0)) {
        town_.spots.push_back({at, {}, {{"natural", "tree"}}});
      }
    }
  }
  static std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c = 0) {
    return town::mix(town::mix(a, b), c);
  }
  Site site_of(const Block& block) const {
    return Site{town_.layout.graph, block, waters_near(town_.plan, town_.layout.graph.ring_of(block.ring))};
  }
  std::size_t choose(const Landmark& mark) const {
    std::size_t best = town_.layout.blocks.size();
    for (std::size_t i = 0; i < town_.layout.blocks.size(); ++i) {
      if (town_.layout.blocks[i].use != mark.use || used_.contains(i) || areas_[i] < mark.least ||
          areas_[i] > mark.most)
        continue;
      if (best == town_.layout.blocks.size() || distance(middles_[i], mark.near) < distance(middles_[best], mark.near))
        best = i;
    }
    return best;
  }
  void add(const Block& block, std::vector<Building> made) {
    for (Building& b : made) {
      b.quarter = block.quarter;
      town_.buildings.push_back(std::move(b));
    }
  }

  Town& town_;
  std::vector<double> areas_;
  std::vector<Point> middles_;
  std::set<std::size_t> used_;
};

/// The railway station stands between the tracks and the street along them, away from any block.
void build_station(Town& town) {
  const Point along = town::along(town.plan.railway, project(town.plan.railway, town.plan.station)).direction;
  const Point north = left_of(along);
  const Point middle = town.plan.station + north * 42;
  const Box hall{middle, along, 42, 11};
  const Box wing{middle + along * 62, along, 15, 8};
  town.buildings.push_back({.ring = corners(hall),
                            .kind = "train_station",
                            .levels = 3,
                            .front = middle + north * 12,
                            .quarter = 0,
                            .street = kNoStreet,
                            .number = 0,
                            .name = {"Чыгуначны вакзал", "Железнодорожный вокзал", "Railway Station"},
                            .tags = {{"public_transport", "station"}}});
  town.buildings.push_back({.ring = corners(wing),
                            .kind = "transportation",
                            .levels = 1,
                            .front = wing.centre,
                            .quarter = 0,
                            .street = kNoStreet,
                            .number = 0,
                            .name = {},
                            .tags = {}});
  for (const double away : {10.0, -14.0}) {
    town.areas.push_back({corners({town.plan.station + north * away, along, 150, 3.2}),
                          {},
                          {},
                          {{"railway", "platform"}, {"area", "yes"}}});
  }
  town.spots.push_back({town.plan.station + north * 18,
                        town.plan.town,
                        {{"railway", "station"}, {"public_transport", "station"}, {"train", "yes"}}});
}

}  // namespace

void build_up(Town& town) {
  Builder builder{town};
  for (const Landmark& mark : landmarks()) builder.landmark(mark);
  builder.ordinary();
  build_station(town);
}

}  // namespace horad::city::town
