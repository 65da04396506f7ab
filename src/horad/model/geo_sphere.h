// SPDX-License-Identifier: Apache-2.0
// Distances on the sphere between geometries whose lines are straight on the flat map. Not for other rooms.
#pragma once

#include <cstdint>
#include <memory>

#include "horad/model/geometry.h"

namespace horad::model::geo {

enum class Border : std::uint8_t { kIncluded, kExcluded };

/// The points, lines and borders of one geometry, on the sphere. A line is cut into pieces of at most 0.1 degree of
/// longitude, each a great-circle arc, so that it stays within about 1.2 m of the straight line of the map; when that
/// would be more than 20 000 pieces, they are longer. Areas are borders only: who is inside is a question for the
/// plane. Immutable; any number of threads.
class SphereShape {
 public:
  explicit SphereShape(const Geometry& geometry);
  ~SphereShape();
  SphereShape(const SphereShape&) = delete;
  SphereShape& operator=(const SphereShape&) = delete;

  /// Some piece is nearer than `distance`, or, with kIncluded, exactly as far.
  bool within(LngLat point, Metres distance, Border border) const;
  bool within(const SphereShape& other, Metres distance, Border border) const;
  /// Between the nearest pieces of the two.
  Metres distance(const SphereShape& other) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::model::geo
