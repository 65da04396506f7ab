// SPDX-License-Identifier: Apache-2.0
#include "horad/city/exchange/gtfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "horad/base/text.h"
#include "horad/city/exchange/members.h"

namespace horad::city::exchange {
namespace {

constexpr std::uint64_t kMostGathered = 30'000'000;

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  text = base::trim(text);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::unexpected<Error> bad(std::string_view column, std::string_view text, std::string_view want) {
  return fail(ErrorCode::kBadRequestData, fmt::format("{} is '{}', expected {}", column, text.substr(0, 60), want));
}

struct Place {
  double lng, lat;
};
Result<Place> place_in(const Row& row, std::string_view lng_column, std::string_view lat_column) {
  const auto lng = number_in<double>(row[lng_column]);
  const auto lat = number_in<double>(row[lat_column]);
  if (!lng || !(std::abs(*lng) <= 180)) return bad(lng_column, row[lng_column], "degrees from -180 to 180");
  if (!lat || !(std::abs(*lat) <= 90)) return bad(lat_column, row[lat_column], "degrees from -90 to 90");
  return Place{*lng, *lat};
}

void append_place(std::string& out, Place place) {
  out += '[';
  base::append_json_number(out, place.lng);
  out += ',';
  base::append_json_number(out, place.lat);
  out += ']';
}

/// `H:MM:SS` or `HH:MM:SS`, hours may pass 24; -1 when empty (an untimed stop).
Result<std::int32_t> time_in(const Row& row, std::string_view column) {
  const auto text = base::trim(row[column]);
  if (text.empty()) return -1;
  const auto first = text.find(':');
  const auto second = text.rfind(':');
  std::optional<std::int32_t> hours, minutes, seconds;
  if (first != std::string_view::npos && second > first) {
    hours = number_in<std::int32_t>(text.substr(0, first));
    minutes = number_in<std::int32_t>(text.substr(first + 1, second - first - 1));
    seconds = number_in<std::int32_t>(text.substr(second + 1));
  }
  const bool sensible = hours && minutes && seconds && *hours >= 0 && *hours < 100 && *minutes >= 0 && *minutes < 60 &&
                        *seconds >= 0 && *seconds < 60;
  if (!sensible) return bad(column, text, "a time such as 08:05:00");
  return *hours * 3600 + *minutes * 60 + *seconds;
}

/// GTFS dates are YYYYMMDD.
Result<std::string> date_in(const Row& row, std::string_view column) {
  const auto text = base::trim(row[column]);
  const bool digits = text.size() == 8 && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) return bad(column, text, "a date such as 20260131");
  return fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
}

Result<std::string_view> id_in(const Row& row, std::string_view column) {
  const auto id = row[column];
  if (id.empty()) return bad(column, id, "an id");
  return id;
}

void append_time_of_day(std::string& out, std::int32_t seconds) {
  if (seconds < 0) {
    out += "\"\"";
    return;
  }
  fmt::format_to(std::back_inserter(out), "\"{:02}:{:02}:{:02}\"", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

const std::vector<GtfsTable>& gtfs_tables() {
  static const std::vector<GtfsTable> tables = {
      {"agency.txt", "GtfsAgency", true},
      {"calendar.txt", "GtfsCalendarRule", false},
      {"calendar_dates.txt", "GtfsCalendarDateRule", false},
      {"routes.txt", "GtfsRoute", true},
      {"stops.txt", "GtfsStop", true},
      {"shapes.txt", "", false},
      {"stop_times.txt", "", true},
      {"trips.txt", "GtfsTrip", true},
  };
  return tables;
}

GtfsMapper::GtfsMapper(std::string feed, Emit emit) : feed_(std::move(feed)), emit_(std::move(emit)) {}

std::string GtfsMapper::begin(std::string_view type, std::string_view id) const {
  return fmt::format(R"({{"id":"urn:ngsi-ld:{0}:{1}:{2}","type":"{0}")", type, feed_, base::percent_encode(id));
}

void GtfsMapper::append_link(std::string& out, std::string_view member, std::string_view type,
                             std::string_view id) const {
  if (id.empty()) return;
  fmt::format_to(std::back_inserter(out), R"(,"{}":{{"object":"urn:ngsi-ld:{}:{}:{}"}})", member, type, feed_,
                 base::percent_encode(id));
}

void GtfsMapper::finish(std::string& out) {
  append_text_member(out, "source", feed_);
  out += '}';
  emit_(std::move(out));
}

Result<void> GtfsMapper::take(const GtfsTable& table, const Row& row) {
  const auto file = table.file;
  if (file == "agency.txt") return take_agency(row);
  if (file == "calendar.txt") return take_service(row);
  if (file == "calendar_dates.txt") return take_exception(row);
  if (file == "routes.txt") return take_route(row);
  if (file == "stops.txt") return take_stop(row);
  if (file == "shapes.txt") return take_shape_point(row);
  if (file == "stop_times.txt") return take_stop_time(row);
  return take_trip(row);
}

Result<void> GtfsMapper::take_agency(const Row& row) {
  const auto id = row["agency_id"].empty() ? row["agency_name"]
                                           : row["agency_id"];  // the id may be left out of a feed of one agency
  if (id.empty()) return bad("agency_name", id, "a name");
  only_agency_ = id;
  auto out = begin("GtfsAgency", id);
  append_text_member(out, "name", row["agency_name"]);
  append_text_member(out, "page", row["agency_url"]);
  append_text_member(out, "timezone", row["agency_timezone"]);
  append_text_member(out, "language", row["agency_lang"]);
  append_text_member(out, "phone", row["agency_phone"]);
  finish(out);
  return {};
}

Result<void> GtfsMapper::take_service(const Row& row) {
  constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                     "friday", "saturday", "sunday"};
  const auto id = id_in(row, "service_id");
  if (!id) return std::unexpected(id.error());
  auto out = begin("GtfsCalendarRule", *id);
  append_text_member(out, "name", *id);
  for (const auto day : kDays) {
    if (row[day] != "0" && row[day] != "1") return bad(day, row[day], "0 or 1");
    fmt::format_to(std::back_inserter(out), R"(,"{}":{})", day, row[day] == "1");
  }
  for (const auto& [column, member] : {std::pair{"start_date", "startDate"}, std::pair{"end_date", "endDate"}}) {
    const auto date = date_in(row, column);
    if (!date) return std::unexpected(date.error());
    append_text_member(out, member, *date);
  }
  finish(out);
  return {};
}

Result<void> GtfsMapper::take_exception(const Row& row) {
  const auto id = id_in(row, "service_id");
  if (!id) return std::unexpected(id.error());
  const auto date = date_in(row, "date");
  if (!date) return std::unexpected(date.error());
  const auto kind = row["exception_type"];
  if (kind != "1" && kind != "2") return bad("exception_type", kind, "1 (added) or 2 (removed)");
  auto out = begin("GtfsCalendarDateRule", fmt::format("{}:{}", *id, *date));
  append_text_member(out, "appliesOn", *date);
  append_text_member(out, "exceptionType", kind);
  append_link(out, "hasService", "GtfsCalendarRule", *id);
  finish(out);
  return {};
}

Result<void> GtfsMapper::take_route(const Row& row) {
  const auto id = id_in(row, "route_id");
  if (!id) return std::unexpected(id.error());
  const auto kind = number_in<int>(row["route_type"]);
  if (!kind || *kind < 0 || *kind > 1702) return bad("route_type", row["route_type"], "a number from 0 to 1702");
  auto out = begin("GtfsRoute", *id);
  append_text_member(out, "shortName", row["route_short_name"]);
  append_text_member(out, "name", row["route_long_name"].empty() ? row["route_short_name"] : row["route_long_name"]);
  append_text_member(out, "description", row["route_desc"]);
  append_text_member(out, "routeType", std::to_string(*kind));
  append_text_member(out, "routeColor", row["route_color"]);
  append_text_member(out, "routeTextColor", row["route_text_color"]);
  append_link(out, "operatedBy", "GtfsAgency", row["agency_id"].empty() ? only_agency_ : row["agency_id"]);
  finish(out);
  return {};
}

Result<void> GtfsMapper::take_stop(const Row& row) {
  const auto id = id_in(row, "stop_id");
  if (!id) return std::unexpected(id.error());
  const auto place = place_in(row, "stop_lon", "stop_lat");
  if (!place) return std::unexpected(place.error());
  if (stop_numbers_.emplace(*id, static_cast<std::uint32_t>(stops_.size())).second) stops_.emplace_back(*id);
  auto out = begin("GtfsStop", *id);
  append_text_member(out, "name", row["stop_name"]);
  append_text_member(out, "code", row["stop_code"]);
  append_text_member(out, "description", row["stop_desc"]);
  append_text_member(out, "locationType", row["location_type"].empty() ? "0" : row["location_type"]);
  append_text_member(out, "wheelChairAccessible", row["wheelchair_boarding"]);
  append_link(out, "hasParentStation", "GtfsStop", row["parent_station"]);
  out += R"(,"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":)";
  append_place(out, *place);
  out += "}}";
  finish(out);
  return {};
}

Result<void> GtfsMapper::take_shape_point(const Row& row) {
  const auto id = id_in(row, "shape_id");
  if (!id) return std::unexpected(id.error());
  const auto place = place_in(row, "shape_pt_lon", "shape_pt_lat");
  if (!place) return std::unexpected(place.error());
  const auto sequence = number_in<std::uint32_t>(row["shape_pt_sequence"]);
  if (!sequence) return bad("shape_pt_sequence", row["shape_pt_sequence"], "a whole number");
  if (++gathered_ > kMostGathered)
    return fail(ErrorCode::kTooLarge, "more than 30 000 000 shape points and stop times");
  shapes_[std::string(*id)].push_back({place->lng, place->lat, *sequence});
  return {};
}

void GtfsMapper::emit_shapes() {
  for (auto& [id, points] : shapes_) {
    std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    auto out = begin("GtfsShape", id);
    append_text_member(out, "name", id);
    const bool line = points.size() > 1;  // a shape of one point is a point
    fmt::format_to(std::back_inserter(out),
                   R"(,"location":{{"type":"GeoProperty","value":{{"type":"{}","coordinates":{})",
                   line ? "LineString" : "Point", line ? "[" : "");
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (i > 0) out += ',';
      append_place(out, {points[i].lng, points[i].lat});
    }
    out += line ? "]}}" : "}}";
    finish(out);
  }
  shapes_.clear();
}

Result<void> GtfsMapper::take_stop_time(const Row& row) {
  const auto trip = id_in(row, "trip_id");
  if (!trip) return std::unexpected(trip.error());
  const auto stop = stop_numbers_.find(std::string(row["stop_id"]));
  if (stop == stop_numbers_.end()) return bad("stop_id", row["stop_id"], "an id of stops.txt");
  const auto arrival = time_in(row, "arrival_time");
  if (!arrival) return std::unexpected(arrival.error());
  const auto departure = time_in(row, "departure_time");
  if (!departure) return std::unexpected(departure.error());
  const auto sequence = number_in<std::uint32_t>(row["stop_sequence"]);
  if (!sequence) return bad("stop_sequence", row["stop_sequence"], "a whole number");
  if (++gathered_ > kMostGathered)
    return fail(ErrorCode::kTooLarge, "more than 30 000 000 shape points and stop times");
  times_[std::string(*trip)].push_back({stop->second, *arrival, *departure, *sequence});
  return {};
}

void GtfsMapper::append_timetable(std::string& out, std::string_view trip) {
  const auto found = times_.find(std::string(trip));
  if (found == times_.end()) return;
  auto& times = found->second;
  std::sort(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  out += R"(,"stopTimes":{"type":"JsonProperty","json":[)";
  for (std::size_t i = 0; i < times.size(); ++i) {
    fmt::format_to(std::back_inserter(out),
                   "{}{{\"hasStop\":\"urn:ngsi-ld:GtfsStop:{}:{}\",\"stopSequence\":{},\"arrivalTime\":",
                   i > 0 ? "," : "", feed_, base::percent_encode(stops_[times[i].stop]), times[i].sequence);
    append_time_of_day(out, times[i].arrival);
    out += ",\"departureTime\":";
    append_time_of_day(out, times[i].departure);
    out += '}';
  }
  out += "]}";
  times_.erase(found);
}

Result<void> GtfsMapper::take_trip(const Row& row) {
  const auto id = id_in(row, "trip_id");
  if (!id) return std::unexpected(id.error());
  if (row["route_id"].empty()) return bad("route_id", "", "an id of routes.txt");
  auto out = begin("GtfsTrip", *id);
  append_text_member(out, "headSign", row["trip_headsign"]);
  append_text_member(out, "shortName", row["trip_short_name"]);
  append_text_member(out, "direction", row["direction_id"]);
  append_text_member(out, "block", row["block_id"]);
  append_text_member(out, "wheelChairAccessible", row["wheelchair_accessible"]);
  append_link(out, "hasRoute", "GtfsRoute", row["route_id"]);
  append_link(out, "hasService", "GtfsCalendarRule", row["service_id"]);
  append_link(out, "hasShape", "GtfsShape", row["shape_id"]);
  append_timetable(out, *id);
  finish(out);
  return {};
}

}  // namespace horad::city::exchange
