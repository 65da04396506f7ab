// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geometry.h"

#include <gtest/gtest.h>

#include <random>

#include "horad/model/geo_plane.h"

namespace horad::model {
namespace {

TEST(ParseGeometry, ReadsEveryType) {
  const auto line = parse_geometry(R"( {"coordinates":[[1,2],[3.5,-4,99]],"bbox":[1,2,3,4],"type":"LineString"})");
  ASSERT_TRUE(line) << line.error().detail;
  EXPECT_EQ(line->points, (std::vector<LngLat>{{1, 2}, {3.5, -4}}));
  EXPECT_EQ(line->parts, (std::vector<std::uint32_t>{2}));
  const auto point = parse_geometry("Point", " [ 1e1 , 2 ] ");
  ASSERT_TRUE(point);
  EXPECT_EQ(point->points, (std::vector<LngLat>{{10, 2}}));
  EXPECT_TRUE(parse_geometry("MultiPoint", "[[1,2],[3,4]]"));
  EXPECT_TRUE(parse_geometry("MultiLineString", "[[[1,2],[3,4]],[[5,6],[7,8]]]"));
  const auto polygons = parse_geometry(
      "MultiPolygon", "[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[9,5],[9,9],[5,5]],[[6,5.5],[7,5.5],[7,6],[6,5.5]]]]");
  ASSERT_TRUE(polygons);
  EXPECT_EQ(polygons->polygons, (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(polygons->parts, (std::vector<std::uint32_t>{4, 8, 12}));
  EXPECT_EQ(polygons->part(1).front(), (LngLat{5, 5}));
}

TEST(ParseGeometry, RefusesTheRest) {
  for (const std::string_view json :
       {"", "{}", "[1,2]", "null", R"({"type":"Point"})", R"({"type":5,"coordinates":[1,2]})",
        R"({"type":"Point","coordinates":[1,2})",
        R"({"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}})",
        R"({"type":"GeometryCollection","geometries":[]})", R"({"type":"Point","coordinates":{"lng":1}})",
        R"({"type":"Point","coordinates":["1","2"]})", R"({"type":"Point","coordinates":[]})",
        R"({"type":"Polygon","coordinates":[[]]})"}) {
    const auto geometry = parse_geometry(json);
    ASSERT_FALSE(geometry) << json;
    EXPECT_EQ(geometry.error().code, ErrorCode::kBadRequestData) << json;
  }
}

TEST(ParseGeometry, IsBounded) {
  std::string points = "[[0,0]";
  for (std::size_t i = 0; i < kMostPositions; ++i) points += ",[1,1]";
  EXPECT_EQ(parse_geometry("MultiPoint", points + "]").error().code, ErrorCode::kTooLarge);
  EXPECT_FALSE(parse_geometry("MultiPoint", std::string(1'000'000, '[')));
}

TEST(Distance, IsThatOfTheSphere) {
  EXPECT_NEAR(distance({0, 0}, {90, 0}).get(), 10'007'557.2, 0.1);
  EXPECT_NEAR(distance({0, 0}, {180, 0}).get(), 20'015'114.4, 0.1);
  EXPECT_NEAR(distance({-179.5, 0}, {179.5, 0}).get(), 111'195.1, 0.1);
  EXPECT_EQ(distance({27.5, 53.9}, {27.5, 53.9}).get(), 0);
}

TEST(Orientation, IsRightWherePlainArithmeticIsNot) {
  using geo::orientation;
  EXPECT_EQ(orientation({0, 0}, {1, 0}, {0.5, 1}), 1);
  EXPECT_EQ(orientation({0, 0}, {1, 0}, {0.5, -1}), -1);
  EXPECT_EQ(orientation({0.1, 0.1}, {0.3, 0.3}, {0.7, 0.7}), 0);  // equal doubles on the diagonal
  // A grid of the smallest steps around the diagonal: the sign is that of the step.
  constexpr double kStep = 0x1p-53;
  for (int x = -20; x <= 20; ++x) {
    for (int y = -20; y <= 20; ++y) {
      const LngLat p{0.5 + x * kStep, 0.5 + y * kStep};
      EXPECT_EQ(orientation({12, 12}, {24, 24}, p), p.lat > p.lng ? 1 : p.lat < p.lng ? -1 : 0);
    }
  }
}

}  // namespace
}  // namespace horad::model
