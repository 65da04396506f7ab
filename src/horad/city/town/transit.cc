// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "horad/city/town/works.h"

namespace horad::city::town {
namespace {

struct LinePlan {
  const char* ref;
  const char* colour;
  std::vector<Point> through;
};

const std::vector<LinePlan>& line_plans() {
  static const std::vector<LinePlan> kPlans{
      {"1", "#c62828", {{-2350, 1420}, {-1150, 1480}, {30, 1560}, {-70, 610}, {-20, -250}, {-60, -860}, {60, -1290}}},
      {"2",
       "#1565c0",
       {{-2200, 2080}, {-1600, 1900}, {-1180, 900}, {-1080, -180}, {-1080, -800}, {-60, -860}, {60, -1290}}},
      {"3",
       "#2e7d32",
       {{600, 2300}, {60, 2200}, {30, 1560}, {-20, 1050}, {1120, 930}, {1150, -200}, {1150, -680}, {2300, -560}}},
      {"4",
       "#6a1b9a",
       {{-2600, 620},
        {-1900, 640},
        {-1120, 380},
        {-520, 470},
        {-70, 610},
        {300, 430},
        {1115, 620},
        {1120, 930},
        {2700, 730}}},
      {"5", "#ef6c00", {{-2500, -780}, {-1900, -700}, {-1080, -800}, {-60, -860}, {1150, -680}, {2800, -600}}},
      {"6",
       "#00838f",
       {{1900, 2000}, {1130, 1500}, {30, 1560}, {-1150, 1480}, {-1180, 900}, {-1120, 380}, {-720, 120}}},
      {"7",
       "#ad1457",
       {{60, -1290},
        {-1080, -1330},
        {-1120, -1950},
        {-300, -1900},
        {1300, -1950},
        {1150, -680},
        {1150, 200},
        {1130, 1500}}},
      {"8",
       "#4e342e",
       {{-2450, -350},
        {-1700, -150},
        {-1050, -310},
        {-1120, 380},
        {-600, 960},
        {-20, 1050},
        {600, 1010},
        {1120, 930},
        {1700, 880},
        {1800, 450}}},
  };
  return kPlans;
}

double effort(RoadClass road) {
  switch (road) {
    case RoadClass::kTrunk:
      return 1.1;
    case RoadClass::kPrimary:
      return 0.8;
    case RoadClass::kSecondary:
      return 0.85;
    case RoadClass::kTertiary:
      return 1.0;
    case RoadClass::kResidential:
      return 1.7;
    case RoadClass::kNone:
    case RoadClass::kService:
    case RoadClass::kPath:
      return 6;
  }
  return 6;
}

class Router {
 public:
  explicit Router(const StreetGraph& graph) : graph_(graph), incidence_(graph.incidence()) {}

  /// The crossing nearest to `p` on a road a bus may use.
  NodeIndex crossing_near(Point p) const {
    std::optional<NodeIndex> best;
    for (NodeIndex n = 0; n < incidence_.size(); ++n) {
      if (!std::ranges::any_of(incidence_[n], [&](EdgeIndex i) { return busable(graph_.edges()[i]); })) continue;
      if (!best || distance(graph_.at(n), p) < distance(graph_.at(*best), p)) best = n;
    }
    return best.value_or(0);
  }

  /// The easiest way from a to b, both included; empty when there is none. Dijkstra.
  std::vector<NodeIndex> route(NodeIndex a, NodeIndex b) const {
    std::map<NodeIndex, std::pair<double, NodeIndex>> best{{a, {0, a}}};
    std::set<std::pair<double, NodeIndex>> open{{0, a}};
    std::set<NodeIndex> done;
    while (!open.empty()) {
      const auto [cost, n] = *open.begin();
      open.erase(open.begin());
      if (!done.insert(n).second) continue;
      if (n == b) return trace(best, a, b);
      for (const EdgeIndex i : incidence_[n]) {
        const Edge& e = graph_.edges()[i];
        if (!is_drivable(e.kind.road)) continue;
        const NodeIndex m = e.a == n ? e.b : e.a;
        const double there = cost + distance(graph_.at(n), graph_.at(m)) * effort(e.kind.road);
        const auto known = best.find(m);
        if (known != best.end() && known->second.first <= there) continue;
        best[m] = {there, n};
        open.emplace(there, m);
      }
    }
    return {};
  }

 private:
  static bool busable(const Edge& e) {
    return e.alive && e.kind.road >= RoadClass::kPrimary && e.kind.road <= RoadClass::kResidential;
  }
  static std::vector<NodeIndex> trace(const std::map<NodeIndex, std::pair<double, NodeIndex>>& best, NodeIndex a,
                                      NodeIndex b) {
    std::vector<NodeIndex> out{b};
    while (out.back() != a) out.push_back(best.at(out.back()).second);
    std::ranges::reverse(out);
    return out;
  }
  const StreetGraph& graph_;
  std::vector<std::vector<EdgeIndex>> incidence_;
};

/// Removes there-and-back stubs that a waypoint off the direct way leaves behind.
std::vector<NodeIndex> without_stubs(const std::vector<NodeIndex>& nodes) {
  std::vector<NodeIndex> out;
  for (const NodeIndex n : nodes) {
    if (!out.empty() && out.back() == n) continue;
    if (out.size() > 1 && out[out.size() - 2] == n) {
      out.pop_back();
      continue;
    }
    out.push_back(n);
  }
  return out;
}

std::vector<NodeIndex> path_through(const Router& router, const std::vector<Point>& points) {
  std::vector<NodeIndex> nodes;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const auto leg = router.route(router.crossing_near(points[i]), router.crossing_near(points[i + 1]));
    nodes.insert(nodes.end(), leg.begin(), leg.end());
  }
  return without_stubs(nodes);
}

class StopPlacer {
 public:
  explicit StopPlacer(Town& town) : town_(town), incidence_(town.layout.graph.incidence()) {}

  void serve(Line& line) {
    const double size = length_of(line.path);
    const int gaps = std::max(2, static_cast<int>(size / 420));
    for (int i = 0; i <= gaps; ++i) {
      const double wish = std::clamp(size * i / gaps, 25.0, size - 25.0);
      const StopCall call = existing(line, wish).value_or(StopCall{0, -1});
      const StopCall made = call.at >= 0 ? call : open(line, wish);
      if (line.calls.empty() || (made.at > line.calls.back().at + 60 && made.stop != line.calls.back().stop))
        line.calls.push_back(made);
    }
  }

 private:
  /// A stop of another line on this line's way, near enough.
  std::optional<StopCall> existing(const Line& line, double wish) const {
    std::optional<StopCall> best;
    for (std::size_t s = 0; s < town_.stops.size(); ++s) {
      const Point p = town_.stops[s].on_road;
      if (distance(p, along(line.path, wish).at) > 190) continue;
      const double at = project(line.path, p);
      if (distance(along(line.path, at).at, p) > 4 || std::abs(at - wish) > 190) continue;
      if (!best || std::abs(at - wish) < std::abs(best->at - wish)) best = StopCall{s, at};
    }
    return best;
  }

  StopCall open(const Line& line, double wish) {
    const double at = off_bridge(line, wish);
    const Placed place = along(line.path, at);
    const Point right = left_of(place.direction) * -1.0;
    Stop stop{name_near(line, at),
              place.at,
              {place.at + right * 7.0 + place.direction * 6, place.at - right * 7.0 - place.direction * 6}};
    town_.stops.push_back(std::move(stop));
    return {town_.stops.size() - 1, at};
  }

  double off_bridge(const Line& line, double wish) const {
    const double size = length_of(line.path);
    for (double away = 0; away < 200; away += 20) {
      for (const double at : {wish + away, wish - away}) {
        if (at > 20 && at < size - 20 && distance_to_line(along(line.path, at).at, town_.plan.river) > 100) return at;
      }
    }
    return wish;
  }

  /// A landmark beside the road, else the street that crosses nearby, else the street itself.
  Name name_near(const Line& line, double at) {
    const Point p = along(line.path, at).at;
    const Building* nearest = nullptr;
    for (const Building& b : town_.buildings) {
      if (b.name.empty() || distance(b.front, p) > 130) continue;
      if (nearest == nullptr || distance(b.front, p) < distance(nearest->front, p)) nearest = &b;
    }
    if (nearest != nullptr && taken_.insert(nearest->name.be).second) return nearest->name;
    int own = kNoStreet;
    std::map<double, int> crossing;
    for (std::size_t i = 0; i + 1 < line.nodes.size(); ++i) {
      const Edge* e = town_.layout.graph.find(line.nodes[i], line.nodes[i + 1]);
      if (distance_to_segment(p, town_.layout.graph.at(e->a), town_.layout.graph.at(e->b)) < 1) own = e->kind.street;
    }
    for (const NodeIndex n : line.nodes) {
      for (const EdgeIndex i : incidence_[n]) {
        const int street = town_.layout.graph.edges()[i].kind.street;
        if (street != kNoStreet && street != own) crossing.emplace(distance(p, town_.layout.graph.at(n)), street);
      }
    }
    for (const auto& [away, street] : crossing) {
      const Name& name = town_.streets[static_cast<std::size_t>(street)];
      if (away < 260 && taken_.insert(name.be).second) return name;
    }
    if (own == kNoStreet) return town_.plan.town;
    const Name& name = town_.streets[static_cast<std::size_t>(own)];
    if (taken_.insert(name.be).second) return name;
    return crossing.empty() ? name : corner(name, town_.streets[static_cast<std::size_t>(crossing.begin()->second)]);
  }

  Town& town_;
  std::vector<std::vector<EdgeIndex>> incidence_;
  std::set<std::string> taken_;
};

}  // namespace

void run_buses(Town& town) {
  const Router router{town.layout.graph};
  StopPlacer placer{town};
  for (const LinePlan& plan : line_plans()) {
    Line line{plan.ref, plan.colour, {}, {}, path_through(router, plan.through), {}, {}};
    line.path = town.layout.graph.ring_of(line.nodes);
    placer.serve(line);
    line.from = town.stops[line.calls.front().stop].name;
    line.to = town.stops[line.calls.back().stop].name;
    town.lines.push_back(std::move(line));
  }
}

}  // namespace horad::city::town
