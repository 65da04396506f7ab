// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geo_query.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "horad/model/q_testing.h"

namespace horad::model {
namespace {

using testing::attribute;
using testing::PlainResolver;
using testing::property;

constexpr NameId kLocation{7};

Result<std::shared_ptr<const GeoQuery>> parse(std::string_view georel, std::string_view geometry,
                                              std::string_view coordinates) {
  return GeoQuery::parse({georel, geometry, coordinates}, kLocation);
}

std::string shape(std::string_view type, std::string_view coordinates) {
  return fmt::format(R"({{"type":"{}","coordinates":{}}})", type, coordinates);
}

constexpr std::string_view kSquareWithHole = "[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]";

struct Case {
  std::string_view georel;
  std::string_view type;
  std::string_view coordinates;
  std::string_view stored_type;
  std::string_view stored;
  bool want;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.stored_type << c.stored << ' ' << c.georel << ' ' << c.type << c.coordinates;
}

class GeoTable : public ::testing::TestWithParam<Case> {};

TEST_P(GeoTable, JudgesTheStoredShape) {
  const Case& c = GetParam();
  const auto query = parse(c.georel, c.type, c.coordinates);
  ASSERT_TRUE(query) << query.error().detail;
  EXPECT_EQ((*query)->matches_shape(shape(c.stored_type, c.stored)), c.want)
      << c.stored_type << c.stored << " " << c.georel << " " << c.type << c.coordinates;
}

constexpr std::string_view kSquare = "[[[0,0],[10,0],[10,10],[0,10],[0,0]]]";

INSTANTIATE_TEST_SUITE_P(
    Plane, GeoTable,
    ::testing::Values(
        Case{"within", "Polygon", kSquareWithHole, "Point", "[1,1]", true},
        Case{"within", "Polygon", kSquareWithHole, "Point", "[5,5]", false},
        Case{"within", "Polygon", kSquareWithHole, "Point", "[0,5]", false},  // on the border
        Case{"intersects", "Polygon", kSquareWithHole, "Point", "[0,5]", true},
        Case{"intersects", "Polygon", kSquareWithHole, "Point", "[4,5]", true},  // on the border of the hole
        Case{"intersects", "Polygon", kSquareWithHole, "Point", "[5,5]", false},
        Case{"disjoint", "Polygon", kSquareWithHole, "Point", "[5,5]", true},
        Case{"disjoint", "Polygon", kSquareWithHole, "Point", "[10,10]", false},
        Case{"contains", "Polygon", kSquare, "Point", "[5,5]", false},
        Case{"equals", "Polygon", kSquare, "Point", "[5,5]", false},
        Case{"overlaps", "Polygon", kSquare, "Point", "[5,5]", false},
        Case{"equals", "Polygon", kSquare, "Polygon", "[[[10,0],[10,10],[0,10],[0,0],[10,0]]]", true},
        Case{"contains", "Polygon", kSquare, "Polygon", "[[[-1,-1],[11,-1],[11,11],[-1,11],[-1,-1]]]", true},
        Case{"within", "Polygon", kSquare, "Polygon", "[[[1,1],[2,1],[2,2],[1,1]]]", true},
        Case{"within", "Polygon", kSquareWithHole, "Polygon", "[[[3,3],[7,3],[7,7],[3,7],[3,3]]]", false},
        Case{"overlaps", "Polygon", kSquare, "Polygon", "[[[5,5],[15,5],[15,15],[5,15],[5,5]]]", true},
        Case{"disjoint", "Polygon", kSquare, "LineString", "[[20,20],[30,30]]", true},
        Case{"intersects", "Polygon", kSquare, "LineString", "[[-5,5],[15,5]]", true},
        Case{"within", "Polygon", kSquare, "LineString", "[[1,1],[9,9]]", true},
        Case{"within", "Polygon", kSquare, "MultiPoint", "[[1,1],[9,9]]", true},
        Case{"within", "Polygon", kSquare, "MultiPoint", "[[1,1],[19,9]]", false},
        Case{"within", "MultiPolygon", "[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[9,5],[9,9],[5,5]]]]", "Point", "[8,6]",
             true},
        Case{"within", "MultiPolygon", "[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[9,5],[9,9],[5,5]]]]", "Point", "[3,3]",
             false},
        Case{"equals", "Point", "[1,2]", "Point", "[1,2]", true},
        Case{"equals", "Point", "[1,2]", "Point", "[1,2,99]", true},
        Case{"equals", "Point", "[1,2]", "Point", "[2,1]", false},
        Case{"within", "Point", "[1,2]", "Point", "[1,2]", true},
        Case{"intersects", "Point", "[1,2]", "Point", "[1,2]", true},
        Case{"disjoint", "Point", "[1,2]", "Point", "[1,2]", false},
        Case{"disjoint", "Point", "[1,2]", "Point", "[1,3]", true},
        Case{"overlaps", "Point", "[1,2]", "Point", "[1,2]", false},
        Case{"contains", "Point", "[5,5]", "Polygon", kSquare, true},
        Case{"contains", "Point", "[5,5]", "Polygon", kSquareWithHole, false},
        Case{"intersects", "LineString", "[[0,0],[10,10]]", "Point", "[5,5]", true},
        Case{"within", "LineString", "[[0,0],[10,10]]", "Point", "[0,0]", false},  // an end is the border of a line
        Case{"within", "LineString", "[[0,0],[10,10]]", "Point", "[5,5]", true},
        Case{"intersects", "MultiLineString", "[[[0,0],[1,1]],[[5,0],[5,9]]]", "LineString", "[[4,4],[6,4]]", true},
        Case{"overlaps", "MultiPoint", "[[1,1],[2,2]]", "MultiPoint", "[[2,2],[3,3]]", true},
        // a point exactly on a slanted edge, where rounding decides for the careless
        Case{"intersects", "Polygon", "[[[0,0],[3,1],[0,1],[0,0]]]", "Point", "[1.5,0.5]", true},
        Case{"within", "Polygon", "[[[0,0],[3,1],[0,1],[0,0]]]", "Point", "[1.5,0.5]", false},
        // the whole map; its border is at the antimeridian, on both sides
        Case{"within", "Polygon", "[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]", "Point", "[27,53]", true},
        Case{"intersects", "Polygon", "[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]", "Point", "[-180,12]",
             true},
        // not cut at the antimeridian: the long way round
        Case{"within", "Polygon", "[[[170,0],[-170,0],[-170,10],[170,10],[170,0]]]", "Point", "[0,5]", true},
        Case{"within", "Polygon", "[[[170,0],[-170,0],[-170,10],[170,10],[170,0]]]", "Point", "[175,5]", false},
        // cut, as it should be
        Case{"within", "MultiPolygon",
             "[[[[170,0],[180,0],[180,10],[170,10],[170,0]]],[[[-180,0],[-170,0],[-170,10],[-180,10],[-180,0]]]]",
             "Point", "[-175,5]", true}));

INSTANTIATE_TEST_SUITE_P(
    Distance, GeoTable,
    ::testing::Values(
        Case{"near;maxDistance==1000", "Point", "[27.5,53.9]", "Point", "[27.5,53.9]", true},
        Case{"near;maxDistance==1112", "Point", "[27.5,53.9]", "Point", "[27.5,53.91]", true},
        Case{"near;maxDistance==1111", "Point", "[27.5,53.9]", "Point", "[27.5,53.91]", false},
        Case{"near;minDistance==1112", "Point", "[27.5,53.9]", "Point", "[27.5,53.91]", false},
        Case{"near;minDistance==1111", "Point", "[27.5,53.9]", "Point", "[27.5,53.91]", true},
        Case{"near;maxDistance==25000000", "Point", "[0,0]", "Point", "[180,0]", true},
        Case{"near;minDistance==25000000", "Point", "[0,0]", "Point", "[180,0]", false},
        Case{"near;maxDistance==3000", "Point", "[179.99,0]", "Point", "[-179.99,0]", true},  // across the antimeridian
        Case{"near;maxDistance==2000", "Point", "[179.99,0]", "Point", "[-179.99,0]", false},
        Case{"near;maxDistance==2300", "Point", "[0,89.99]", "Point", "[180,89.99]", true},  // across the pole
        Case{"near;maxDistance==2200", "Point", "[0,89.99]", "Point", "[180,89.99]", false},
        Case{"near;maxDistance==1", "Point", "[0,90]", "Point", "[77,90]", true},          // one pole, many longitudes
        Case{"near;maxDistance==1", "Polygon", kSquare, "Point", "[5,5]", true},           // inside
        Case{"near;maxDistance==1", "Polygon", kSquareWithHole, "Point", "[5,5]", false},  // in the hole
        Case{"near;maxDistance==112000", "Polygon", kSquareWithHole, "Point", "[5,5]", true},
        Case{"near;maxDistance==112000", "Polygon", kSquare, "Point", "[11,5]", true},
        Case{"near;maxDistance==110000", "Polygon", kSquare, "Point", "[11,5]", false},
        Case{"near;maxDistance==1120", "LineString", "[[0,0],[10,0]]", "Point", "[5,0.01]", true},
        Case{"near;maxDistance==1100", "LineString", "[[0,0],[10,0]]", "Point", "[5,0.01]", false},
        // along a parallel the straight line of the map is far from the great circle
        Case{"near;maxDistance==5", "LineString", "[[0,60],[20,60]]", "Point", "[10,60]", true},
        Case{"near;maxDistance==5", "LineString", "[[0,60],[20,60]]", "Point", "[10,60.4]", false},
        Case{"near;maxDistance==1200", "MultiPoint", "[[0,0],[5,5]]", "Point", "[5,5.01]", true},
        Case{"near;maxDistance==1", "Point", "[5,5]", "Polygon", kSquare, true},
        Case{"near;maxDistance==1", "Point", "[5,5]", "Polygon", kSquareWithHole, false},
        Case{"near;maxDistance==112000", "Point", "[11,5]", "Polygon", kSquare, true},
        Case{"near;maxDistance==110000", "Point", "[11,5]", "Polygon", kSquare, false},
        Case{"near;maxDistance==1200", "LineString", "[[0,0],[1,0]]", "LineString", "[[0,0.01],[1,0.01]]", true},
        Case{"near;maxDistance==1000", "LineString", "[[0,0],[1,0]]", "LineString", "[[0,0.01],[1,0.01]]", false},
        Case{"near;minDistance==1000", "LineString", "[[0,0],[1,0]]", "LineString", "[[0,0.01],[1,0.01]]", true},
        Case{"near;maxDistance==1", "Polygon", "[[[-180,80],[180,80],[180,90],[-180,90],[-180,80]]]", "Point",
             "[33,85]", true}));

struct Broken {
  std::string_view georel;
  std::string_view type;
  std::string_view coordinates;
  std::string_view pointer;
};

TEST(GeoQuery, RefusesWhatIsBroken) {
  for (const Broken& b : {Broken{"near", "Point", "[1,2]", "georel"},
                          {"near;maxDistance==0", "Point", "[1,2]", "georel"},
                          {"near;maxDistance==-1", "Point", "[1,2]", "georel"},
                          {"near;maxDistance==x", "Point", "[1,2]", "georel"},
                          {"near;maxDistance=5", "Point", "[1,2]", "georel"},
                          {"near;maxDistance==5;minDistance==1", "Point", "[1,2]", "georel"},
                          {"near;maxDistance==1e999", "Point", "[1,2]", "georel"},
                          {"inside", "Point", "[1,2]", "georel"},
                          {"", "Point", "[1,2]", "georel"},
                          {"within", "Circle", "[1,2]", "geometry"},
                          {"within", "GeometryCollection", "[]", "geometry"},
                          {"within", "point", "[1,2]", "geometry"},
                          {"within", "Point", "[1]", "coordinates"},
                          {"within", "Point", "[181,0]", "coordinates"},
                          {"within", "Point", "[0,91]", "coordinates"},
                          {"within", "Point", "[0,NaN]", "coordinates"},
                          {"within", "Point", "[0,1e999]", "coordinates"},
                          {"within", "Point", "[0,0]x", "coordinates"},
                          {"within", "Point", "", "coordinates"},
                          {"within", "Point", "[[0,0]]", "coordinates"},
                          {"within", "Point", "[0,0", "coordinates"},
                          {"within", "MultiPoint", "[]", "coordinates"},
                          {"within", "LineString", "[[0,0]]", "coordinates"},
                          {"within", "LineString", "[[0,0],[0,0]]", "coordinates"},             // no extent
                          {"within", "Polygon", "[[[0,0],[1,0],[0,0]]]", "coordinates"},        // too short
                          {"within", "Polygon", "[[[0,0],[1,0],[1,1],[0,1]]]", "coordinates"},  // not closed
                          {"within", "Polygon", "[[[0,0],[1,1],[2,2],[0,0]]]", "coordinates"},  // no area
                          {"within", "Polygon", "[]", "coordinates"}}) {
    const auto query = parse(b.georel, b.type, b.coordinates);
    ASSERT_FALSE(query) << b.georel << b.type << b.coordinates;
    EXPECT_EQ(query.error().code, ErrorCode::kBadRequestData) << b.coordinates;
    EXPECT_EQ(query.error().pointer, b.pointer) << b.georel << b.type << b.coordinates;
  }
}

TEST(GeoQuery, TakesPolygonsThatCrossThemselvesForWhatTheyEnclose) {
  constexpr std::string_view kBow = "[[[0,0],[4,4],[4,0],[0,4],[0,0]]]";  // two triangles that meet at (2, 2)
  const auto within = *parse("within", "Polygon", kBow);
  EXPECT_TRUE(within->matches_point({0.5, 2}));
  EXPECT_FALSE(within->matches_point({2, 0.5}));
  EXPECT_TRUE(within->matches_shape(shape("LineString", "[[0.5,1.9],[0.5,2.1]]")));
  EXPECT_FALSE(within->matches_shape(shape("LineString", "[[0.5,2],[3.5,2.5]]")));
  const auto equals = *parse("equals", "Polygon", kBow);
  EXPECT_TRUE(equals->matches_shape(shape("Polygon", kBow)));
  EXPECT_FALSE(equals->matches_shape(shape("Polygon", "[[[0,0],[4,4],[4,0],[0,0]]]")));
  const auto contains = *parse("contains", "Point", "[0.5,2]");
  EXPECT_TRUE(contains->matches_shape(shape("Polygon", kBow)));
  EXPECT_FALSE((*parse("contains", "Point", "[2,0.5]"))->matches_shape(shape("Polygon", kBow)));
}

TEST(GeoQuery, RefusesAReferenceThatIsTooLarge) {
  std::string points = "[[0,0]";
  for (std::size_t i = 0; i < GeoQuery::kMostPositions; ++i) points += ",[1,1]";
  const auto query = parse("intersects", "MultiPoint", points + "]");
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().code, ErrorCode::kTooComplexQuery);
}

TEST(GeoQuery, LooksAtEveryInstanceOfItsGeoPropertyOnly) {
  const auto query = *parse("within", "Polygon", kSquare);
  const Value inside = JsonText{shape("Point", "[1,1]")};
  const Value outside = JsonText{shape("Point", "[50,1]")};
  Attribute second = attribute(kLocation, AttributeKind::kGeoProperty, inside);
  second.dataset_id = "urn:second";
  const auto holds = [&](std::vector<Attribute> attributes) {
    return query->matches(DocumentView(encode(testing::entity("urn:e", {NameId{1}}, std::move(attributes)))));
  };
  Names names;
  while (names.size() < 10) ASSERT_TRUE(names.intern(std::to_string(names.size())));
  EXPECT_TRUE(holds({attribute(kLocation, AttributeKind::kGeoProperty, inside)}));
  EXPECT_TRUE(holds({attribute(kLocation, AttributeKind::kGeoProperty, outside), second}));
  EXPECT_TRUE(holds(
      {attribute(kLocation, AttributeKind::kGeoProperty, std::get<JsonText>(inside).text)}));  // JSON text in a string
  EXPECT_FALSE(holds({attribute(kLocation, AttributeKind::kGeoProperty, outside)}));
  EXPECT_FALSE(holds({property(kLocation, inside)}));
  EXPECT_FALSE(holds({attribute(NameId{3}, AttributeKind::kGeoProperty, inside)}));
  EXPECT_FALSE(holds({attribute(kLocation, AttributeKind::kGeoProperty, std::string("nowhere"))}));
  EXPECT_FALSE((*parse("disjoint", "Polygon", kSquare))
                   ->matches(DocumentView(encode(testing::entity("urn:e", {NameId{1}}, {})))));
}

TEST(GeoQuery, IsAskedByManyThreadsAtOnce) {
  const auto query = *parse("intersects", "Polygon", kSquare);
  const std::string hit = shape("LineString", "[[-5,5],[15,5]]");
  const std::string miss = shape("LineString", "[[20,5],[25,5]]");
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 500; ++k) {
        if (!query->matches_shape(hit) || query->matches_shape(miss) || !query->matches_point({5, 5})) ++wrong;
      }
    });
  }
  threads.clear();  // joins
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace horad::model
