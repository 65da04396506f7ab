// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/entity_json.h"

#include <fmt/format.h>

#include <iterator>

#include "horad/base/text.h"

namespace horad::city::town {
namespace {

void append_names(std::string& out, const Name& name) {
  out += R"({"type":"LanguageProperty","languageMap":{"be":)";
  base::append_json_string(out, name.be);
  out += R"(,"ru":)";
  base::append_json_string(out, name.ru);
  out += R"(,"en":)";
  base::append_json_string(out, name.en);
  out += "}";
}

void append_point(std::string& out, Degrees d) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"type":"GeoProperty","value":{{"type":"Point","coordinates":[{:.6f},{:.6f}]}})", d.lng, d.lat);
}

void append_text(std::string& out, std::string_view text) {
  out += R"({"type":"Property","value":)";
  base::append_json_string(out, text);
}

/// Opens the attribute's object and leaves it open for observedAt.
void append_value(std::string& out, const Measurement& m) {
  if (const auto* n = std::get_if<Number>(&m.value)) {
    fmt::format_to(std::back_inserter(out), R"({{"type":"Property","value":{:.{}f})", n->value, n->decimals);
  } else if (const auto* text = std::get_if<std::string_view>(&m.value)) {
    append_text(out, *text);
  } else if (const auto* place = std::get_if<Degrees>(&m.value)) {
    append_point(out, *place);
  } else {
    append_names(out, std::get<Name>(m.value));
  }
  if (!m.unit.empty()) fmt::format_to(std::back_inserter(out), R"(,"unitCode":"{}")", m.unit);
}

void append_head(std::string& out, const Device& d) {
  fmt::format_to(std::back_inserter(out), R"({{"id":"{}","type":"{}")", d.id, entity_type(d.kind));
}

void append_own(std::string& out, const Town& town, const Device& d) {
  if (d.kind == DeviceKind::kBus) {
    out += R"(,"vehicleType":{"type":"Property","value":"bus"},"refLine":)";
    append_text(out, town.lines[d.line].ref);
    out += R"(},"lineColour":)";
    append_text(out, town.lines[d.line].colour);
    out += "}";
  }
  if (d.kind == DeviceKind::kHeatMeter) out += R"(,"meterType":{"type":"Property","value":"Heat"})";
  if (d.kind == DeviceKind::kParkingSpot) out += R"(,"category":{"type":"Property","value":"offStreet"})";
}

}  // namespace

std::string entity_json(const Town& town, const Device& d) {
  std::string out;
  append_head(out, d);
  out += R"(,"name":)";
  append_names(out, d.name);
  out += R"(},"location":)";
  append_point(out, to_degrees(d.at));
  out += "}";
  if (!d.street.empty()) {
    out += R"(,"address":{"type":"Property","value":{"addressLocality":)";
    base::append_json_string(out, town.plan.town.be);
    out += R"(,"streetAddress":)";
    base::append_json_string(out, d.street.be);
    out += "}}";
  }
  if (d.district < town.plan.districts.size()) {  // relation i + 1 of the XML is district i
    fmt::format_to(std::back_inserter(out),
                   R"(,"district":{{"type":"Relationship","object":"urn:ngsi-ld:AdministrativeArea:osm:r{}"}})",
                   d.district + 1);
  }
  fmt::format_to(std::back_inserter(out), R"(,"reportingInterval":{{"type":"Property","value":{},"unitCode":"SEC"}})",
                 reporting_interval(d.kind).count());
  append_own(out, town, d);
  out += "}";
  return out;
}

std::string reading_json(const Device& device, const Reading& reading) {
  std::string out;
  append_head(out, device);
  const std::string when = base::format_time(reading.at);
  for (const Measurement& m : reading.values) {
    fmt::format_to(std::back_inserter(out), R"(,"{}":)", m.attribute);
    append_value(out, m);
    fmt::format_to(std::back_inserter(out), R"(,"observedAt":"{}"}})", when);
  }
  out += "}";
  return out;
}

}  // namespace horad::city::town
