// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/town.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <set>

#include "horad/base/bytes.h"
#include "horad/city/town/osm_xml.h"

namespace horad::city::town {
namespace {

const Town& novahrad() {
  static const Town kTown = make_town(kNovahradSeed);
  return kTown;
}

std::uint32_t digest(const Town& town) {
  std::uint32_t crc = 0;
  write_osm_xml(town, [&](std::string_view piece) { crc = base::crc32c(piece, crc); });
  return crc;
}

TEST(Town, IsTheSameEveryTime) {
  EXPECT_EQ(digest(make_town(kNovahradSeed)), digest(novahrad()));
  EXPECT_NE(digest(make_town(kNovahradSeed + 1)), digest(novahrad()));
}

/// The bytes everybody gets. They change when the town is meant to change, and only then: look at the map before you
/// write the new number here.
TEST(Town, IsTheOneWeKnow) { EXPECT_EQ(digest(novahrad()), 0x30806bebu); }

TEST(Town, HasTheSizeOfATown) {
  EXPECT_GT(novahrad().buildings.size(), 6000u);
  EXPECT_LT(novahrad().buildings.size(), 11000u);
  EXPECT_GT(novahrad().streets.size(), 200u);
  EXPECT_EQ(novahrad().lines.size(), 8u);
  EXPECT_EQ(novahrad().plan.districts.size(), 3u);
  double homes = 0;  // square metres: 55 % of what the walls enclose; 34 a person
  for (const Building& b : novahrad().buildings) {
    if (b.kind == "apartments" || b.kind == "house") homes += std::abs(signed_area(b.ring)) * b.levels * 0.55;
  }
  EXPECT_GT(homes / 34, 48'000);
  EXPECT_LT(homes / 34, 75'000);
}

TEST(Town, StreetsAreOneNetwork) {
  const StreetGraph& graph = novahrad().layout.graph;
  std::vector<NodeIndex> parent(graph.node_count());
  std::iota(parent.begin(), parent.end(), NodeIndex{0});
  const auto root = [&](NodeIndex n) {
    while (parent[n] != n) n = parent[n] = parent[parent[n]];
    return n;
  };
  std::set<NodeIndex> used;
  for (const Road& road : novahrad().roads) {
    for (std::size_t i = 0; i + 1 < road.nodes.size(); ++i) parent[root(road.nodes[i])] = root(road.nodes[i + 1]);
    used.insert(road.nodes.begin(), road.nodes.end());
  }
  std::set<NodeIndex> components;
  for (const NodeIndex n : used) components.insert(root(n));
  EXPECT_EQ(components.size(), 1u);
}

TEST(Town, EveryEdgeIsInExactlyOneRoad) {
  std::map<std::pair<NodeIndex, NodeIndex>, int> seen;
  for (const Road& road : novahrad().roads) {
    for (std::size_t i = 0; i + 1 < road.nodes.size(); ++i) ++seen[std::minmax(road.nodes[i], road.nodes[i + 1])];
  }
  std::size_t alive = 0;
  for (const Edge& e : novahrad().layout.graph.edges()) {
    if (!e.alive || e.kind.road == RoadClass::kNone) continue;
    ++alive;
    EXPECT_EQ(seen[std::minmax(e.a, e.b)], 1);
  }
  EXPECT_EQ(seen.size(), alive);
}

TEST(Town, NoBuildingStandsInWater) {
  const Plan& plan = novahrad().plan;
  for (const Building& b : novahrad().buildings) {
    for (const Point p : b.ring) {
      ASSERT_FALSE(contains(plan.river_water, p)) << b.kind << " at " << p.x << ", " << p.y;
      ASSERT_FALSE(contains(plan.lake, p)) << b.kind << " at " << p.x << ", " << p.y;
      ASSERT_GT(distance_to_line(p, plan.stream), 5) << b.kind << " at " << p.x << ", " << p.y;
    }
  }
}

TEST(Town, NoBuildingStandsInTheRoad) {
  std::map<std::pair<int, int>, std::vector<std::pair<Point, Point>>> cells;
  const auto cell = [](double v) { return static_cast<int>(std::floor(v / 100)); };
  const StreetGraph& graph = novahrad().layout.graph;
  for (const Edge& e : graph.edges()) {
    if (!e.alive || !is_drivable(e.kind.road)) continue;
    const Point a = graph.at(e.a), b = graph.at(e.b);
    for (int x = cell(std::min(a.x, b.x)); x <= cell(std::max(a.x, b.x)); ++x) {
      for (int y = cell(std::min(a.y, b.y)); y <= cell(std::max(a.y, b.y)); ++y) cells[{x, y}].emplace_back(a, b);
    }
  }
  for (const Building& b : novahrad().buildings) {
    for (const Point p : b.ring) {
      for (const auto& [from, to] : cells[{cell(p.x), cell(p.y)}])
        ASSERT_GT(distance_to_segment(p, from, to), 2.5) << b.kind;
    }
  }
}

TEST(Town, AddressesAreUnique) {
  std::set<std::pair<int, int>> seen;
  std::size_t with = 0;
  for (const Building& b : novahrad().buildings) {
    if (b.number == 0) continue;
    ++with;
    EXPECT_TRUE(seen.emplace(b.street, b.number).second)
        << novahrad().streets[static_cast<std::size_t>(b.street)].en << " " << b.number;
  }
  EXPECT_GT(with, novahrad().buildings.size() / 2);
}

TEST(Town, StopsLieOnTheirLines) {
  for (const Line& line : novahrad().lines) {
    EXPECT_GE(line.calls.size(), 10u) << line.ref;
    EXPECT_GT(length_of(line.path), 3000) << line.ref;
    for (std::size_t i = 0; i < line.calls.size(); ++i) {
      const Stop& stop = novahrad().stops[line.calls[i].stop];
      EXPECT_LT(distance(along(line.path, line.calls[i].at).at, stop.on_road), 5) << line.ref << " " << stop.name.en;
      for (const Point p : stop.platforms) EXPECT_LT(distance(p, stop.on_road), 12);
      if (i > 0) EXPECT_GT(line.calls[i].at, line.calls[i - 1].at);
    }
  }
}

TEST(Town, DistrictsDivideTheTown) {
  double sum = 0;
  for (const DistrictPlan& d : novahrad().plan.districts) {
    EXPECT_GT(signed_area(d.border), 1e6) << d.slug;
    sum += signed_area(d.border);
  }
  EXPECT_NEAR(sum, signed_area(novahrad().plan.limits), 1);
  for (const Stop& s : novahrad().stops) EXPECT_LT(district_of(novahrad().plan, s.on_road), 3u) << s.name.en;
}

void expect_three_languages(const Name& name, std::string_view what) {
  ASSERT_FALSE(name.be.empty() || name.ru.empty() || name.en.empty()) << what << " " << name.be << name.en;
  for (const char* letter : {"и", "щ", "ъ", "И", "Щ"}) EXPECT_EQ(name.be.find(letter), std::string::npos) << name.be;
  for (const char* letter : {"і", "ў", "І"}) EXPECT_EQ(name.ru.find(letter), std::string::npos) << name.ru;
  for (std::size_t i = 0; i + 1 < name.en.size(); ++i) {
    EXPECT_NE(static_cast<unsigned char>(name.en[i]) & 0xfc, 0xd0) << "Cyrillic in " << name.en;
  }
}

TEST(Town, EverythingNamedHasThreeLanguages) {
  for (const Name& n : novahrad().streets) expect_three_languages(n, "street");
  for (const Stop& s : novahrad().stops) expect_three_languages(s.name, "stop");
  for (const DistrictPlan& d : novahrad().plan.districts) expect_three_languages(d.name, "district");
  for (const Building& b : novahrad().buildings) {
    if (!b.name.be.empty() || !b.name.en.empty()) expect_three_languages(b.name, "building");
  }
  for (const Spot& s : novahrad().spots) {
    if (!s.name.be.empty() || !s.name.en.empty()) expect_three_languages(s.name, "spot");
  }
  for (const Area& a : novahrad().areas) {
    if (!a.name.be.empty() || !a.name.en.empty()) expect_three_languages(a.name, "area");
  }
}

TEST(Town, StreetNamesAreDistinct) {
  std::set<std::string> be, ru, en;
  for (const Name& n : novahrad().streets) {
    EXPECT_TRUE(be.insert(n.be).second) << n.be;
    EXPECT_TRUE(ru.insert(n.ru).second) << n.ru;
    EXPECT_TRUE(en.insert(n.en).second) << n.en;
  }
}

TEST(Town, HasWhatATownNeeds) {
  std::set<std::string> amenities;
  for (const Building& b : novahrad().buildings) {
    for (const auto& [key, value] : b.tags) amenities.insert(value);
    amenities.insert(b.kind);
  }
  for (const char* need :
       {"townhall", "hospital", "police", "fire_station", "library", "museum", "school", "kindergarten", "theatre",
        "place_of_worship", "train_station", "supermarket", "greenhouse", "industrial", "garages"}) {
    EXPECT_TRUE(amenities.contains(need)) << need;
  }
}

TEST(OsmXml, CountsWhatItWrites) {
  std::string xml;
  const OsmCounts counts = write_osm_xml(novahrad(), [&](std::string_view piece) { xml += piece; });
  const auto count = [&](std::string_view what) {
    std::size_t n = 0;
    for (auto at = xml.find(what); at != std::string::npos; at = xml.find(what, at + what.size())) ++n;
    return n;
  };
  EXPECT_EQ(count(" <node id="), counts.nodes);
  EXPECT_EQ(count(" <way id="), counts.ways);
  EXPECT_EQ(count(" <relation id="), counts.relations);
  EXPECT_LT(xml.find(" <relation id=\"1\""), xml.find("Цэнтральны раён", xml.find(" <relation id=\"1\"")))
      << "district 0 is relation 1";
}

TEST(OsmXml, OsmiumFindsEveryReference) {
  if (std::system("command -v osmium >/dev/null 2>&1") != 0) GTEST_SKIP() << "osmium is not installed";
  const auto path = std::filesystem::path{testing::TempDir()} / "horad_town_test.osm";
  std::ofstream out{path};
  write_osm_xml(novahrad(), [&](std::string_view piece) { out << piece; });
  out.close();
  EXPECT_EQ(std::system(("osmium check-refs --no-progress -r " + path.string() + " >/dev/null 2>&1").c_str()), 0);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace horad::city::town
