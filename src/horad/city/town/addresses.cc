// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "horad/city/town/works.h"

namespace horad::city::town {
namespace {

bool has_address(const Building& b) {
  static const std::set<std::string> kWithout{"shed", "outbuilding", "garages", "greenhouse", "cabin", "service"};
  return !kWithout.contains(b.kind);
}

/// Named edges in square cells, to find the street in front of a door.
class StreetFinder {
 public:
  explicit StreetFinder(const StreetGraph& graph) : graph_(graph) {
    for (EdgeIndex i = 0; i < graph.edges().size(); ++i) {
      const Edge& e = graph.edges()[i];
      if (!e.alive || e.kind.street == kNoStreet || e.kind.bridge || e.kind.road == RoadClass::kTrunk) continue;
      const double size = distance(graph.at(e.a), graph.at(e.b));
      for (double at = 0; at <= size; at += kCell / 2) {
        auto& cell = cells_[cell_of(graph.at(e.a) + unit(graph.at(e.b) - graph.at(e.a)) * at)];
        if (cell.empty() || cell.back() != i) cell.push_back(i);
      }
    }
  }
  /// The nearest edge within about 150 m, or null.
  const Edge* nearest(Point p) const {
    const Edge* best = nullptr;
    double least = 1e18;
    const auto [x, y] = cell_of(p);
    for (long i = x - 2; i <= x + 2; ++i) {
      for (long j = y - 2; j <= y + 2; ++j) {
        const auto found = cells_.find({i, j});
        if (found == cells_.end()) continue;
        for (const EdgeIndex e : found->second) {
          const Edge& edge = graph_.edges()[e];
          const double away = distance_to_segment(p, graph_.at(edge.a), graph_.at(edge.b));
          if (away < least) least = away, best = &edge;
        }
      }
    }
    return best;
  }

 private:
  static constexpr double kCell = 80;
  static std::pair<long, long> cell_of(Point p) {
    return {static_cast<long>(std::floor(p.x / kCell)), static_cast<long>(std::floor(p.y / kCell))};
  }
  const StreetGraph& graph_;
  std::map<std::pair<long, long>, std::vector<EdgeIndex>> cells_;
};

using Stations = std::map<NodeIndex, double>;  // metres from the start of the street

/// Distances along each street from its western end.
std::map<int, Stations> measure_streets(const StreetGraph& graph) {
  std::map<int, std::map<NodeIndex, std::vector<NodeIndex>>> nets;
  for (const Edge& e : graph.edges()) {
    if (!e.alive || e.kind.street == kNoStreet) continue;
    nets[e.kind.street][e.a].push_back(e.b);
    nets[e.kind.street][e.b].push_back(e.a);
  }
  std::map<int, Stations> out;
  for (const auto& [street, net] : nets) {
    Stations& stations = out[street];
    NodeIndex start = net.begin()->first;
    const auto rank = [&](NodeIndex n) { return std::tuple{net.at(n).size() == 1 ? 0 : 1, graph.at(n).x, n}; };
    for (const auto& [n, next] : net) {
      if (rank(n) < rank(start)) start = n;
    }
    std::set<std::pair<double, NodeIndex>> open{{0.0, start}};
    while (!open.empty()) {
      const auto [at, n] = *open.begin();
      open.erase(open.begin());
      if (!stations.try_emplace(n, at).second) continue;
      for (const NodeIndex m : net.at(n)) {
        if (!stations.contains(m)) open.emplace(at + distance(graph.at(n), graph.at(m)), m);
      }
    }
    for (const auto& [n, next] : net) stations.try_emplace(n, 1e6);  // a part cut off from the rest counts last
  }
  return out;
}

struct Door {
  double at;
  std::size_t building;
  auto operator<=>(const Door&) const = default;
};

}  // namespace

void number_buildings(Town& town) {
  const StreetGraph& graph = town.layout.graph;
  const StreetFinder finder{graph};
  const auto stations = measure_streets(graph);
  std::map<std::pair<int, bool>, std::vector<Door>> doors;  // by street and side
  for (std::size_t i = 0; i < town.buildings.size(); ++i) {
    Building& b = town.buildings[i];
    const Edge* edge = has_address(b) ? finder.nearest(b.front) : nullptr;
    if (edge == nullptr) continue;
    b.street = edge->kind.street;
    const Stations& street = stations.at(b.street);
    double from = street.at(edge->a);
    double to = street.at(edge->b);
    Point a = graph.at(edge->a);
    Point c = graph.at(edge->b);
    if (from > to) std::swap(from, to), std::swap(a, c);
    const double at = from + project(std::array{a, c}, b.front);
    doors[{b.street, cross(c - a, b.front - a) > 0}].push_back({at, i});
  }
  for (auto& [key, side] : doors) {
    std::ranges::sort(side);
    for (std::size_t k = 0; k < side.size(); ++k) {
      town.buildings[side[k].building].number = static_cast<int>(2 * k) + (key.second ? 1 : 2);
    }
  }
}

}  // namespace horad::city::town
