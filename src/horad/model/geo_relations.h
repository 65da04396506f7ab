// SPDX-License-Identifier: Apache-2.0
// The spatial relations of OGC Simple Features between two geometries on the flat map. Not for other rooms.
#pragma once

#include <cstdint>
#include <memory>

#include "horad/model/geometry.h"

namespace horad::model::geo {

enum class PlaneRelation : std::uint8_t { kWithin, kContains, kIntersects, kEquals, kDisjoint, kOverlaps };

/// One geometry made ready to be compared with many others. Any number of threads may ask at once: each takes its own
/// prepared copy from a pool that grows to as many as ever asked together.
class Comparand {
 public:
  /// An area whose rings cross themselves or each other is what lies within an odd number of them.
  /// Errors: kBadRequestData when a shape has no extent.
  static Result<std::unique_ptr<Comparand>> make(const Geometry& geometry);
  ~Comparand();
  Comparand(const Comparand&) = delete;
  Comparand& operator=(const Comparand&) = delete;

  /// Is `other` within (containing, ...) this? Its rings may cross, too. False when it has no extent.
  bool holds(PlaneRelation relation, const Geometry& other) const;

 private:
  struct State;
  explicit Comparand(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace horad::model::geo
