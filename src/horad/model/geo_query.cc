// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geo_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "horad/model/geo_cover.h"
#include "horad/model/geo_plane.h"
#include "horad/model/geo_relations.h"
#include "horad/model/geo_sphere.h"
#include "horad/model/q_json.h"

namespace horad::model {
namespace {

constexpr double kRadians = std::numbers::pi / 180;

struct Relation {
  GeoRelation relation;
  Metres metres;
};

constexpr std::array<std::pair<std::string_view, GeoRelation>, 6> kPlainRelations{{
    {"within", GeoRelation::kWithin},
    {"contains", GeoRelation::kContains},
    {"intersects", GeoRelation::kIntersects},
    {"equals", GeoRelation::kEquals},
    {"disjoint", GeoRelation::kDisjoint},
    {"overlaps", GeoRelation::kOverlaps},
}};

std::unexpected<Error> wrong_relation(std::string_view what) {
  return fail(ErrorCode::kBadRequestData, std::string(what), "georel");
}

Result<Relation> parse_near(std::string_view rest) {
  GeoRelation relation = GeoRelation::kNear;
  if (rest.starts_with(";minDistance==")) {
    relation = GeoRelation::kFar;
  } else if (!rest.starts_with(";maxDistance==")) {
    return wrong_relation("georel near wants ;maxDistance==METRES or ;minDistance==METRES.");
  }
  const auto metres = q::read_number(rest.substr(std::string_view(";maxDistance==").size()));
  if (!metres || !(metres->as_double() > 0))
    return wrong_relation("The distance of georel near is one number of metres above 0.");
  return Relation{relation, Metres{metres->as_double()}};
}

Result<Relation> parse_relation(std::string_view georel) {
  if (georel.starts_with("near")) return parse_near(georel.substr(4));
  const auto found = std::ranges::find(kPlainRelations, georel, &std::pair<std::string_view, GeoRelation>::first);
  if (found != kPlainRelations.end()) return Relation{found->second, Metres{}};
  return wrong_relation("georel is one of near, within, contains, intersects, equals, disjoint, overlaps.");
}

bool by_distance(GeoRelation relation) noexcept {
  return relation == GeoRelation::kNear || relation == GeoRelation::kFar;
}

/// The relation of the plane; not for near.
geo::PlaneRelation in_plane(GeoRelation relation) noexcept {
  switch (relation) {
    case GeoRelation::kWithin:
      return geo::PlaneRelation::kWithin;
    case GeoRelation::kContains:
      return geo::PlaneRelation::kContains;
    case GeoRelation::kEquals:
      return geo::PlaneRelation::kEquals;
    case GeoRelation::kDisjoint:
      return geo::PlaneRelation::kDisjoint;
    case GeoRelation::kOverlaps:
      return geo::PlaneRelation::kOverlaps;
    case GeoRelation::kNear:
    case GeoRelation::kFar:
    case GeoRelation::kIntersects:
      break;
  }
  return geo::PlaneRelation::kIntersects;
}

/// A point against an area; a point neither contains, equals nor overlaps one.
bool holds_for_side(GeoRelation relation, geo::Side side) noexcept {
  switch (relation) {
    case GeoRelation::kWithin:
      return side == geo::Side::kInside;
    case GeoRelation::kIntersects:
      return side != geo::Side::kOutside;
    case GeoRelation::kDisjoint:
      return side == geo::Side::kOutside;
    case GeoRelation::kNear:
    case GeoRelation::kFar:
    case GeoRelation::kContains:
    case GeoRelation::kEquals:
    case GeoRelation::kOverlaps:
      break;
  }
  return false;
}

}  // namespace

struct GeoQuery::State {
  geo::PointLocator locator;                  // of an area
  std::unique_ptr<geo::SphereShape> sphere;   // for distances
  std::unique_ptr<geo::Comparand> comparand;  // for the plane
  double most_lat_difference = 0;             // degrees; further north or south is further than `metres_`
  double haversine = 0;                       // of `metres_`: sin^2 of half the angle
  double cos_lat = 1;                         // of a reference point
};

GeoQuery::GeoQuery() : state_(std::make_unique<State>()) {}
GeoQuery::~GeoQuery() = default;

Result<std::shared_ptr<const GeoQuery>> GeoQuery::parse(const GeoQueryText& text, NameId property) {
  const auto relation = parse_relation(text.georel);
  if (!relation) return std::unexpected(relation.error());
  auto geometry = parse_geometry(text.geometry, text.coordinates);
  if (!geometry) return std::unexpected(std::move(geometry).error());
  if (geometry->points.size() > kMostPositions) {
    return fail(ErrorCode::kTooComplexQuery,
                fmt::format("The geometry of a query may have at most {} positions.", kMostPositions), "coordinates");
  }
  std::shared_ptr<GeoQuery> query(new GeoQuery());
  query->property_ = property;
  query->relation_ = relation->relation;
  query->metres_ = relation->metres;
  query->reference_ = std::move(*geometry);
  if (auto done = query->prepare(); !done) return std::unexpected(std::move(done).error());
  return query;
}

Result<void> GeoQuery::prepare() {
  auto comparand = geo::Comparand::make(reference_);
  if (!comparand) return std::unexpected(std::move(comparand).error());
  state_->comparand = std::move(*comparand);
  state_->locator = geo::PointLocator(reference_);
  if (by_distance(relation_)) {
    state_->sphere = std::make_unique<geo::SphereShape>(reference_);
    const double angle = metres_.get() / kEarthRadius;
    const double half = std::sin(std::min(angle, std::numbers::pi) / 2);
    state_->haversine = angle > std::numbers::pi ? 2 : half * half;  // nothing is further than half way round
    state_->most_lat_difference = angle / kRadians * (1 + 1e-12);
    state_->cos_lat = std::cos(reference_.points.front().lat * kRadians);
  }
  if (relation_ != GeoRelation::kFar && relation_ != GeoRelation::kDisjoint) {
    cover_ = geo::ranges_of(geo::cover_cells(reference_, metres_));
  }
  return {};
}

bool GeoQuery::matches(DocumentView document) const {
  for (const AttributeView attribute : document.attributes()) {
    if (attribute.name() != property_ || attribute.kind() != AttributeKind::kGeoProperty) continue;
    const ValueView value = attribute.value();
    const ValueType type = value.type();
    if (type == ValueType::kPoint && matches_point({value.lng(), value.lat()})) return true;
    if ((type == ValueType::kJson || type == ValueType::kString) && matches_shape(value.as_text())) return true;
  }
  return false;
}

bool GeoQuery::matches_point(LngLat point) const {
  if (!by_distance(relation_)) return relates(point);
  return is_near(point) == (relation_ == GeoRelation::kNear);
}

geo::Border GeoQuery::border() const noexcept {
  return relation_ == GeoRelation::kNear ? geo::Border::kIncluded : geo::Border::kExcluded;
}

bool GeoQuery::is_near(LngLat point) const {
  if (reference_.type != GeometryType::kPoint) {
    return state_->locator.locate(point) != geo::Side::kOutside || state_->sphere->within(point, metres_, border());
  }
  const LngLat centre = reference_.points.front();
  const double lat_difference = point.lat - centre.lat;
  if (std::abs(lat_difference) > state_->most_lat_difference) return false;
  const double half_lat = std::sin(lat_difference * kRadians / 2);
  const double half_lng = std::sin((point.lng - centre.lng) * kRadians / 2);
  const double haversine = half_lat * half_lat + state_->cos_lat * std::cos(point.lat * kRadians) * half_lng * half_lng;
  return border() == geo::Border::kIncluded ? haversine <= state_->haversine : haversine < state_->haversine;
}

bool GeoQuery::relates(LngLat point) const {
  if (reference_.has_area()) return holds_for_side(relation_, state_->locator.locate(point));
  if (reference_.type != GeometryType::kPoint) return relates(Geometry{GeometryType::kPoint, {point}, {}, {}});
  if (relation_ == GeoRelation::kOverlaps) return false;
  return (point == reference_.points.front()) != (relation_ == GeoRelation::kDisjoint);
}

bool GeoQuery::matches_shape(std::string_view geojson) const {
  const auto shape = parse_geometry(geojson);
  if (!shape) return false;
  if (shape->type == GeometryType::kPoint) return matches_point(shape->points.front());
  if (!by_distance(relation_)) return relates(*shape);
  return is_near(*shape) == (relation_ == GeoRelation::kNear);
}

bool GeoQuery::relates(const Geometry& shape) const { return state_->comparand->holds(in_plane(relation_), shape); }

bool GeoQuery::is_near(const Geometry& shape) const {
  const bool areas = reference_.has_area() || shape.has_area();
  if (areas && state_->comparand->holds(geo::PlaneRelation::kIntersects, shape)) return true;
  return state_->sphere->within(geo::SphereShape(shape), metres_, border());
}

}  // namespace horad::model
