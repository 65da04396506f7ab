// SPDX-License-Identifier: Apache-2.0
import { kindOf, knownTypes } from '@horad/shared/kinds';
import { describe, expect, it } from 'vitest';
import { outlines } from './shapes';
import { mapStyle, nameIn } from './style';

/** The layers of our tile schema, see tiles/README.md. */
const schema = new Set([
  'water',
  'waterway',
  'landuse',
  'park',
  'building',
  'road',
  'rail',
  'boundary',
  'place',
  'poi',
  'transit_stop',
  'address',
]);

describe('mapStyle', () => {
  it.each(['light', 'dark'] as const)('in %s draws only layers the tiles have, each once', (theme) => {
    const { layers } = mapStyle(theme, 'be', '/tiles.json');
    const named = layers.flatMap((layer) => ('source-layer' in layer ? [layer['source-layer'] ?? ''] : []));
    expect(named.every((name) => schema.has(name))).toBe(true);
    expect(new Set(layers.map((layer) => layer.id)).size).toBe(layers.length);
  });

  it('asks nobody for letters or pictures', () => {
    const style = mapStyle('light', 'en', '/tiles.json');
    expect(style.glyphs).toBeUndefined();
    expect(style.sprite).toBeUndefined();
    expect(JSON.stringify(style)).not.toMatch(/https?:/);
  });

  it('prefers the name in the chosen language', () => {
    expect(nameIn('ru')).toEqual([
      'coalesce',
      ['get', 'name_ru'],
      ['get', 'name'],
      ['get', 'name_be'],
      ['get', 'name_en'],
    ]);
  });

  it('is only the land without tiles', () => expect(mapStyle('dark', 'be', null).layers).toHaveLength(1));
});

/** Relative luminance as WCAG 2 defines it. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe('kinds', () => {
  it.each(knownTypes)('%s carries white ink at 4.5:1', (type) => {
    expect(1.05 / (luminance(kindOf(type).colour) + 0.05)).toBeGreaterThanOrEqual(4.5);
  });

  it('differ in outline, colour or icon, so that none is another', () => {
    const looks = [
      'AirQualityObserved',
      'NoiseLevelObserved',
      'WeatherObserved',
      'WaterObserved',
      'ParkingSpot',
      'Streetlight',
      'Vehicle',
      'WaterConsumptionObserved',
      'SmartMeteringObservation',
      'WasteContainer',
      'TrafficFlowObserved',
      'AgriGreenhouse',
      'BridgeObserved',
    ].map(kindOf);
    expect(new Set(looks.map((kind) => kind.colour)).size).toBe(looks.length);
    expect(new Set(looks.map((kind) => kind.icon)).size).toBe(looks.length);
    expect(looks.every((kind) => outlines[kind.shape].length > 0)).toBe(true);
  });

  it('gives an unknown type the default marker', () => expect(kindOf('Teapot').group).toBe('live'));
});
