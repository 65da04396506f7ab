// SPDX-License-Identifier: Apache-2.0
// The things in the town that measure: about 600 of them, each standing where such a thing would stand.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "horad/city/town/town.h"

namespace horad::city::town {

enum class DeviceKind : std::uint8_t {
  kAir,
  kNoise,
  kWeather,
  kRiver,
  kParkingSpot,
  kStreetlight,
  kBus,
  kWaterMeter,
  kHeatMeter,
  kWasteContainer,
  kTrafficCounter,
  kGreenhouse,
  kBridge,
};
inline constexpr std::size_t kDeviceKinds = 13;

struct Device {
  DeviceKind kind = DeviceKind::kAir;
  std::size_t number = 0;  // within its kind, from 1
  std::string id;          // urn:ngsi-ld:TYPE:novahrad:NUMBER
  Name name;
  Name street;               // nearest named street; empty when there is none
  Point at;                  // buses: where the depot is
  std::size_t district = 0;  // index into plan.districts; their count when outside the town
  std::size_t line = 0;      // buses: index into Town::lines
  std::size_t turn = 0;      // buses: which of the line's buses
  std::size_t turns = 1;     // buses: how many the line has
  std::uint64_t seed = 0;    // of everything random about it
  double exposure = 0.5;     // how busy its surroundings are, 0 to 1
};

/// NGSI-LD entity type by Smart Data Models; only BridgeObserved is our own, as they have none.
std::string_view entity_type(DeviceKind kind) noexcept;
/// How often it reports when all is well.
std::chrono::seconds reporting_interval(DeviceKind kind) noexcept;
/// How far apart its readings lie in history that is made up afterwards; never shorter than the interval.
std::chrono::seconds history_step(DeviceKind kind) noexcept;

/// All devices of the town, by kind and number. Equal towns give equal devices.
std::vector<Device> place_devices(const Town& town);

}  // namespace horad::city::town
