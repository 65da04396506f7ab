// SPDX-License-Identifier: Apache-2.0
import { parseEntity, type EntityId, type ParsedEntity } from '@horad/shared/ngsi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeOf, City, freshness, primaryAttribute } from './city';
import { fromMercator, geometryCentre, mercator } from './place';

export function parsed(json: object): ParsedEntity {
  const entity = parseEntity(json);
  if (!entity) throw new Error('not an entity');
  return entity;
}

const lamp = parsed({
  id: 'urn:a:lamp',
  type: 'Streetlight',
  name: { languageMap: { be: 'Ліхтар', en: 'Lamp' } },
  location: { type: 'Point', coordinates: [25.8, 53.6] },
  reportingInterval: { value: 60, unitCode: 'SEC' },
  powerState: { value: 'on', observedAt: '2026-01-01T00:00:00Z' },
});
const id = lamp.id;
const zero = Date.parse('2026-01-01T00:00:00Z');

describe('City', () => {
  it('derives name, place and freshness', () => {
    const city = new City();
    city.load([lamp]);
    const entity = city.get(id);
    expect(entity).toMatchObject({ at: { lng: 25.8, lat: 53.6 }, observedAt: zero, staleAfterMs: 120_000 });
    expect(entity && freshness(entity, zero + 120_000)).toBe('ok');
    expect(entity && freshness(entity, zero + 120_001)).toBe('stale');
    expect(city.types.get('Streetlight')).toBe(1);
  });

  it('merges changes and keeps what they do not name', () => {
    const city = new City();
    city.load([lamp]);
    city.apply([changeOf({ powerState: { value: 'off', observedAt: '2026-01-01T00:05:00Z' } }, id, 'Streetlight')]);
    const entity = city.get(id);
    expect(entity?.observedAt).toBe(zero + 300_000);
    expect(entity?.attributes.has('name')).toBe(true);
    expect(entity && primaryAttribute(entity)?.[1].value).toBe('off');
  });

  it('keeps what the feed told when an older page of a load comes late', () => {
    const city = new City();
    city.load([lamp]);
    city.apply([changeOf({ powerState: { value: 'off', observedAt: '2026-01-01T00:05:00Z' } }, id, 'Streetlight')]);
    city.load([lamp]);
    expect(city.get(id)?.observedAt).toBe(zero + 300_000);
  });

  it('adds to what is known when a load brings a part, and replaces it when it brings the whole', () => {
    const city = new City();
    city.load([lamp]);
    const brief = parsed({ id, type: 'Streetlight', name: 'Other' });
    city.load([brief], 'part');
    expect(city.get(id)?.attributes.has('powerState')).toBe(true);
    expect(city.get(id)?.name).toBe('Other');
    city.load([brief]);
    expect(city.get(id)?.attributes.has('powerState')).toBe(false);
  });

  it('forgets deleted attributes and removed entities', () => {
    const city = new City();
    city.load([lamp]);
    city.apply([changeOf({ location: null }, id, 'Streetlight')]);
    expect(city.get(id)?.at).toBeNull();
    city.remove([id]);
    expect(city.size).toBe(0);
    expect(city.all[0]).toBeUndefined();
    expect(city.types.size).toBe(0);
  });

  it('makes an entity of a change that is about an unknown one, but keeps records out', () => {
    const city = new City();
    city.apply([
      changeOf({ a: 1 }, 'urn:a:new' as EntityId, 'Lamp'),
      changeOf({ a: 1 }, 'urn:a:trip' as EntityId, 'GtfsTrip'),
    ]);
    expect([...city.types.keys()]).toEqual(['Lamp']);
  });

  it('agrees with a plain map after any history', () => {
    const ids = fc.constantFrom('urn:a:1', 'urn:a:2', 'urn:a:3') as fc.Arbitrary<EntityId>;
    const step = fc.oneof(
      fc.record({ kind: fc.constant('change' as const), id: ids, value: fc.integer() }),
      fc.record({ kind: fc.constant('remove' as const), id: ids, value: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const city = new City();
        const twin = new Map<EntityId, number>();
        for (const one of steps) {
          if (one.kind === 'remove') {
            city.remove([one.id]);
            twin.delete(one.id);
          } else {
            city.apply([changeOf({ value: one.value }, one.id, 'Lamp')]);
            twin.set(one.id, one.value);
          }
        }
        const seen = city.all.flatMap((entity) =>
          entity ? [[entity.id, entity.attributes.get('value')] as const] : [],
        );
        expect(city.size).toBe(twin.size);
        expect(new Map(seen.map(([key, value]) => [key, value?.kind === 'value' ? value.value : null]))).toEqual(twin);
        expect(city.types.get('Lamp') ?? 0).toBe(twin.size);
      }),
    );
  });
});

describe('places', () => {
  it('finds the point of every shape', () => {
    expect(
      geometryCentre({
        type: 'LineString',
        coordinates: [
          [0, 0],
          [1, 1],
          [2, 5],
        ],
      }),
    ).toEqual({ lng: 1, lat: 1 });
    const ring = [
      [0, 0],
      [4, 0],
      [4, 2],
      [0, 2],
      [0, 0],
    ];
    expect(geometryCentre({ type: 'Polygon', coordinates: [ring] })).toEqual({ lng: 2, lat: 1 });
    expect(geometryCentre({ type: 'MultiPolygon', coordinates: [[ring]] })).toEqual({ lng: 2, lat: 1 });
    expect(geometryCentre({ type: 'Point', coordinates: [500, 0] })).toBeNull();
    expect(geometryCentre({ type: 'Polygon', coordinates: [] })).toBeNull();
  });

  it('goes to Mercator and back', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: -85, max: 85, noNaN: true }),
        (lng, lat) => {
          const { x, y } = mercator({ lng, lat });
          const back = fromMercator(x, y);
          expect(back.lng).toBeCloseTo(lng, 8);
          expect(back.lat).toBeCloseTo(lat, 8);
        },
      ),
    );
  });
});
