// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geo_cover.h"

#include <algorithm>
#include <numbers>

#include "horad/model/geo_plane.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <s2/s2cap.h>
#include <s2/s2cell.h>
#include <s2/s2latlng.h>
#include <s2/s2latlng_rect.h>
#include <s2/s2region.h>
#include <s2/s2region_coverer.h>
#pragma clang diagnostic pop

namespace horad::model::geo {
namespace {

constexpr double kSlack = 1e-9;  // degrees, 0.1 mm: more than all rounding on the way

/// Larger than the distance by more than rounding can take away.
S1Angle angle_of(Metres distance) { return S1Angle::Radians(distance.get() / kEarthRadius * (1 + 1e-9) + 1e-11); }

/// The rectangles of the flat map that make up a rectangle of the globe: the antimeridian cuts it, and lies on both
/// sides.
struct FlatRectangles {
  Rectangle of[3];
  int count = 0;

  explicit FlatRectangles(const S2LatLngRect& rect) {
    if (rect.is_empty()) return;
    const double south = rect.lat_lo().degrees() - kSlack;
    const double north = rect.lat_hi().degrees() + kSlack;
    const double west = rect.lng_lo().degrees() - kSlack;
    const double east = rect.lng_hi().degrees() + kSlack;
    const auto add = [&](double from, double to) { of[count++] = {{from, south}, {to, north}}; };
    if (rect.lng().is_inverted()) {
      add(west, 180);
      add(-180, east);
      return;
    }
    add(west, east);
    if (east >= 180) add(-180, -180);
    if (west <= -180) add(180, 180);
  }
};

/// Everything within some distance of a geometry, seen as S2 wants it.
class PlanarRegion final : public S2Region {
 public:
  PlanarRegion(const Geometry& geometry, S1Angle around) : geometry_(geometry), locator_(geometry), around_(around) {
    const Rectangle box = bounds(geometry);
    rect_ = S2LatLngRect(S2LatLng::FromDegrees(box.low.lat, box.low.lng),
                         S2LatLng::FromDegrees(box.high.lat, box.high.lng));
    rect_ = rect_.ExpandedByDistance(around_ + S1Angle::Degrees(kSlack));
  }

  S2Region* Clone() const override { return new PlanarRegion(*this); }
  S2Cap GetCapBound() const override { return rect_.GetCapBound(); }
  S2LatLngRect GetRectBound() const override { return rect_; }
  bool Contains(const S2Point&) const override { return false; }

  /// Only asked to stop early, so "no" is always right.
  bool Contains(const S2Cell& cell) const override {
    if (!geometry_.has_area()) return false;
    const FlatRectangles flat(cell.GetRectBound());
    for (int i = 0; i < flat.count; ++i) {
      if (border_meets(geometry_, flat.of[i]) || locator_.locate(flat.of[i].low) != Side::kInside) return false;
    }
    return flat.count > 0;
  }

  bool MayIntersect(const S2Cell& cell) const override {
    const S2LatLngRect rect = cell.GetRectBound();
    const FlatRectangles flat(around_.radians() > 0 ? rect.ExpandedByDistance(around_) : rect);
    for (int i = 0; i < flat.count; ++i) {
      if (border_meets(geometry_, flat.of[i]) || locator_.locate(flat.of[i].low) != Side::kOutside) return true;
    }
    return false;
  }

 private:
  const Geometry& geometry_;  // outlives the cover being made
  PointLocator locator_;
  S1Angle around_;
  S2LatLngRect rect_;
};

std::vector<std::uint64_t> cover_region(const S2Region& region) {
  S2RegionCoverer::Options options;
  options.set_max_cells(static_cast<int>(kMostCells));
  S2RegionCoverer coverer(options);
  std::vector<std::uint64_t> cells;
  for (const S2CellId id : coverer.GetCovering(region).cell_ids()) cells.push_back(id.id());
  return cells;
}

}  // namespace

std::vector<std::uint64_t> cover_cells(const Geometry& geometry, Metres around) {
  if (around.get() / kEarthRadius >= std::numbers::pi) return cover_region(S2Cap::Full());
  if (geometry.type == GeometryType::kPoint) {
    const LngLat p = geometry.points.front();
    return cover_region(S2Cap(S2LatLng::FromDegrees(p.lat, p.lng).ToPoint(), angle_of(around)));
  }
  return cover_region(PlanarRegion(geometry, around.get() > 0 ? angle_of(around) : S1Angle::Zero()));
}

std::vector<CellRange> ranges_of(const std::vector<std::uint64_t>& cells) {
  std::vector<CellRange> ranges;
  for (const std::uint64_t cell : cells) {
    const CellRange range = range_of(cell);
    if (!ranges.empty() && range.first <= ranges.back().last + 2) {  // leaves have odd numbers
      ranges.back().last = std::max(ranges.back().last, range.last);
    } else {
      ranges.push_back(range);
    }
  }
  return ranges;
}

}  // namespace horad::model::geo
