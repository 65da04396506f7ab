// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/readings.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "horad/city/town/climate.h"
#include "horad/city/town/dice.h"

namespace horad::city::town {
namespace {

using Values = std::vector<Measurement>;
using std::chrono::seconds;

double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}
Measurement number(std::string_view attribute, double value, int decimals, std::string_view unit) {
  return {attribute, Number{rounded(value, decimals) + 0.0, decimals}, unit};
}

std::uint64_t day_hash(const Device& d, std::int64_t day, std::uint64_t what) {
  return mix(mix(d.seed, static_cast<std::uint64_t>(day)), what);
}
double seconds_of(Timestamp at) { return std::chrono::duration<double>(at.time_since_epoch()).count(); }

/// Percent left: a straight decline over a life of 300 to 700 days, then a new battery.
double battery(const Device& d, Timestamp at) {
  const double life = 300 + 400 * to_unit(mix(d.seed, 71));
  const double age = std::fmod(seconds_of(at) / 86400 + 1000 * to_unit(mix(d.seed, 72)), life);
  return 100 * (1 - age / life) + 0.4 * wave(d.seed, 73, at, 43200);
}

Values air(const Device& d, const Weather& w, Timestamp at) {
  const LocalTime now = local_time(at);
  const double calm = 1.9 / (0.6 + 0.45 * w.wind_speed);  // wind carries dirt away
  const double traffic = traffic_at(at) * d.exposure;
  const double heating =
      std::max(0.0, 14 - w.temperature) / 14 * (0.6 + 0.4 * std::cos((now.hour - 20) / 24 * 2 * std::numbers::pi));
  const double wash = 1 / (1 + 0.5 * w.rain);
  const double pm25 =
      std::max(0.5, (4.5 + 9 * traffic + 11 * heating) * calm * wash * (1 + 0.12 * wave(d.seed, 1, at, 1500)) +
                        0.6 * jitter(d.seed, 1, at, 60));
  const double pm10 = pm25 * 1.55 + std::max(0.0, 9 * traffic * wash + 1.2 * jitter(d.seed, 2, at, 60));
  const double no2 = std::max(1.0, (5 + 34 * traffic + 6 * heating) * calm + 1.5 * jitter(d.seed, 3, at, 60));
  const double o3 = std::max(2.0, 38 + 0.055 * w.radiation - 0.55 * no2 + 4 * wave(d.seed, 4, at, 7200));
  return {number("pm25", pm25, 1, "GQ"),
          number("pm10", pm10, 1, "GQ"),
          number("no2", no2, 1, "GQ"),
          number("o3", o3, 1, "GQ"),
          number("temperature", w.temperature + 0.4 * wave(d.seed, 5, at, 3600), 1, "CEL"),
          number("relativeHumidity", w.humidity, 0, "P1")};
}

Values noise(const Device& d, const Weather& w, Timestamp at) {
  const double cars = std::max(0.015, traffic_at(at) * d.exposure);
  const double level =
      66 + 9.5 * std::log10(cars) + 0.25 * w.wind_speed + (w.rain > 0.3 ? 2.0 : 0.0) + 1.4 * jitter(d.seed, 1, at, 30);
  const double peak = level + 6 + 5 * std::abs(jitter(d.seed, 2, at, 30));
  return {number("LAeq", level, 1, "2N"), number("LAmax", peak, 1, "2N"),
          number("batteryLevel", battery(d, at), 0, "P1")};
}

Values weather(const Device& d, const Weather& w, Timestamp at) {
  const double open = 1.15 - 0.3 * d.exposure;
  return {number("temperature", w.temperature + 0.5 * wave(d.seed, 1, at, 5400) + 0.05 * jitter(d.seed, 1, at, 60), 1,
                 "CEL"),
          number("relativeHumidity", std::clamp(w.humidity + 1.5 * wave(d.seed, 2, at, 5400), 15.0, 100.0), 0, "P1"),
          number("windSpeed", std::max(0.0, w.wind_speed * open + 0.5 * jitter(d.seed, 3, at, 60)), 1, "MTS"),
          number("windDirection", std::fmod(w.wind_direction + 12 * jitter(d.seed, 4, at, 60) + 360, 360), 0, "DD"),
          number("atmosphericPressure", w.pressure, 1, "A97"),
          number("precipitation", std::max(0.0, w.rain * (1 + 0.2 * wave(d.seed, 5, at, 1200))), 1, "MMT"),
          number("solarRadiation", std::max(0.0, w.radiation * (1 + 0.06 * jitter(d.seed, 6, at, 60))), 0, "D54")};
}

Values river(const Device& d, const Weather& w, const Town& town, Timestamp at) {
  const bool lake = d.number == 5;
  const double level = lake ? 4.2 + 0.25 * wave(d.seed, 1, at, 864000)
                            : river_level(town.seed, at - std::chrono::minutes{40} * static_cast<int>(d.number));
  const double shown = level + 0.2 * static_cast<double>(d.number % 3) + 0.004 * jitter(d.seed, 2, at, 60);
  const double flow = lake ? 0.35 : 24 * std::pow(level, 1.6);
  const LocalTime now = local_time(at);
  const double season = 9.5 - 9.3 * std::cos(2 * std::numbers::pi * (now.day_of_year - 28) / 365.25);
  const double warm = std::max(0.1, season + 0.25 * (w.temperature - season) * 0.4);
  return {number("height", shown, 3, "MTR"), number("flow", flow, 1, "MQS"), number("temperature", warm, 1, "CEL")};
}

Values parking(const Device& d, Timestamp at) {
  const LocalTime now = local_time(at);
  const double slot_s = 1200 + 3000 * to_unit(mix(d.seed, 5));
  const double shift = slot_s * to_unit(mix(d.seed, 6));
  const auto slot = static_cast<std::uint64_t>((seconds_of(at) + shift) / slot_s);
  const double day = std::exp(-std::pow((now.hour - 13.5) / 5.2, 2));
  const double demand = 0.08 + (now.day_off() ? 0.62 : 0.86) * d.exposure * day;
  const bool taken = to_unit(mix(d.seed, slot)) < demand;
  return {{"status", std::string_view{taken ? "occupied" : "free"}}};
}

Values streetlight(const Device& d, Timestamp at) {
  const LocalTime now = local_time(at);
  const bool defective = day_hash(d, now.day / 9, 3) % 45 == 0;
  const bool dark = sun_height(at) < -1.5 + 1.2 * jitter(d.seed, 1, Timestamp{}, 1);
  const double level = !dark ? 0 : now.hour > 1 && now.hour < 5 ? 0.5 : 1;
  const double watts = dark && !defective ? level * 68 + 1.3 * jitter(d.seed, 2, at, 120) : 0.6;
  return {{"powerState", std::string_view{dark ? "on" : "off"}},
          {"status", std::string_view{defective ? "defectiveLamp" : "ok"}},
          number("illuminanceLevel", defective ? 0 : level, 2, "C62"),
          number("activePower", watts, 1, "WTT")};
}

/// What has run through a meter since it was installed, by whole days of different thirst and the part of today. Never
/// falls.
struct Meter {
  double total = 0;  // in the unit of `per_day`
  double rate = 0;   // per hour, now
};
constexpr std::int64_t kInstalled = 20089;  // 2025-01-01 in days since 1970

template <class DayAmount>
Meter run_meter(const Device& d, Timestamp at, DayAmount amount) {
  static const auto share_until = [](const LocalTime& now) {  // part of a day's use drawn so far
    LocalTime t = now;
    double sum = 0, all = 0;
    for (int i = 0; i < 96; ++i) {
      t.hour = (i + 0.5) / 4;
      const double v = household_at(t);
      all += v;
      sum += v * std::clamp(now.hour * 4 - i, 0.0, 1.0);
    }
    return sum / all;
  };
  const LocalTime now = local_time(at);
  Meter m;
  m.total = 900 * to_unit(mix(d.seed, 9));
  for (std::int64_t day = kInstalled; day < now.day; ++day) m.total += amount(day);
  const double today = amount(now.day);
  m.total += today * share_until(now);
  m.rate = today / 24 * household_at(now) * (1 + 0.25 * jitter(d.seed, 12, at, 300));
  return m;
}

Values water_meter(const Device& d, Timestamp at) {
  const double homes = 1 + std::floor(40 * d.exposure * d.exposure * to_unit(mix(d.seed, 21)));
  const bool leaking = d.seed % 20 == 3;
  const Meter m = run_meter(d, at, [&](std::int64_t day) {
    return homes * 0.26 * (0.75 + 0.5 * to_unit(day_hash(d, day, 22))) + (leaking ? 0.9 : 0);
  });
  return {number("waterConsumption", m.total * 1000, 0, "LTR"),
          number("waterFlow", m.rate * 1000 + (leaking ? 35 : 0), 0, "E32"),
          number("batteryLevel", battery(d, at), 0, "P1")};
}

Values heat_meter(const Device& d, const Weather& w, Timestamp at) {
  const double size = 0.5 + 1.5 * to_unit(mix(d.seed, 31));
  const auto mean_temperature = [](std::int64_t day) {
    return 6.8 - 12.2 * std::cos(2 * std::numbers::pi * (static_cast<double>(day % 365) - 18) / 365.25);
  };
  const Meter m = run_meter(d, at, [&](std::int64_t day) {
    return size * std::max(0.12, (17 - mean_temperature(day)) / 17) * 1.6 * (0.9 + 0.2 * to_unit(day_hash(d, day, 32)));
  });
  const double load = std::clamp((18 - w.temperature) / 38, 0.0, 1.0);
  const double supply = 58 + 52 * load + 0.7 * wave(d.seed, 33, at, 1800);
  const double power = size * (18 + 190 * load) * (0.85 + 0.15 * household_at(local_time(at))) *
                       (1 + 0.03 * jitter(d.seed, 34, at, 300));
  const double back = supply - 8 - 24 * load;
  return {number("totalConsumption", m.total, 3, "MWH"), number("power", power, 1, "KWT"),
          number("supplyTemperature", supply, 1, "CEL"), number("returnTemperature", back, 1, "CEL"),
          number("flow", power / (1.163 * (supply - back)), 2, "MQH")};
}

/// Days since the container was last emptied. Crews come every `period` days in the morning; one round in twelve is
/// missed.
double days_since_emptied(const Device& d, const LocalTime& now, std::int64_t period) {
  const double moment = static_cast<double>(now.day) + now.hour / 24;
  const double shift = static_cast<double>(d.seed % 7) + (6 + 4 * to_unit(mix(d.seed, 41))) / 24;
  auto round = static_cast<std::int64_t>(std::floor((moment - shift) / static_cast<double>(period)));
  while (mix(mix(d.seed, 42), static_cast<std::uint64_t>(round)) % 12 == 0) --round;
  return moment - shift - static_cast<double>(round * period);
}

Values waste(const Device& d, const Weather& w, Timestamp at) {
  const LocalTime now = local_time(at);
  const std::int64_t period = 2 + static_cast<std::int64_t>(mix(d.seed, 40) % 3);
  const double age = days_since_emptied(d, now, period);
  const double pace = (0.62 + 0.35 * to_unit(mix(d.seed, 43))) / static_cast<double>(period);
  const double level = std::clamp(age * pace + 0.02 * wave(d.seed, 44, at, 7200) + 0.015, 0.0, 1.0);
  return {number("fillingLevel", level, 2, "C62"),
          number("temperature", w.temperature + 2 + 6 * w.radiation / 900, 1, "CEL"),
          number("batteryLevel", battery(d, at), 0, "P1")};
}

Values traffic(const Device& d, const Weather& w, Timestamp at) {
  const double busy = traffic_at(at) * d.exposure * (1 + 0.15 * wave(d.seed, 1, at, 2400));
  const double per_hour = std::max(0.0, 1250 * busy * (1 + 0.18 * jitter(d.seed, 2, at, 30)));
  const double occupancy = std::clamp(0.42 * busy * busy + 0.08 * busy + 0.02 * jitter(d.seed, 3, at, 30), 0.0, 1.0);
  const double free_speed = 38 + 20 * d.exposure;
  const double speed =
      std::max(6.0, free_speed * (1 - 0.62 * busy * busy) - (w.rain > 0.5 ? 4 : 0) + 2.5 * jitter(d.seed, 4, at, 30));
  return {number("intensity", per_hour, 0, "C62"), number("occupancy", occupancy, 2, "C62"),
          number("averageVehicleSpeed", speed, 1, "KMH")};
}

Values greenhouse(const Device& d, const Weather& w, Timestamp at) {
  const LocalTime now = local_time(at);
  const bool lamps = now.hour > 5 && now.hour < 21 && w.radiation < 120;
  const double light = w.radiation * 95 + (lamps ? 9000 : 0);
  const double inside =
      18.5 + 6.5 * std::min(1.0, light / 60000) + 0.06 * (w.temperature - 10) + 0.6 * wave(d.seed, 1, at, 2700);
  const double damp = std::clamp(76 - 0.9 * (inside - 20) + 4 * wave(d.seed, 2, at, 5400), 35.0, 98.0);
  const double soil =
      55 + 16 * std::fabs(std::fmod(now.hour / 8 + to_unit(mix(d.seed, 3)), 1.0) - 1) - 8;  // watered three times a day
  const double co2 = 900 - 380 * std::min(1.0, light / 50000) + 25 * wave(d.seed, 4, at, 1800);
  return {number("temperature", inside, 1, "CEL"), number("relativeHumidity", damp, 0, "P1"),
          number("co2", co2, 0, "59"), number("illuminance", light, 0, "LUX"), number("soilMoisture", soil, 1, "P1")};
}

Values bridge(const Device& d, const Weather& w, double load, Timestamp at) {
  const double steel = w.temperature + 5 * w.radiation / 900 + 0.1 * wave(d.seed, 1, at, 3600);
  const double strain = 11.0 * (steel - 10) * 0.35 + 26 * load * d.exposure + 0.8 * jitter(d.seed, 2, at, 5);
  const double vibration =
      0.004 + 0.085 * load * d.exposure + 0.0035 * std::abs(jitter(d.seed, 3, at, 5)) + 0.0006 * w.wind_speed;
  return {number("strain", strain, 1, "59"), number("vibration", vibration, 4, "MSK"),
          number("temperature", steel, 1, "CEL"),
          number("frequency", 3.42 - 0.004 * (steel - 10) + 0.006 * jitter(d.seed, 4, at, 60), 3, "HTZ")};
}

bool may_spike(DeviceKind kind) {
  return kind == DeviceKind::kAir || kind == DeviceKind::kNoise || kind == DeviceKind::kRiver ||
         kind == DeviceKind::kTrafficCounter || kind == DeviceKind::kBridge;
}

/// One reading in two thousand is wildly wrong in its first value, as radio and electronics will have it.
void spike(const Device& d, Timestamp at, Values& values) {
  const auto tick = static_cast<std::uint64_t>(at.time_since_epoch().count() / 1'000'000'000);
  if (!may_spike(d.kind) || mix(mix(d.seed, 8080), tick) % 2000 != 0) return;
  if (auto* n = std::get_if<Number>(&values.front().value)) n->value = rounded(n->value * 3.5 + 10, n->decimals);
}

/// A stretch of one day in which something is wrong.
struct Episode {
  Timestamp from;
  Timestamp to;
};
Episode episode(const Device& d, std::int64_t day, std::uint64_t what, double least_h, double most_h) {
  const double start = 24 * to_unit(day_hash(d, day, what + 1));
  const double size = least_h + (most_h - least_h) * to_unit(day_hash(d, day, what + 2));
  const Timestamp midnight{std::chrono::hours{day * 24 - 3}};
  return {midnight + std::chrono::milliseconds{static_cast<std::int64_t>(start * 3.6e6)},
          midnight + std::chrono::milliseconds{static_cast<std::int64_t>((start + size) * 3.6e6)}};
}

/// The stuck or silent stretch that holds `at`, looking at today and yesterday.
std::optional<Episode> episode_at(const Device& d, Timestamp at, std::uint64_t what, std::uint64_t one_in,
                                  double least_h, double most_h) {
  const std::int64_t today = local_time(at).day;
  for (const std::int64_t day : {today, today - 1}) {
    if (day_hash(d, day, what) % one_in != 0) continue;
    const Episode e = episode(d, day, what, least_h, most_h);
    if (at >= e.from && at < e.to) return e;
  }
  return std::nullopt;
}

std::optional<Episode> silence_at(const Device& d, Timestamp at) {
  if (d.kind == DeviceKind::kBus) return episode_at(d, at, 100, 60, 0.1, 0.5);
  return episode_at(d, at, 100, 22, 0.7, 9);
}
std::optional<Episode> stuck_at(const Device& d, Timestamp at) {
  if (d.kind == DeviceKind::kBus || d.kind == DeviceKind::kParkingSpot || d.kind == DeviceKind::kStreetlight)
    return std::nullopt;
  return episode_at(d, at, 200, 45, 1, 6);
}

/// Most buses rest from midnight to five; two of each line run on.
bool in_service(const Device& bus, const LocalTime& now) {
  return bus.turn < 2 || (now.hour >= 5 + 0.2 * static_cast<double>(bus.turn) && now.hour < 23.5);
}

}  // namespace

Fault fault_of(const Device& device, Timestamp at) noexcept {
  if (silence_at(device, at)) return Fault::kSilent;
  return stuck_at(device, at) ? Fault::kStuck : Fault::kNone;
}

Readings::Readings(const Town& town) : town_(town) {
  for (const Line& line : town.lines) timetables_.emplace_back(line);
}

std::optional<Reading> Readings::at(const Device& device, Timestamp when) const {
  if (silence_at(device, when)) return std::nullopt;
  const auto stuck = stuck_at(device, when);
  Reading reading{when, measure(device, stuck ? stuck->from : when)};
  if (!stuck) spike(device, when, reading.values);
  return reading;
}

std::vector<Measurement> Readings::measure(const Device& d, Timestamp at) const {
  const auto sky = [&] { return weather_at(town_.seed, at); };
  switch (d.kind) {
    case DeviceKind::kAir:
      return air(d, sky(), at);
    case DeviceKind::kNoise:
      return noise(d, sky(), at);
    case DeviceKind::kWeather:
      return weather(d, sky(), at);
    case DeviceKind::kRiver:
      return river(d, sky(), town_, at);
    case DeviceKind::kParkingSpot:
      return parking(d, at);
    case DeviceKind::kStreetlight:
      return streetlight(d, at);
    case DeviceKind::kBus:
      return bus(d, at);
    case DeviceKind::kWaterMeter:
      return water_meter(d, at);
    case DeviceKind::kHeatMeter:
      return heat_meter(d, sky(), at);
    case DeviceKind::kWasteContainer:
      return waste(d, sky(), at);
    case DeviceKind::kTrafficCounter:
      return traffic(d, sky(), at);
    case DeviceKind::kGreenhouse:
      return greenhouse(d, sky(), at);
    case DeviceKind::kBridge:
      return bridge(d, sky(), bridge_load(at), at);
  }
  return {};
}

/// Lorries and buses on the monitored bridge come as short pulses, more of them when streets are busy.
double Readings::bridge_load(Timestamp at) const {
  const double busy = traffic_at(at);
  double load = 0.2 * busy;
  for (int back = 0; back < 3; ++back) {
    const Timestamp slot = at - seconds{5 * back};
    const double heavy = (jitter(town_.seed, 600, slot, 5) + 1) / 2;
    if (heavy < 0.05 + 0.25 * busy) load += (0.4 + 2 * heavy) * (1 - back * 0.3);
  }
  return load;
}

std::vector<Measurement> Readings::bus(const Device& d, Timestamp at) const {
  const LocalTime now = local_time(at);
  if (!in_service(d, now)) {
    return {{"location", to_degrees(d.at), {}},
            number("speed", 0, 1, "KMH"),
            number("bearing", 0, 0, "DD"),
            {"serviceStatus", std::string_view{"parked"}}};
  }
  const Timetable& timetable = timetables_[d.line];
  const Line& line = town_.lines[d.line];
  // Buses run late and catch up; the wave is slow enough that no bus ever drives backwards.
  const double late = 45 + 45 * wave(d.seed, 1, at, 1500) + 60 * traffic_at(at) * (1 + wave(d.seed, 2, at, 3600)) * 0.5;
  const double into =
      seconds_of(at) - late + timetable.round_s() * static_cast<double>(d.turn) / static_cast<double>(d.turns);
  const BusState state = timetable.state(into);
  const double riders = 4 + 46 * traffic_at(at) * (0.6 + 0.4 * wave(d.seed, 3, at, 900));
  return {{"location", to_degrees(state.at), {}},
          number("speed", state.speed * 3.6, 1, "KMH"),
          number("bearing", std::fmod(std::round(state.bearing), 360), 0, "DD"),
          {"serviceStatus", std::string_view{state.at_stop ? "atStop" : "onRoute"}},
          {"nextStop", town_.stops[line.calls[state.next_call].stop].name, {}},
          number("delay", late - 45, 0, "SEC"),
          number("passengerCount", std::max(0.0, riders), 0, "C62")};
}

}  // namespace horad::city::town
