// SPDX-License-Identifier: Apache-2.0
// Exact questions about geometries drawn on a flat map of longitude and latitude, as GeoJSON means them. Not for other
// rooms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "horad/model/geometry.h"

namespace horad::model::geo {

/// Above 0 when c lies left of the line from a to b, below 0 when right, 0 exactly on it: the sign is never wrong.
/// Source: J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates" (1997).
int orientation(LngLat a, LngLat b, LngLat c) noexcept;

enum class Side : std::uint8_t { kOutside, kBorder, kInside };

/// Answers on which side of a polygon or multipolygon a point lies; holes count. Immutable after construction.
///   cost     O(n) to build; a question looks at the edges in a narrow band of latitude, without allocating
class PointLocator {
 public:
  PointLocator() = default;  // everything is outside
  explicit PointLocator(const Geometry& area);
  Side locate(LngLat point) const noexcept;

 private:
  struct Edge {
    LngLat low;  // low.lat <= high.lat
    LngLat high;
  };
  std::size_t band_of(double lat) const noexcept;
  void make_bands();

  std::vector<Edge> edges_;
  std::vector<std::uint32_t> band_ends_;   // into band_edges_
  std::vector<std::uint32_t> band_edges_;  // indices of edges that touch the band
  double low_lat_ = 1;
  double high_lat_ = -1;
  double bands_per_degree_ = 0;
};

struct Rectangle {
  LngLat low;   // south-west
  LngLat high;  // north-east; never less
};

Rectangle bounds(const Geometry& geometry) noexcept;
/// True when a point, line or border of `geometry` touches the rectangle. Errs only towards true, by rounding.
bool border_meets(const Geometry& geometry, const Rectangle& rectangle) noexcept;

}  // namespace horad::model::geo
