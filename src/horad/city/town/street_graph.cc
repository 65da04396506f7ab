// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/street_graph.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace horad::city::town {
namespace {

struct Segment {
  Point a;
  Point b;
  std::size_t line;
};

/// Moves loose ends onto the lines they were meant to touch.
void join_ends(std::vector<PlannedLine>& lines, double reach) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (Point* end : {&lines[i].points.front(), &lines[i].points.back()}) {
      double best = reach;
      std::optional<Point> target;
      for (std::size_t j = 0; j < lines.size(); ++j) {
        if (i == j) continue;
        const Polyline& other = lines[j].points;
        for (const Point p : other) {  // a corner of the other line is preferred to a place beside it
          if (distance(*end, p) < best) best = distance(*end, p), target = p;
        }
        if (target) continue;
        const double away = distance_to_line(*end, other);
        if (away < best) best = away, target = along(other, project(other, *end)).at;
      }
      if (target) *end = *target;
    }
  }
}

std::vector<Segment> segments_of(std::span<const PlannedLine> lines) {
  std::vector<Segment> out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Polyline& points = lines[i].points;
    for (std::size_t k = 0; k + 1 < points.size(); ++k) out.push_back({points[k], points[k + 1], i});
  }
  return out;
}

/// Everything another line does to this segment: crossings, and ends that lie on it.
std::vector<Point> cuts_of(const Segment& s, std::span<const Segment> all) {
  std::vector<Point> cuts{s.a, s.b};
  for (const Segment& t : all) {
    if (&t == &s) continue;
    if (const auto p = crossing(s.a, s.b, t.a, t.b)) cuts.push_back(*p);
    for (const Point p : {t.a, t.b}) {
      if (distance_to_segment(p, s.a, s.b) < 0.5) cuts.push_back(p);
    }
  }
  std::ranges::sort(cuts, {}, [&s](Point p) { return dot(p - s.a, s.b - s.a); });
  return cuts;
}

/// Gives one index to all points that are within a metre of each other.
class Welder {
 public:
  explicit Welder(StreetGraph& graph) : graph_(graph) {}
  NodeIndex node(Point p) {
    const auto x = static_cast<long>(std::floor(p.x / 2));
    const auto y = static_cast<long>(std::floor(p.y / 2));
    for (long i = x - 1; i <= x + 1; ++i) {
      for (long j = y - 1; j <= y + 1; ++j) {
        const auto found = cells_.find({i, j});
        if (found == cells_.end()) continue;
        for (const NodeIndex n : found->second) {
          if (distance(graph_.at(n), p) < 1) return n;
        }
      }
    }
    const NodeIndex made = graph_.add_node(p);
    cells_[{x, y}].push_back(made);
    return made;
  }

 private:
  StreetGraph& graph_;
  std::map<std::pair<long, long>, std::vector<NodeIndex>> cells_;
};

double bearing(Point d) noexcept { return std::atan2(d.y, d.x); }

}  // namespace

StreetGraph StreetGraph::arrange(std::span<const PlannedLine> lines, double reach) {
  std::vector<PlannedLine> joined{lines.begin(), lines.end()};
  join_ends(joined, reach);
  StreetGraph graph;
  Welder welder{graph};
  const auto segments = segments_of(joined);
  for (const Segment& s : segments) {
    const auto cuts = cuts_of(s, segments);
    for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
      graph.add_edge(welder.node(cuts[k]), welder.node(cuts[k + 1]), joined[s.line].kind);
    }
  }
  return graph;
}

NodeIndex StreetGraph::add_node(Point at) {
  points_.push_back(at);
  return static_cast<NodeIndex>(points_.size() - 1);
}

std::uint64_t StreetGraph::key(NodeIndex a, NodeIndex b) noexcept {
  return (static_cast<std::uint64_t>(std::min(a, b)) << 32) | std::max(a, b);
}

void StreetGraph::add_edge(NodeIndex a, NodeIndex b, EdgeKind kind) {
  if (a == b) return;
  const auto [slot, made] = index_.try_emplace(key(a, b), static_cast<EdgeIndex>(edges_.size()));
  if (made) edges_.push_back({a, b, kind, true});
}

NodeIndex StreetGraph::split(NodeIndex a, NodeIndex b, Point at, double snap) {
  for (;;) {
    if (distance(points_[a], at) < snap || distance(points_[b], at) < snap) {
      return distance(points_[a], at) < distance(points_[b], at) ? a : b;
    }
    const auto middle = middles_.find(key(a, b));
    if (middle == middles_.end()) break;
    const NodeIndex m = middle->second;
    const bool first =
        distance_to_segment(at, points_[a], points_[m]) < distance_to_segment(at, points_[m], points_[b]);
    (first ? b : a) = m;
  }
  Edge& edge = edges_[index_.at(key(a, b))];
  edge.alive = false;
  const EdgeKind kind = edge.kind;
  const NodeIndex m = add_node(at);
  middles_[key(a, b)] = m;
  add_edge(a, m, kind);
  add_edge(m, b, kind);
  return m;
}

void StreetGraph::expand(NodeIndex a, NodeIndex b, std::vector<NodeIndex>& out) const {
  const auto middle = middles_.find(key(a, b));
  if (middle == middles_.end()) {
    out.push_back(a);
    return;
  }
  expand(a, middle->second, out);
  expand(middle->second, b, out);
}

std::vector<NodeIndex> StreetGraph::refresh(std::span<const NodeIndex> path, bool closed) const {
  std::vector<NodeIndex> out;
  const std::size_t last = closed ? path.size() : path.size() - 1;
  for (std::size_t i = 0; i < last; ++i) expand(path[i], path[(i + 1) % path.size()], out);
  if (!closed) out.push_back(path.back());
  return out;
}

const Edge* StreetGraph::find(NodeIndex a, NodeIndex b) const noexcept {
  const auto found = index_.find(key(a, b));
  return found == index_.end() || !edges_[found->second].alive ? nullptr : &edges_[found->second];
}

std::vector<std::vector<EdgeIndex>> StreetGraph::incidence() const {
  std::vector<std::vector<EdgeIndex>> out(points_.size());
  for (EdgeIndex i = 0; i < edges_.size(); ++i) {
    if (!edges_[i].alive) continue;
    out[edges_[i].a].push_back(i);
    out[edges_[i].b].push_back(i);
  }
  return out;
}

std::vector<std::vector<NodeIndex>> StreetGraph::faces() const {
  std::vector<std::vector<NodeIndex>> around(points_.size());  // neighbours, counter-clockwise
  for (const Edge& e : edges_) {
    if (!e.alive) continue;
    around[e.a].push_back(e.b);
    around[e.b].push_back(e.a);
  }
  for (NodeIndex n = 0; n < around.size(); ++n) {
    std::ranges::sort(around[n], {}, [&](NodeIndex m) { return bearing(points_[m] - points_[n]); });
  }
  std::map<std::pair<NodeIndex, NodeIndex>, bool> used;
  std::vector<std::vector<NodeIndex>> out;
  for (NodeIndex start = 0; start < around.size(); ++start) {
    for (const NodeIndex second : around[start]) {
      if (used[{start, second}]) continue;
      std::vector<NodeIndex> ring;
      NodeIndex a = start;
      NodeIndex b = second;
      while (!used[{a, b}]) {  // keep the face on the left: at b leave by the neighbour before a, counter-clockwise
        used[{a, b}] = true;
        ring.push_back(a);
        const auto& out_of = around[b];
        const auto back = static_cast<std::size_t>(std::ranges::find(out_of, a) - out_of.begin());
        a = std::exchange(b, out_of[(back + out_of.size() - 1) % out_of.size()]);
      }
      if (signed_area(ring_of(ring)) > 1) out.push_back(std::move(ring));
    }
  }
  return out;
}

Ring StreetGraph::ring_of(std::span<const NodeIndex> path) const {
  Ring out;
  out.reserve(path.size());
  for (const NodeIndex n : path) out.push_back(points_[n]);
  return out;
}

double plot_line(RoadClass road) noexcept {
  switch (road) {
    case RoadClass::kNone:
      return 5;
    case RoadClass::kTrunk:
      return 30;
    case RoadClass::kPrimary:
      return 17;
    case RoadClass::kSecondary:
      return 13;
    case RoadClass::kTertiary:
      return 10;
    case RoadClass::kResidential:
      return 7;
    case RoadClass::kService:
      return 5;
    case RoadClass::kPath:
      return 4;
  }
  return 5;
}

}  // namespace horad::city::town
