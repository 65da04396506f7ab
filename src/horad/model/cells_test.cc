// SPDX-License-Identifier: Apache-2.0
// The slow twin of an index: every stored shape is asked. Whatever matches must be found through the cells, too.
#include "horad/model/cells.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

#include "horad/model/geo_query.h"

namespace horad::model {
namespace {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  double between(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  int below(int n) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(n)); }
  /// Somewhere on Earth, often near the antimeridian or a pole, or exactly on them.
  LngLat place() {
    LngLat p{between(-180, 180), between(-90, 90)};
    if (below(4) == 0) p.lng = below(2) == 0 ? 180 - between(0, 1) : -180 + between(0, 1);
    if (below(4) == 0) p.lat = (below(2) == 0 ? 1 : -1) * (90 - between(0, 2));
    if (below(16) == 0) p.lng = below(2) == 0 ? 180 : -180;
    if (below(16) == 0) p.lat = below(2) == 0 ? 90 : -90;
    return p;
  }
  LngLat around(LngLat p, double reach) {
    return {std::clamp(p.lng + between(-reach, reach), -180.0, 180.0),
            std::clamp(p.lat + between(-reach, reach), -90.0, 90.0)};
  }
  double reach() { return std::pow(10, between(-4, 1.5)); }
  /// A ring that does not cross itself: corners at ascending angles.
  std::string ring(LngLat centre, double radius) {
    const int corners = 3 + below(9);
    std::string out;
    std::string first;
    for (int i = 0; i < corners; ++i) {
      const double angle = 2 * std::numbers::pi * i / corners;
      const double r = radius * between(0.4, 1);
      const std::string corner = fmt::format("[{},{}]", std::clamp(centre.lng + r * std::cos(angle), -180.0, 180.0),
                                             std::clamp(centre.lat + r * std::sin(angle), -90.0, 90.0));
      if (i == 0) first = corner;
      out += corner + ",";
    }
    return "[" + out + first + "]";
  }

 private:
  std::mt19937_64 engine_;
};

std::string text(LngLat p) { return fmt::format("[{},{}]", p.lng, p.lat); }

struct Shape {
  std::string type;
  std::string coordinates;
  std::string json() const { return fmt::format(R"({{"type":"{}","coordinates":{}}})", type, coordinates); }
};

Shape random_shape(Chance& chance, LngLat near) {
  const double reach = chance.reach();
  const LngLat a = chance.around(near, reach);
  switch (chance.below(6)) {
    case 0:
      return {"Polygon", "[" + chance.ring(a, reach) + "]"};
    case 1:
      return {"LineString",
              fmt::format("[{},{},{}]", text(a), text(chance.around(a, reach)), text(chance.around(a, reach)))};
    case 2:
      return {"MultiPoint", fmt::format("[{},{}]", text(a), text(chance.around(a, reach)))};
    case 3:
      return {"MultiPolygon", fmt::format("[[{}]]", chance.ring(a, reach))};
    default:
      return {"Point", text(a)};
  }
}

bool found_through(const std::vector<std::uint64_t>& cells, const std::vector<CellRange>& cover,
                   const std::vector<std::uint64_t>& around) {
  const bool by_meets = std::ranges::any_of(cells, [&](std::uint64_t c) { return meets(c, cover); });
  const bool by_scan = std::ranges::any_of(cells, [&](std::uint64_t c) {
    return std::ranges::any_of(cover, [&](CellRange r) { return c >= r.first && c <= r.last; }) ||
           std::ranges::binary_search(around, c);
  });
  EXPECT_EQ(by_meets, by_scan);
  return by_meets;
}

TEST(Cells, NeverMissAMatch) {
  constexpr std::string_view kRelations[] = {"within", "contains", "intersects", "equals", "overlaps", "near"};
  int matched = 0;
  int skipped = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Chance chance(seed);
    const LngLat place = chance.place();
    const Shape reference = random_shape(chance, place);
    std::string georel(kRelations[chance.below(6)]);
    if (georel == "near") georel += fmt::format(";maxDistance=={}", std::pow(10, chance.between(-1, 6.5)));
    const auto query = GeoQuery::parse({georel, reference.type, reference.coordinates}, NameId{0});
    if (!query) {  // clamping at the edge of the map can flatten a ring
      ++skipped;
      continue;
    }
    const auto covered = cover(**query);
    ASSERT_TRUE(covered);
    EXPECT_LE(covered->size(), kMostCells);
    EXPECT_TRUE(std::ranges::is_sorted(*covered, {}, &CellRange::first));
    const auto around = ancestors(*covered);
    for (int i = 0; i < 24; ++i) {
      const Shape stored = i == 0 ? reference : random_shape(chance, i % 2 == 0 ? place : chance.place());
      const std::string json = stored.json();
      const auto cells = cover_of_shape(json);
      ASSERT_FALSE(cells.empty()) << json;
      ASSERT_LE(cells.size(), kMostCells);
      if (!(*query)->matches_shape(json)) continue;
      ++matched;
      EXPECT_TRUE(found_through(cells, *covered, around))
          << "seed " << seed << ": " << georel << ' ' << reference.json() << ' ' << json;
    }
  }
  EXPECT_GT(matched, 500);
  EXPECT_LT(skipped, 100);
}

TEST(Cells, NarrowASmallCircleWell) {
  const auto query = *GeoQuery::parse({"near;maxDistance==1000", "Point", "[27.56,53.9]"}, NameId{0});
  std::uint64_t leaves = 0;
  const auto ranges = *cover(*query);
  for (const CellRange& r : ranges) leaves += (r.last - r.first) / 2 + 1;
  const double earth = 4 * std::numbers::pi * kEarthRadius * kEarthRadius;
  const double area = static_cast<double>(leaves) / (6 * std::pow(4, 30)) * earth;
  EXPECT_LT(area, 2.5 * std::numbers::pi * 1e6);
}

TEST(Cells, CannotNarrowWhatLiesElsewhere) {
  EXPECT_FALSE(cover(**GeoQuery::parse({"disjoint", "Point", "[1,2]"}, NameId{0})));
  EXPECT_FALSE(cover(**GeoQuery::parse({"near;minDistance==5", "Point", "[1,2]"}, NameId{0})));
}

TEST(Cells, OfAPointAreOneLeaf) {
  const auto cells = cover_of_shape(R"({"type":"Point","coordinates":[27.5,53.9]})");
  ASSERT_EQ(cells.size(), 1u);
  EXPECT_EQ(cells[0], cell_of(27.5, 53.9));
  EXPECT_EQ(range_of(cells[0]), (CellRange{cells[0], cells[0]}));
  EXPECT_TRUE(cover_of_shape("{}").empty());
  EXPECT_TRUE(cover_of_shape("").empty());
}

/// Rays to the east over every ring, in long double.
bool slow_inside(const std::vector<std::vector<LngLat>>& rings, LngLat p) {
  bool inside = false;
  for (const auto& ring : rings) {
    for (std::size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
      if ((ring[i].lat > p.lat) == (ring[j].lat > p.lat)) continue;
      const long double share =
          (static_cast<long double>(p.lat) - ring[i].lat) / (static_cast<long double>(ring[j].lat) - ring[i].lat);
      if (p.lng < ring[i].lng + share * (static_cast<long double>(ring[j].lng) - ring[i].lng)) inside = !inside;
    }
  }
  return inside;
}

TEST(GeoTwin, PointsInPolygonsAreJudgedLikeByBruteForce) {
  int inside = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Chance chance(seed + 10'000);
    const LngLat centre{chance.between(-150, 150), chance.between(-60, 60)};
    const double radius = std::min(chance.reach(), 25.0);
    std::vector<std::vector<LngLat>> rings;
    std::string coordinates;
    for (const double share : {1.0, 0.3}) {  // a hole in the middle
      std::vector<LngLat> ring;
      std::string corners;
      const int count = 5 + chance.below(200);
      for (int i = 0; i <= count; ++i) {
        const double angle = 2 * std::numbers::pi * i / count;
        const double r = radius * share * (i % 2 == 0 ? 1 : 0.9);
        ring.push_back(i == count ? ring.front()
                                  : LngLat{centre.lng + r * std::cos(angle), centre.lat + r * std::sin(angle)});
        corners += (i == 0 ? "" : ",") + text(ring.back());
      }
      coordinates += (rings.empty() ? "[" : ",[") + corners + "]";
      rings.push_back(std::move(ring));
    }
    const auto query = GeoQuery::parse({"within", "Polygon", "[" + coordinates + "]"}, NameId{0});
    ASSERT_TRUE(query) << query.error().detail;
    for (int i = 0; i < 300; ++i) {
      const LngLat p = chance.around(centre, radius * 1.2);
      ASSERT_EQ((*query)->matches_point(p), slow_inside(rings, p)) << seed << text(p);
      inside += (*query)->matches_point(p) ? 1 : 0;
    }
  }
  EXPECT_GT(inside, 1000);
}

/// The angle between two vectors.
double slow_distance(LngLat a, LngLat b) {
  const auto vector = [](LngLat p) {
    const double lng = p.lng * std::numbers::pi / 180;
    const double lat = p.lat * std::numbers::pi / 180;
    return std::array{std::cos(lat) * std::cos(lng), std::cos(lat) * std::sin(lng), std::sin(lat)};
  };
  const auto u = vector(a);
  const auto v = vector(b);
  const double x = u[1] * v[2] - u[2] * v[1];
  const double y = u[2] * v[0] - u[0] * v[2];
  const double z = u[0] * v[1] - u[1] * v[0];
  return kEarthRadius * std::atan2(std::sqrt(x * x + y * y + z * z), u[0] * v[0] + u[1] * v[1] + u[2] * v[2]);
}

TEST(GeoTwin, DistancesAreJudgedLikeByBruteForce) {
  for (std::uint64_t seed = 0; seed < 800; ++seed) {
    Chance chance(seed + 20'000);
    const LngLat a = chance.place();
    const LngLat b = chance.below(2) == 0 ? chance.place() : chance.around(a, chance.reach());
    const double metres = slow_distance(a, b);
    EXPECT_NEAR(distance(a, b).get(), metres, 1e-7 * metres + 1e-6 + (metres > 2e7 ? 1 : 0)) << text(a) << text(b);
    if (metres < 0.001 || metres > 2e7) continue;
    for (const double share : {0.999, 1.001}) {
      const auto query =
          *GeoQuery::parse({fmt::format("near;maxDistance=={}", metres * share), "Point", text(a)}, NameId{0});
      EXPECT_EQ(query->matches_point(b), share > 1) << text(a) << text(b);
      const auto line = *GeoQuery::parse(
          {fmt::format("near;maxDistance=={}", metres * share), "MultiPoint", "[" + text(a) + "]"}, NameId{0});
      EXPECT_EQ(line->matches_point(b), share > 1) << text(a) << text(b);
    }
  }
}

}  // namespace
}  // namespace horad::model
