// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geometry.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "horad/model/q_json.h"

namespace horad::model {
namespace {

constexpr double kRadians = std::numbers::pi / 180;

constexpr std::array<std::string_view, 6> kTypeNames = {"Point",           "MultiPoint", "LineString",
                                                        "MultiLineString", "Polygon",    "MultiPolygon"};

std::optional<GeometryType> type_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
    if (kTypeNames[i] == name) return static_cast<GeometryType>(i);
  }
  return std::nullopt;
}

/// Reads nested arrays of positions, strictly. After the first failure `error()` says what is wrong and nothing else
/// counts.
class CoordinateReader {
 public:
  explicit CoordinateReader(std::string_view text) noexcept
      : start_(text.data()), at_(start_), end_(start_ + text.size()) {}

  bool read(Geometry& out) {
    const bool done = read_shape(out);
    skip_blanks();
    return done && (at_ == end_ || refuse("something stands behind the coordinates"));
  }
  Error error() const {
    const auto code = too_many_ ? ErrorCode::kTooLarge : ErrorCode::kBadRequestData;
    return {code, fmt::format("The coordinates are wrong at character {}: {}.", at_ - start_ + 1, what_),
            "coordinates"};
  }

 private:
  bool refuse(std::string_view what) noexcept {
    if (what_.empty()) what_ = what;
    return false;
  }
  void skip_blanks() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char c) noexcept {
    skip_blanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool read_shape(Geometry& out) {
    switch (out.type) {
      case GeometryType::kPoint:
        return read_position(out);
      case GeometryType::kMultiPoint:
        return read_list([&] { return read_position(out); });
      case GeometryType::kLineString:
        return read_part(out);
      case GeometryType::kMultiLineString:
        return read_list([&] { return read_part(out); });
      case GeometryType::kPolygon:
        return read_polygon(out);
      case GeometryType::kMultiPolygon:
        return read_list([&] { return read_polygon(out); });
    }
    return false;
  }

  template <class ReadItem>
  bool read_list(ReadItem read_item) {
    if (!take('[')) return refuse("an array is expected");
    do {
      if (!read_item()) return false;
    } while (take(','));
    return take(']') || refuse("`,` or `]` is expected");
  }

  bool read_polygon(Geometry& out) {
    if (!read_list([&] { return read_part(out); })) return false;
    out.polygons.push_back(static_cast<std::uint32_t>(out.parts.size()));
    return true;
  }

  bool read_part(Geometry& out) {
    const std::size_t first = out.points.size();
    if (!read_list([&] { return read_position(out); })) return false;
    const std::size_t size = out.points.size() - first;
    if (out.has_area()) {
      if (size < 4) return refuse("a ring needs four positions or more");
      if (out.points[first] != out.points.back()) return refuse("a ring must end where it begins");
    } else if (size < 2) {
      return refuse("a line needs two positions or more");
    }
    out.parts.push_back(static_cast<std::uint32_t>(out.points.size()));
    return true;
  }

  bool read_position(Geometry& out) {
    if (out.points.size() == kMostPositions) {
      too_many_ = true;
      return refuse("there are too many positions");
    }
    LngLat point;
    double ignored = 0;
    if (!take('[')) return refuse("a position is expected");
    if (!read_number(point.lng)) return false;
    if (!take(',')) return refuse("a position needs longitude and latitude");
    if (!read_number(point.lat)) return false;
    while (take(',')) {
      if (!read_number(ignored)) return false;
    }
    if (!take(']')) return refuse("`,` or `]` is expected");
    const bool on_globe = std::abs(point.lng) <= 180 && std::abs(point.lat) <= 90;
    if (!on_globe) return refuse("longitude is from -180 to 180 and latitude from -90 to 90, in this order");
    out.points.push_back(point);
    return true;
  }

  bool read_number(double& out) {
    skip_blanks();
    const char* stop = at_;
    while (stop != end_ && std::string_view("+-.eE0123456789").find(*stop) != std::string_view::npos) ++stop;
    const auto number = q::read_number({at_, static_cast<std::size_t>(stop - at_)});
    if (!number) return refuse("a number is expected");
    out = number->as_double();
    at_ = stop;
    return true;
  }

  const char* start_;
  const char* at_;
  const char* end_;
  std::string_view what_;
  bool too_many_ = false;
};

}  // namespace

Metres distance(LngLat a, LngLat b) noexcept {
  const double half_lat = std::sin((b.lat - a.lat) * kRadians / 2);
  const double half_lng = std::sin((b.lng - a.lng) * kRadians / 2);
  const double h = half_lat * half_lat + std::cos(a.lat * kRadians) * std::cos(b.lat * kRadians) * half_lng * half_lng;
  return Metres{2 * kEarthRadius * std::asin(std::sqrt(std::min(h, 1.0)))};
}

std::span<const LngLat> Geometry::part(std::size_t i) const noexcept {
  const std::size_t first = i == 0 ? 0 : parts[i - 1];
  return std::span(points).subspan(first, parts[i] - first);
}

Result<Geometry> parse_geometry(std::string_view type, std::string_view coordinates) {
  const auto known = type_of(type);
  if (!known) {
    return fail(ErrorCode::kBadRequestData,
                "The geometry is one of Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon.",
                "geometry");
  }
  Geometry geometry;
  geometry.type = *known;
  CoordinateReader reader(coordinates);
  if (!reader.read(geometry)) return std::unexpected(reader.error());
  return geometry;
}

Result<Geometry> parse_geometry(std::string_view json) {
  const auto first = json.find_first_not_of(" \n\t\r");
  if (first != std::string_view::npos) json.remove_prefix(first);
  const auto type = q::json_member(json, "type");
  const auto coordinates = q::json_member(json, "coordinates");
  if (!type || !coordinates || q::json_type(*type) != q::JsonType::kString) {
    return fail(ErrorCode::kBadRequestData, "A GeoJSON geometry is an object with type and coordinates.", "geometry");
  }
  std::string buffer;
  return parse_geometry(q::json_string(*type, buffer), *coordinates);
}

}  // namespace horad::model
