// SPDX-License-Identifier: Apache-2.0
// Devices for the stand-in: every kind of the demo town, with values that swing through the day. Seeded, so that a
// picture taken twice is the same picture.
const centre = { lng: 25.8, lat: 53.6 };

const kinds = [
  {
    type: 'AirQualityObserved',
    be: 'Паветра',
    ru: 'Воздух',
    en: 'Air',
    share: 4,
    every: 300,
    values: { pm25: [18, 9, 'GQ'], pm10: [31, 12, 'GQ'], no2: [24, 10, 'GQ'] },
  },
  {
    type: 'NoiseLevelObserved',
    be: 'Шум',
    ru: 'Шум',
    en: 'Noise',
    share: 4,
    every: 60,
    values: { LAeq: [58, 8, '2N'] },
  },
  {
    type: 'WeatherObserved',
    be: 'Метэапост',
    ru: 'Метеопост',
    en: 'Weather post',
    share: 2,
    every: 600,
    values: { temperature: [6.4, 5, 'CEL'], relativeHumidity: [71, 15, 'P1'], windSpeed: [3.4, 2, 'MTS'] },
  },
  {
    type: 'WaterObserved',
    be: 'Узровень',
    ru: 'Уровень',
    en: 'River gauge',
    share: 2,
    every: 600,
    values: { waterLevel: [2.31, 0.3, 'MTR'] },
  },
  { type: 'ParkingSpot', be: 'Паркоўка', ru: 'Парковка', en: 'Bay', share: 20, every: 300, values: {} },
  {
    type: 'Streetlight',
    be: 'Ліхтар',
    ru: 'Фонарь',
    en: 'Lamp',
    share: 28,
    every: 900,
    values: { powerConsumption: [61, 12, 'WTT'], illuminanceLevel: [70, 20, 'P1'] },
  },
  { type: 'Vehicle', be: 'Аўтобус', ru: 'Автобус', en: 'Bus', share: 5, every: 2, values: { speed: [31, 14, 'KMH'] } },
  {
    type: 'WaterConsumptionObserved',
    be: 'Лічыльнік вады',
    ru: 'Счётчик воды',
    en: 'Water meter',
    share: 10,
    every: 3600,
    values: { waterConsumption: [0.42, 0.2, 'MTQ'] },
  },
  {
    type: 'HeatMeter',
    be: 'Лічыльнік цяпла',
    ru: 'Счётчик тепла',
    en: 'Heat meter',
    share: 8,
    every: 3600,
    values: { power: [184, 60, 'KWT'], supplyTemperature: [82, 6, 'CEL'] },
  },
  {
    type: 'WasteContainer',
    be: 'Кантэйнер',
    ru: 'Контейнер',
    en: 'Bin',
    share: 9,
    every: 1800,
    values: { fillingLevel: [48, 30, 'P1'], batteryLevel: [77, 4, 'P1'] },
  },
  {
    type: 'TrafficFlowObserved',
    be: 'Рух',
    ru: 'Движение',
    en: 'Traffic',
    share: 5,
    every: 60,
    values: { intensity: [412, 200, 'C62'], averageVehicleSpeed: [44, 9, 'KMH'] },
  },
  {
    type: 'AgriGreenhouse',
    be: 'Цяпліца',
    ru: 'Теплица',
    en: 'Greenhouse',
    share: 2,
    every: 300,
    values: { temperature: [22.5, 3, 'CEL'], relativeHumidity: [68, 9, 'P1'], co2: [640, 120, '59'] },
  },
  {
    type: 'Bridge',
    be: 'Мост',
    ru: 'Мост',
    en: 'Bridge',
    share: 1,
    every: 60,
    values: { strain: [112.4, 15, 'C62'], vibration: [1.8, 0.7, 'C16'] },
  },
];

function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The value of a made device at a time: a daily swing, a slow drift and a little noise. */
function valueAt([mean, swing], at, phase) {
  const day = Math.sin((at / 86_400_000) * 2 * Math.PI + phase);
  const noise = Math.sin(at / 97_000 + phase * 7) * 0.25 + Math.sin(at / 13_000 + phase * 3) * 0.08;
  return Number((mean + swing * (day * 0.6 + noise)).toFixed(2));
}

function makeDevice(kind, number, dice, now) {
  const spread = kind.type === 'Streetlight' || kind.type === 'ParkingSpot' ? 0.012 : 0.022;
  const gauss = () => dice() + dice() + dice() - 1.5;
  const isSilent = dice() < 0.04;
  return {
    kind,
    number,
    id: `urn:ngsi-ld:${kind.type}:novahrad-${number}`,
    phase: dice() * 6.28,
    lng: centre.lng + gauss() * spread * 1.7,
    lat: centre.lat + gauss() * spread,
    radius: 0.004 + dice() * 0.012,
    isSilent,
    at: isSilent ? now - 7_200_000 - dice() * 8e7 : now - dice() * kind.every * 500,
  };
}

function place(device, at) {
  if (device.kind.type !== 'Vehicle') return { lng: device.lng, lat: device.lat, bearing: null };
  const angle = device.phase + at / 60_000 / (device.radius * 160);
  return {
    lng: centre.lng + Math.cos(angle) * device.radius * 1.7 + (device.phase - 3) * 0.003,
    lat: centre.lat + Math.sin(angle) * device.radius,
    bearing: (((360 - (angle * 180) / Math.PI) % 360) + 360) % 360,
  };
}

function toEntity(device, at, full) {
  const { kind } = device;
  const observedAt = new Date(at).toISOString();
  const { lng, lat, bearing } = place(device, at);
  const entity = { id: device.id, type: kind.type };
  if (full) {
    entity.name = {
      languageMap: {
        be: `${kind.be} ${device.number}`,
        ru: `${kind.ru} ${device.number}`,
        en: `${kind.en} ${device.number}`,
      },
    };
    entity.reportingInterval = { value: kind.every, unitCode: 'SEC' };
    entity.district = { object: 'urn:ngsi-ld:District:novahrad-1' };
  }
  if (full || bearing !== null) entity.location = { type: 'Point', coordinates: [lng, lat] };
  if (bearing !== null) entity.bearing = { value: bearing, observedAt, unitCode: 'DD' };
  if (kind.type === 'ParkingSpot')
    entity.status = { value: Math.sin(at / 9e5 + device.phase) > 0 ? 'free' : 'occupied', observedAt };
  if (kind.type === 'Streetlight')
    entity.powerState = { value: new Date(at).getUTCHours() > 15 ? 'on' : 'off', observedAt };
  for (const [name, range] of Object.entries(kind.values)) {
    entity[name] = { value: valueAt(range, at, device.phase), observedAt, unitCode: range[2] };
  }
  return entity;
}

export function makeTown(count) {
  const dice = random(20_261_122);
  const now = Date.now();
  const shares = kinds.reduce((sum, kind) => sum + kind.share, 0);
  const devices = kinds.flatMap((kind) =>
    Array.from({ length: Math.max(1, Math.round((count * kind.share) / shares)) }, (_, i) =>
      makeDevice(kind, i + 1, dice, now),
    ),
  );
  const byId = new Map(devices.map((device) => [device.id, device]));
  const district = {
    id: 'urn:ngsi-ld:District:novahrad-1',
    type: 'District',
    name: { languageMap: { be: 'Стары горад', ru: 'Старый город', en: 'Old Town' } },
    location: { type: 'Point', coordinates: [centre.lng, centre.lat] },
  };
  return {
    types: () => [...kinds.map((kind) => kind.type), 'District'],
    all: () => [...devices.map((device) => toEntity(device, device.at, true)), district],
    get: (id) => (id === district.id ? district : byId.has(id) ? toEntity(byId.get(id), byId.get(id).at, true) : null),
    /** Devices whose time has come since the last step; all of a large town, to measure the console. */
    step: (at) =>
      devices
        .filter((device) => !device.isSilent && (count > 5000 || at - device.at >= device.kind.every * 500))
        .map((device) => {
          device.at = at;
          return toEntity(device, at, false);
        }),
    history: (id, attribute, from, until) => {
      const device = byId.get(id);
      const range = device?.kind.values[attribute];
      if (!range) return null;
      const rows = [];
      for (let at = from; at < Math.min(until, device.at); at += 300_000) rows.push(at);
      const column = (change) =>
        rows.map((at) => [
          valueAt(range, at, device.phase) + change * range[1] * 0.1,
          new Date(at).toISOString(),
          new Date(at + 300_000).toISOString(),
        ]);
      return {
        id,
        type: device.kind.type,
        [attribute]: { type: 'Property', avg: column(0), min: column(-1), max: column(1) },
      };
    },
  };
}
