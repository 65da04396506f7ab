// SPDX-License-Identifier: Apache-2.0
// How each known type of entity looks and which of its attributes says most. Unknown types get `unknownKind`.

/** The outline of a marker: kinds differ by shape and by colour, so that neither alone has to be seen. */
export type MarkerShape =
  | 'circle'
  | 'square'
  | 'diamond'
  | 'hexagon'
  | 'pentagon'
  | 'drop'
  | 'octagon'
  | 'shield'
  | 'house'
  | 'arch'
  | 'bin';

/**
 * `live` kinds are drawn from the start; `place` kinds are looked up by search and drawn when asked for; `record` kinds
 * (timetables and the like) are many, have no place, and are only met through relations.
 */
export type KindGroup = 'live' | 'place' | 'record';

export interface Kind {
  shape: MarkerShape;
  colour: string; // one hex colour that carries white ink at 4.5:1 or better, in both themes
  icon: string; // SVG path on a 24 x 24 grid, stroked with round joins, 2 wide
  group: KindGroup;
  primary: readonly string[]; // attributes to show first, the best first
}

const icons = {
  air: 'M4 9h9a3 3 0 1 0-3-3 M4 13h13a3 3 0 1 1-3 3 M4 17h6',
  noise: 'M5 10v4h3l4 3.5v-11L8 10z M15 9.5a4 4 0 0 1 0 5 M17.5 7a7.5 7.5 0 0 1 0 10',
  weather:
    'M8 8a3.6 3.6 0 0 1 6.6-1 M7.5 18h9a3.5 3.5 0 0 0 .4-7 5 5 0 0 0-9.4 1 3.1 3.1 0 0 0 0 6z M11 3V2 M6 5 5.3 4.3',
  water:
    'M4 9c2-1.6 4-1.6 6 0s4 1.6 6 0 3-1.2 4-.6 M4 14c2-1.6 4-1.6 6 0s4 1.6 6 0 3-1.2 4-.6 M4 19c2-1.6 4-1.6 6 0s4 1.6 6 0 3-1.2 4-.6',
  parking: 'M9 19V5h4.5a4 4 0 0 1 0 8.5H9',
  lamp: 'M9 18h6 M10 21h4 M12 3a6 6 0 0 0-3.6 10.8c.7.6 1 1.3 1 2.2h5.2c0-.9.3-1.6 1-2.2A6 6 0 0 0 12 3z',
  bus: 'M6 5h12a1.5 1.5 0 0 1 1.5 1.5V17h-15V6.5A1.5 1.5 0 0 1 6 5z M4.5 12h15 M7.5 17v2 M16.5 17v2 M7.5 14.6h.1 M16.4 14.6h.1',
  meter: 'M12 20a8 8 0 1 1 8-8 M12 12l4-4 M12 4v2 M4 12h2 M15 20c0-2 2-4 3-5.5 1 1.5 3 3.5 3 5.5a3 3 0 0 1-6 0z',
  heat: 'M12 3c.5 3.5 5 5 5 10a5 5 0 0 1-10 0c0-2 1-3 1.7-4 .4 1.5 1.3 2 1.8 2C11 9 10.5 6 12 3z',
  bin: 'M5 7h14 M9.5 7V4.5h5V7 M6.5 7l1 13h9l1-13 M10.5 11v5.5 M13.5 11v5.5',
  traffic:
    'M4 15v-3l2-4.5h7l3 4.5h4v3h-2 M8 15h6 M4 15h.5 M6.5 17.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z M16 17.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z',
  leaf: 'M5 19c0-8 4-13 14-14 0 9-4 13-10 13-1.5 0-3-.5-4 1z M5 19c2-4 5-7 9-9',
  bridge: 'M3 8v9 M21 8v9 M3 9c4 5 14 5 18 0 M2 15h20 M8 11.7V15 M16 11.7V15 M12 12.7V15',
  stop: 'M12 21v-6 M7 4h10v9H7z M7 9h10 M9.5 11.2h.1 M14.5 11.2h.1',
  building: 'M5 20V6l7-3 7 3v14 M3 20h18 M10 20v-4h4v4 M9 9h.1 M15 9h.1 M9 12.5h.1 M15 12.5h.1',
  place: 'M12 21c-4-5-6-8-6-11a6 6 0 0 1 12 0c0 3-2 6-6 11z M12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  road: 'M8 21 10 3 M16 21 14 3 M12 5v2 M12 11v2 M12 17v2',
  device: 'M8 8h8v8H8z M10 8V5 M14 8V5 M10 19v-3 M14 19v-3 M5 10h3 M5 14h3 M16 10h3 M16 14h3',
  energy: 'M13 3 6 13.5h5L10.5 21 18 10h-5.5z',
  unknown: 'M12 8v4.5 M12 16h.1',
} as const;

function kind(
  shape: MarkerShape,
  colour: string,
  icon: keyof typeof icons,
  primary: readonly string[] = [],
  group: KindGroup = 'live',
): Kind {
  return { shape, colour, icon: icons[icon], group, primary };
}

const kinds: Readonly<Record<string, Kind>> = {
  AirQualityObserved: kind('circle', '#0f766e', 'air', [
    'airQualityIndex',
    'pm25',
    'PM25',
    'pm10',
    'PM10',
    'no2',
    'NO2',
  ]),
  NoiseLevelObserved: kind('octagon', '#7c3aed', 'noise', ['LAeq', 'laeq', 'noiseLevel']),
  WeatherObserved: kind('circle', '#0369a1', 'weather', ['temperature']),
  WaterObserved: kind('drop', '#1d4ed8', 'water', ['height', 'waterLevel', 'level', 'flow']),
  RiverLevelObserved: kind('drop', '#1d4ed8', 'water', ['waterLevel', 'level']),
  WaterLevelObserved: kind('drop', '#1d4ed8', 'water', ['waterLevel', 'level']),
  WaterQualityObserved: kind('drop', '#155e75', 'water', ['pH', 'temperature']),
  ParkingSpot: kind('square', '#3730a3', 'parking', ['status']),
  OnStreetParking: kind('square', '#3730a3', 'parking', ['availableSpotNumber']),
  OffStreetParking: kind('square', '#3730a3', 'parking', ['availableSpotNumber']),
  Streetlight: kind('hexagon', '#8a5a00', 'lamp', ['powerState', 'illuminanceLevel', 'powerConsumption']),
  Vehicle: kind('circle', '#c2410c', 'bus', ['speed']),
  WaterConsumptionObserved: kind('pentagon', '#0e7490', 'meter', ['waterFlow', 'flow', 'waterConsumption', 'volume']),
  HeatMeter: kind('pentagon', '#b91c1c', 'heat', ['power', 'heatPower', 'energy']),
  HeatConsumptionObserved: kind('pentagon', '#b91c1c', 'heat', ['power', 'heatPower', 'energy']),
  ThermalEnergyMeterObserved: kind('pentagon', '#b91c1c', 'heat', ['power', 'energy']),
  EnergyMeterObserved: kind('pentagon', '#a21caf', 'energy', ['power', 'energy']),
  WasteContainer: kind('bin', '#57534e', 'bin', ['fillingLevel']),
  TrafficFlowObserved: kind('diamond', '#be185d', 'traffic', ['intensity', 'averageVehicleSpeed', 'occupancy']),
  AgriGreenhouse: kind('house', '#15803d', 'leaf', ['temperature', 'relativeHumidity', 'co2']),
  Bridge: kind('arch', '#475569', 'bridge', ['strain', 'vibration', 'temperature']),
  BridgeObserved: kind('arch', '#475569', 'bridge', ['strain', 'vibration', 'temperature']),
  SmartMeteringObservation: kind('pentagon', '#b91c1c', 'heat', ['power', 'totalConsumption']),
  Device: kind('square', '#4d5d6c', 'device', ['value', 'batteryLevel']),
  GtfsStop: kind('shield', '#4d5d6c', 'stop', [], 'place'),
  PublicTransportStop: kind('shield', '#4d5d6c', 'stop', [], 'place'),
  Building: kind('house', '#6b5b4b', 'building', [], 'place'),
  PointOfInterest: kind('shield', '#6b5b4b', 'place', [], 'place'),
  City: kind('shield', '#4d5d6c', 'place', [], 'place'),
  Place: kind('shield', '#4d5d6c', 'place', [], 'place'),
  District: kind('shield', '#4d5d6c', 'place', [], 'place'),
  AdministrativeArea: kind('shield', '#4d5d6c', 'place', [], 'place'),
  Road: kind('square', '#4d5d6c', 'road', [], 'place'),
  RoadSegment: kind('square', '#4d5d6c', 'road', [], 'place'),
  Street: kind('square', '#4d5d6c', 'road', [], 'place'),
};

export const unknownKind: Kind = kind('octagon', '#4d5d6c', 'unknown');

const recordKind: Kind = { ...unknownKind, group: 'record' };

/** `Gtfs*` types other than stops describe timetables. */
export function kindOf(type: string): Kind {
  return kinds[type] ?? (type.startsWith('Gtfs') ? recordKind : unknownKind);
}

export const knownTypes: readonly string[] = Object.keys(kinds);
