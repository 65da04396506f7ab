// SPDX-License-Identifier: Apache-2.0
// The street network while it grows: a planar graph whose edges may be split at any time, so that every street that is
// drawn later joins the older ones at a shared node.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "horad/city/town/geometry.h"

namespace horad::city::town {

enum class RoadClass : std::uint8_t {
  kNone,  // the frame of the map: a border, not a road
  kTrunk,
  kPrimary,
  kSecondary,
  kTertiary,
  kResidential,
  kService,
  kPath,
};

using NodeIndex = std::uint32_t;
using EdgeIndex = std::uint32_t;
inline constexpr int kNoStreet = -1;

/// What an edge is; halves of a split edge inherit it.
struct EdgeKind {
  RoadClass road = RoadClass::kResidential;
  int street = kNoStreet;  // index of a street named by the plan; others are named when the network is whole
  bool bridge = false;
  friend auto operator<=>(const EdgeKind&, const EdgeKind&) = default;
};

struct Edge {
  NodeIndex a = 0;
  NodeIndex b = 0;
  EdgeKind kind;
  bool alive = true;  // false once split
};

/// A line of the plan, before crossings are known.
struct PlannedLine {
  Polyline points;
  EdgeKind kind;
};

class StreetGraph {
 public:
  /// Builds the arrangement of all lines: crossings become nodes, and an end within `reach` metres of another line
  /// joins it. Cost O(s^2) for s segments; meant for a plan of a few thousand.
  static StreetGraph arrange(std::span<const PlannedLine> lines, double reach);

  NodeIndex add_node(Point at);
  void add_edge(NodeIndex a, NodeIndex b, EdgeKind kind);  // nothing when a == b or the edge is there
  /// Puts a node on edge ab, or on the piece of it that is nearest when it was split before. Answers an end of the edge
  /// when the place is within `snap` metres of it.
  NodeIndex split(NodeIndex a, NodeIndex b, Point at, double snap);
  /// The ring or path with every edge that was split since written out in pieces.
  std::vector<NodeIndex> refresh(std::span<const NodeIndex> path, bool closed) const;

  /// The bounded faces, counter-clockwise. Call it before dead ends are added: they would appear as spikes.
  std::vector<std::vector<NodeIndex>> faces() const;

  Point at(NodeIndex i) const noexcept { return points_[i]; }
  std::size_t node_count() const noexcept { return points_.size(); }
  std::span<const Edge> edges() const noexcept { return edges_; }  // the dead ones too
  EdgeKind& kind(EdgeIndex i) noexcept { return edges_[i].kind; }
  /// The living edge between two nodes, or null.
  const Edge* find(NodeIndex a, NodeIndex b) const noexcept;
  /// Living edges at each node.
  std::vector<std::vector<EdgeIndex>> incidence() const;
  Ring ring_of(std::span<const NodeIndex> path) const;

 private:
  static std::uint64_t key(NodeIndex a, NodeIndex b) noexcept;
  void expand(NodeIndex a, NodeIndex b, std::vector<NodeIndex>& out) const;

  std::vector<Point> points_;
  std::vector<Edge> edges_;
  std::unordered_map<std::uint64_t, EdgeIndex> index_;    // living and dead edges by their ends
  std::unordered_map<std::uint64_t, NodeIndex> middles_;  // where a dead edge was split
};

constexpr bool is_drivable(RoadClass road) noexcept { return road >= RoadClass::kTrunk && road <= RoadClass::kService; }
constexpr bool is_named(RoadClass road) noexcept {
  return road >= RoadClass::kTrunk && road <= RoadClass::kResidential;
}
/// From the middle of the road to where a building plot may begin, in metres.
double plot_line(RoadClass road) noexcept;

}  // namespace horad::city::town
