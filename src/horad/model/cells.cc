// SPDX-License-Identifier: Apache-2.0
#include "horad/model/cells.h"

#include <algorithm>

#include "horad/model/geo_cover.h"
#include "horad/model/geo_query.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <s2/s2cell_id.h>
#include <s2/s2latlng.h>
#pragma clang diagnostic pop

namespace horad::model {
namespace {

std::vector<std::uint64_t> cells_of(const Geometry& geometry) {
  if (geometry.type == GeometryType::kPoint) return {cell_of(geometry.points[0].lng, geometry.points[0].lat)};
  return geo::cover_cells(geometry, Metres{0});
}

}  // namespace

std::uint64_t cell_of(double lng, double lat) noexcept { return S2CellId(S2LatLng::FromDegrees(lat, lng)).id(); }

CellRange range_of(std::uint64_t cell) noexcept {
  const S2CellId id(cell);
  return {id.range_min().id(), id.range_max().id()};
}

std::optional<std::vector<CellRange>> cover(const GeoQuery& query) { return query.cover(); }

std::vector<std::uint64_t> cover_of_shape(std::string_view geojson) {
  const auto geometry = parse_geometry(geojson);
  return geometry ? cells_of(*geometry) : std::vector<std::uint64_t>{};
}

std::vector<std::uint64_t> cells_of_value(ValueView value) {
  switch (value.type()) {
    case ValueType::kPoint:
      return {cell_of(value.lng(), value.lat())};
    case ValueType::kJson:
    case ValueType::kString:
      return cover_of_shape(value.as_text());
    case ValueType::kBool:
    case ValueType::kInteger:
    case ValueType::kDouble:
      break;
  }
  return {};
}

bool meets(std::uint64_t cell, std::span<const CellRange> cover) noexcept {
  const CellRange own = range_of(cell);
  const auto after = std::ranges::lower_bound(cover, own.first, {}, &CellRange::last);
  return after != cover.end() && after->first <= own.last;
}

std::vector<std::uint64_t> ancestors(std::span<const CellRange> cover) {
  std::vector<std::uint64_t> cells;
  for (const CellRange& range : cover) {
    // A cell that reaches out of the range holds one of its two ends, because the leaves of a cell have no gaps.
    for (const std::uint64_t end : {range.first, range.last}) {
      for (int level = S2CellId::kMaxLevel; level >= 0; --level) {
        const std::uint64_t cell = S2CellId(end).parent(level).id();
        const CellRange own = range_of(cell);
        if (own.first < range.first || own.last > range.last) cells.push_back(cell);
      }
    }
  }
  std::ranges::sort(cells);
  const auto doubles = std::ranges::unique(cells);
  cells.erase(doubles.begin(), doubles.end());
  return cells;
}

}  // namespace horad::model
