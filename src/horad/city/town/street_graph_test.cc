// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/street_graph.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "horad/city/town/dice.h"

namespace horad::city::town {
namespace {

PlannedLine line(Polyline points) { return {std::move(points), {RoadClass::kResidential, kNoStreet, false}}; }

TEST(StreetGraph, CrossingsBecomeNodesAndFaces) {
  const auto graph = StreetGraph::arrange(
      std::vector{line({{0, 0}, {100, 0}, {100, 100}, {0, 100}, {0, 0}}), line({{50, -20}, {50, 120}})}, 5);
  const auto faces = graph.faces();
  ASSERT_EQ(faces.size(), 2u);
  for (const auto& face : faces) EXPECT_NEAR(signed_area(graph.ring_of(face)), 5000, 1e-6);
}

TEST(StreetGraph, LooseEndsAreJoined) {
  const auto graph = StreetGraph::arrange(std::vector{line({{0, 0}, {100, 0}}), line({{50, 3}, {50, 80}})}, 5);
  EXPECT_EQ(graph.node_count(), 4u) << "the end within reach became a node of the other line";
}

TEST(StreetGraph, SplitsAreSeenByEarlierRings) {
  auto graph = StreetGraph::arrange(std::vector{line({{0, 0}, {100, 0}, {100, 100}, {0, 100}, {0, 0}})}, 5);
  const auto ring = graph.faces().front();
  const NodeIndex a = graph.split(ring[0], ring[1], mid(graph.at(ring[0]), graph.at(ring[1])), 1);
  const NodeIndex b =
      graph.split(ring[0], ring[1], graph.at(ring[0]) + (graph.at(ring[1]) - graph.at(ring[0])) * 0.25, 1);
  EXPECT_NE(a, b);
  EXPECT_EQ(graph.split(ring[0], ring[1], graph.at(b), 1), b) << "the same place again is the same node";
  EXPECT_EQ(graph.refresh(ring, true).size(), ring.size() + 2);
  EXPECT_EQ(graph.find(ring[0], ring[1]), nullptr) << "the whole edge is gone";
}

/// No two living edges cross anywhere but at a shared node: checked by trying all pairs.
bool planar(const StreetGraph& graph) {
  for (std::size_t i = 0; i < graph.edges().size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Edge& e = graph.edges()[i];
      const Edge& f = graph.edges()[j];
      if (!e.alive || !f.alive || e.a == f.a || e.a == f.b || e.b == f.a || e.b == f.b) continue;
      const auto p = crossing(graph.at(e.a), graph.at(e.b), graph.at(f.a), graph.at(f.b));
      if (!p) continue;
      double nearest = 1e9;
      for (const NodeIndex n : {e.a, e.b, f.a, f.b}) nearest = std::min(nearest, distance(*p, graph.at(n)));
      if (nearest > 1.5) return false;
    }
  }
  return true;
}

RC_GTEST_PROP(StreetGraphProperty, ArrangementIsPlanar, (std::uint64_t seed)) {
  Dice dice(seed);
  std::vector<PlannedLine> lines;
  for (int i = 0; i < 12; ++i) {
    lines.push_back(line({{dice.between(0.0, 1000.0), dice.between(0.0, 1000.0)},
                          {dice.between(0.0, 1000.0), dice.between(0.0, 1000.0)}}));
  }
  RC_ASSERT(planar(StreetGraph::arrange(lines, 5)));
}

}  // namespace
}  // namespace horad::city::town
