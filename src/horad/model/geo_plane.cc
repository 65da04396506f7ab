// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geo_plane.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace horad::model::geo {
namespace {

/// A sum of doubles kept without any rounding, as a row of parts that do not overlap, smallest first.
class ExactSum {
 public:
  void add(double value) noexcept {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const double sum = value + parts_[i];
      const double other = sum - value;
      const double lost = (value - (sum - other)) + (parts_[i] - other);
      if (lost != 0) parts_[kept++] = lost;
      value = sum;
    }
    parts_[kept++] = value;
    size_ = kept;
  }
  void add_product(double a, double b) noexcept {
    const double product = a * b;
    add(std::fma(a, b, -product));
    add(product);
  }
  int sign() const noexcept {
    const double largest = size_ == 0 ? 0 : parts_[size_ - 1];
    return largest > 0 ? 1 : largest < 0 ? -1 : 0;
  }

 private:
  std::array<double, 16> parts_{};
  std::size_t size_ = 0;
};

int exact_orientation(LngLat a, LngLat b, LngLat c) noexcept {
  ExactSum sum;
  sum.add_product(a.lng, b.lat);
  sum.add_product(-a.lng, c.lat);
  sum.add_product(-c.lng, b.lat);
  sum.add_product(-a.lat, b.lng);
  sum.add_product(a.lat, c.lng);
  sum.add_product(c.lat, b.lng);
  return sum.sign();
}

bool inside(const Rectangle& r, LngLat p) noexcept {
  return p.lng >= r.low.lng && p.lng <= r.high.lng && p.lat >= r.low.lat && p.lat <= r.high.lat;
}

/// Separating axes: the two of the rectangle, then the one across the segment.
bool segment_meets(LngLat a, LngLat b, const Rectangle& r) noexcept {
  if (std::max(a.lng, b.lng) < r.low.lng || std::min(a.lng, b.lng) > r.high.lng) return false;
  if (std::max(a.lat, b.lat) < r.low.lat || std::min(a.lat, b.lat) > r.high.lat) return false;
  const int first = orientation(a, b, r.low);
  return first == 0 || orientation(a, b, r.high) != first || orientation(a, b, {r.low.lng, r.high.lat}) != first ||
         orientation(a, b, {r.high.lng, r.low.lat}) != first;
}

}  // namespace

int orientation(LngLat a, LngLat b, LngLat c) noexcept {
  const double left = (a.lng - c.lng) * (b.lat - c.lat);
  const double right = (a.lat - c.lat) * (b.lng - c.lng);
  const double difference = left - right;
  constexpr double kBound = 3.3306690738754716e-16;  // (3 + 16 e) e with e = 2^-53
  const double error = kBound * (std::abs(left) + std::abs(right));
  if (difference > error) return 1;
  if (-difference > error) return -1;
  return exact_orientation(a, b, c);
}

PointLocator::PointLocator(const Geometry& area) {
  if (!area.has_area()) return;
  low_lat_ = 90;
  high_lat_ = -90;
  for (std::size_t i = 0; i < area.part_count(); ++i) {
    const auto ring = area.part(i);
    for (std::size_t j = 1; j < ring.size(); ++j) {
      const bool rises = ring[j - 1].lat <= ring[j].lat;
      edges_.push_back(rises ? Edge{ring[j - 1], ring[j]} : Edge{ring[j], ring[j - 1]});
      low_lat_ = std::min(low_lat_, edges_.back().low.lat);
      high_lat_ = std::max(high_lat_, edges_.back().high.lat);
    }
  }
  make_bands();
}

std::size_t PointLocator::band_of(double lat) const noexcept {
  const auto band = static_cast<std::size_t>((lat - low_lat_) * bands_per_degree_);
  return std::min(band, band_ends_.size() - 1);
}

/// As many bands as keep the table within a few entries for each edge.
void PointLocator::make_bands() {
  const double height = std::max(high_lat_ - low_lat_, 1e-12);
  for (std::size_t bands = std::clamp<std::size_t>(edges_.size() / 4, 1, 4096);; bands /= 2) {
    bands_per_degree_ = static_cast<double>(bands) / height;
    band_ends_.assign(bands, 0);
    std::size_t entries = 0;
    for (const Edge& edge : edges_) entries += band_of(edge.high.lat) - band_of(edge.low.lat) + 1;
    if (bands == 1 || entries <= 8 * edges_.size()) break;
  }
  for (const Edge& edge : edges_) {
    for (auto b = band_of(edge.low.lat); b <= band_of(edge.high.lat); ++b) ++band_ends_[b];
  }
  for (std::size_t b = 1; b < band_ends_.size(); ++b) band_ends_[b] += band_ends_[b - 1];
  band_edges_.resize(band_ends_.back());
  std::vector<std::uint32_t> next = band_ends_;
  for (std::uint32_t i = 0; i < edges_.size(); ++i) {
    for (auto b = band_of(edges_[i].low.lat); b <= band_of(edges_[i].high.lat); ++b) band_edges_[--next[b]] = i;
  }
}

Side PointLocator::locate(LngLat point) const noexcept {
  if (!(point.lat >= low_lat_ && point.lat <= high_lat_)) return Side::kOutside;
  const std::size_t band = band_of(point.lat);
  bool is_inside = false;
  for (std::size_t i = band == 0 ? 0 : band_ends_[band - 1]; i < band_ends_[band]; ++i) {
    const Edge& edge = edges_[band_edges_[i]];
    if (point.lat < edge.low.lat || point.lat > edge.high.lat) continue;
    if (edge.low.lat == edge.high.lat) {
      const auto [west, east] = std::minmax(edge.low.lng, edge.high.lng);
      if (point.lng >= west && point.lng <= east) return Side::kBorder;
      continue;
    }
    const int side = orientation(edge.low, edge.high, point);
    if (side == 0) return Side::kBorder;
    if (side > 0 && point.lat < edge.high.lat) is_inside = !is_inside;  // a ray to the east crosses it
  }
  return is_inside ? Side::kInside : Side::kOutside;
}

Rectangle bounds(const Geometry& geometry) noexcept {
  Rectangle box{geometry.points.front(), geometry.points.front()};
  for (const LngLat p : geometry.points) {
    box.low = {std::min(box.low.lng, p.lng), std::min(box.low.lat, p.lat)};
    box.high = {std::max(box.high.lng, p.lng), std::max(box.high.lat, p.lat)};
  }
  return box;
}

bool border_meets(const Geometry& geometry, const Rectangle& rectangle) noexcept {
  if (geometry.parts.empty()) {
    return std::ranges::any_of(geometry.points, [&](LngLat p) { return inside(rectangle, p); });
  }
  for (std::size_t i = 0; i < geometry.part_count(); ++i) {
    const auto part = geometry.part(i);
    for (std::size_t j = 1; j < part.size(); ++j) {
      if (segment_meets(part[j - 1], part[j], rectangle)) return true;
    }
  }
  return false;
}

}  // namespace horad::model::geo
