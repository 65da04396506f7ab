// SPDX-License-Identifier: Apache-2.0
// The sky, the river and the crowd over Novahrad: what all readings share. Pure functions of a seed and a time, so that
// any moment of the past or future can be computed alone.
#pragma once

#include <cstdint>

#include "horad/base/time.h"

namespace horad::city::town {

/// Smooth noise in [-1, 1] that changes over about `period_s` seconds; `channel` makes independent ones.
double wave(std::uint64_t seed, std::uint64_t channel, Timestamp at, double period_s) noexcept;
/// Uniform noise in [-1, 1], new every `slot_s` seconds.
double jitter(std::uint64_t seed, std::uint64_t channel, Timestamp at, double slot_s) noexcept;

/// Clock of the town: UTC+3 all year.
struct LocalTime {
  double hour = 0;         // [0, 24)
  int weekday = 0;         // 0 is Monday
  double day_of_year = 0;  // [0, 366)
  std::int64_t day = 0;    // days since 1970-01-01, local
  bool day_off() const noexcept { return weekday >= 5; }
};
LocalTime local_time(Timestamp at) noexcept;

/// Height of the sun above the horizon in degrees; within about one degree.
double sun_height(Timestamp at) noexcept;

struct Weather {
  double temperature = 0;     // degrees Celsius
  double humidity = 0;        // percent
  double wind_speed = 0;      // m/s
  double wind_direction = 0;  // degrees the wind comes from
  double pressure = 0;        // hPa
  double rain = 0;            // mm/h
  double cloud = 0;           // 0 clear to 1 overcast
  double radiation = 0;       // W/m2
};
Weather weather_at(std::uint64_t seed, Timestamp at) noexcept;

/// How busy streets are, 0 to 1: two peaks on working days, one broad hill on days off.
double traffic_at(Timestamp at) noexcept;
/// How much water or heat homes draw, around 1 on average over a day.
double household_at(const LocalTime& now) noexcept;
/// Level of the river above its gauge zero in metres: season, snow melt, and rain of the last days.
double river_level(std::uint64_t seed, Timestamp at) noexcept;

}  // namespace horad::city::town
