// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/construction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace horad::city::town {
namespace {

double pick(const double (&range)[2], Dice& dice) { return dice.between(range[0], range[1]); }
int pick(const int (&range)[2], Dice& dice) { return dice.between(range[0], range[1]); }

Building plain(const Box& box, const char* kind, int levels, Point front) {
  return {.ring = corners(box),
          .kind = kind,
          .levels = levels,
          .front = front,
          .quarter = 0,
          .street = kNoStreet,
          .number = 0,
          .name = {},
          .tags = {}};
}

/// Footprints in the box's own coordinates, both axes from -1 to 1, counter-clockwise.
Ring footprint(const Box& box, Shape shape) {
  std::vector<Point> unit_ring;
  switch (shape) {
    case Shape::kBar:
      unit_ring = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
      break;
    case Shape::kEl:
      unit_ring = {{-1, -1}, {1, -1}, {1, -0.1}, {-0.4, -0.1}, {-0.4, 1}, {-1, 1}};
      break;
    case Shape::kHorseshoe:
      unit_ring = {{-1, -1}, {1, -1}, {1, 1}, {0.6, 1}, {0.6, -0.3}, {-0.6, -0.3}, {-0.6, 1}, {-1, 1}};
      break;
    case Shape::kCross:
      unit_ring = {{-1, -0.4}, {0.2, -0.4}, {0.2, -1},   {0.55, -1}, {0.55, -0.4}, {0.8, -0.4}, {1, -0.15},
                   {1, 0.15},  {0.8, 0.4},  {0.55, 0.4}, {0.55, 1},  {0.2, 1},     {0.2, 0.4},  {-1, 0.4}};
      break;
  }
  Ring out;
  for (const Point p : unit_ring) {
    out.push_back(box.centre + box.axis * (p.x * box.half_length) + left_of(box.axis) * (p.y * box.half_width));
  }
  return out;
}

/// Walks one side of the block and puts houses along it.
void line_side(Site& site, std::size_t side, const Frontage& how, Dice& dice, std::vector<Building>& out) {
  const Ring& shape = site.shape();
  const Point a = shape[side];
  const Point b = shape[(side + 1) % shape.size()];
  const Point u = unit(b - a);
  const double size = distance(a, b);
  double at = dice.between(0.0, 3.0);
  while (at < size) {
    const double width = pick(how.width, dice);
    const double depth = pick(how.depth, dice);
    const double back = site.line(side) + pick(how.setback, dice);
    const Point front = a + u * (at + width / 2) + left_of(u) * back;
    const Box box{front + left_of(u) * (depth / 2), u, width / 2, depth / 2};
    if (!site.free(box, how.apart)) {
      at += 3;
      continue;
    }
    if (dice.chance(how.share)) {
      site.take(box);
      const bool wing = how.apart < 1 && dice.chance(0.25) && width > 14;
      Building made = plain(box, how.kind, pick(how.levels, dice), front);
      if (wing) made.ring = footprint(box, Shape::kEl);
      out.push_back(std::move(made));
    }
    at += width + pick(how.gap, dice);
  }
}

std::vector<Building> build_slab_row(Site& site, const Box& frame, double across, int levels, Dice& dice) {
  std::vector<Building> out;
  constexpr std::array kLengths{80.0, 64.0, 48.0, 32.0};
  const double depth = levels > 6 ? 14 : 12;
  const Point side = left_of(frame.axis);
  double at = -frame.half_length;
  while (at < frame.half_length) {
    bool placed = false;
    for (const double length : kLengths) {
      if (dice.chance(0.2)) continue;
      const Point centre = frame.centre + frame.axis * (at + length / 2) + side * across;
      const Box box{centre, frame.axis, length / 2, depth / 2};
      if (!site.free(box, 16)) continue;
      site.take(box);
      out.push_back(plain(box, "apartments", levels, centre - side * (depth / 2)));
      at += length + (dice.chance(0.2) ? 70 : dice.between(18.0, 36.0));  // here and there a green yard
      placed = true;
      break;
    }
    if (!placed) at += 6;
  }
  return out;
}

void append(std::vector<Building>& to, std::vector<Building> from) { std::ranges::move(from, std::back_inserter(to)); }

std::vector<Building> build_microdistrict(Site& site, int levels, Dice& dice) {
  std::vector<Building> out;
  if (levels > 6 && dice.chance(0.25)) {
    append(out, build_grid(site, {{22, 26}, {20, 22}, 44, 44, 0.7, {9, 12}, "apartments"}, dice));
  } else {
    out = build_slabs(site, levels, dice);
  }
  if (dice.chance(0.5)) append(out, build_grid(site, {{18, 30}, {8, 12}, 60, 60, 0.3, {1, 1}, "service"}, dice));
  return out;
}

std::vector<Building> build_houses(Site& site, Dice& dice) {
  auto out = build_frontage(site, {{9, 14}, {9, 12.5}, {17, 27}, {3.5, 8}, {1, 2}, 0.93, 6, "house"}, dice);
  append(out, build_frontage(site, {{4, 7}, {4, 6}, {40, 90}, {21, 27}, {1, 1}, 0.06, 3, "shed"}, dice));
  return out;
}

}  // namespace

Site::Site(const StreetGraph& graph, const Block& block, std::vector<Polyline> keep_clear)
    : shape_(graph.ring_of(block.ring)), keep_clear_(std::move(keep_clear)) {
  for (std::size_t i = 0; i < block.ring.size(); ++i) {
    const Edge* edge = graph.find(block.ring[i], block.ring[(i + 1) % block.ring.size()]);
    const RoadClass road = edge == nullptr ? RoadClass::kNone : edge->kind.road;
    lines_.push_back(plot_line(road) - (block.use == Use::kCore ? 2.0 : 0.0));
    roads_.push_back(is_drivable(road) && road != RoadClass::kTrunk);
  }
}

bool Site::free(const Box& box, double gap) const {
  Ring probe = corners(box);
  probe.push_back(mid(probe[0], probe[1]));
  probe.push_back(mid(probe[2], probe[3]));
  for (const Point p : probe) {
    if (!contains(shape_, p)) return false;
    for (std::size_t i = 0; i < shape_.size(); ++i) {
      if (distance_to_segment(p, shape_[i], shape_[(i + 1) % shape_.size()]) < lines_[i] - 0.01) return false;
    }
    for (const Polyline& line : keep_clear_) {
      if (distance_to_line(p, line) < 18) return false;
    }
  }
  // A corner of the block may reach into a long box without coming near any of its probes.
  const Ring outline = corners(box);
  for (const Point p : shape_) {
    if (contains(outline, p)) return false;
  }
  return std::ranges::none_of(taken_, [&](const Box& other) { return overlap(box, other, gap); });
}

std::vector<Building> build_frontage(Site& site, const Frontage& how, Dice& dice) {
  std::vector<Building> out;
  for (std::size_t side = 0; side < site.shape().size(); ++side) {
    if (site.is_road(side)) line_side(site, side, how, dice, out);
  }
  return out;
}

std::vector<Building> build_slabs(Site& site, int levels, Dice& dice) {
  std::vector<Building> out;
  Box frame = tight_box(site.shape());
  if (dice.chance(0.35)) frame = {frame.centre, left_of(frame.axis), frame.half_width, frame.half_length};
  const double pitch = levels > 6 ? 66 : 54;
  const int rows = std::max(1, static_cast<int>((2 * frame.half_width - 30) / pitch));
  for (int row = 0; row < rows; ++row) {
    append(out, build_slab_row(site, frame, (row - (rows - 1) / 2.0) * pitch, levels, dice));
  }
  return out;
}

std::vector<Building> build_grid(Site& site, const Grid& how, Dice& dice) {
  std::vector<Building> out;
  const Box frame = tight_box(site.shape());
  const Point side = left_of(frame.axis);
  for (double y = -frame.half_width + 4; y < frame.half_width;) {
    double deepest = how.width[0];
    for (double x = -frame.half_length + 4; x < frame.half_length;) {
      const double length = pick(how.length, dice);
      const double width = pick(how.width, dice);
      const Point centre = frame.centre + frame.axis * (x + length / 2) + side * (y + width / 2);
      const Box box{centre, length >= width ? frame.axis : side, std::max(length, width) / 2,
                    std::min(length, width) / 2};
      if (!site.free(box, std::min(how.along_gap, how.across_gap) * 0.7)) {
        x += 4;
        continue;
      }
      if (dice.chance(how.share)) {
        site.take(box);
        deepest = std::max(deepest, width);
        out.push_back(plain(box, how.kind, pick(how.levels, dice), centre - side * (width / 2)));
      }
      x += length + how.along_gap;
    }
    y += out.empty() ? 6 : deepest + how.across_gap;
  }
  return out;
}

std::optional<Building> build_monument(Site& site, const Monument& what) {
  const Box frame = tight_box(site.shape());
  const Point middle = centroid(site.shape());
  for (double scale = 1; scale > 0.35; scale *= 0.88) {
    for (const double dx : {0.0, 12.0, -12.0, 24.0, -24.0}) {
      for (const double dy : {0.0, 10.0, -10.0}) {
        const Point centre = middle + frame.axis * dx + left_of(frame.axis) * dy;
        const Box box{centre, frame.axis, what.length * scale / 2, what.width * scale / 2};
        if (!site.free(box, 6)) continue;
        site.take(box);
        Building made = plain(box, what.kind, what.levels, centre - left_of(frame.axis) * box.half_width);
        made.ring = footprint(box, what.shape);
        return made;
      }
    }
  }
  return std::nullopt;
}

std::vector<Building> build_block(Site& site, Use use, int slab_levels, Dice& dice) {
  switch (use) {
    case Use::kCore: {
      auto out = build_frontage(site, {{11, 24}, {9.5, 12.5}, {0, 0.5}, {0, 0.8}, {2, 3}, 0.93, 0.2, "yes"}, dice);
      append(out, build_grid(site, {{7, 14}, {6, 8}, 9, 9, 0.4, {1, 2}, "outbuilding"}, dice));
      return out;
    }
    case Use::kNineteenth: {
      auto out = build_frontage(site, {{22, 46}, {11, 14}, {0, 16}, {0.5, 3}, {1, 3}, 0.82, 0.4, "apartments"}, dice);
      for (Building& b : out) {  // offices, workshops and shops among the homes
        if (dice.chance(0.22)) b.kind = b.levels > 1 ? "commercial" : "retail";
      }
      append(out, build_grid(site, {{10, 18}, {7, 10}, 16, 14, 0.2, {1, 2}, "outbuilding"}, dice));
      return out;
    }
    case Use::kMixed: {
      auto out = build_frontage(site, {{22, 40}, {11, 13}, {14, 30}, {4, 9}, {1, 3}, 0.8, 9, "apartments"}, dice);
      append(out, build_grid(site, {{14, 24}, {7, 9}, 20, 24, 0.35, {1, 1}, "shed"}, dice));
      return out;
    }
    case Use::kSlabs:
      return build_microdistrict(site, slab_levels, dice);
    case Use::kHouses:
      return build_houses(site, dice);
    case Use::kIndustry:
      return build_grid(site, {{45, 110}, {24, 48}, 22, 20, 0.72, {1, 3}, "industrial"}, dice);
    case Use::kAllotments:
      return build_frontage(site, {{5, 7.5}, {4.5, 6.5}, {20, 32}, {5, 12}, {1, 1}, 0.2, 5, "cabin"}, dice);
    case Use::kGreenhouses:
      return build_grid(site, {{80, 110}, {16, 18}, 16, 8, 0.95, {1, 1}, "greenhouse"}, dice);
    case Use::kSquare:
    case Use::kPark:
    case Use::kLakePark:
    case Use::kRiverside:
    case Use::kRailway:
    case Use::kForest:
    case Use::kFarmland:
    case Use::kMeadow:
      return {};
  }
  return {};
}

}  // namespace horad::city::town
