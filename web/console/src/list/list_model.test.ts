// SPDX-License-Identifier: Apache-2.0
import { parseEntity } from '@horad/shared/ngsi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folded, toggleFreshness, toggleType, typeChips } from '../filter/filter_model';
import { wordsIn } from '../i18n/words';
import { City } from '../live/city';
import { find } from '../search/search_model';
import { filtered, ordered, rowForKey, windowOf } from './list_model';

const now = Date.parse('2026-01-01T01:00:00Z');
const words = wordsIn('be');
const none = { types: null, freshness: null, text: '' };

function make(id: string, type: string, name: unknown, value: number | null, minutesAgo = 1) {
  const observedAt = new Date(now - minutesAgo * 60_000).toISOString();
  const entity = parseEntity({
    id: `urn:a:${id}`,
    type,
    name,
    ...(value === null ? {} : { speed: { value, observedAt } }),
  });
  if (!entity) throw new Error('not an entity');
  return entity;
}

function town(): City {
  const city = new City();
  city.load([
    make('b2', 'Vehicle', { languageMap: { be: 'Аўтобус 2', en: 'Bus 2' } }, 30),
    make('b10', 'Vehicle', { languageMap: { be: 'Аўтобус 10', en: 'Bus 10' } }, 10, 40),
    make('s', 'PublicTransportStop', 'Рынак', null),
    make('x', 'Teapot', 'Чайнік', 5, 90),
  ]);
  return city;
}

const names = (list: readonly { id: string }[]) => list.map((entity) => entity.id.slice(6));
const sorted = (column: 'name' | 'type' | 'value' | 'age', descending = false) =>
  names(filtered(ordered(town().all, { column, descending }, words), none, now));

describe('rows', () => {
  it('sorts names as people count', () => expect(sorted('name')).toEqual(['b2', 'b10', 'x']));
  it('sorts by value both ways', () => {
    expect(sorted('value')).toEqual(['x', 'b10', 'b2']);
    expect(sorted('value', true)).toEqual(['b2', 'b10', 'x']);
  });
  it('sorts by age, the youngest first', () => expect(sorted('age')).toEqual(['b2', 'b10', 'x']));

  it('filters by type, state and text alike in every language', () => {
    const only = (filter: object) =>
      names(filtered(ordered(town().all, { column: 'name', descending: false }, words), { ...none, ...filter }, now));
    expect(only({ types: new Set(['PublicTransportStop']) })).toEqual(['s']);
    expect(only({ freshness: new Set(['stale']) })).toEqual(['b10', 'x']);
    expect(only({ text: 'bus 1' })).toEqual(['b10']);
    expect(only({ text: 'АЎТОБУС' })).toEqual(['b2', 'b10']);
    expect(only({ text: 'urn:a:x' })).toEqual(['x']);
  });
});

describe('the window of the list', () => {
  it('covers the screen and stays inside the list', () => {
    fc.assert(
      fc.property(fc.nat(500_000), fc.nat(3000), fc.nat(20_000), (top, height, count) => {
        const { from, to } = windowOf(top, height, 40, count);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(count);
        for (let row = Math.ceil(top / 40); row < Math.min(count, Math.floor((top + height) / 40)); row++) {
          expect(row >= from && row < to).toBe(true);
        }
      }),
    );
  });

  it.each([
    ['ArrowDown', 0, 1],
    ['ArrowUp', 0, 0],
    ['PageDown', 5, 9],
    ['Home', 7, 0],
    ['End', 0, 9],
    ['a', 3, null],
  ] as const)('%s from row %d goes to %s', (key, row, want) => expect(rowForKey(key, row, 10, 6)).toBe(want));
});

describe('search', () => {
  it('puts the whole name before a beginning before a part', () => {
    const city = new City();
    city.load([
      make('1', 'Road', 'Рынкавая', null),
      make('2', 'Road', 'Стары рынак', null),
      make('3', 'Road', 'Рынак', null),
      make('4', 'Road', 'Рынак 2', null),
    ]);
    expect(names(find(city.all, 'рынак', 10).best)).toEqual(['3', '4', '2']);
    expect(find(city.all, 'рын', 2)).toMatchObject({ total: 4 });
    expect(find(city.all, ' ', 10).total).toBe(0);
  });

  it('finds a name in a language that is not shown', () => {
    expect(names(find(town().all, 'bus 10', 10).best)).toEqual(['b10']);
  });

  it('keeps ў and й letters of their own, and takes ё as е', () => {
    expect(folded('Ёлка')).toBe(folded('елка'));
    expect(folded('аўто')).not.toBe(folded('ауто'));
    expect(folded('Май')).toBe('май');
  });
});

describe('filter chips', () => {
  it('count the whole city and its stale part', () => {
    const chips = typeChips(town().all, none, now);
    expect(chips.map((chip) => [chip.type, chip.count, chip.stale, chip.on])).toEqual([
      ['Teapot', 1, 1, true],
      ['Vehicle', 2, 1, true],
      ['PublicTransportStop', 1, 0, false],
    ]);
  });

  it('return to no filter when the default is chosen again', () => {
    const known = ['Vehicle', 'Teapot', 'PublicTransportStop'];
    const off = toggleType(none, 'Vehicle', known);
    expect(off).toEqual(new Set(['Teapot']));
    expect(toggleType({ ...none, types: off }, 'Vehicle', known)).toBeNull();
    const states = toggleFreshness(none, 'ok');
    expect(states).toEqual(new Set(['stale', 'quiet']));
    expect(toggleFreshness({ ...none, freshness: states }, 'ok')).toBeNull();
  });
});
