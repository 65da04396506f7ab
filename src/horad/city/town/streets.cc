// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "horad/city/town/works.h"

namespace horad::city::town {
namespace {

/// Sets of edges that will share a name.
class Strokes {
 public:
  explicit Strokes(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), EdgeIndex{0}); }
  EdgeIndex root(EdgeIndex i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(EdgeIndex a, EdgeIndex b) { parent_[std::max(root(a), root(b))] = std::min(root(a), root(b)); }

 private:
  std::vector<EdgeIndex> parent_;
};

bool wants_name(const Edge& e) { return e.alive && is_named(e.kind.road) && e.kind.street == kNoStreet; }

Point leaving(const StreetGraph& graph, const Edge& e, NodeIndex from) {
  return unit(graph.at(e.a == from ? e.b : e.a) - graph.at(from));
}

/// Joins, at one node, the pairs of edges that run on most straightly; at most about 35 degrees of turn.
void join_straight(const StreetGraph& graph, NodeIndex node, const std::vector<EdgeIndex>& at, Strokes& strokes) {
  std::vector<std::tuple<double, EdgeIndex, EdgeIndex>> pairs;
  for (std::size_t i = 0; i < at.size(); ++i) {
    for (std::size_t j = i + 1; j < at.size(); ++j) {
      const Edge& a = graph.edges()[at[i]];
      const Edge& b = graph.edges()[at[j]];
      if (!wants_name(a) || !wants_name(b)) continue;
      const double straight = -dot(leaving(graph, a, node), leaving(graph, b, node));
      if (straight > 0.82) pairs.emplace_back(-straight, at[i], at[j]);
    }
  }
  std::ranges::sort(pairs);
  std::set<EdgeIndex> used;
  for (const auto& [order, a, b] : pairs) {
    if (used.contains(a) || used.contains(b)) continue;
    used.insert({a, b});
    strokes.join(a, b);
  }
}

struct Stroke {
  std::vector<EdgeIndex> edges;
  double length = 0;
  Point middle;
};

std::vector<Stroke> find_strokes(const StreetGraph& graph) {
  Strokes strokes{graph.edges().size()};
  const auto incidence = graph.incidence();
  for (NodeIndex n = 0; n < incidence.size(); ++n) join_straight(graph, n, incidence[n], strokes);
  std::map<EdgeIndex, Stroke> found;
  for (EdgeIndex i = 0; i < graph.edges().size(); ++i) {
    const Edge& e = graph.edges()[i];
    if (!wants_name(e)) continue;
    Stroke& stroke = found[strokes.root(i)];
    stroke.edges.push_back(i);
    stroke.length += distance(graph.at(e.a), graph.at(e.b));
    stroke.middle = graph.at(e.a);
  }
  std::vector<Stroke> out;
  for (auto& [root, stroke] : found) out.push_back(std::move(stroke));
  std::ranges::sort(out, {}, [](const Stroke& s) { return std::pair{-s.length, s.edges.front()}; });
  return out;
}

/// Deals names: each once; long streets get plain ones, short ones become lanes, the edge of town drives.
class NameDealer {
 public:
  Name street() {
    const std::size_t i = streets_++;
    if (i % 6 == 5 && honoured_ < honoured_count()) return honoured_street(honoured_++);
    if (adjectives_ < adjective_count()) return adjective_street(adjectives_++, StreetForm::kStreet, 0);
    return lane();
  }
  Name lane() { return take(StreetForm::kLane, lanes_); }
  Name drive() { return take(StreetForm::kDrive, drives_); }

 private:
  static Name take(StreetForm form, std::size_t& count) {
    const std::size_t i = count++;
    return adjective_street(i * 7 % adjective_count(), form, static_cast<int>(i / adjective_count()));
  }
  std::size_t streets_ = 0;
  std::size_t adjectives_ = 0;
  std::size_t honoured_ = 0;
  std::size_t lanes_ = 0;
  std::size_t drives_ = 0;
};

Use use_at(const Town& town, Point p) {
  for (const Quarter& q : town.layout.quarters) {
    if (contains(town.layout.graph.ring_of(q.ring), p)) return q.use;
  }
  return Use::kMeadow;
}

using Neighbours = std::map<NodeIndex, std::vector<NodeIndex>>;

/// Walks from `start` towards `next` until the chain ends, forks or comes to a break.
std::vector<NodeIndex> walk(Neighbours& open, NodeIndex start, NodeIndex next, const std::set<NodeIndex>& breaks) {
  std::vector<NodeIndex> out{start};
  for (;;) {
    std::erase(open[out.back()], next);
    std::erase(open[next], out.back());
    out.push_back(next);
    const auto& onward = open[next];
    if (onward.size() != 1 || breaks.contains(next) || next == start) return out;
    next = onward.front();
  }
}

}  // namespace

void name_streets(Town& town) {
  StreetGraph& graph = town.layout.graph;
  town.streets = town.plan.streets;
  NameDealer dealer;
  for (const Stroke& stroke : find_strokes(graph)) {
    const Use use = use_at(town, stroke.middle);
    const bool outlying = use == Use::kIndustry || use == Use::kAllotments || use == Use::kGreenhouses;
    const bool is_long = stroke.length > 290 || (use == Use::kCore && stroke.length > 120);
    town.streets.push_back(outlying ? dealer.drive() : is_long ? dealer.street() : dealer.lane());
    for (const EdgeIndex i : stroke.edges) graph.kind(i).street = static_cast<int>(town.streets.size() - 1);
  }
}

void chain_roads(Town& town) {
  const StreetGraph& graph = town.layout.graph;
  std::set<NodeIndex> breaks;
  const auto incidence = graph.incidence();
  for (const Line& line : town.lines) {
    breaks.insert(line.nodes.front());
    breaks.insert(line.nodes.back());
    for (const NodeIndex n : line.nodes) {
      if (incidence[n].size() > 2) breaks.insert(n);
    }
  }
  std::map<EdgeKind, Neighbours> kinds;
  for (const Edge& e : graph.edges()) {
    if (!e.alive || e.kind.road == RoadClass::kNone) continue;
    kinds[e.kind][e.a].push_back(e.b);
    kinds[e.kind][e.b].push_back(e.a);
  }
  for (auto& [kind, open] : kinds) {
    std::map<NodeIndex, std::size_t> degree;
    for (const auto& [n, others] : open) degree[n] = others.size();
    std::set<NodeIndex> ends = breaks;
    for (const auto& [n, count] : degree) {
      if (count != 2) ends.insert(n);
    }
    for (const auto& [n, count] : degree) {
      if (!ends.contains(n)) continue;
      while (!open[n].empty()) town.roads.push_back({walk(open, n, open[n].front(), ends), kind});
    }
    for (const auto& [n, count] : degree) {  // what is left is closed rings
      while (!open[n].empty()) town.roads.push_back({walk(open, n, open[n].front(), {n}), kind});
    }
  }
}

}  // namespace horad::city::town
