// SPDX-License-Identifier: Apache-2.0
#include "horad/city/exchange/gtfs.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <simdjson.h>

namespace horad::city::exchange {
namespace {

struct Fed {
  std::vector<std::string> entities;
  std::vector<std::string> bad;  // "file:number detail"
};
/// Feeds tables given as (file, text), in the order of gtfs_tables().
Fed feed(const std::map<std::string, std::string>& files) {
  Fed out;
  GtfsMapper mapper("town", [&](std::string json) { out.entities.push_back(std::move(json)); });
  for (const auto& table : gtfs_tables()) {
    const auto file = files.find(std::string(table.file));
    if (file == files.end()) continue;
    TableReader reader([&](const Row& row) { return mapper.take(table, row); },
                       [&](std::uint64_t number, const Error& error) {
                         out.bad.push_back(file->first + ":" + std::to_string(number) + " " + error.detail);
                       });
    EXPECT_TRUE(reader.feed(file->second));
    EXPECT_TRUE(reader.finish());
    if (table.file == "shapes.txt") mapper.emit_shapes();
  }
  return out;
}

TEST(Gtfs, ATripCarriesItsTimetableInOrder) {
  const auto fed =
      feed({{"stops.txt", "stop_id,stop_name,stop_lat,stop_lon\nA b,Rynak,53.6,25.8\nB,Vakzal,53.61,25.81\n"},
            {"stop_times.txt",
             "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt,24:10:00,24:10:00,B,2\nt,8:05:00,08:06:00,A "
             "b,1\n"},
            {"trips.txt", "route_id,service_id,trip_id,shape_id\nr,s,t,\n"}});
  EXPECT_TRUE(fed.bad.empty());
  ASSERT_EQ(fed.entities.size(), 3u);
  EXPECT_EQ(
      fed.entities[0],
      R"({"id":"urn:ngsi-ld:GtfsStop:town:A%20b","type":"GtfsStop","name":"Rynak","locationType":"0","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[25.8,53.6]}},"source":"town"})");
  EXPECT_EQ(
      fed.entities[2],
      R"({"id":"urn:ngsi-ld:GtfsTrip:town:t","type":"GtfsTrip","hasRoute":{"object":"urn:ngsi-ld:GtfsRoute:town:r"},"hasService":{"object":"urn:ngsi-ld:GtfsCalendarRule:town:s"},"stopTimes":{"type":"JsonProperty","json":[{"hasStop":"urn:ngsi-ld:GtfsStop:town:A%20b","stopSequence":1,"arrivalTime":"08:05:00","departureTime":"08:06:00"},{"hasStop":"urn:ngsi-ld:GtfsStop:town:B","stopSequence":2,"arrivalTime":"24:10:00","departureTime":"24:10:00"}]},"source":"town"})");
}
TEST(Gtfs, ShapesBecomeLinesInSequence) {
  const auto fed =
      feed({{"shapes.txt", "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\ns,2,1,7\ns,4,3,5\nlone,6,5,1\n"}});
  ASSERT_EQ(fed.entities.size(), 2u);
  EXPECT_NE(fed.entities[1].find(R"("coordinates":[[3.0,4.0],[1.0,2.0]])"), std::string::npos) << fed.entities[1];
  EXPECT_NE(fed.entities[0].find(R"("type":"Point","coordinates":[5.0,6.0])"), std::string::npos) << fed.entities[0];
}
TEST(Gtfs, BadRowsAreNamedAndTheRestGoesOn) {
  const auto fed = feed({{"stops.txt", "stop_id,stop_lat,stop_lon\n,1,2\nx,91,0\ny,1,nan\nok,1,2\n"},
                         {"stop_times.txt",
                          "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt,25:61:00,,ok,1\nt,08:00:00,08:"
                          "00:00,nowhere,2\nt,,,ok,3\n"},
                         {"calendar.txt",
                          "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\ns,"
                          "1,1,1,1,1,0,2,20260101,20261231\n"}});
  EXPECT_EQ(fed.entities.size(), 1u);
  EXPECT_EQ(fed.bad.size(), 6u);
  EXPECT_EQ(fed.bad[0], "calendar.txt:2 sunday is '2', expected 0 or 1");
}
TEST(Gtfs, WhateverTheRowsSayTheEntitiesAreJson) {
  EXPECT_TRUE(rc::check("valid JSON", [] {
    const auto fields = *rc::gen::container<std::vector<std::string>>(
        8, rc::gen::element<std::string>("1", "a\"b", "\\", "é", "08:00:00", "20260101", "0", ""));
    std::string row;
    for (const auto& field : fields) {
      row += row.empty() ? "" : ",";
      row += '"';
      for (const char c : field) row += c == '"' ? std::string("\"\"") : std::string(1, c);
      row += '"';
    }
    const auto fed = feed(
        {{"agency.txt", "agency_id,agency_name,agency_url,agency_timezone,agency_lang,agency_phone,x,y\n" + row + "\n"},
         {"routes.txt",
          "route_id,agency_id,route_short_name,route_long_name,route_type,route_desc,route_color,z\n" + row + "\n"},
         {"trips.txt",
          "trip_id,route_id,service_id,trip_headsign,block_id,direction_id,shape_id,wheelchair_accessible\n" + row +
              "\n"}});
    simdjson::dom::parser parser;
    for (const auto& entity : fed.entities) RC_ASSERT(parser.parse(entity).error() == simdjson::SUCCESS);
  }));
}

}  // namespace
}  // namespace horad::city::exchange
