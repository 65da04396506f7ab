// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geo_sphere.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <s2/mutable_s2shape_index.h>
#include <s2/s2closest_edge_query.h>
#include <s2/s2edge_distances.h>
#include <s2/s2latlng.h>
#include <s2/s2lax_polyline_shape.h>
#include <s2/s2point_vector_shape.h>
#pragma clang diagnostic pop

namespace horad::model::geo {
namespace {

constexpr double kLngStep = 0.1;  // degrees
constexpr double kLatStep = 45;   // meridians are great circles; only half ones have no direction
constexpr double kMostPieces = 20'000;
constexpr std::size_t kFewPieces = 32;  // up to here a loop is faster than a search

S2Point to_sphere(LngLat p) { return S2LatLng::FromDegrees(p.lat, p.lng).ToPoint(); }

/// What must not be reached.
S1ChordAngle chord(Metres distance, Border border) {
  const double angle = distance.get() / kEarthRadius;
  if (angle > std::numbers::pi) return S1ChordAngle::Infinity();
  const S1ChordAngle limit(S1Angle::Radians(angle));
  return border == Border::kIncluded ? limit.Successor() : limit;
}

double step_for(const Geometry& geometry) {
  double longitude = 0;
  for (std::size_t i = 0; i < geometry.part_count(); ++i) {
    const auto part = geometry.part(i);
    for (std::size_t j = 1; j < part.size(); ++j) longitude += std::abs(part[j].lng - part[j - 1].lng);
  }
  return std::max(kLngStep, longitude / kMostPieces);
}

std::vector<S2Point> cut(std::span<const LngLat> line, double lng_step) {
  std::vector<S2Point> out{to_sphere(line.front())};
  for (std::size_t i = 1; i < line.size(); ++i) {
    const LngLat a = line[i - 1];
    const LngLat b = line[i];
    const double pieces =
        std::max({1.0, std::ceil(std::abs(b.lng - a.lng) / lng_step), std::ceil(std::abs(b.lat - a.lat) / kLatStep)});
    for (double k = 1; k < pieces; ++k) {
      const double share = k / pieces;
      out.push_back(to_sphere({a.lng + (b.lng - a.lng) * share, a.lat + (b.lat - a.lat) * share}));
    }
    out.push_back(to_sphere(b));
  }
  return out;
}

}  // namespace

struct SphereShape::State {
  std::vector<std::pair<S2Point, S2Point>> few;  // all pieces, when there are few; a point has two equal ends
  MutableS2ShapeIndex index;
};

SphereShape::SphereShape(const Geometry& geometry) : state_(std::make_unique<State>()) {
  std::size_t pieces = 0;
  if (geometry.parts.empty()) {
    std::vector<S2Point> points;
    for (const LngLat p : geometry.points) points.push_back(to_sphere(p));
    pieces = points.size();
    for (const S2Point& p : points) {
      if (pieces <= kFewPieces) state_->few.emplace_back(p, p);
    }
    state_->index.Add(std::make_unique<S2PointVectorShape>(std::move(points)));
  }
  const double step = step_for(geometry);
  for (std::size_t i = 0; i < geometry.part_count(); ++i) {
    const std::vector<S2Point> line = cut(geometry.part(i), step);
    pieces += line.size() - 1;
    for (std::size_t j = 1; j < line.size() && pieces <= kFewPieces; ++j)
      state_->few.emplace_back(line[j - 1], line[j]);
    state_->index.Add(std::make_unique<S2LaxPolylineShape>(line));
  }
  if (pieces > kFewPieces) state_->few.clear();
  state_->index.ForceBuild();
}
SphereShape::~SphereShape() = default;

bool SphereShape::within(LngLat point, Metres distance, Border border) const {
  const S2Point at = to_sphere(point);
  const S1ChordAngle limit = chord(distance, border);
  if (!state_->few.empty()) {
    return std::ranges::any_of(state_->few, [&](const auto& piece) {
      S1ChordAngle least = S1ChordAngle::Infinity();
      S2::UpdateMinDistance(at, piece.first, piece.second, &least);
      return least < limit;
    });
  }
  S2ClosestEdgeQuery query(&state_->index);
  S2ClosestEdgeQuery::PointTarget target(at);
  return query.IsDistanceLess(&target, limit);
}

bool SphereShape::within(const SphereShape& other, Metres distance, Border border) const {
  S2ClosestEdgeQuery query(&state_->index);
  S2ClosestEdgeQuery::ShapeIndexTarget target(&other.state_->index);
  return query.IsDistanceLess(&target, chord(distance, border));
}

Metres SphereShape::distance(const SphereShape& other) const {
  S2ClosestEdgeQuery query(&state_->index);
  S2ClosestEdgeQuery::ShapeIndexTarget target(&other.state_->index);
  return Metres{query.GetDistance(&target).ToAngle().radians() * kEarthRadius};
}

}  // namespace horad::model::geo
