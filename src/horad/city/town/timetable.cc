// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/timetable.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "horad/city/town/dice.h"

namespace horad::city::town {
namespace {

constexpr double kCruise = 11.0;       // m/s, about 40 km/h
constexpr double kAcceleration = 0.9;  // m/s2, both ways
constexpr double kRest = 240;          // seconds at each end
constexpr double kLane = 3.0;          // metres to the right of the middle of the road

struct Motion {
  double covered;
  double speed;
};

/// Trapezoid of speed over `size` metres: rise, cruise, fall; a triangle when the stretch is short.
double travel_time(double size) {
  const double ramp = kCruise * kCruise / kAcceleration;
  return size >= ramp ? size / kCruise + kCruise / kAcceleration : 2 * std::sqrt(size / kAcceleration);
}
Motion motion(double size, double t) {
  const double total = travel_time(size);
  const double peak = std::min(kCruise, kAcceleration * total / 2);
  const double ramp_s = peak / kAcceleration;
  if (t < ramp_s) return {kAcceleration * t * t / 2, kAcceleration * t};
  if (t > total - ramp_s) {
    const double left = std::max(0.0, total - t);
    return {size - kAcceleration * left * left / 2, kAcceleration * left};
  }
  return {peak * ramp_s / 2 + peak * (t - ramp_s), peak};
}

}  // namespace

Timetable::Timetable(const Line& line) : path_(line.path) {
  const std::size_t n = line.calls.size();
  const auto dwell = [&](std::size_t call, std::size_t way) {
    return 14 + 12 * to_unit(mix(mix(line.calls[call].stop, way), line.ref));
  };
  for (std::size_t i = 0; i + 1 < n; ++i)
    add(line.calls[i].at, line.calls[i + 1].at, i + 1, i == 0 ? kRest : dwell(i, 0));
  for (std::size_t i = n - 1; i > 0; --i)
    add(line.calls[i].at, line.calls[i - 1].at, i - 1, i == n - 1 ? kRest : dwell(i, 1));
}

void Timetable::add(double from, double to, std::size_t next_call, double dwell_s) {
  const double leave = round_s_ + dwell_s;
  const double end = leave + travel_time(std::abs(to - from));
  legs_.push_back({round_s_, leave, end, from, to, next_call});
  round_s_ = end;
}

BusState Timetable::state(double into) const {
  into = std::fmod(std::fmod(into, round_s_) + round_s_, round_s_);
  const auto after = std::ranges::upper_bound(legs_, into, {}, &Leg::start_s);
  const Leg& leg = *std::prev(after);
  const double size = std::abs(leg.to - leg.from);
  const bool out = leg.to > leg.from;
  const Motion m = into < leg.leave_s ? Motion{0, 0} : motion(size, into - leg.leave_s);
  const Placed place = along(path_, leg.from + (out ? m.covered : -m.covered));
  const Point heading = out ? place.direction : place.direction * -1.0;
  const double bearing = std::atan2(heading.x, heading.y) * 180 / std::numbers::pi;
  return {place.at - left_of(heading) * kLane, bearing < 0 ? bearing + 360 : bearing, m.speed, leg.next_call,
          into < leg.leave_s};
}

}  // namespace horad::city::town
