// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/osm_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace horad::city::town {
namespace {

using OsmId = std::uint64_t;
struct Member {
  char type;  // 'n', 'w' or 'r'
  OsmId ref;
  std::string_view role;
};

/// Writes elements in the order nodes, ways, relations; hands out ids.
class Writer {
 public:
  explicit Writer(const std::function<void(std::string_view)>& sink) : sink_(sink) {}

  void text(std::string_view piece) {
    buffer_ += piece;
    if (buffer_.size() > 64 * 1024) flush();
  }
  void flush() {
    sink_(buffer_);
    buffer_.clear();
  }
  OsmId node(Point p, const Name& name = {}, const Tags& tags = {}) {
    const Degrees d = to_degrees(p);
    fmt::format_to(std::back_inserter(buffer_), " <node id=\"{}\" lat=\"{:.7f}\" lon=\"{:.7f}\"", ++counts.nodes, d.lat,
                   d.lng);
    finish("node", name, tags);
    return counts.nodes;
  }
  OsmId way(std::span<const OsmId> nodes, const Name& name, const Tags& tags) {
    fmt::format_to(std::back_inserter(buffer_), " <way id=\"{}\">\n", ++counts.ways);
    for (const OsmId n : nodes) fmt::format_to(std::back_inserter(buffer_), "  <nd ref=\"{}\"/>\n", n);
    write_tags(name, tags);
    text(" </way>\n");
    return counts.ways;
  }
  OsmId relation(std::span<const Member> members, const Name& name, const Tags& tags) {
    fmt::format_to(std::back_inserter(buffer_), " <relation id=\"{}\">\n", ++counts.relations);
    for (const Member& m : members) {
      const std::string_view type = m.type == 'n' ? "node" : m.type == 'w' ? "way" : "relation";
      fmt::format_to(std::back_inserter(buffer_), "  <member type=\"{}\" ref=\"{}\" role=\"{}\"/>\n", type, m.ref,
                     m.role);
    }
    write_tags(name, tags);
    text(" </relation>\n");
    return counts.relations;
  }
  OsmCounts counts;

 private:
  void finish(std::string_view element, const Name& name, const Tags& tags) {
    if (name.empty() && tags.empty()) return text("/>\n");
    buffer_ += ">\n";
    write_tags(name, tags);
    text(fmt::format(" </{}>\n", element));
  }
  void tag(std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(buffer_), "  <tag k=\"{}\" v=\"", key);
    for (const char c : value) {
      switch (c) {
        case '&':
          buffer_ += "&amp;";
          break;
        case '<':
          buffer_ += "&lt;";
          break;
        case '>':
          buffer_ += "&gt;";
          break;
        case '"':
          buffer_ += "&quot;";
          break;
        default:
          buffer_ += c;
      }
    }
    buffer_ += "\"/>\n";
  }
  void write_tags(const Name& name, const Tags& tags) {
    if (!name.empty()) {
      tag("name", name.be);
      tag("name:be", name.be);
      tag("name:ru", name.ru);
      tag("name:en", name.en);
    }
    for (const auto& [key, value] : tags) tag(key, value);
  }
  const std::function<void(std::string_view)>& sink_;
  std::string buffer_;
};

std::string_view highway(RoadClass road) {
  switch (road) {
    case RoadClass::kNone:
      return "";
    case RoadClass::kTrunk:
      return "trunk";
    case RoadClass::kPrimary:
      return "primary";
    case RoadClass::kSecondary:
      return "secondary";
    case RoadClass::kTertiary:
      return "tertiary";
    case RoadClass::kResidential:
      return "residential";
    case RoadClass::kService:
      return "service";
    case RoadClass::kPath:
      return "footway";
  }
  return "";
}

Tags road_tags(const Town& town, const Road& road) {
  Tags tags{{"highway", std::string{highway(road.kind.road)}}};
  if (road.kind.road == RoadClass::kTrunk) tags.insert(tags.end(), {{"maxspeed", "90"}, {"lanes", "4"}});
  if (road.kind.road == RoadClass::kPrimary) tags.emplace_back("lanes", "4");
  if (road.kind.road == RoadClass::kPath) tags.emplace_back("surface", "gravel");
  if (!road.kind.bridge) return tags;
  tags.insert(tags.end(), {{"bridge", "yes"}, {"layer", "1"}});
  const StreetGraph& graph = town.layout.graph;
  const Point middle = mid(graph.at(road.nodes.front()), graph.at(road.nodes.back()));
  if (distance(middle, town.plan.monitored_bridge) < 40) {
    const Name& name = town.plan.bridge_name;
    tags.insert(tags.end(), {{"bridge:name", name.be},
                             {"bridge:name:be", name.be},
                             {"bridge:name:ru", name.ru},
                             {"bridge:name:en", name.en}});
  }
  return tags;
}

Tags building_tags(const Town& town, const Building& b) {
  Tags tags{{"building", b.kind},
            {"building:levels", std::to_string(b.levels)},
            {"height", std::to_string(b.levels * 3 + 2)}};
  if (b.number > 0) {
    tags.emplace_back("addr:street", town.streets[static_cast<std::size_t>(b.street)].be);
    tags.emplace_back("addr:housenumber", std::to_string(b.number));
  }
  tags.insert(tags.end(), b.tags.begin(), b.tags.end());
  return tags;
}

/// Border pieces: maximal runs of sides that belong to the same set of rings. Each becomes one way, shared by them.
struct Piece {
  std::vector<std::size_t> points;  // indices into Borders::points
  std::set<std::size_t> rings;
};
struct Borders {
  std::vector<Point> points;
  std::vector<Piece> pieces;
};

Borders share_borders(const std::vector<const Ring*>& rings) {
  Borders out;
  std::map<std::pair<double, double>, std::size_t> index;
  const auto number = [&](Point p) {
    const auto [slot, made] = index.try_emplace({p.x, p.y}, out.points.size());
    if (made) out.points.push_back(p);
    return slot->second;
  };
  std::map<std::pair<std::size_t, std::size_t>, std::set<std::size_t>> users;
  std::vector<std::vector<std::size_t>> numbered(rings.size());
  for (std::size_t r = 0; r < rings.size(); ++r) {
    for (const Point p : *rings[r]) numbered[r].push_back(number(p));
    for (std::size_t i = 0; i < numbered[r].size(); ++i) {
      users[std::minmax(numbered[r][i], numbered[r][(i + 1) % numbered[r].size()])].insert(r);
    }
  }
  std::set<std::pair<std::size_t, std::size_t>> done;
  for (const auto& ring : numbered) {
    const auto side = [&](std::size_t i) {
      return std::pair{std::minmax(ring[i % ring.size()], ring[(i + 1) % ring.size()])};
    };
    std::size_t start = 0;  // begin where the set of users changes, so that no piece is cut in two
    while (start < ring.size() && users[side(start)] == users[side(start + ring.size() - 1)]) ++start;
    for (std::size_t k = 0; k < ring.size(); ++k) {
      const std::size_t i = start + k;
      if (!done.insert(side(i)).second) continue;
      const bool goes_on = k > 0 && !out.pieces.empty() && out.pieces.back().points.back() == ring[i % ring.size()] &&
                           out.pieces.back().rings == users[side(i)];
      if (!goes_on) out.pieces.push_back({{ring[i % ring.size()]}, users[side(i)]});
      out.pieces.back().points.push_back(ring[(i + 1) % ring.size()]);
    }
  }
  return out;
}

class Export {
 public:
  Export(const Town& town, const std::function<void(std::string_view)>& sink) : town_(town), out_(sink) {
    std::vector<const Ring*> rings;
    for (const DistrictPlan& d : town.plan.districts) rings.push_back(&d.border);
    rings.push_back(&town.plan.limits);
    borders_ = share_borders(rings);
  }

  OsmCounts run() {
    head();
    nodes();
    ways();
    relations();
    out_.text("</osm>\n");
    out_.flush();
    return out_.counts;
  }

 private:
  void head() {
    const Degrees low = to_degrees(town_.plan.frame[0]);
    const Degrees high = to_degrees(town_.plan.frame[2]);
    out_.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<osm version=\"0.6\" generator=\"horad demo\">\n");
    out_.text(fmt::format(" <bounds minlat=\"{:.7f}\" minlon=\"{:.7f}\" maxlat=\"{:.7f}\" maxlon=\"{:.7f}\"/>\n",
                          low.lat, low.lng, high.lat, high.lng));
  }

  void nodes() {
    std::set<NodeIndex> used;
    for (const Road& road : town_.roads) used.insert(road.nodes.begin(), road.nodes.end());
    for (const NodeIndex n : used) road_nodes_[n] = out_.node(town_.layout.graph.at(n));
    for (const Point p : borders_.points) border_nodes_.push_back(out_.node(p));
    for (const Course& c : town_.courses) firsts_.push_back(put(c.points));
    for (const Area& a : town_.areas) {
      firsts_.push_back(put(a.outer));
      for (const Ring& hole : a.holes) firsts_.push_back(put(hole));
    }
    for (const Building& b : town_.buildings) firsts_.push_back(put(b.ring));
    for (const Spot& s : town_.spots) out_.node(s.at, s.name, s.tags);
    for (std::size_t i = 0; i < town_.stops.size(); ++i) {
      for (std::size_t side = 0; side < 2; ++side) {
        platforms_.push_back(out_.node(town_.stops[i].platforms[side], town_.stops[i].name,
                                       {{"highway", "bus_stop"},
                                        {"public_transport", "platform"},
                                        {"bus", "yes"},
                                        {"ref", fmt::format("{}{}", i + 1, side == 0 ? 'A' : 'B')}}));
      }
    }
  }
  OsmId put(const std::vector<Point>& points) {
    const OsmId first = out_.counts.nodes + 1;
    for (const Point p : points) out_.node(p);
    return first;
  }

  void ways() {
    for (const Road& road : town_.roads) write_road(road);
    for (const Piece& piece : borders_.pieces) {
      std::vector<OsmId> refs;
      for (const std::size_t p : piece.points) refs.push_back(border_nodes_[p]);
      border_ways_.push_back(
          out_.way(refs, {},
                   {{"boundary", "administrative"},
                    {"admin_level", piece.rings.contains(town_.plan.districts.size()) ? "8" : "9"}}));
    }
    std::size_t next = 0;
    for (const Course& c : town_.courses) line(firsts_[next++], c.points.size(), false, c.name, c.tags);
    for (std::size_t i = 0; i < town_.areas.size(); ++i) {
      const Area& a = town_.areas[i];
      if (a.holes.empty()) {
        line(firsts_[next++], a.outer.size(), true, a.name, a.tags);
        continue;
      }
      auto& parts = multipolygons_.emplace_back(i, std::vector<Member>{}).second;
      parts.push_back({'w', line(firsts_[next++], a.outer.size(), true, {}, {}), "outer"});
      for (const Ring& hole : a.holes)
        parts.push_back({'w', line(firsts_[next++], hole.size(), true, {}, {}), "inner"});
    }
    for (const Building& b : town_.buildings)
      line(firsts_[next++], b.ring.size(), true, b.name, building_tags(town_, b));
  }
  void write_road(const Road& road) {
    std::vector<OsmId> refs;
    for (const NodeIndex n : road.nodes) refs.push_back(road_nodes_.at(n));
    const Name name =
        road.kind.street == kNoStreet ? Name{} : town_.streets[static_cast<std::size_t>(road.kind.street)];
    const OsmId id = out_.way(refs, name, road_tags(town_, road));
    for (std::size_t i = 0; i + 1 < road.nodes.size(); ++i) way_of_[std::minmax(road.nodes[i], road.nodes[i + 1])] = id;
  }
  OsmId line(OsmId first, std::size_t count, bool closed, const Name& name, const Tags& tags) {
    std::vector<OsmId> refs(count);
    for (std::size_t i = 0; i < count; ++i) refs[i] = first + i;
    if (closed) refs.push_back(first);
    return out_.way(refs, name, tags);
  }

  void relations() {
    for (std::size_t i = 0; i < town_.plan.districts.size(); ++i) {  // first, so that district i is relation i + 1
      border(i, town_.plan.districts[i].name, "9", town_.plan.districts[i].slug);
    }
    border(town_.plan.districts.size(), town_.plan.town, "8", "novahrad");
    for (const auto& [area, members] : multipolygons_) {
      Tags tags{{"type", "multipolygon"}};
      tags.insert(tags.end(), town_.areas[area].tags.begin(), town_.areas[area].tags.end());
      out_.relation(members, town_.areas[area].name, tags);
    }
    for (const Line& l : town_.lines) bus_line(l);
  }
  void border(std::size_t ring, const Name& name, const char* level, const std::string& slug) {
    std::vector<Member> members;
    for (std::size_t i = 0; i < borders_.pieces.size(); ++i) {
      if (borders_.pieces[i].rings.contains(ring)) members.push_back({'w', border_ways_[i], "outer"});
    }
    out_.relation(members, name,
                  {{"type", "boundary"}, {"boundary", "administrative"}, {"admin_level", level}, {"ref", slug}});
  }

  void bus_line(const Line& l) {
    std::vector<Member> masters;
    for (const bool back : {false, true}) {
      const Name& from = back ? l.to : l.from;
      const Name& to = back ? l.from : l.to;
      const Name name{fmt::format("Аўтобус {}: {} — {}", l.ref, from.be, to.be),
                      fmt::format("Автобус {}: {} — {}", l.ref, from.ru, to.ru),
                      fmt::format("Bus {}: {} – {}", l.ref, from.en, to.en)};
      masters.push_back({'r',
                         out_.relation(route_members(l, back), name,
                                       {{"type", "route"},
                                        {"route", "bus"},
                                        {"ref", l.ref},
                                        {"from", from.be},
                                        {"to", to.be},
                                        {"colour", l.colour},
                                        {"network", town_.plan.town.be},
                                        {"public_transport:version", "2"}}),
                         ""});
    }
    const Name name{"Аўтобус " + l.ref, "Автобус " + l.ref, "Bus " + l.ref};
    out_.relation(masters, name,
                  {{"type", "route_master"}, {"route_master", "bus"}, {"ref", l.ref}, {"colour", l.colour}});
  }
  std::vector<Member> route_members(const Line& l, bool back) const {
    std::vector<Member> stops, ways;
    for (const StopCall& call : l.calls) stops.push_back({'n', platforms_[2 * call.stop + (back ? 1 : 0)], "platform"});
    for (std::size_t i = 0; i + 1 < l.nodes.size(); ++i) {
      const OsmId way = way_of_.at(std::minmax(l.nodes[i], l.nodes[i + 1]));
      if (ways.empty() || ways.back().ref != way) ways.push_back({'w', way, ""});
    }
    if (back) std::ranges::reverse(stops), std::ranges::reverse(ways);
    stops.insert(stops.end(), ways.begin(), ways.end());
    return stops;
  }

  const Town& town_;
  Writer out_;
  Borders borders_;
  std::map<NodeIndex, OsmId> road_nodes_;
  std::vector<OsmId> border_nodes_, border_ways_, platforms_;
  std::vector<OsmId> firsts_;  // id of the first node of each course, ring and building, in writing order
  std::map<std::pair<NodeIndex, NodeIndex>, OsmId> way_of_;
  std::vector<std::pair<std::size_t, std::vector<Member>>> multipolygons_;  // by area
};

}  // namespace

OsmCounts write_osm_xml(const Town& town, const std::function<void(std::string_view)>& sink) {
  return Export{town, sink}.run();
}

}  // namespace horad::city::town
