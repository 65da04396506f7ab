// SPDX-License-Identifier: Apache-2.0
// The globe in cells, for a geographic index: S2's cells (https://s2geometry.io), known here by their 64-bit numbers
// only.
//
// A cell contains exactly the leaf cells whose numbers lie in its range; a cell of any size has its own number in the
// middle of its range. So an index that keeps points by the number of their leaf cell finds all points of a cover with
// one scan per range:
//     for (r : *cover(query)) scan keys in [r.first, r.last]
// and one that keeps shapes under the numbers of their cells finds those that may meet a cover with the same scans
// (cells inside a range) and one look-up for each of ancestors(cover) (cells around it). What is found must still be
// asked with matches().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "horad/model/document.h"
#include "horad/model/geometry.h"

namespace horad::model {

class GeoQuery;

/// Leaf cells, both ends in.
struct CellRange {
  std::uint64_t first;
  std::uint64_t last;
  friend bool operator==(const CellRange&, const CellRange&) = default;
};

inline constexpr std::size_t kMostCells = 16;

/// The leaf cell (about 1 cm) of a point.
std::uint64_t cell_of(double lng, double lat) noexcept;
/// The leaves of a cell of any size.
CellRange range_of(std::uint64_t cell) noexcept;

/// Where every match of `query` has a point or a part of its shape: at most kMostCells ranges, ascending, apart from
/// each other. None when the query cannot be narrowed: disjoint, near with minDistance. Cost: made when the query is
/// parsed; this is a copy.
std::optional<std::vector<CellRange>> cover(const GeoQuery& query);

/// The cells that together cover a GeoJSON geometry: at most kMostCells, ascending, none inside another. Empty when the
/// text is no geometry: such a value matches no geo-query.
std::vector<std::uint64_t> cover_of_shape(std::string_view geojson);
/// The same for a value as it is stored: one leaf for a point. Empty for what is no geometry.
std::vector<std::uint64_t> cells_of_value(ValueView value);

/// True when the cell and one of the ranges have a leaf in common. `cover` as from cover(). O(log n).
bool meets(std::uint64_t cell, std::span<const CellRange> cover) noexcept;
/// Every cell that has leaves in common with `cover` and does not lie in one range of it; ascending, each once, at most
/// 60 per range.
std::vector<std::uint64_t> ancestors(std::span<const CellRange> cover);

}  // namespace horad::model
