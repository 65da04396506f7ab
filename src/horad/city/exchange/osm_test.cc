// SPDX-License-Identifier: Apache-2.0
#include "horad/city/exchange/osm.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <simdjson.h>

namespace horad::city::exchange {
namespace {

struct Case {
  std::string_view name;
  std::string_view feature;
  std::string_view want;  // empty: Horad has no use for it
};
class OsmTable : public testing::TestWithParam<Case> {};
TEST_P(OsmTable, BecomesThis) {
  const auto entity = osm_entity(GetParam().feature);
  ASSERT_TRUE(entity) << entity.error().detail;
  ASSERT_EQ(entity->has_value(), !GetParam().want.empty());
  if (*entity) EXPECT_EQ((*entity)->json, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(
    All, OsmTable,
    testing::Values(
        Case{
            "Street",
            R"({"type":"Feature","geometry":{"type":"LineString","coordinates":[[25.8,53.6],[25.81,53.6]]},"properties":{"@type":"way","@id":7,"highway":"residential","name":"вуліца Лесі Украінкі","name:en":"Lesya Ukrainka Street","lanes":"2","maxspeed":"40 km/h","oneway":"yes"}})",
            R"~({"id":"urn:ngsi-ld:RoadSegment:osm:w7","type":"RoadSegment","name":{"languageMap":{"en":"Lesya Ukrainka Street","@none":"вуліца Лесі Украінкі"}},"roadClass":"residential","totalLaneNumber":{"value":2},"maximumAllowedSpeed":{"value":40,"unitCode":"KMH"},"oneway":true,"location":{"type":"GeoProperty","value":{"type":"LineString","coordinates":[[25.8,53.6],[25.81,53.6]]}},"source":"OpenStreetMap contributors (ODbL)"})~"},
        Case{"Stop", R"({"type":"Feature","geometry":{"type":"Point","coordinates":[25.8,53.6]},"properties":{"@type":"node","@id":8,"highway":"bus_stop","name":"Rynak","wheelchair":"yes"}})", R"~({"id":"urn:ngsi-ld:PublicTransportStop:osm:n8","type":"PublicTransportStop","name":"Rynak","category":"bus","wheelChairAccessible":true,"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[25.8,53.6]}},"source":"OpenStreetMap contributors (ODbL)"})~"}, Case{"School", R"({"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]},"properties":{"@type":"way","@id":9,"building":"school","amenity":"school","building:levels":"3","addr:street":"Zamkavaja","addr:housenumber":"4\"a"}})", R"~({"id":"urn:ngsi-ld:Building:osm:w9","type":"Building","category":"school","floorsAboveGround":{"value":3},"address":{"type":"Property","value":{"streetAddress":"Zamkavaja","streetNr":"4\"a"}},"location":{"type":"GeoProperty","value":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}},"source":"OpenStreetMap contributors (ODbL)"})~"}, Case{"District", R"({"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]},"properties":{"@type":"relation","@id":3,"boundary":"administrative","admin_level":"9","name":"Zareczcza"}})", R"~({"id":"urn:ngsi-ld:AdministrativeArea:osm:r3","type":"AdministrativeArea","name":"Zareczcza","adminLevel":{"value":9},"location":{"type":"GeoProperty","value":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}},"source":"OpenStreetMap contributors (ODbL)"})~"}, Case{"SpeedInMilesIsLeftOut", R"({"type":"Feature","geometry":{"type":"LineString","coordinates":[[0,0],[1,0]]},"properties":{"@type":"way","@id":7,"highway":"primary","maxspeed":"30 mph"}})", R"~({"id":"urn:ngsi-ld:RoadSegment:osm:w7","type":"RoadSegment","roadClass":"primary","location":{"type":"GeoProperty","value":{"type":"LineString","coordinates":[[0,0],[1,0]]}},"source":"OpenStreetMap contributors (ODbL)"})~"}, Case{"PedestrianSquare", R"({"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]},"properties":{"@type":"way","@id":5,"highway":"pedestrian","area":"yes"}})", R"~({"id":"urn:ngsi-ld:RoadSegment:osm:w5","type":"RoadSegment","roadClass":"pedestrian","location":{"type":"GeoProperty","value":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}},"source":"OpenStreetMap contributors (ODbL)"})~"},
        Case{
            "SquareOfARelation",
            R"({"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]},"properties":{"@type":"relation","@id":5,"highway":"pedestrian","area":"yes"}})",
            ""},
        Case{
            "Footpath",
            R"({"type":"Feature","geometry":{"type":"LineString","coordinates":[[0,0],[1,0]]},"properties":{"@type":"way","@id":7,"highway":"footway"}})",
            ""},
        Case{
            "TrafficLight",
            R"({"type":"Feature","geometry":{"type":"Point","coordinates":[0,0]},"properties":{"@type":"node","@id":7,"highway":"traffic_signals"}})",
            ""}),
    [](const auto& c) { return std::string{c.param.name}; });

TEST(Osm, AnyBytesAreAnErrorOrAnEntity) {
  EXPECT_TRUE(rc::check("no crash", [](const std::string& junk) {
    const auto entity = osm_entity(junk);
    RC_ASSERT((!entity || !*entity || !(*entity)->json.empty()));  // twice, as the macro takes || for its own
  }));
}
TEST(Osm, TheConfigurationForOsmiumIsJson) {
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(std::string(osmium_export_config())).error(), simdjson::SUCCESS);
}

}  // namespace
}  // namespace horad::city::exchange
