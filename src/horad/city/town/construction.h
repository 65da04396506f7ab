// SPDX-License-Identifier: Apache-2.0
// Puts buildings on blocks. Used by make_town; the parts are separate so that each kind of block can be tested alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "horad/city/town/dice.h"
#include "horad/city/town/layout.h"
#include "horad/city/town/town.h"

namespace horad::city::town {

/// A block ready to be built on: its shape, and how far from each side plots begin.
class Site {
 public:
  Site(const StreetGraph& graph, const Block& block, std::vector<Polyline> keep_clear);

  const Ring& shape() const noexcept { return shape_; }
  double line(std::size_t side) const noexcept { return lines_[side]; }
  const std::vector<double>& lines() const noexcept { return lines_; }
  bool is_road(std::size_t side) const noexcept { return roads_[side]; }  // drivable: something may front on it
  /// True when the box lies behind every plot line and at least `gap` metres from what stands here already.
  bool free(const Box& box, double gap) const;
  void take(const Box& box) { taken_.push_back(box); }

 private:
  Ring shape_;
  std::vector<double> lines_;
  std::vector<bool> roads_;
  std::vector<Box> taken_;
  std::vector<Polyline> keep_clear_;  // water: nothing within 18 m
};

/// How houses line the streets of a block.
struct Frontage {
  double width[2];  // along the street
  double depth[2];
  double gap[2];      // between neighbours
  double setback[2];  // behind the plot line
  int levels[2];
  double share = 1;    // of plots that are built on
  double apart = 0.5;  // least distance between any two buildings
  const char* kind = "yes";
};

std::vector<Building> build_frontage(Site& site, const Frontage& how, Dice& dice);
/// Rows of long blocks of flats, parallel to the block's long axis.
std::vector<Building> build_slabs(Site& site, int levels, Dice& dice);
/// A grid of large halls, or of glasshouses, or of garages.
struct Grid {
  double length[2];
  double width[2];
  double along_gap;
  double across_gap;
  double share = 1;
  int levels[2];
  const char* kind = "industrial";
};
std::vector<Building> build_grid(Site& site, const Grid& how, Dice& dice);

/// One building of a given footprint near the middle of the site, turned with the block; smaller when it does not fit.
enum class Shape { kBar, kEl, kHorseshoe, kCross };
struct Monument {
  Shape shape = Shape::kBar;
  double length = 40;
  double width = 20;
  int levels = 2;
  const char* kind = "yes";
};
std::optional<Building> build_monument(Site& site, const Monument& what);

/// Everything usual for the block's use.
std::vector<Building> build_block(Site& site, Use use, int slab_levels, Dice& dice);

}  // namespace horad::city::town
