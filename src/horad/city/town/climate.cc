// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/climate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>

#include "horad/city/town/dice.h"
#include "horad/city/town/town.h"

namespace horad::city::town {
namespace {

constexpr double kTau = 2 * std::numbers::pi;
constexpr double kDay = 86400;
constexpr double kUtcOffset = 3 * 3600;

double seconds(Timestamp at) noexcept { return std::chrono::duration<double>(at.time_since_epoch()).count(); }

double knot(std::uint64_t seed, std::uint64_t channel, std::int64_t slot) noexcept {
  return 2 * to_unit(mix(mix(seed, channel), static_cast<std::uint64_t>(slot))) - 1;
}

/// A daily curve from 24 hourly values, linear between them.
double hourly(const std::array<double, 24>& values, double hour) noexcept {
  const auto h = static_cast<std::size_t>(hour) % 24;
  const double f = hour - std::floor(hour);
  return values[h] * (1 - f) + values[(h + 1) % 24] * f;
}

double bell(double x, double centre, double width) noexcept {
  return std::exp(-(x - centre) * (x - centre) / (width * width));
}

}  // namespace

double wave(std::uint64_t seed, std::uint64_t channel, Timestamp at, double period_s) noexcept {
  const double x = seconds(at) / period_s;
  const double slot = std::floor(x);
  const double f = x - slot;
  const double ease = f * f * f * (f * (f * 6 - 15) + 10);
  const auto i = static_cast<std::int64_t>(slot);
  return knot(seed, channel, i) * (1 - ease) + knot(seed, channel, i + 1) * ease;
}

double jitter(std::uint64_t seed, std::uint64_t channel, Timestamp at, double slot_s) noexcept {
  return knot(seed, channel + 1000, static_cast<std::int64_t>(std::floor(seconds(at) / slot_s)));
}

LocalTime local_time(Timestamp at) noexcept {
  const double local = seconds(at) + kUtcOffset;
  const auto day = static_cast<std::int64_t>(std::floor(local / kDay));
  const std::chrono::sys_days date{std::chrono::days{day}};
  const std::chrono::year_month_day ymd{date};
  const auto since_new_year = date - std::chrono::sys_days{ymd.year() / 1 / 1};
  LocalTime now;
  now.day = day;
  now.hour = (local - static_cast<double>(day) * kDay) / 3600;
  now.weekday = static_cast<int>(((day + 3) % 7 + 7) % 7);
  now.day_of_year = static_cast<double>(since_new_year.count()) + now.hour / 24;
  return now;
}

double sun_height(Timestamp at) noexcept {
  const LocalTime now = local_time(at);
  const double solar_hour = now.hour - 3 + kOrigin.lng / 15;
  const double tilt = -23.44 * std::cos(kTau * (now.day_of_year + 10) / 365.25) * kTau / 360;
  const double latitude = kOrigin.lat * kTau / 360;
  const double turn = (solar_hour - 12) / 24 * kTau;
  return std::asin(std::sin(latitude) * std::sin(tilt) + std::cos(latitude) * std::cos(tilt) * std::cos(turn)) * 360 /
         kTau;
}

Weather weather_at(std::uint64_t seed, Timestamp at) noexcept {
  const LocalTime now = local_time(at);
  Weather w;
  const double front = wave(seed, 1, at, 2.2 * kDay);  // high and low pressure passing
  const double season = -std::cos(kTau * (now.day_of_year - 18) / 365.25);
  w.cloud = std::clamp(0.55 - 0.45 * front + 0.3 * wave(seed, 2, at, 4 * 3600.0) - 0.1 * season, 0.0, 1.0);
  const double swing = (2.0 + 4.5 * (1 - w.cloud)) * (0.65 + 0.35 * season);
  w.temperature = 6.8 + 12.2 * season + 4.5 * wave(seed, 3, at, 3.1 * kDay) + 1.2 * wave(seed, 4, at, 5 * 3600.0) +
                  swing * std::cos(kTau * (now.hour - 15.2) / 24);
  const double wet = std::max(0.0, wave(seed, 5, at, 7 * 3600.0) - 0.25 + 0.7 * (w.cloud - 0.7));
  w.rain = w.cloud > 0.55 ? std::min(12.0, wet * wet * 14) : 0;
  w.humidity = std::clamp(74 - 9 * season + 14 * (w.cloud - 0.5) + (w.rain > 0.05 ? 10 : 0) -
                              9 * std::cos(kTau * (now.hour - 15) / 24) + 4 * wave(seed, 6, at, 9000),
                          22.0, 100.0);
  w.wind_speed =
      std::max(0.1, 3.1 - 1.8 * front + 1.4 * wave(seed, 7, at, 5400) + 0.9 * std::cos(kTau * (now.hour - 14) / 24));
  w.wind_direction = std::fmod(250 + 110 * wave(seed, 8, at, 1.4 * kDay) + 15 * wave(seed, 9, at, 1800) + 720, 360);
  w.pressure = 996 + 15 * front + 1.5 * wave(seed, 10, at, 6 * 3600.0);
  const double sun = std::sin(std::max(0.0, sun_height(at)) * kTau / 360);
  w.radiation = 1020 * sun * (1 - 0.78 * w.cloud * w.cloud);
  return w;
}

double traffic_at(Timestamp at) noexcept {
  static constexpr std::array<double, 24> kWork{0.05, 0.03, 0.02, 0.02, 0.04, 0.12, 0.34, 0.78, 0.95, 0.66, 0.55, 0.56,
                                                0.60, 0.62, 0.60, 0.66, 0.82, 1.00, 0.88, 0.62, 0.44, 0.31, 0.20, 0.10};
  static constexpr std::array<double, 24> kRest{0.10, 0.07, 0.05, 0.03, 0.03, 0.05, 0.10, 0.16, 0.26, 0.38, 0.50, 0.58,
                                                0.61, 0.60, 0.57, 0.55, 0.55, 0.54, 0.50, 0.43, 0.35, 0.27, 0.20, 0.14};
  const LocalTime now = local_time(at);
  return hourly(now.day_off() ? kRest : kWork, now.hour);
}

double household_at(const LocalTime& now) noexcept {
  static constexpr std::array<double, 24> kWork{0.30, 0.20, 0.16, 0.15, 0.22, 0.65, 1.65, 2.00, 1.35, 0.85, 0.70, 0.70,
                                                0.82, 0.80, 0.72, 0.80, 1.05, 1.45, 1.85, 2.05, 1.95, 1.65, 1.15, 0.62};
  static constexpr std::array<double, 24> kRest{0.42, 0.26, 0.18, 0.15, 0.17, 0.30, 0.60, 1.05, 1.55, 1.90, 1.80, 1.50,
                                                1.35, 1.25, 1.15, 1.10, 1.15, 1.30, 1.55, 1.75, 1.75, 1.50, 1.10, 0.70};
  return hourly(now.day_off() ? kRest : kWork, now.hour);
}

double river_level(std::uint64_t seed, Timestamp at) noexcept {
  const LocalTime now = local_time(at);
  const double melt = 1.5 * bell(now.day_of_year, 92, 17) * (0.7 + 0.3 * wave(seed, 31, at, 11 * kDay));
  double soaked = 0;  // rain of the last five days, rising for a day and a half, then draining away
  for (int hours = 2; hours < 120; hours += 2) {
    soaked += weather_at(seed, at - std::chrono::hours{hours}).rain * (hours / 30.0) * std::exp(-hours / 30.0);
  }
  return 1.35 + melt + 0.03 * soaked + 0.12 * wave(seed, 32, at, 4 * kDay) - 0.2 * bell(now.day_of_year, 225, 50);
}

}  // namespace horad::city::town
