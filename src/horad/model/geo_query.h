// SPDX-License-Identifier: Apache-2.0
// The geo-query language (ETSI GS CIM 009 V1.9.1, 4.10): which GeoProperty lies how to a reference geometry.
//
//   near;maxDistance==N   the entity's geometry comes as near as N metres to the reference (N > 0), the border included
//   near;minDistance==N   it stays N metres or more away
//   within contains intersects equals disjoint overlaps
//                         OGC Simple Features, "entity RELATION reference": a point on the border of a polygon
//                         intersects it and is not within it
//
// Two geometries of the Earth meet here, and where they differ counts:
//   * Shapes are drawn on the flat map: a line between two positions is straight in longitude and latitude, as RFC 7946
//   (3.1.1) says.
//     All relations but near are exact in that plane. Nothing crosses the antimeridian: cut shapes there (RFC
//     7946, 3.1.9); an edge from 170 to -170 goes the long way round. 180 and -180 are two borders of the map.
//   * Distances are great circles on a sphere (see distance()), across the antimeridian and the poles, with less
//   than 1.2 m of error at
//     long lines (see geo_sphere.h); a shape that touches the reference on the map is at distance 0.
// Polygons whose rings cross, the reference's and stored ones, are what lies within an odd number of them. A
// reference without extent
// is refused, stored shapes without match nothing. Altitude does not count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "horad/model/cells.h"
#include "horad/model/geometry.h"
#include "horad/model/query.h"

namespace horad::model {

namespace geo {
enum class Border : std::uint8_t;
}

enum class GeoRelation : std::uint8_t { kNear, kFar, kWithin, kContains, kIntersects, kEquals, kDisjoint, kOverlaps };

struct GeoQueryText {  // as it came; see the grammar above
  std::string_view georel;
  std::string_view geometry;     // a GeoJSON type
  std::string_view coordinates;  // JSON
};

class GeoQuery {
 public:
  static constexpr std::size_t kMostPositions = 10'000;  // of the reference

  /// `property` is the GeoProperty that is asked.
  ///   errors  kBadRequestData; kTooComplexQuery above kMostPositions; the pointer names the parameter
  ///   cost    some 10 us for a point, up to some ms for the largest polygons: the cover is made here
  static Result<std::shared_ptr<const GeoQuery>> parse(const GeoQueryText& text, NameId property);
  GeoQuery(const GeoQuery&) = delete;
  GeoQuery& operator=(const GeoQuery&) = delete;
  ~GeoQuery();

  /// True when an instance of the property matches. Stored points are judged without allocation, but for lines as the
  /// reference of other relations than near; other shapes are parsed and built.
  bool matches(DocumentView document) const;
  bool matches_point(LngLat point) const;
  bool matches_shape(std::string_view geojson) const;

  NameId property() const noexcept { return property_; }
  GeoRelation relation() const noexcept { return relation_; }
  Metres metres() const noexcept { return metres_; }  // of kNear and kFar
  const Geometry& reference() const noexcept { return reference_; }
  const std::optional<std::vector<CellRange>>& cover() const noexcept { return cover_; }  // see model::cover

 private:
  struct State;
  GeoQuery();
  Result<void> prepare();
  geo::Border border() const noexcept;  // whether exactly `metres_` is near
  bool is_near(LngLat point) const;
  bool relates(LngLat point) const;
  bool relates(const Geometry& shape) const;
  bool is_near(const Geometry& shape) const;

  NameId property_;
  GeoRelation relation_ = GeoRelation::kNear;
  Metres metres_;
  Geometry reference_;
  std::optional<std::vector<CellRange>> cover_;
  std::unique_ptr<State> state_;
};

}  // namespace horad::model
