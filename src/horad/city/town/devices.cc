// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "horad/city/town/dice.h"

namespace horad::city::town {
namespace {

struct KindRow {
  std::string_view type;
  int interval_s;
  int history_s;  // a multiple of two minutes
  Name name;
};

const KindRow& row(DeviceKind kind) {
  static const std::array<KindRow, kDeviceKinds> kRows{{
      {"AirQualityObserved", 60, 600, {"Станцыя якасці паветра", "Станция качества воздуха", "Air quality station"}},
      {"NoiseLevelObserved", 30, 600, {"Шумамер", "Шумомер", "Noise meter"}},
      {"WeatherObserved", 60, 600, {"Метэастанцыя", "Метеостанция", "Weather station"}},
      {"WaterObserved", 60, 600, {"Водамерны пост", "Водомерный пост", "River gauge"}},
      {"ParkingSpot", 30, 1200, {"Паркавальнае месца", "Парковочное место", "Parking bay"}},
      {"Streetlight", 120, 1800, {"Ліхтар", "Фонарь", "Street lamp"}},
      {"Vehicle", 2, 120, {"Аўтобус", "Автобус", "Bus"}},
      {"WaterConsumptionObserved", 300, 1800, {"Лічыльнік вады", "Счётчик воды", "Water meter"}},
      {"SmartMeteringObservation", 300, 1800, {"Лічыльнік цяпла", "Счётчик тепла", "Heat meter"}},
      {"WasteContainer", 600, 1800, {"Кантэйнер для смецця", "Мусорный контейнер", "Waste container"}},
      {"TrafficFlowObserved", 30, 600, {"Лічыльнік транспарту", "Счётчик транспорта", "Traffic counter"}},
      {"AgriGreenhouse", 60, 600, {"Цяпліца", "Теплица", "Greenhouse"}},
      {"BridgeObserved", 5, 600, {"Датчык моста", "Датчик моста", "Bridge sensor"}},
  }};
  return kRows[static_cast<std::size_t>(kind)];
}

class Placer {
 public:
  explicit Placer(const Town& town) : town_(town) {}

  /// `label` stands in the name instead of the number when it is not empty.
  Device& put(DeviceKind kind, Point at, double exposure, const Name& label = {}) {
    Device d;
    d.kind = kind;
    d.number = ++counts_[kind];
    d.id = fmt::format("urn:ngsi-ld:{}:novahrad:{}", entity_type(kind), d.number);
    d.at = at;
    d.exposure = exposure;
    d.district = district_of(town_.plan, at);
    d.seed = mix(mix(town_.seed, static_cast<std::uint64_t>(kind)), d.number);
    d.street = street_near(at);
    const Name& what = row(kind).name;
    d.name = label.empty() ? numbered(what, static_cast<int>(d.number))
                           : Name{what.be + ": " + label.be, what.ru + ": " + label.ru, what.en + ": " + label.en};
    devices_.push_back(std::move(d));
    return devices_.back();
  }

  /// Beside every `step` metres of roads of at least this class within the built town, up to `most`, in shuffled order.
  void along_roads(DeviceKind kind, RoadClass least, std::size_t most, double aside, double apart) {
    std::vector<std::size_t> order(town_.roads.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {},
                      [&](std::size_t i) { return mix(mix(town_.seed, static_cast<std::uint64_t>(kind) + 500), i); });
    std::vector<Point> placed;
    for (const std::size_t i : order) {
      const Road& road = town_.roads[i];
      if (placed.size() == most) return;
      if (!is_named(road.kind.road) || road.kind.road > least || road.kind.bridge) continue;
      const Polyline line = town_.layout.graph.ring_of(road.nodes);
      const Placed place = along(line, length_of(line) * to_unit(mix(town_.seed, i)));
      const Point at = place.at - left_of(place.direction) * aside;
      if (std::abs(at.x) > 2800 || std::abs(at.y) > 2400) continue;
      if (std::ranges::any_of(placed, [&](Point p) { return distance(p, at) < apart; })) continue;
      placed.push_back(at);
      put(kind, at, busyness(road.kind.road));
    }
  }

  /// Beside buildings that `wanted` picks, spread over the town.
  template <class Wanted>
  void at_buildings(DeviceKind kind, std::size_t most, double apart, Wanted wanted) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < town_.buildings.size(); ++i) {
      if (wanted(town_.buildings[i])) order.push_back(i);
    }
    std::ranges::sort(order, {},
                      [&](std::size_t i) { return mix(mix(town_.seed, static_cast<std::uint64_t>(kind) + 900), i); });
    std::vector<Point> placed;
    for (const std::size_t i : order) {
      if (placed.size() == most) return;
      const Building& b = town_.buildings[i];
      const Point at = b.front + unit(centroid(b.ring) - b.front) * 2;
      if (std::ranges::any_of(placed, [&](Point p) { return distance(p, at) < apart; })) continue;
      placed.push_back(at);
      Device& d = put(kind, at, 0.3 + 0.07 * b.levels);
      if (b.street == kNoStreet) continue;
      d.street = town_.streets[static_cast<std::size_t>(b.street)];
      const std::string number = std::to_string(b.number);
      const Name& what = row(kind).name;
      d.name = {what.be + ": " + d.street.be + ", " + number, what.ru + ": " + d.street.ru + ", " + number,
                what.en + ": " + number + " " + d.street.en};
    }
  }

  std::vector<Device> take() { return std::move(devices_); }

 private:
  static double busyness(RoadClass road) {
    switch (road) {
      case RoadClass::kTrunk:
        return 1.0;
      case RoadClass::kPrimary:
        return 0.9;
      case RoadClass::kSecondary:
        return 0.7;
      case RoadClass::kTertiary:
        return 0.5;
      case RoadClass::kResidential:
        return 0.25;
      case RoadClass::kNone:
      case RoadClass::kService:
      case RoadClass::kPath:
        return 0.1;
    }
    return 0.1;
  }
  Name street_near(Point p) const {
    double least = 120;
    int street = kNoStreet;
    for (const Edge& e : town_.layout.graph.edges()) {
      if (!e.alive || e.kind.street == kNoStreet) continue;
      const double away = distance_to_segment(p, town_.layout.graph.at(e.a), town_.layout.graph.at(e.b));
      if (away < least) least = away, street = e.kind.street;
    }
    return street == kNoStreet ? Name{} : town_.streets[static_cast<std::size_t>(street)];
  }

  const Town& town_;
  std::vector<Device> devices_;
  std::map<DeviceKind, std::size_t> counts_;
};

const Building* named_building(const Town& town, std::string_view english) {
  const auto found = std::ranges::find_if(town.buildings, [&](const Building& b) { return b.name.en == english; });
  return found == town.buildings.end() ? nullptr : &*found;
}

void place_weather(const Town& town, Placer& placer) {
  for (const QuarterPlan& q : town.plan.quarters) {
    const std::string_view name = q.name.en;
    if (name == "Old Town" || name == "Paunochny" || name == "Baraviki" || name == "Mlyny" || name == "Engine Works" ||
        name == "Greenhouse Farm") {
      placer.put(DeviceKind::kWeather, q.inside, 0.5, q.name);
    }
  }
}

void place_gauges(const Town& town, Placer& placer) {
  placer.put(DeviceKind::kRiver, beside_river(10.4, 30), 0.9, {"верхні б’еф", "верхний бьеф", "upper reach"});
  placer.put(DeviceKind::kRiver, beside_river(8.2, 34), 0.8, {"усходні мост", "восточный мост", "east bridge"});
  placer.put(DeviceKind::kRiver, beside_river(6.6, 34), 0.7, town.plan.bridge_name);
  placer.put(DeviceKind::kRiver, beside_river(3.2, 34), 0.5, {"ніжні б’еф", "нижний бьеф", "lower reach"});
  placer.put(DeviceKind::kRiver, town.plan.lake[0], 0.1, town.plan.lake_name);
}

void place_parking(const Town& town, Placer& placer) {
  struct Lot {
    std::string_view beside;
    int bays;
  };
  for (const auto& [beside, bays] : {Lot{"Town Market", 30},
                                     {"Railway Station", 30},
                                     {"Maladosts Shopping Centre", 24},
                                     {"Central Hospital", 20},
                                     {"Drama Theatre", 16}}) {
    const Building* b = named_building(town, beside);
    if (b == nullptr) continue;
    const Point along_front = unit(b->ring[1] - b->ring[0]);
    const Point outward = unit(b->front - centroid(b->ring));
    for (int i = 0; i < bays; ++i) {
      const int half = bays / 2;
      const Point at = b->front + along_front * ((i % half - half / 2.0) * 2.6) + outward * (4.0 + 5.4 * (i / half));
      placer.put(DeviceKind::kParkingSpot, at, beside == "Railway Station" ? 0.9 : 0.7);
    }
  }
}

void place_buses(const Town& town, Placer& placer) {
  const Building* depot = named_building(town, "Bus Depot");
  const Point home = depot == nullptr ? town.plan.station : depot->front;
  for (std::size_t l = 0; l < town.lines.size(); ++l) {
    const std::size_t turns = length_of(town.lines[l].path) > 6000 ? 5 : 4;
    for (std::size_t t = 0; t < turns; ++t) {
      Device& bus = placer.put(DeviceKind::kBus, home, 0.5);
      const std::string& ref = town.lines[l].ref;
      bus.name = {fmt::format("{} (маршрут {})", bus.name.be, ref), fmt::format("{} (маршрут {})", bus.name.ru, ref),
                  fmt::format("{} (line {})", bus.name.en, ref)};
      bus.line = l;
      bus.turn = t;
      bus.turns = turns;
    }
  }
}

void place_greenhouses(const Town& town, Placer& placer) {
  std::size_t n = 0;
  for (const Building& b : town.buildings) {
    if (b.kind == "greenhouse" && ++n % 20 == 7) placer.put(DeviceKind::kGreenhouse, centroid(b.ring), 0.5);
  }
}

void place_bridge_sensors(const Town& town, Placer& placer) {
  constexpr int kSpans = 4;
  for (int span = 1; span <= kSpans; ++span) {
    for (const double side : {-5.0, 0.0, 5.0}) {
      const double away = 84.0 - 168.0 * (span - 0.5) / kSpans;
      const Point at = beside_river(6.6, away) + Point{side, side * 0.35};
      const std::string tail = fmt::format(" {}{}", span, side < 0 ? 'A' : side > 0 ? 'C' : 'B');
      const Name& bridge = town.plan.bridge_name;
      placer.put(DeviceKind::kBridge, at, 1.0 - std::abs(span - 2.5) * 0.25,
                 {bridge.be + tail, bridge.ru + tail, bridge.en + tail});
    }
  }
}

}  // namespace

std::string_view entity_type(DeviceKind kind) noexcept { return row(kind).type; }
std::chrono::seconds reporting_interval(DeviceKind kind) noexcept { return std::chrono::seconds{row(kind).interval_s}; }
std::chrono::seconds history_step(DeviceKind kind) noexcept { return std::chrono::seconds{row(kind).history_s}; }

std::vector<Device> place_devices(const Town& town) {
  Placer placer{town};
  placer.along_roads(DeviceKind::kAir, RoadClass::kResidential, 24, 9, 550);
  placer.along_roads(DeviceKind::kNoise, RoadClass::kResidential, 30, 8, 420);
  place_weather(town, placer);
  place_gauges(town, placer);
  place_parking(town, placer);
  placer.along_roads(DeviceKind::kStreetlight, RoadClass::kTertiary, 130, 7, 60);
  place_buses(town, placer);
  placer.at_buildings(DeviceKind::kWaterMeter, 60, 150,
                      [](const Building& b) { return b.number > 0 && (b.kind == "house" || b.kind == "apartments"); });
  placer.at_buildings(DeviceKind::kHeatMeter, 42, 200, [](const Building& b) { return b.number > 0 && b.levels >= 4; });
  placer.at_buildings(DeviceKind::kWasteContainer, 90, 130,
                      [](const Building& b) { return b.number > 0 && b.levels >= 2; });
  placer.along_roads(DeviceKind::kTrafficCounter, RoadClass::kSecondary, 32, 6, 330);
  place_greenhouses(town, placer);
  place_bridge_sensors(town, placer);
  return placer.take();
}

}  // namespace horad::city::town
