// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/readings.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>

#include "horad/city/town/climate.h"
#include "horad/city/town/dice.h"
#include "horad/city/town/entity_json.h"

namespace horad::city::town {
namespace {

using namespace std::chrono_literals;

struct World {
  Town town = make_town(kNovahradSeed);
  std::vector<Device> devices = place_devices(town);
  Readings readings{town};
};
const World& world() {
  static const World kWorld;
  return kWorld;
}
Timestamp local(int month, int day, int hour) {
  return Timestamp{std::chrono::sys_days{std::chrono::year{2026} / month / day} + std::chrono::hours{hour - 3}};
}
double value_of(const Reading& r, std::string_view attribute) {
  const auto m = std::ranges::find(r.values, attribute, &Measurement::attribute);
  return std::get<Number>(m->value).value;
}
std::vector<Device> of_kind(DeviceKind kind) {
  std::vector<Device> out;
  std::ranges::copy_if(world().devices, std::back_inserter(out), [&](const Device& d) { return d.kind == kind; });
  return out;
}

TEST(Devices, AreAboutSixHundredOfAllKinds) {
  std::set<DeviceKind> kinds;
  std::set<std::string> ids;
  for (const Device& d : world().devices) {
    kinds.insert(d.kind);
    EXPECT_TRUE(ids.insert(d.id).second) << d.id;
    EXPECT_FALSE(d.name.be.empty() || d.name.ru.empty() || d.name.en.empty());
    EXPECT_GE(history_step(d.kind), reporting_interval(d.kind));
    EXPECT_EQ(history_step(d.kind) % 120s, 0s) << "history is made on a grid of two minutes";
  }
  EXPECT_EQ(kinds.size(), kDeviceKinds);
  EXPECT_GE(world().devices.size(), 550u);
  EXPECT_LE(world().devices.size(), 650u);
}

TEST(Climate, SunRisesInTheEastAndSetsInTheWest) {
  EXPECT_GT(sun_height(local(6, 21, 13)), 55);
  EXPECT_LT(sun_height(local(6, 21, 1)), -10);
  EXPECT_LT(sun_height(local(12, 21, 13)), 16);
}

TEST(Climate, WeekHasItsShape) {
  EXPECT_GT(traffic_at(local(11, 18, 8)), 5 * traffic_at(local(11, 18, 3))) << "Wednesday";
  EXPECT_GT(traffic_at(local(11, 18, 8)), 2 * traffic_at(local(11, 22, 8))) << "Wednesday against Sunday";
  EXPECT_EQ(local_time(local(11, 22, 8)).weekday, 6);
}

TEST(Climate, WeatherStaysEarthly) {
  for (int hour = 0; hour < 366 * 24; hour += 5) {
    const Weather w = weather_at(7, local(1, 1, hour));
    ASSERT_GT(w.temperature, -35);
    ASSERT_LT(w.temperature, 40);
    ASSERT_GE(w.humidity, 20);
    ASSERT_LE(w.humidity, 100);
    ASSERT_GE(w.rain, 0);
    ASSERT_GE(w.radiation, 0);
    ASSERT_GT(w.wind_speed, 0);
  }
}

TEST(Readings, AreTheSameWheneverAsked) {
  const Readings again{world().town};
  for (std::size_t i = 0; i < world().devices.size(); i += 7) {
    const Device& d = world().devices[i];
    const auto a = world().readings.at(d, local(11, 20, 9));
    const auto b = again.at(d, local(11, 20, 9));
    ASSERT_EQ(a.has_value(), b.has_value());
    if (a) EXPECT_EQ(reading_json(d, *a), reading_json(d, *b));
  }
}

/// Widest sensible values, for any device at any time; a spike may leave them.
TEST(Readings, StayWithinBounds) {
  const std::map<std::string_view, std::pair<double, double>> bounds{{"relativeHumidity", {0, 100}},
                                                                     {"batteryLevel", {-1, 101}},
                                                                     {"fillingLevel", {0, 1}},
                                                                     {"occupancy", {0, 1}},
                                                                     {"illuminanceLevel", {0, 1}},
                                                                     {"bearing", {0, 359.9}},
                                                                     {"speed", {0, 45}},
                                                                     {"windDirection", {0, 360}},
                                                                     {"supplyTemperature", {50, 120}},
                                                                     {"soilMoisture", {20, 90}},
                                                                     {"passengerCount", {0, 90}},
                                                                     {"waterFlow", {0, 3000}},
                                                                     {"averageVehicleSpeed", {5, 75}},
                                                                     {"precipitation", {0, 20}},
                                                                     {"power", {0, 600}}};
  Dice dice(99);
  for (const Device& d : world().devices) {
    for (int k = 0; k < 6; ++k) {
      const auto r = world().readings.at(d, local(1, 1, 0) + std::chrono::seconds{dice.next() % (365 * 86400)});
      if (!r) continue;
      for (const Measurement& m : r->values) {
        const auto* n = std::get_if<Number>(&m.value);
        const auto bound = bounds.find(m.attribute);
        if (n == nullptr) continue;
        ASSERT_TRUE(std::isfinite(n->value)) << d.id << " " << m.attribute;
        if (bound == bounds.end()) continue;
        EXPECT_GE(n->value, bound->second.first) << d.id << " " << m.attribute;
        EXPECT_LE(n->value, bound->second.second) << d.id << " " << m.attribute;
      }
    }
  }
}

TEST(Readings, CountersNeverFall) {
  for (const auto& [kind, attribute] :
       {std::pair{DeviceKind::kWaterMeter, "waterConsumption"}, {DeviceKind::kHeatMeter, "totalConsumption"}}) {
    for (const Device& d : of_kind(kind)) {
      double before = 0;
      for (int minutes = 0; minutes < 48 * 60; minutes += 97) {
        const Timestamp at = local(11, 20, 0) + std::chrono::minutes{minutes};
        const auto r = world().readings.at(d, at);
        if (!r || fault_of(d, at) == Fault::kStuck) continue;
        const double now = value_of(*r, attribute);
        EXPECT_GE(now, before) << d.id;
        before = now;
      }
      EXPECT_GT(before, 0);
    }
  }
}

TEST(Readings, LampsShineAtNight) {
  for (const Device& d : of_kind(DeviceKind::kStreetlight)) {
    const auto state = [&](Timestamp at) {
      const auto r = world().readings.at(d, at);
      return r ? std::get<std::string_view>(r->values.front().value) : std::string_view{};
    };
    EXPECT_NE(state(local(11, 20, 13)), "on");
    EXPECT_NE(state(local(11, 20, 23)), "off");
  }
}

TEST(Readings, AirIsWorseInTheRushHour) {
  double rush = 0, night = 0;
  for (const Device& d : of_kind(DeviceKind::kAir)) {
    for (int day = 16; day <= 20; ++day) {
      if (const auto r = world().readings.at(d, local(11, day, 8))) rush += value_of(*r, "no2");
      if (const auto r = world().readings.at(d, local(11, day, 3))) night += value_of(*r, "no2");
    }
  }
  EXPECT_GT(rush, 1.3 * night);
}

TEST(Readings, SomeDevicesFallSilentAndSomeAreStuck) {
  int silent = 0, stuck = 0, all = 0;
  for (const Device& d : world().devices) {
    for (int hour = 0; hour < 24 * 14; hour += 3) {
      const Fault fault = fault_of(d, local(11, 1, hour));
      silent += fault == Fault::kSilent ? 1 : 0;
      stuck += fault == Fault::kStuck ? 1 : 0;
      ++all;
      if (hour == 0) EXPECT_EQ(fault == Fault::kSilent, !world().readings.at(d, local(11, 1, hour)).has_value());
    }
  }
  EXPECT_GT(silent, all / 400);
  EXPECT_LT(silent, all / 25);
  EXPECT_GT(stuck, all / 2000);
  EXPECT_LT(stuck, all / 40);
}

TEST(Readings, StuckValuesStandStillWhileTimeRuns) {
  for (const Device& d : of_kind(DeviceKind::kBridge)) {
    for (int minute = 0; minute < 60 * 24 * 30; minute += 20) {
      const Timestamp at = local(10, 1, 0) + std::chrono::minutes{minute};
      if (fault_of(d, at) != Fault::kStuck || fault_of(d, at + 5s) != Fault::kStuck) continue;
      const auto a = world().readings.at(d, at);
      const auto b = world().readings.at(d, at + 5s);
      ASSERT_TRUE(a && b);
      EXPECT_EQ(value_of(*a, "strain"), value_of(*b, "strain"));
      EXPECT_NE(a->at, b->at);
      return;
    }
  }
  FAIL() << "no bridge sensor was stuck for a whole month";
}

TEST(Buses, MoveAsFastAsTheySay) {
  for (const Device& d : of_kind(DeviceKind::kBus)) {
    std::optional<Degrees> before;
    for (int s = 0; s < 900; s += 2) {
      const auto r = world().readings.at(d, local(11, 18, 9) + std::chrono::seconds{s});
      if (!r) {
        before.reset();
        continue;
      }
      const auto now = std::get<Degrees>(r->values.front().value);
      if (before) {
        const double moved = distance(from_degrees(*before), from_degrees(now));
        ASSERT_LT(moved, 40) << d.id << ": two seconds, and a change of lane at the end of the line";
      }
      before = now;
    }
  }
}

TEST(Buses, StayOnTheirLine) {
  for (const Device& d : of_kind(DeviceKind::kBus)) {
    const auto r = world().readings.at(d, local(11, 18, 12));
    if (!r) continue;
    const Point p = from_degrees(std::get<Degrees>(r->values.front().value));
    EXPECT_LT(distance_to_line(p, world().town.lines[d.line].path), 6) << d.id;
  }
}

TEST(Timetable, RoundClosesAndStopsDwell) {
  const Timetable timetable{world().town.lines[0]};
  EXPECT_NEAR(distance(timetable.state(0).at, timetable.state(timetable.round_s()).at), 0, 1e-6);
  EXPECT_TRUE(timetable.state(1).at_stop);
  EXPECT_EQ(timetable.state(1).speed, 0);
  double fastest = 0;
  for (double t = 0; t < timetable.round_s(); t += 3) fastest = std::max(fastest, timetable.state(t).speed);
  EXPECT_GT(fastest, 8);
  EXPECT_LT(fastest, 12);
}

TEST(EntityJson, IsValidAndComplete) {
  simdjson::dom::parser parser;
  for (const Device& d : world().devices) {
    simdjson::dom::element root;
    ASSERT_EQ(parser.parse(entity_json(world().town, d)).get(root), simdjson::SUCCESS) << d.id;
    std::string_view text;
    EXPECT_EQ(root["type"].get(text), simdjson::SUCCESS);
    EXPECT_EQ(text, entity_type(d.kind));
    for (const char* language : {"be", "ru", "en"})
      EXPECT_EQ(root["name"]["languageMap"][language].get(text), simdjson::SUCCESS);
    EXPECT_EQ(root["reportingInterval"]["unitCode"].get(text), simdjson::SUCCESS);
    if (const auto r = world().readings.at(d, local(11, 18, 12))) {
      simdjson::dom::element reading;
      ASSERT_EQ(parser.parse(reading_json(d, *r)).get(reading), simdjson::SUCCESS) << reading_json(d, *r);
      EXPECT_EQ(reading[r->values.front().attribute]["observedAt"].get(text), simdjson::SUCCESS);
      EXPECT_EQ(text, "2026-11-18T09:00:00Z");
    }
  }
}

}  // namespace
}  // namespace horad::city::town
