// SPDX-License-Identifier: Apache-2.0
// Covers geometries of the flat map with cells of the globe. Not for other rooms: see cells.h.
#pragma once

#include <cstdint>
#include <vector>

#include "horad/model/cells.h"
#include "horad/model/geometry.h"

namespace horad::model::geo {

/// Cells that contain everything within `around` of `geometry`, its inside included; at most kMostCells, ascending,
/// none inside another.
std::vector<std::uint64_t> cover_cells(const Geometry& geometry, Metres around);
/// Their ranges, neighbours joined.
std::vector<CellRange> ranges_of(const std::vector<std::uint64_t>& cells);

}  // namespace horad::model::geo
