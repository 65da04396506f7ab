// SPDX-License-Identifier: Apache-2.0
#include "horad/city/exchange/osm.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <charconv>
#include <iterator>
#include <utility>
#include <vector>

#include "horad/base/text.h"
#include "horad/city/exchange/members.h"

namespace horad::city::exchange {
namespace {

using simdjson::dom::element;

/// The tags of one feature and where it is.
struct Feature {
  std::string_view object;  // node, way or relation
  std::int64_t id = 0;
  simdjson::dom::object tags;
  std::string geometry;  // minified GeoJSON
  std::string_view geometry_type;

  std::string_view tag(std::string_view key) const {
    std::string_view value;
    return tags[key].get(value) == simdjson::SUCCESS ? value : std::string_view{};
  }
  bool is_point() const { return geometry_type == "Point"; }
  bool is_area() const { return geometry_type == "Polygon" || geometry_type == "MultiPolygon"; }
  bool is_line() const { return geometry_type == "LineString"; }
};

template <std::size_t N>
bool is_one_of(std::string_view value, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), value) != words.end();
}

constexpr std::array<std::string_view, 15> kStreetClasses = {
    "motorway",     "motorway_link", "trunk",          "trunk_link", "primary",
    "primary_link", "secondary",     "secondary_link", "tertiary",   "tertiary_link",
    "unclassified", "residential",   "living_street",  "pedestrian", "busway"};
constexpr std::array<std::string_view, 27> kPublicAmenities = {
    "school",           "kindergarten",     "college",         "university",      "hospital",    "clinic",
    "pharmacy",         "townhall",         "police",          "fire_station",    "library",     "courthouse",
    "post_office",      "community_centre", "theatre",         "cinema",          "arts_centre", "marketplace",
    "place_of_worship", "bus_station",      "social_facility", "public_building", "prison",      "ranger_station",
    "nursing_home",     "ferry_terminal",   "music_school"};

std::optional<OsmKind> kind_of(const Feature& feature) {
  const auto railway = feature.tag("railway");
  const bool stops = feature.tag("highway") == "bus_stop" || feature.tag("public_transport") == "platform" ||
                     railway == "station" || railway == "halt" || railway == "tram_stop";
  if (feature.is_point() && stops) return OsmKind::kStop;
  const bool square = feature.is_area() && feature.tag("area") == "yes";  // osmium gives these ways as areas only
  const bool street = feature.object == "way" && (feature.is_line() || square);
  if (street && is_one_of(feature.tag("highway"), kStreetClasses)) return OsmKind::kStreet;
  if (feature.is_area() && feature.tag("boundary") == "administrative" && !feature.tag("name").empty())
    return OsmKind::kDistrict;
  const bool serves = is_one_of(feature.tag("amenity"), kPublicAmenities) || feature.tag("tourism") == "museum" ||
                      feature.tag("office") == "government" || feature.tag("building") == "train_station";
  if ((feature.is_point() || feature.is_area()) && serves) return OsmKind::kPublicBuilding;
  if (feature.is_point() && !feature.tag("place").empty() && !feature.tag("name").empty()) return OsmKind::kPlace;
  return std::nullopt;
}

std::string_view type_of(OsmKind kind) {
  switch (kind) {
    case OsmKind::kStreet:
      return "RoadSegment";
    case OsmKind::kPlace:
      return "PointOfInterest";
    case OsmKind::kPublicBuilding:
      return "Building";
    case OsmKind::kStop:
      return "PublicTransportStop";
    case OsmKind::kDistrict:
      return "AdministrativeArea";
  }
  return {};
}

/// A number as OSM writes it, with the unit it may carry cut off: "60", "60 km/h", "3.5". Others ("none", "30 mph") are
/// left out.
void append_number(std::string& out, std::string_view member, std::string_view text, std::string_view unit_text,
                   std::string_view unit_code) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return;
  const auto rest = base::trim(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!rest.empty() && rest != unit_text) return;
  fmt::format_to(std::back_inserter(out), ",\"{}\":{{\"value\":", member);
  number == static_cast<double>(static_cast<std::int64_t>(number))
      ? void(out += std::to_string(static_cast<std::int64_t>(number)))
      : base::append_json_number(out, number);
  unit_code.empty() ? void(out += '}')
                    : void(fmt::format_to(std::back_inserter(out), ",\"unitCode\":\"{}\"}}", unit_code));
}

/// `name` in the languages that have one: a LanguageProperty when there is more than the plain name.
void append_name(std::string& out, const Feature& feature) {
  const auto plain = feature.tag("name");
  std::vector<std::pair<std::string_view, std::string_view>> names;
  for (const auto field : feature.tags) {
    std::string_view value;
    if (!field.key.starts_with("name:") || field.value.get(value) != simdjson::SUCCESS || value.empty()) continue;
    const auto language = field.key.substr(5);
    const bool sound = language.size() >= 2 && language.size() <= 8 &&
                       language.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
    if (sound) names.emplace_back(language, value);
  }
  if (names.empty()) return append_text_member(out, "name", plain);
  out += R"(,"name":{"languageMap":{)";
  if (!plain.empty()) names.emplace_back("@none", plain);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    base::append_json_string(out, names[i].first);
    out += ':';
    base::append_json_string(out, names[i].second);
  }
  out += "}}";
}

void append_address(std::string& out, const Feature& feature) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMembers = {
      {{"addr:street", "streetAddress"},
       {"addr:housenumber", "streetNr"},
       {"addr:postcode", "postalCode"},
       {"addr:city", "addressLocality"}}};
  std::string members;
  for (const auto& [tag, member] : kMembers) {
    if (feature.tag(tag).empty()) continue;
    members += members.empty() ? "\"" : ",\"";
    members += member;
    members += "\":";
    base::append_json_string(members, feature.tag(tag));
  }
  if (!members.empty()) out += ",\"address\":{\"type\":\"Property\",\"value\":{" + members + "}}";
}

std::string_view category_of(OsmKind kind, const Feature& feature) {
  switch (kind) {
    case OsmKind::kPlace:
      return feature.tag("place");
    case OsmKind::kStop:
      return feature.tag("railway").empty() ? "bus" : "rail";
    case OsmKind::kPublicBuilding:
      for (const auto* key : {"amenity", "tourism", "office", "building"}) {
        if (!feature.tag(key).empty()) return feature.tag(key);
      }
      return {};
    case OsmKind::kStreet:
    case OsmKind::kDistrict:
      return {};
  }
  return {};
}

void append_particulars(std::string& out, OsmKind kind, const Feature& feature) {
  append_text_member(out, "category", category_of(kind, feature));
  switch (kind) {
    case OsmKind::kStreet:
      append_text_member(out, "roadClass", feature.tag("highway"));
      append_text_member(out, "surface", feature.tag("surface"));
      append_number(out, "totalLaneNumber", feature.tag("lanes"), "", "");
      append_number(out, "maximumAllowedSpeed", feature.tag("maxspeed"), "km/h", "KMH");
      if (feature.tag("oneway") == "yes") out += R"(,"oneway":true)";
      return;
    case OsmKind::kPublicBuilding:
      append_number(out, "floorsAboveGround", feature.tag("building:levels"), "", "");
      append_text_member(out, "openingHours", feature.tag("opening_hours"));
      append_address(out, feature);
      return;
    case OsmKind::kStop:
      append_text_member(out, "stopCode", feature.tag("ref"));
      if (const auto wheelchair = feature.tag("wheelchair"); wheelchair == "yes" || wheelchair == "no") {
        out += wheelchair == "yes" ? R"(,"wheelChairAccessible":true)" : R"(,"wheelChairAccessible":false)";
      }
      return;
    case OsmKind::kDistrict:
      append_number(out, "adminLevel", feature.tag("admin_level"), "", "");
      return;
    case OsmKind::kPlace:
      append_number(out, "population", feature.tag("population"), "", "");
      return;
  }
}

Result<Feature> read_feature(simdjson::dom::parser& parser, std::string_view text) {
  const auto bad = [](const char* what) {
    return fail(ErrorCode::kInvalidRequest, std::string("not a feature of osmium export: ") + what);
  };
  element root, geometry;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return bad("not JSON");
  Feature feature;
  if (root["properties"].get(feature.tags) != simdjson::SUCCESS) return bad("no properties");
  if (root["geometry"].get(geometry) != simdjson::SUCCESS) return bad("no geometry");
  if (feature.tags["@type"].get(feature.object) != simdjson::SUCCESS ||
      feature.tags["@id"].get(feature.id) != simdjson::SUCCESS) {
    return bad("no @type and @id");
  }
  if (geometry["type"].get(feature.geometry_type) != simdjson::SUCCESS) return bad("no geometry type");
  feature.geometry = simdjson::minify(geometry);
  return feature;
}

}  // namespace

std::string_view name_of(OsmKind kind) {
  switch (kind) {
    case OsmKind::kStreet:
      return "streets";
    case OsmKind::kPlace:
      return "places";
    case OsmKind::kPublicBuilding:
      return "public buildings";
    case OsmKind::kStop:
      return "stops";
    case OsmKind::kDistrict:
      return "districts";
  }
  return {};
}

Result<std::optional<OsmEntity>> osm_entity(std::string_view text) {
  simdjson::dom::parser parser;
  auto feature = read_feature(parser, text);
  if (!feature) return std::unexpected(std::move(feature).error());
  const auto kind = kind_of(*feature);
  if (!kind || feature->object.empty()) return std::optional<OsmEntity>{};
  std::string out = fmt::format(R"({{"id":"urn:ngsi-ld:{0}:osm:{1}{2}","type":"{0}")", type_of(*kind),
                                feature->object.front(), feature->id);
  append_name(out, *feature);
  append_particulars(out, *kind, *feature);
  fmt::format_to(std::back_inserter(out), R"(,"location":{{"type":"GeoProperty","value":{}}})", feature->geometry);
  out += R"~(,"source":"OpenStreetMap contributors (ODbL)"})~";
  return OsmEntity{*kind, std::move(out)};
}

std::string_view osmium_export_config() {
  return R"({"attributes":{"type":"@type","id":"@id"},"format_options":{"print_record_separator":false},
"linear_tags":["highway"],
"area_tags":["building","amenity","boundary=administrative","tourism","office"],
"include_tags":["highway","area","name","name:*","place","amenity","tourism","office","building","building:levels","boundary","admin_level",
"public_transport","railway","ref","lanes","maxspeed","oneway","surface","opening_hours","wheelchair","population","addr:*"]})";
}

}  // namespace horad::city::exchange
