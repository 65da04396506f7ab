// SPDX-License-Identifier: Apache-2.0
#include "horad/city/exchange/mapping.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace horad::city::exchange {
namespace {

constexpr std::string_view kBuses = R"(
type = "Vehicle"
id = "urn:ngsi-ld:Vehicle:town:{vid}"
[time]
column = "tmstmp"
format = "%Y%m%d %H:%M"
zone = "America/Chicago"
[[attribute]]
name = "location"
type = "point"
lng = "lon"
lat = "lat"
[[attribute]]
name = "speed"
column = "spd"
scale = 1.609344
unit = "KMH"
[[attribute]]
name = "delayed"
type = "boolean"
column = "dly"
[[attribute]]
name = "refRoute"
type = "relationship"
object = "urn:ngsi-ld:GtfsRoute:town:{rt}"
)";

Result<Reading> read(std::string_view toml, std::string_view csv) {
  auto mapping = Mapping::parse(toml);
  EXPECT_TRUE(mapping) << mapping.error().detail;
  Result<Reading> out = fail(ErrorCode::kInternal, "no row");
  TableReader reader(
      [&](const Row& row) -> Result<void> {
        out = mapping->apply(row);
        return {};
      },
      [](std::uint64_t, const Error&) {});
  EXPECT_TRUE(reader.feed(csv));
  EXPECT_TRUE(reader.finish());
  return out;
}

TEST(Mapping, ARowBecomesAReadingWithItsLocalTimeInUtc) {
  const auto reading = read(kBuses, "vid,tmstmp,lon,lat,spd,dly,rt\n990,20250925 00:02,-89.4,43.07,10,False,A 1\n");
  ASSERT_TRUE(reading) << reading.error().detail;
  EXPECT_EQ(base::format_time(*reading->at), "2025-09-25T05:02:00Z");
  EXPECT_EQ(
      reading->json,
      R"({"id":"urn:ngsi-ld:Vehicle:town:990","type":"Vehicle","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-89.4,43.07]},"observedAt":"2025-09-25T05:02:00Z"},"speed":{"value":16.09344,"unitCode":"KMH","observedAt":"2025-09-25T05:02:00Z"},"delayed":{"value":false,"observedAt":"2025-09-25T05:02:00Z"},"refRoute":{"object":"urn:ngsi-ld:GtfsRoute:town:A%201","observedAt":"2025-09-25T05:02:00Z"}})");
}
TEST(Mapping, EmptyFieldsAreLeftOut) {
  const auto reading = read(kBuses, "vid,tmstmp,lon,lat,spd,dly,rt\n990,20250925 00:02,,43.07,,,\n");
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->json, R"({"id":"urn:ngsi-ld:Vehicle:town:990","type":"Vehicle"})");
}

struct BadRow {
  std::string_view name, row, word;
};
class BadRows : public testing::TestWithParam<BadRow> {};
TEST_P(BadRows, AreRefusedWithTheReason) {
  const auto reading = read(kBuses, "vid,tmstmp,lon,lat,spd,dly,rt\n" + std::string(GetParam().row) + "\n");
  ASSERT_FALSE(reading);
  EXPECT_NE(reading.error().detail.find(GetParam().word), std::string::npos) << reading.error().detail;
}
INSTANTIATE_TEST_SUITE_P(All, BadRows,
                         testing::Values(BadRow{"NoId", ",20250925 00:02,1,2,3,0,r", "id"},
                                         BadRow{"NoTime", "1,yesterday,1,2,3,0,r", "time"},
                                         BadRow{"SkippedHour", "1,20250309 02:30,1,2,3,0,r", "summer time"},
                                         BadRow{"NoNumber", "1,20250925 00:02,1,2,fast,0,r", "number"},
                                         BadRow{"Infinite", "1,20250925 00:02,1,2,inf,0,r", "number"},
                                         BadRow{"OffTheGlobe", "1,20250925 00:02,181,2,3,0,r", "globe"},
                                         BadRow{"Maybe", "1,20250925 00:02,1,2,3,maybe,r", "true or false"}),
                         [](const auto& c) { return std::string{c.param.name}; });

TEST(Mapping, TheHourThatComesTwiceIsTheFirst) {
  const auto reading = read(kBuses, "vid,tmstmp,lon,lat,spd,dly,rt\n1,20251102 01:30,1,2,3,0,r\n");
  ASSERT_TRUE(reading);
  EXPECT_EQ(base::format_time(*reading->at), "2025-11-02T06:30:00Z");  // still summer time, UTC-5
}
TEST(Mapping, WrongFilesSayWhatIsWrong) {
  for (const auto& [text, word] :
       {std::pair{"type = ", "line 1"}, std::pair{"id='{a}'", "no type"}, std::pair{"type='A'\nid='b'", "column"},
        std::pair{"type='A'\nid='{b}'", "attribute"},
        std::pair{"type='A'\nid='{b}'\n[time]\ncolumn='t'\nzone='Mars/Base'", "Mars"},
        std::pair{"type='A'\nid='{b}'\n[[attribute]]\nname='x'\ntype='point'", "lng and lat"}}) {
    const auto mapping = Mapping::parse(text);
    ASSERT_FALSE(mapping) << text;
    EXPECT_NE(mapping.error().detail.find(word), std::string::npos) << mapping.error().detail;
  }
}
TEST(Mapping, AnyTextIsAMappingOrAnError) {
  EXPECT_TRUE(rc::check("no crash", [](const std::string& junk) { (void)Mapping::parse(junk).has_value(); }));
}

}  // namespace
}  // namespace horad::city::exchange
