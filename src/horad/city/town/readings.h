// SPDX-License-Identifier: Apache-2.0
// What a device would report at a given moment. Stateless: every value follows from the town's seed, the device and the
// time, so that history can be made up backwards and two runs agree.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "horad/base/time.h"
#include "horad/city/town/devices.h"
#include "horad/city/town/timetable.h"

namespace horad::city::town {

/// A number with the digits it is worth reporting.
struct Number {
  double value = 0;
  int decimals = 0;
  friend bool operator==(const Number&, const Number&) = default;
};

struct Measurement {
  std::string_view attribute;                                   // NGSI-LD attribute name
  std::variant<Number, std::string_view, Degrees, Name> value;  // Degrees: a GeoProperty; Name: a LanguageProperty
  std::string_view unit = {};                                   // UN/CEFACT common code; empty: none
};

struct Reading {
  Timestamp at;  // when it was observed
  std::vector<Measurement> values;
};

/// What is wrong with a device at a moment. Drawn per device and day.
enum class Fault { kNone, kSilent, kStuck };
Fault fault_of(const Device& device, Timestamp at) noexcept;

class Readings {
 public:
  /// Keeps a reference to the town, which must outlive it.
  explicit Readings(const Town& town);

  /// The reading of that moment, or nothing when the device is silent then. Views in it live as long as the program.
  ///   cost   microseconds; tens of them for meters, which add up their days
  std::optional<Reading> at(const Device& device, Timestamp when) const;

 private:
  std::vector<Measurement> measure(const Device& device, Timestamp when) const;
  std::vector<Measurement> bus(const Device& device, Timestamp when) const;
  double bridge_load(Timestamp when) const;

  const Town& town_;
  std::vector<Timetable> timetables_;  // by line
};

}  // namespace horad::city::town
