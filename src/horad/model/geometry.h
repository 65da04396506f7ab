// SPDX-License-Identifier: Apache-2.0
// GeoJSON geometries (RFC 7946) as plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/strong.h"

namespace horad::model {

using Metres = base::Strong<struct MetresTag, double>;

struct LngLat {  // degrees on WGS 84, GeoJSON order; [-180, 180] and [-90, 90]
  double lng = 0;
  double lat = 0;
  friend bool operator==(const LngLat&, const LngLat&) = default;
};

/// Radius of the sphere on which Horad measures: the mean radius of the Earth, in metres.
inline constexpr double kEarthRadius = 6'371'008.8;

/// Great-circle distance; off the ellipsoid by about 0.6 % at most.
/// Source: R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68 (1984).
Metres distance(LngLat a, LngLat b) noexcept;

enum class GeometryType : std::uint8_t { kPoint, kMultiPoint, kLineString, kMultiLineString, kPolygon, kMultiPolygon };

/// All positions in one row. Altitudes are dropped.
struct Geometry {
  GeometryType type = GeometryType::kPoint;
  std::vector<LngLat> points;           // at least one
  std::vector<std::uint32_t> parts;     // for each line or ring: the index in `points` behind its end; empty for points
  std::vector<std::uint32_t> polygons;  // for each polygon: the index in `parts` behind its last ring; empty for others
  friend bool operator==(const Geometry&, const Geometry&) = default;

  bool has_area() const noexcept { return type >= GeometryType::kPolygon; }
  bool has_lines() const noexcept {
    return type == GeometryType::kLineString || type == GeometryType::kMultiLineString;
  }
  std::size_t part_count() const noexcept { return parts.size(); }
  std::span<const LngLat> part(std::size_t i) const noexcept;  // rings are closed: the last point is the first
};

inline constexpr std::size_t kMostPositions = 100'000;

/// Reads a GeoJSON geometry object. GeometryCollection and Feature are refused.
///   shapes   lines have two positions or more; rings four or more, the last equal to the first. Whether rings cross is
///   not checked. errors   kBadRequestData: not such an object, a position off the globe, a broken shape; kTooLarge
///   above kMostPositions cost     one pass over the text
Result<Geometry> parse_geometry(std::string_view json);
/// The same from the two parameters of a geo-query: `Polygon` and `[[[...]]]`.
Result<Geometry> parse_geometry(std::string_view type, std::string_view coordinates);

}  // namespace horad::model
