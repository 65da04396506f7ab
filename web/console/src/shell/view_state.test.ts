// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultView, isStep, parseView, printView, type ViewState } from './view_state';

function parse(address: string): ViewState {
  const url = new URL(address, 'http://localhost');
  return parseView(url.pathname, url.search);
}

const names = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,12}$/);
const views: fc.Arbitrary<ViewState> = fc.record({
  room: fc.constantFrom('map', 'list'),
  camera: fc.option(
    fc.record({
      zoom: fc.integer({ min: 0, max: 2200 }).map((n) => n / 100),
      lat: fc.integer({ min: -85_000_000, max: 85_000_000 }).map((n) => n / 1e6),
      lng: fc.integer({ min: -180_000_000, max: 180_000_000 }).map((n) => n / 1e6),
    }),
  ),
  types: fc.option(fc.uniqueArray(names).map((list) => new Set(list))),
  freshness: fc.option(fc.subarray(['ok', 'stale', 'quiet'] as const).map((list) => new Set(list))),
  text: fc.string(),
  sort: fc.record({ column: fc.constantFrom('name', 'type', 'value', 'age'), descending: fc.boolean() }),
  selected: fc.option(names.map((name) => `urn:ngsi-ld:${name}:1` as ViewState['selected'] & string)),
  until: fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 })),
  language: fc.option(fc.constantFrom('be', 'ru', 'en')),
});

describe('the address', () => {
  it('says the whole view: print then parse gives the same', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(parse(printView(view))).toEqual(view);
      }),
    );
  });

  it('stays short and readable', () => {
    expect(printView(defaultView)).toBe('/map');
    const view = parse('/list?types=Vehicle,ParkingSpot&sel=urn:ngsi-ld:Vehicle:1&lang=be&at=14.25/53.6/25.8');
    expect(printView(view)).toBe(
      '/list?at=14.25/53.6/25.8&types=ParkingSpot,Vehicle&sel=urn:ngsi-ld:Vehicle:1&lang=be',
    );
  });

  it.each([
    ['/nowhere', 'map'],
    ['/list/', 'map'],
  ])('%s opens %s', (address, room) => expect(parse(address).room).toBe(room));

  it.each(['at=1/2', 'at=99/0/0', 'at=a/b/c', 'at=5/91/0', 'at=5//7', 'lang=xx', 'sel=oops', 'until=soon', 'sort=-'])(
    'leaves %s at the default',
    (query) => expect(parse(`/map?${query}`)).toEqual(defaultView),
  );
});

describe('isStep', () => {
  it('makes rooms, selection and time steps, and panning none', () => {
    expect(isStep(defaultView, { ...defaultView, room: 'list' })).toBe(true);
    expect(isStep(defaultView, { ...defaultView, until: 5 })).toBe(true);
    expect(isStep(defaultView, { ...defaultView, camera: { zoom: 3, lat: 0, lng: 0 } })).toBe(false);
    expect(isStep(defaultView, { ...defaultView, text: 'a' })).toBe(false);
  });
});
