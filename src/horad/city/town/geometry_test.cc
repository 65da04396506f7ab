// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/geometry.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "horad/city/town/dice.h"

namespace horad::city::town {
namespace {

const Ring kSquare{{0, 0}, {10, 0}, {10, 10}, {0, 10}};

TEST(Geometry, AreaIsPositiveCounterClockwise) {
  EXPECT_DOUBLE_EQ(signed_area(kSquare), 100);
  EXPECT_DOUBLE_EQ(signed_area(Ring{kSquare.rbegin(), kSquare.rend()}), -100);
  EXPECT_EQ(centroid(kSquare), (Point{5, 5}));
}

TEST(Geometry, SegmentsCrossOrDoNot) {
  const auto middle = crossing({0, 0}, {2, 2}, {0, 2}, {2, 0});
  ASSERT_TRUE(middle);
  EXPECT_NEAR(distance(*middle, {1, 1}), 0, 1e-12);
  EXPECT_FALSE(crossing({0, 0}, {1, 1}, {3, 0}, {3, 9}));
  EXPECT_FALSE(crossing({0, 0}, {1, 0}, {0, 1}, {1, 1})) << "parallel";
  EXPECT_TRUE(crossing({0, 0}, {1, 0}, {1, 0}, {1, 5})) << "a shared end counts";
}

TEST(Geometry, InsetOfASquareIsASmallerSquare) {
  const double by[] = {1, 2, 2, 1};
  EXPECT_NEAR(signed_area(inset(kSquare, by)), (10 - 2 - 1) * (10 - 1 - 2), 1e-9);
}

TEST(Geometry, BoxesOverlapByGap) {
  const Box a{{0, 0}, {1, 0}, 5, 5};
  const Box b{{12, 0}, {1, 0}, 5, 5};
  EXPECT_FALSE(overlap(a, b, 1.5));
  EXPECT_TRUE(overlap(a, b, 2.5));
}

TEST(Geometry, CurvePassesThroughItsControls) {
  const Polyline controls{{0, 0}, {100, 50}, {200, -50}, {300, 0}};
  const Polyline curve = smooth(controls, 10);
  for (const Point p : controls) EXPECT_LT(distance_to_line(p, curve), 1e-9);
  EXPECT_NEAR(distance(on_curve(controls, 2).at, controls[2]), 0, 1e-9);
}

RC_GTEST_PROP(GeometryProperty, ProjectUndoesAlong, (std::uint64_t seed)) {
  Dice dice(seed);
  Polyline line{{0, 0}};
  for (int i = 0; i < 6; ++i) line.push_back(line.back() + Point{dice.between(5.0, 20.0), dice.between(-5.0, 5.0)});
  const double at = length_of(line) * dice.unit();
  RC_ASSERT(std::abs(project(line, along(line, at).at) - at) < 1e-6);
}

RC_GTEST_PROP(GeometryProperty, BlobIsARingAroundItsMiddle, (std::uint64_t seed)) {
  const Ring ring = draw({{3, 4}, 100, 60, 0.5, 0.2, 8}, seed);
  RC_ASSERT(signed_area(ring) > 0);
  RC_ASSERT(contains(ring, {3, 4}));
}

RC_GTEST_PROP(GeometryProperty, TightBoxHoldsTheRing, (std::uint64_t seed)) {
  const Ring ring = draw({{0, 0}, 80, 40, 1.0, 0.3, 10}, seed);
  const Box box = tight_box(ring);
  for (const Point p : ring) {
    RC_ASSERT(std::abs(dot(p - box.centre, box.axis)) <= box.half_length + 1e-6);
    RC_ASSERT(std::abs(cross(box.axis, p - box.centre)) <= box.half_width + 1e-6);
  }
}

}  // namespace
}  // namespace horad::city::town
