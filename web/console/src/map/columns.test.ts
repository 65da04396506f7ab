// SPDX-License-Identifier: Apache-2.0
import { parseEntity } from '@horad/shared/ngsi';
import { describe, expect, it } from 'vitest';
import { changeOf, City } from '../live/city';
import { mercator } from '../live/place';
import { MarkerTable } from './columns';

const filter = { types: null, freshness: null, text: '' };

function bus(lng: number) {
  const entity = parseEntity({
    id: 'urn:a:bus',
    type: 'Vehicle',
    bearing: { value: 90 },
    location: { type: 'Point', coordinates: [lng, 53] },
  });
  if (!entity) throw new Error('not an entity');
  return entity;
}

function moved(city: City, lng: number): void {
  const { id } = bus(lng);
  city.apply([changeOf({ location: { type: 'Point', coordinates: [lng, 53] } }, id, 'Vehicle')]);
}

describe('MarkerTable', () => {
  it('glides a mover from where it is seen to where it is said to be', () => {
    const city = new City();
    const table = new MarkerTable(city);
    city.load([bus(25)]);
    table.update(filter, 1000, 0, true);
    expect(table.position(0, 1000).x).toBe(mercator({ lng: 25, lat: 53 }).x);
    moved(city, 25.001);
    table.update(filter, 2000, 0, true);
    expect(table.position(0, 2000).x).toBeCloseTo(mercator({ lng: 25, lat: 53 }).x, 12);
    const half = table.position(0, 2750).x;
    expect(half).toBeCloseTo(mercator({ lng: 25.0005, lat: 53 }).x, 9);
    moved(city, 25.002);
    table.update(filter, 2750, 0, true);
    expect(table.position(0, 2750).x).toBeCloseTo(half, 12);
    expect(table.position(0, 60_000).x).toBeCloseTo(mercator({ lng: 25.002, lat: 53 }).x, 12);
    expect(table.movers.has(0)).toBe(true);
  });

  it.each([
    ['motion is not wanted', 25.001, false],
    ['the step is no ride', 27, true],
  ])('jumps when %s', (_why, lng, glides) => {
    const city = new City();
    const table = new MarkerTable(city);
    city.load([bus(25)]);
    table.update(filter, 1000, 0, glides);
    moved(city, lng);
    table.update(filter, 2000, 0, glides);
    expect(table.position(0, 2001).x).toBe(mercator({ lng, lat: 53 }).x);
  });

  it('hides what is filtered out or gone, and grows with the city', () => {
    const city = new City();
    const table = new MarkerTable(city);
    const many = Array.from({ length: 3000 }, (_, i) => ({
      ...bus(25),
      id: `urn:a:${i}` as ReturnType<typeof bus>['id'],
    }));
    city.load(many);
    table.update(filter, 1, 0, true);
    expect(table.columns.shown.subarray(0, 3000).every((one) => one === 1)).toBe(true);
    city.remove([many[0]?.id ?? bus(1).id]);
    table.update({ ...filter, types: new Set(['Streetlight']) }, 2, 0, true);
    expect(table.columns.shown.some((one) => one === 1)).toBe(false);
  });
});
