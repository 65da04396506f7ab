// SPDX-License-Identifier: Apache-2.0
import { parseEntity } from '@horad/shared/ngsi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPlan, rawAddress } from '../api/entities';
import { bucketMs, parseBuckets, type Bucket } from '../api/history';
import { chartColumns, shiftedEnd, summary, usualStepMs, valueRange } from './chart_model';
import { chartable, factsOf } from './entity_model';

const at = '2026-01-01T00:00:00Z';
const zero = Date.parse(at);

function bucket(step: number, mean = 1): Bucket {
  return { from: step * bucketMs, mean, min: mean - 1, max: mean + 1 };
}

describe('history', () => {
  it('reads the aggregated form', () => {
    const json = {
      id: 'urn:a:1',
      speed: {
        type: 'Property',
        avg: [
          [31, at, '2026-01-01T00:05:00Z'],
          [null, at, at],
          [33, '2026-01-01T00:05:00Z', 'x'],
        ],
        min: [[30, at, '']],
        max: [[35, at, '']],
      },
    };
    expect(parseBuckets(json, 'speed')).toEqual([
      { from: zero, mean: 31, min: 30, max: 35 },
      { from: zero + bucketMs, mean: 33, min: 33, max: 33 },
    ]);
    expect(parseBuckets(json, 'other')).toEqual([]);
  });

  it('never throws, whatever the server says', () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => Array.isArray(parseBuckets({ a: json }, 'a'))));
  });
});

describe('the chart', () => {
  it('leaves a gap where readings are missing, and none at the usual step', () => {
    expect(chartColumns([bucket(0), bucket(1), bucket(20), bucket(21)]).mean).toEqual([1, 1, null, 1, 1]);
    expect(chartColumns([bucket(0), bucket(12), bucket(24)]).mean).toEqual([1, 1, 1]);
    expect(usualStepMs([])).toBe(bucketMs);
  });

  it('has times that only grow', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(400), { maxLength: 60 }), (steps) => {
        const { times } = chartColumns(steps.sort((a, b) => a - b).map((step) => bucket(step)));
        expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true);
      }),
    );
  });

  it('sums up', () => {
    expect(summary([])).toBeNull();
    expect(summary([bucket(0, 4), bucket(1, 8)])).toEqual({ min: 3, mean: 6, max: 9 });
  });

  it('moves by days and ends at now again', () => {
    const day = 86_400_000;
    expect(shiftedEnd(null, -1, 10 * day)).toBe(9 * day);
    expect(shiftedEnd(8 * day, 1, 10 * day)).toBe(9 * day);
    expect(shiftedEnd(9 * day, 1, 10 * day)).toBeNull();
  });
});

describe('the value axis', () => {
  it.each([
    ['nothing yet', NaN, NaN, [0, 1]],
    ['a lamp that is off', 0, 0, [0, 1]],
    ['a level that never changes', 50, 50, [45, 55]],
    ['frost that never changes', -10, -10, [-11, -9]],
    ['values that cannot be negative', 0, 100, [0, 108]],
    ['values around zero', -50, 50, [-58, 58]],
  ])('%s', (_name, low, high, want) => {
    expect(valueRange(low, high)).toEqual(want);
  });
});

describe('facts of an entity', () => {
  const entity = parseEntity({
    id: 'urn:a:1',
    type: 'Vehicle',
    name: 'Bus',
    location: { type: 'Point', coordinates: [1, 2] },
    delay: { value: 3, observedAt: '2025-12-31T23:00:00Z' },
    speed: { value: 31, observedAt: at },
    serviceStatus: { value: 'onRoute', observedAt: at },
    nextStop: { languageMap: { be: 'Рынак' }, observedAt: at },
    refLine: { value: '4' },
    district: { object: ['urn:d:1', 'urn:d:2'] },
  });
  const facts = factsOf({ type: 'Vehicle', attributes: entity?.attributes ?? new Map(), staleAfterMs: 60_000 }, zero);

  it('puts the telling reading first and marks the stale ones', () => {
    expect(facts.readings.map((reading) => [reading.name, reading.isStale])).toEqual([
      ['speed', false],
      ['delay', true],
      ['nextStop', false],
      ['serviceStatus', false],
    ]);
  });

  it('charts numbers only', () => expect(chartable(facts.readings)).toEqual(['speed', 'delay']));

  it('lists details and relations apart', () => {
    expect(facts.details.map(([name]) => name)).toEqual(['refLine']);
    expect(facts.relations.map(({ id }) => id)).toEqual(['urn:d:1', 'urn:d:2']);
  });
});

describe('loading', () => {
  it('asks for devices whole and for places briefly, and never for timetables', () => {
    expect(loadPlan(['Building', 'GtfsTrip', 'Teapot', 'Vehicle'])).toEqual([
      { types: ['Teapot', 'Vehicle'], attributes: null },
      { types: ['Building'], attributes: 'name,location' },
    ]);
    expect(loadPlan(Array.from({ length: 45 }, (_, i) => `T${i}`)).map((part) => part.types.length)).toEqual([
      20, 20, 5,
    ]);
  });

  it('keeps odd ids whole in addresses', () => {
    const entity = parseEntity({ id: 'urn:a:b/c?d', type: 'T' });
    expect(entity && rawAddress(entity.id)).toBe('/ngsi-ld/v1/entities/urn%3Aa%3Ab%2Fc%3Fd?options=sysAttrs');
  });
});
