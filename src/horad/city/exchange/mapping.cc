// SPDX-License-Identifier: Apache-2.0
#include "horad/city/exchange/mapping.h"

#include <date/tz.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <toml++/toml.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "horad/base/text.h"

namespace horad::city::exchange {
namespace {

enum class Kind : std::uint8_t { kNumber, kText, kBoolean, kPoint, kRelationship };

/// Text with {column} in it.
class Pattern {
 public:
  static Result<Pattern> parse(std::string_view text) {
    Pattern pattern;
    while (!text.empty()) {
      const auto open = text.find('{');
      pattern.parts_.push_back({std::string(text.substr(0, open)), {}});
      if (open == std::string_view::npos) break;
      const auto close = text.find('}', open);
      if (close == std::string_view::npos)
        return fail(ErrorCode::kInvalidRequest, fmt::format("'{}' has a {{ without a }}", text));
      pattern.parts_.back().column = text.substr(open + 1, close - open - 1);
      text.remove_prefix(close + 1);
    }
    return pattern;
  }
  /// Nothing when a column is empty. Fields are percent-encoded: they become part of a URI.
  std::optional<std::string> fill(const Row& row) const {
    std::string out;
    for (const auto& part : parts_) {
      out += part.text;
      if (part.column.empty()) continue;
      if (row[part.column].empty()) return std::nullopt;
      out += base::percent_encode(row[part.column]);
    }
    return out;
  }

 private:
  struct Part {
    std::string text;
    std::string column;
  };
  std::vector<Part> parts_;
};

struct AttributeRule {
  std::string name;
  Kind kind = Kind::kNumber;
  std::string column, lng, lat, unit;
  double scale = 1, offset = 0;
  Pattern object;
};

struct TimeRule {
  std::string column;
  std::string format;
  const date::time_zone* zone = nullptr;  // null: UTC
};

std::unexpected<Error> wrong(const std::string& what) { return fail(ErrorCode::kInvalidRequest, "mapping: " + what); }

Result<Kind> kind_in(std::string_view text) {
  if (text == "number") return Kind::kNumber;
  if (text == "text") return Kind::kText;
  if (text == "boolean") return Kind::kBoolean;
  if (text == "point") return Kind::kPoint;
  if (text == "relationship") return Kind::kRelationship;
  return wrong(fmt::format("type '{}' is none of number, text, boolean, point, relationship", text));
}

Result<AttributeRule> attribute_in(const toml::table& table) {
  AttributeRule rule;
  const auto text = [&](const char* key) { return table[key].value_or(std::string{}); };
  rule.name = text("name");
  if (rule.name.empty()) return wrong("an [[attribute]] has no name");
  auto kind = kind_in(table["type"].value_or(std::string{"number"}));
  if (!kind) return std::unexpected(kind.error());
  rule.kind = *kind;
  rule.column = text("column");
  rule.lng = text("lng");
  rule.lat = text("lat");
  rule.unit = text("unit");
  rule.scale = table["scale"].value_or(1.0);
  rule.offset = table["offset"].value_or(0.0);
  auto object = Pattern::parse(text("object"));
  if (!object) return std::unexpected(object.error());
  rule.object = *std::move(object);
  const bool complete = rule.kind == Kind::kPoint          ? !rule.lng.empty() && !rule.lat.empty()
                        : rule.kind == Kind::kRelationship ? !text("object").empty()
                                                           : !rule.column.empty();
  if (!complete)
    return wrong(fmt::format("attribute '{}' needs {}", rule.name,
                             rule.kind == Kind::kPoint          ? "lng and lat"
                             : rule.kind == Kind::kRelationship ? "object"
                                                                : "column"));
  return rule;
}

Result<TimeRule> time_in(const toml::table& table) {
  TimeRule rule{table["column"].value_or(std::string{}), table["format"].value_or(std::string{"%Y-%m-%dT%H:%M:%SZ"}),
                nullptr};
  if (rule.column.empty()) return wrong("[time] has no column");
  const auto zone = table["zone"].value_or(std::string{"UTC"});
  if (zone == "UTC") return rule;
  try {
    rule.zone = date::locate_zone(zone);
  } catch (const std::runtime_error&) {
    return wrong(fmt::format("there is no time zone '{}'", zone));
  }
  return rule;
}

Result<double> number_in(const Row& row, const std::string& column) {
  const auto text = base::trim(row[column]);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    return fail(ErrorCode::kBadRequestData, fmt::format("{} is '{}', expected a number", column, text.substr(0, 60)));
  }
  return number;
}

Result<Timestamp> moment_in(const TimeRule& rule, const Row& row) {
  std::istringstream in{std::string(base::trim(row[rule.column]))};
  date::local_time<Duration> local;
  in >> date::parse(rule.format, local);
  if (in.fail())
    return fail(ErrorCode::kBadRequestData, fmt::format("{} is '{}', expected a time like {}", rule.column,
                                                        row[rule.column].substr(0, 60), rule.format));
  if (rule.zone == nullptr) return Timestamp(local.time_since_epoch());
  const auto info = rule.zone->get_info(local);
  if (info.result == date::local_info::nonexistent) {
    return fail(ErrorCode::kBadRequestData,
                fmt::format("{} is '{}', a local time that summer time skipped", rule.column, row[rule.column]));
  }
  return Timestamp(local.time_since_epoch() - info.first.offset);
}

void append_number(std::string& out, double value) {
  if (value == std::trunc(value) && std::abs(value) < 9e15)
    out += std::to_string(static_cast<std::int64_t>(value));
  else
    base::append_json_number(out, value);
}

/// Appends the members of one attribute without its time; false when the row has nothing for it.
Result<bool> append_value(std::string& out, const AttributeRule& rule, const Row& row) {
  switch (rule.kind) {
    case Kind::kNumber: {
      if (row[rule.column].empty()) return false;
      const auto number = number_in(row, rule.column);
      if (!number) return std::unexpected(number.error());
      out += "\"value\":";
      append_number(out, *number * rule.scale + rule.offset);
      return true;
    }
    case Kind::kText:
      if (row[rule.column].empty()) return false;
      out += "\"value\":";
      base::append_json_string(out, row[rule.column]);
      return true;
    case Kind::kBoolean: {
      const auto word = base::to_lower(base::trim(row[rule.column]));
      if (word.empty()) return false;
      const bool yes = word == "true" || word == "1" || word == "yes";
      if (!yes && word != "false" && word != "0" && word != "no") {
        return fail(ErrorCode::kBadRequestData,
                    fmt::format("{} is '{}', expected true or false", rule.column, word.substr(0, 60)));
      }
      out += yes ? "\"value\":true" : "\"value\":false";
      return true;
    }
    case Kind::kPoint: {
      if (row[rule.lng].empty() || row[rule.lat].empty()) return false;
      const auto lng = number_in(row, rule.lng);
      if (!lng) return std::unexpected(lng.error());
      const auto lat = number_in(row, rule.lat);
      if (!lat) return std::unexpected(lat.error());
      if (std::abs(*lng) > 180 || std::abs(*lat) > 90)
        return fail(ErrorCode::kBadRequestData, fmt::format("({}, {}) is off the globe", *lng, *lat));
      out += R"("type":"GeoProperty","value":{"type":"Point","coordinates":[)";
      base::append_json_number(out, *lng);
      out += ',';
      base::append_json_number(out, *lat);
      out += "]}";
      return true;
    }
    case Kind::kRelationship: {
      const auto object = rule.object.fill(row);
      if (!object) return false;
      out += "\"object\":";
      base::append_json_string(out, *object);
      return true;
    }
  }
  return false;
}

}  // namespace

struct Mapping::State {
  std::string type;
  Pattern id;
  std::optional<TimeRule> time;
  std::vector<AttributeRule> attributes;
};

Mapping::Mapping(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mapping::Mapping(Mapping&&) noexcept = default;
Mapping& Mapping::operator=(Mapping&&) noexcept = default;
Mapping::~Mapping() = default;

Result<Mapping> Mapping::parse(std::string_view text) {
  auto state = std::make_unique<State>();
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return wrong(fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
  state->type = table["type"].value_or(std::string{});
  if (state->type.empty()) return wrong("no type");
  const auto id_text = table["id"].value_or(std::string{});
  if (id_text.find('{') == std::string::npos) return wrong("id must name a column, as in urn:ngsi-ld:Vehicle:{vid}");
  auto id = Pattern::parse(id_text);
  if (!id) return std::unexpected(std::move(id).error());
  state->id = *std::move(id);
  if (const auto* time = table["time"].as_table()) {
    auto rule = time_in(*time);
    if (!rule) return std::unexpected(std::move(rule).error());
    state->time = *std::move(rule);
  }
  if (const auto* attributes = table["attribute"].as_array()) {
    for (const auto& node : *attributes) {
      if (!node.is_table()) return wrong("attribute must be an array of tables, [[attribute]]");
      auto rule = attribute_in(*node.as_table());
      if (!rule) return std::unexpected(std::move(rule).error());
      state->attributes.push_back(*std::move(rule));
    }
  }
  if (state->attributes.empty()) return wrong("no [[attribute]]");
  return Mapping(std::move(state));
}

Result<Reading> Mapping::apply(const Row& row) const {
  const auto id = state_->id.fill(row);
  if (!id) return fail(ErrorCode::kBadRequestData, "a column of the id is empty");
  Reading reading;
  std::string observed;
  if (state_->time) {
    const auto at = moment_in(*state_->time, row);
    if (!at) return std::unexpected(at.error());
    reading.at = *at;
    observed = fmt::format(",\"observedAt\":\"{}\"", base::format_time(*at));
  }
  reading.json = "{\"id\":";
  base::append_json_string(reading.json, *id);
  reading.json += ",\"type\":";
  base::append_json_string(reading.json, state_->type);
  for (const auto& rule : state_->attributes) {
    std::string members;
    const auto there = append_value(members, rule, row);
    if (!there) return std::unexpected(there.error());
    if (!*there) continue;
    if (!rule.unit.empty()) members += fmt::format(",\"unitCode\":\"{}\"", rule.unit);
    reading.json += ',';
    base::append_json_string(reading.json, rule.name);
    reading.json += ":{" + members + observed + '}';
  }
  reading.json += '}';
  return reading;
}

Result<Mapping> load_mapping(const std::string& path) {
  std::ifstream file(path);
  if (!file) return wrong(fmt::format("cannot open {}", path));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return Mapping::parse(text);
}

bool is_json_object(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  return parser.parse(line.data(), line.size()).get(root) == simdjson::SUCCESS && root.is_object();
}

}  // namespace horad::city::exchange
