// SPDX-License-Identifier: Apache-2.0
// GeoJSON geometries (RFC 7946) as NGSI-LD takes them: every kind but GeometryCollection.
#include <fmt/format.h>

#include <optional>

#include "horad/model/parse.h"
#include "horad/model/parse_value.h"

namespace horad::model::detail {
namespace {

struct Shape {
  std::string_view name;
  int nesting;         // arrays around a position
  std::size_t fewest;  // positions in the innermost array
  bool ring;           // the innermost arrays are closed
};
constexpr Shape kShapes[] = {{"Point", 0, 1, false},      {"MultiPoint", 1, 1, false},
                             {"LineString", 1, 2, false}, {"MultiLineString", 2, 2, false},
                             {"Polygon", 2, 4, true},     {"MultiPolygon", 3, 4, true}};

const Shape* shape_of(std::string_view name) noexcept {
  for (const auto& shape : kShapes) {
    if (shape.name == name) return &shape;
  }
  return nullptr;
}

struct Position {
  double numbers[3] = {0, 0, 0};
  friend bool operator==(const Position&, const Position&) = default;
};

Result<Position> read_position(Json json, const Path& at) {
  if (json.type() != JsonType::ARRAY) return refuse(at, "a position is an array of longitude and latitude");
  Position position;
  std::size_t i = 0;
  for (const Json number : json.get_array().value_unsafe()) {
    if (i == 3) return refuse(at, "a position has two or three numbers");
    if (!number.is_number()) return refuse(at, "a position is made of numbers");
    position.numbers[i++] = number.get_double().value_unsafe();
  }
  if (i < 2) return refuse(at, "a position has two or three numbers");
  const auto [lng, lat, height] = position.numbers;
  if (!(lng >= -180 && lng <= 180)) return refuse(at, fmt::format("the longitude {} is not within -180 and 180", lng));
  if (!(lat >= -90 && lat <= 90)) return refuse(at, fmt::format("the latitude {} is not within -90 and 90", lat));
  return position;
}

Result<void> read_line(simdjson::dom::array line, const Shape& shape, const Path& at, std::size_t& total) {
  std::size_t i = 0;
  Position first;
  Position last;
  for (const Json item : line) {
    if (++total > kMostPositions) return refuse(at, "a geometry has more than 100000 positions", ErrorCode::kTooLarge);
    const Path here{&at, {}, i};
    const auto position = read_position(item, here);
    if (!position) return std::unexpected(position.error());
    if (i++ == 0) first = *position;
    last = *position;
  }
  if (i < shape.fewest)
    return refuse(at, fmt::format("a {} has at least {} positions in a line", shape.name, shape.fewest));
  if (shape.ring && first != last) return refuse(at, "a ring of a polygon ends where it began");
  return {};
}

Result<void> read_nested(Json json, const Shape& shape, int nesting, const Path& at, std::size_t& total) {
  if (json.type() != JsonType::ARRAY)
    return refuse(at, fmt::format("the coordinates of a {} are nested arrays", shape.name));
  const auto array = json.get_array().value_unsafe();
  if (nesting == 1) return read_line(array, shape, at, total);
  std::size_t i = 0;
  for (const Json item : array) {
    const Path here{&at, {}, i++};
    if (auto done = read_nested(item, shape, nesting - 1, here, total); !done) return done;
  }
  if (i == 0) return refuse(at, "the coordinates of a geometry are not empty");
  return {};
}

struct Members {
  std::optional<Json> type;
  std::optional<Json> coordinates;
  bool others = false;
};

Result<Members> members_of(Json geometry, const Path& at) {
  Members found;
  for (const auto member : geometry.get_object().value_unsafe()) {
    auto* place = member.key == "type" ? &found.type : member.key == "coordinates" ? &found.coordinates : nullptr;
    if (place == nullptr) {
      found.others = true;
    } else if (*place) {
      return refuse(at, fmt::format("a geometry has {} twice", member.key));
    } else {
      *place = member.value;
    }
  }
  if (!found.type || found.type->type() != JsonType::STRING) return refuse(at, "a geometry has a type");
  if (!found.coordinates) return refuse(at, "a geometry has coordinates");
  return found;
}

Result<Value> geometry_of(Json geometry, const Path& at) {
  const auto members = members_of(geometry, at);
  if (!members) return std::unexpected(members.error());
  const auto* shape = shape_of(text_of(*members->type));
  if (shape == nullptr) {
    return refuse(at, "a geometry is a Point, MultiPoint, LineString, MultiLineString, Polygon or MultiPolygon");
  }
  const Json coordinates = *members->coordinates;
  const Path here{&at, "coordinates"};
  std::size_t total = 0;
  if (shape->nesting == 0) {
    if (auto position = read_position(coordinates, here); !position)
      return std::unexpected(std::move(position).error());
  } else if (auto done = read_nested(coordinates, *shape, shape->nesting, here, total); !done) {
    return std::unexpected(std::move(done).error());
  }
  JsonText out;
  if (!members->others) {  // one order of the members, so that equal geometries have equal texts
    out.text = fmt::format(R"({{"type":"{}","coordinates":)", shape->name);
    if (auto done = append_minified(out.text, coordinates, here); !done)
      return std::unexpected(std::move(done).error());
    out.text += '}';
    return out;
  }
  if (auto done = append_minified(out.text, geometry, at); !done) return std::unexpected(std::move(done).error());
  return out;
}

}  // namespace

bool looks_like_geometry(Json json) noexcept {
  Json type;
  if (json.type() != JsonType::OBJECT || json["type"].get(type) != simdjson::SUCCESS) return false;
  if (type.type() != JsonType::STRING || json["coordinates"].error()) return false;
  return shape_of(text_of(type)) != nullptr || text_of(type) == "GeometryCollection";
}

Result<Value> parse_geometry(Json json, const Path& at) {
  if (json.type() == JsonType::OBJECT) return geometry_of(json, at);
  if (is_ngsi_ld_null(json)) return refuse(at, "urn:ngsi-ld:null is legal in a partial update or merge only");
  if (json.type() != JsonType::STRING) return refuse(at, "the value of a GeoProperty is a GeoJSON geometry");
  simdjson::dom::parser parser;
  Json inner;
  const auto text = text_of(json);
  if (parser.parse(text.data(), text.size()).get(inner) != simdjson::SUCCESS || inner.type() != JsonType::OBJECT) {
    return refuse(at, "the value of a GeoProperty is a GeoJSON geometry");
  }
  return geometry_of(inner, at);
}

}  // namespace horad::model::detail
