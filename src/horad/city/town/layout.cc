// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/layout.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "horad/city/town/dice.h"

namespace horad::city::town {
namespace {

/// How one kind of quarter is cut: pieces above `coarse` square metres by `coarse_road`, then above `fine` by
/// `fine_road`.
struct Cutting {
  double coarse = 0;
  RoadClass coarse_road = RoadClass::kResidential;
  double fine = 0;
  RoadClass fine_road = RoadClass::kResidential;
  double crooked = 0;      // how far the middle of a cut is pushed aside, as a part of its length
  double least_side = 40;  // no piece is made narrower than this
};

std::optional<Cutting> cutting_of(Use use) {
  constexpr auto kMinor = RoadClass::kResidential;
  switch (use) {
    case Use::kCore:
      return Cutting{9000, kMinor, 6000, kMinor, 0.06, 46};
    case Use::kNineteenth:
      return Cutting{60000, kMinor, 15500, kMinor, 0, 80};
    case Use::kMixed:
      return Cutting{60000, kMinor, 21000, kMinor, 0.015, 80};
    case Use::kSlabs:
      return Cutting{110000, kMinor, 30000, RoadClass::kService, 0.03, 95};
    case Use::kHouses:
      return Cutting{90000, kMinor, 16500, kMinor, 0.03, 74};
    case Use::kIndustry:
      return Cutting{140000, kMinor, 60000, RoadClass::kService, 0, 120};
    case Use::kAllotments:
      return Cutting{60000, kMinor, 13000, RoadClass::kService, 0.02, 58};
    case Use::kGreenhouses:
      return Cutting{120000, RoadClass::kService, 70000, RoadClass::kService, 0, 130};
    case Use::kPark:
      return Cutting{60000, RoadClass::kPath, 22000, RoadClass::kPath, 0.16, 70};
    case Use::kForest:
      return Cutting{6000000, RoadClass::kPath, 2000000, RoadClass::kPath, 0.05, 300};
    case Use::kSquare:
    case Use::kLakePark:
    case Use::kRiverside:
    case Use::kRailway:
    case Use::kFarmland:
    case Use::kMeadow:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Where a straight cut meets the border of a piece.
struct Hit {
  std::size_t edge = 0;  // from ring[edge] to the next
  Point at;
  double along = 0;
};
struct Chord {
  Hit from;
  Hit to;
};

/// The part of the line through `through` that lies inside the ring around that place.
std::optional<Chord> chord_through(const Ring& ring, Point through, Point direction) {
  std::vector<Hit> hits;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Point a = ring[i];
    const Point b = ring[(i + 1) % ring.size()];
    const double sa = cross(direction, a - through);
    const double sb = cross(direction, b - through);
    if ((sa < 0) == (sb < 0)) continue;
    const Point p = a + (b - a) * (sa / (sa - sb));
    hits.push_back({i, p, dot(p - through, direction)});
  }
  std::ranges::sort(hits, {}, &Hit::along);
  for (std::size_t k = 0; k + 1 < hits.size(); k += 2) {  // between hits 2k and 2k+1 the line is inside
    if (hits[k + 1].along > -1e-6) return Chord{hits[k], hits[k + 1]};
  }
  return std::nullopt;
}

class Cutter {
 public:
  Cutter(Layout& layout, std::uint64_t seed) : layout_(layout), graph_(layout.graph), dice_(seed) {}

  void cut_quarter(std::size_t quarter) {
    quarter_ = quarter;
    const Quarter& q = layout_.quarters[quarter];
    use_ = q.use;
    const auto cutting = cutting_of(use_);
    if (!cutting) {
      keep(q.ring);
    } else {
      cutting_ = *cutting;
      cut(q.ring, 0);
    }
  }

 private:
  void keep(std::vector<NodeIndex> ring) { layout_.blocks.push_back({std::move(ring), quarter_, use_}); }

  void cut(std::vector<NodeIndex> ring, int depth) {
    ring = graph_.refresh(ring, true);
    const Ring shape = graph_.ring_of(ring);
    const double area = signed_area(shape);
    const bool small = area < cutting_.fine * dice_.between(0.85, 1.35);
    if (small || depth > 12) return keep(std::move(ring));
    const RoadClass road = area > cutting_.coarse ? cutting_.coarse_road : cutting_.fine_road;
    for (int attempt = 0; attempt < 8; ++attempt) {
      const auto line = attempt_cut(shape, attempt);
      if (line && apply(ring, *line, road, depth)) return;
    }
    keep(std::move(ring));
  }

  /// Proposes a cut across the long side of the piece, near its middle.
  std::optional<Chord> attempt_cut(const Ring& shape, int attempt) {
    const Box box = tight_box(shape);
    const bool across = attempt < 5 || box.half_length > 2 * box.half_width;
    const Point axis = across ? box.axis : left_of(box.axis);
    const double reach = across ? box.half_length : box.half_width;
    const double turn = cutting_.crooked > 0 ? dice_.between(-0.08, 0.08) : 0;
    const Point through = box.centre + axis * (reach * dice_.between(-0.18, 0.18) * (attempt + 1) / 2);
    const Point direction = unit(left_of(axis) + axis * turn);
    const auto chord = chord_through(shape, through, direction);
    if (!chord || distance(chord->from.at, chord->to.at) < cutting_.least_side) return std::nullopt;
    return chord;
  }

  bool apply(const std::vector<NodeIndex>& ring, const Chord& chord, RoadClass road, int depth) {
    const double snap = std::min(26.0, cutting_.least_side * 0.42);
    const auto edge_end = [&](std::size_t i) { return ring[(i + 1) % ring.size()]; };
    if (touches_bridge(ring[chord.from.edge], edge_end(chord.from.edge)) ||
        touches_bridge(ring[chord.to.edge], edge_end(chord.to.edge))) {
      return false;
    }
    const Point p = snapped(ring, chord.from, snap);
    const Point q = snapped(ring, chord.to, snap);
    if (!sound(ring, p, q)) return false;
    const NodeIndex a = graph_.split(ring[chord.from.edge], edge_end(chord.from.edge), p, snap);
    const NodeIndex b = graph_.split(ring[chord.to.edge], edge_end(chord.to.edge), q, snap);
    const auto whole = graph_.refresh(ring, true);
    const auto bend = bent(graph_.at(a), graph_.at(b), graph_.ring_of(whole));
    const auto [first, second] = halves(whole, a, b, bend, road);
    cut(first, depth + 1);
    cut(second, depth + 1);
    return true;
  }

  bool touches_bridge(NodeIndex a, NodeIndex b) const {
    const Edge* edge = graph_.find(a, b);
    return edge != nullptr && (edge->kind.bridge || edge->kind.road == RoadClass::kNone);
  }
  Point snapped(const std::vector<NodeIndex>& ring, const Hit& hit, double snap) const {
    const Point a = graph_.at(ring[hit.edge]);
    const Point b = graph_.at(ring[(hit.edge + 1) % ring.size()]);
    const Point nearer = distance(a, hit.at) < distance(b, hit.at) ? a : b;
    return distance(nearer, hit.at) < snap ? nearer : hit.at;
  }

  /// A cut must run inside, part the ring in two real pieces and not creep along the border.
  bool sound(const std::vector<NodeIndex>& ring, Point p, Point q) const {
    const Ring shape = graph_.ring_of(ring);
    if (distance(p, q) < cutting_.least_side) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const Point a = shape[i];
      const Point b = shape[(i + 1) % shape.size()];
      const bool at_end = distance_to_segment(p, a, b) < 0.01 || distance_to_segment(q, a, b) < 0.01;
      if (!at_end && crossing(p, q, a, b)) return false;
    }
    for (const double f : {0.15, 0.3, 0.5, 0.7, 0.85}) {
      const Point m = p + (q - p) * f;
      const double room = std::min(f, 1 - f) * distance(p, q) * 0.75;
      if (!contains(shape, m) || distance_to_border(m, shape) < std::min(room, cutting_.least_side * 0.5)) return false;
    }
    return true;
  }

  /// Points to put between the ends of a crooked cut.
  Polyline bent(Point a, Point b, const Ring& shape) {
    const double size = distance(a, b);
    if (cutting_.crooked <= 0 || size < 60) return {};
    const double push = dice_.between(-1.0, 1.0) * cutting_.crooked * size;
    const Point side = left_of(unit(b - a));
    Polyline out;
    const int count = std::clamp(static_cast<int>(size / 60), 1, 7);
    for (int i = 1; i <= count; ++i) {
      const double f = static_cast<double>(i) / (count + 1);
      const Point p = a + (b - a) * f + side * (push * 4 * f * (1 - f));
      if (!contains(shape, p) || distance_to_border(p, shape) < 12) return {};
      out.push_back(p);
    }
    return out;
  }

  std::pair<std::vector<NodeIndex>, std::vector<NodeIndex>> halves(const std::vector<NodeIndex>& whole, NodeIndex a,
                                                                   NodeIndex b, const Polyline& bend, RoadClass road) {
    std::vector<NodeIndex> inner;  // from a to b, ends not included
    for (const Point p : bend) inner.push_back(graph_.add_node(p));
    NodeIndex before = a;
    for (const NodeIndex n : inner) {
      graph_.add_edge(before, n, {road, kNoStreet, false});
      before = n;
    }
    graph_.add_edge(before, b, {road, kNoStreet, false});
    const auto at_a = static_cast<std::size_t>(std::ranges::find(whole, a) - whole.begin());
    std::vector<NodeIndex> first, second;  // first runs a .. b along the ring and back by the cut
    bool passed = false;
    for (std::size_t k = 0; k < whole.size(); ++k) {
      const NodeIndex n = whole[(at_a + k) % whole.size()];
      if (n == b) {
        passed = true;
        first.push_back(b);
      }
      (passed ? second : first).push_back(n);
    }
    second.push_back(a);
    first.insert(first.end(), inner.rbegin(), inner.rend());
    second.insert(second.end(), inner.begin(), inner.end());
    return {std::move(first), std::move(second)};
  }

  Layout& layout_;
  StreetGraph& graph_;
  Dice dice_;
  Cutting cutting_;
  std::size_t quarter_ = 0;
  Use use_ = Use::kMeadow;
};

void find_quarters(Layout& layout, const Plan& plan) {
  for (auto& ring : layout.graph.faces()) {
    Quarter quarter{std::move(ring), Use::kMeadow, {}};
    const Ring shape = layout.graph.ring_of(quarter.ring);
    for (const QuarterPlan& q : plan.quarters) {
      if (!contains(shape, q.inside)) continue;
      quarter.use = q.use;
      if (!q.name.empty()) quarter.name = q.name;
    }
    layout.quarters.push_back(std::move(quarter));
  }
}

void draw_spurs(StreetGraph& graph, const Plan& plan) {
  for (const PlannedLine& spur : plan.spurs) {
    NodeIndex nearest = 0;
    for (const Edge& e : graph.edges()) {
      if (!e.alive) continue;
      for (const NodeIndex n : {e.a, e.b}) {
        if (distance(graph.at(n), spur.points.front()) < distance(graph.at(nearest), spur.points.front())) nearest = n;
      }
    }
    for (std::size_t i = 1; i < spur.points.size(); ++i) {
      const NodeIndex next = graph.add_node(spur.points[i]);
      graph.add_edge(nearest, next, spur.kind);
      nearest = next;
    }
  }
}

/// Roads cross the railway above it.
void bridge_railway(StreetGraph& graph, const Plan& plan) {
  for (EdgeIndex i = 0; i < graph.edges().size(); ++i) {
    const Edge& e = graph.edges()[i];
    if (!e.alive || !is_drivable(e.kind.road)) continue;
    for (std::size_t k = 0; k + 1 < plan.railway.size(); ++k) {
      if (crossing(graph.at(e.a), graph.at(e.b), plan.railway[k], plan.railway[k + 1])) graph.kind(i).bridge = true;
    }
  }
}

}  // namespace

Layout lay_out(const Plan& plan, std::uint64_t seed) {
  Layout layout;
  layout.graph = StreetGraph::arrange(plan.lines, 30);
  find_quarters(layout, plan);
  for (std::size_t i = 0; i < layout.quarters.size(); ++i) Cutter{layout, mix(seed, i)}.cut_quarter(i);
  for (Quarter& q : layout.quarters) q.ring = layout.graph.refresh(q.ring, true);
  for (Block& b : layout.blocks) b.ring = layout.graph.refresh(b.ring, true);
  bridge_railway(layout.graph, plan);
  draw_spurs(layout.graph, plan);
  return layout;
}

}  // namespace horad::city::town
