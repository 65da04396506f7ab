// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "horad/city/town/town.h"

namespace horad::city::town {

/// Where a bus is and what it does there.
struct BusState {
  Point at;
  double bearing = 0;         // degrees clockwise from north, [0, 360)
  double speed = 0;           // metres a second
  std::size_t next_call = 0;  // index into Line::calls
  bool at_stop = false;
};

/// One round trip of a line, out and back, with dwells at stops and a rest at both ends. Speeds rise and fall between
/// stops.
class Timetable {
 public:
  explicit Timetable(const Line& line);
  double round_s() const noexcept { return round_s_; }
  /// State at `into` seconds after leaving the first stop, modulo the round. Cost O(log stops + points of the path).
  BusState state(double into) const;

 private:
  struct Leg {
    double start_s;  // arrival at the stop it leaves from
    double leave_s;  // end of the dwell
    double end_s;
    double from;  // metres along the path
    double to;
    std::size_t next_call;
  };
  void add(double from, double to, std::size_t next_call, double dwell_s);

  Polyline path_;
  std::vector<Leg> legs_;
  double round_s_ = 0;
};

}  // namespace horad::city::town
