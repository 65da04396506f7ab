// SPDX-License-Identifier: Apache-2.0
// GTFS Schedule tables (https://gtfs.org/documentation/schedule/reference/) as entities of the Smart Data Models for
// urban mobility. The table of what becomes what stands in docs/operate/import.md. Pure: rows in, entities out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "horad/base/result.h"
#include "horad/city/exchange/table.h"

namespace horad::city::exchange {

/// One GTFS table that becomes entities, in the order in which they must be read: rows that later ones refer to come
/// first.
struct GtfsTable {
  std::string_view file;  // "stops.txt"
  std::string_view type;  // the entity type; empty: the rows are gathered for another table
  bool required;
};
const std::vector<GtfsTable>& gtfs_tables();

/// Turns the rows of one feed into entities. stop_times and shapes are gathered first (24 bytes a stop time), because
/// one trip's times and one shape's points become one entity.
class GtfsMapper {
 public:
  using Emit = std::function<void(std::string json)>;  // one NGSI-LD entity in concise form
  /// `feed` names the feed in every id: `urn:ngsi-ld:GtfsStop:FEED:1511`.
  GtfsMapper(std::string feed, Emit emit);

  /// Takes one row of `table`. Errors: kBadRequestData for a row without its id, with an impossible number, time or
  /// place; kTooLarge beyond 30 000 000 stop times or shape points.
  Result<void> take(const GtfsTable& table, const Row& row);
  /// After the last row of shapes.txt: emits the shapes.
  void emit_shapes();

 private:
  struct StopTime {
    std::uint32_t stop;  // index into stops_
    std::int32_t
        arrival;  // seconds after noon minus 12 h of the service day; above 86 400 after midnight; -1: not given
    std::int32_t departure;
    std::uint32_t sequence;
  };
  struct ShapePoint {
    double lng, lat;
    std::uint32_t sequence;
  };
  Result<void> take_agency(const Row& row);
  Result<void> take_service(const Row& row);
  Result<void> take_exception(const Row& row);
  Result<void> take_route(const Row& row);
  Result<void> take_stop(const Row& row);
  Result<void> take_shape_point(const Row& row);
  Result<void> take_stop_time(const Row& row);
  Result<void> take_trip(const Row& row);
  std::string begin(std::string_view type, std::string_view id) const;
  void append_link(std::string& out, std::string_view member, std::string_view type, std::string_view id) const;
  void append_timetable(std::string& out, std::string_view trip);
  void finish(std::string& out);

  std::string feed_;
  Emit emit_;
  std::vector<std::string> stops_;
  std::unordered_map<std::string, std::uint32_t> stop_numbers_;
  std::unordered_map<std::string, std::vector<StopTime>> times_;  // by trip
  std::map<std::string, std::vector<ShapePoint>> shapes_;
  std::string only_agency_;
  std::uint64_t gathered_ = 0;
};

}  // namespace horad::city::exchange
