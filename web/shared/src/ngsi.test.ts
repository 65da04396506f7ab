// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAttribute, parseAttributes, parseEntity, parseEntityId } from './ngsi';

const at = '2026-03-01T12:00:00Z';
const point = { type: 'Point', coordinates: [25.8, 53.6] };

describe('parseAttribute', () => {
  it.each([
    ['bare number', 31, { kind: 'value', value: 31 }],
    ['bare list', [1, 2], { kind: 'value', value: [1, 2] }],
    [
      'concise',
      { value: 31, unitCode: 'KMH', observedAt: at },
      { kind: 'value', value: 31, unitCode: 'KMH', observedAt: Date.parse(at) },
    ],
    ['normalized', { type: 'Property', value: 'on' }, { kind: 'value', value: 'on' }],
    ['false', { value: false }, { kind: 'value', value: false }],
    ['bare geometry', point, { kind: 'geo', geometry: point }],
    [
      'geometry with a time',
      { value: point, observedAt: at },
      { kind: 'geo', geometry: point, observedAt: Date.parse(at) },
    ],
    ['relationship', { object: 'urn:a:1' }, { kind: 'relationship', objects: ['urn:a:1'] }],
    ['many relations', { object: ['urn:a:1', 'urn:a:2'] }, { kind: 'relationship', objects: ['urn:a:1', 'urn:a:2'] }],
    ['language map', { languageMap: { be: 'Мост' } }, { kind: 'language', name: { be: 'Мост' } }],
    ['word of a vocabulary', { vocab: 'open' }, { kind: 'value', value: 'open' }],
    ['structure', { streetAddress: 'Zamkavaja' }, { kind: 'value', value: { streetAddress: 'Zamkavaja' } }],
  ])('reads a %s', (_name, json, want) => {
    expect(parseAttribute(json)).toMatchObject(want);
  });

  it('takes the instance without a data set of several', () => {
    const json = [{ value: 1, datasetId: 'urn:d:1' }, { value: 2 }];
    expect(parseAttribute(json)).toMatchObject({ value: 2, datasetId: null });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        parseAttribute(json);
        parseEntity(json);
        return true;
      }),
    );
  });
});

describe('parseEntity', () => {
  it('needs an id and a type', () => {
    expect(parseEntity({ type: 'Lamp' })).toBeNull();
    expect(parseEntity({ id: 'urn:a:1' })).toBeNull();
    expect(parseEntity({ id: 'not a uri', type: 'Lamp' })).toBeNull();
    expect(parseEntity([])).toBeNull();
  });

  it('leaves out what is no attribute and takes the first of several types', () => {
    const entity = parseEntity({
      id: 'urn:a:1',
      type: ['Lamp', 'Device'],
      createdAt: at,
      scope: '/a',
      on: true,
      '@context': [],
    });
    expect(entity?.type).toBe('Lamp');
    expect([...(entity?.attributes.keys() ?? [])]).toEqual(['on']);
  });

  it('tells deleted attributes apart', () => {
    const { present, gone } = parseAttributes({ id: 'urn:a:1', a: null, b: 2 });
    expect(gone).toEqual(['a']);
    expect([...present.keys()]).toEqual(['b']);
  });
});

describe('parseEntityId', () => {
  it.each([
    ['urn:ngsi-ld:Lamp:17', true],
    ['https://example.org/a', true],
    ['lamp', false],
    ['urn:with space', false],
    [`urn:${'a'.repeat(600)}`, false],
    [17, false],
  ])('%s: %s', (text, good) => expect(parseEntityId(text) !== null).toBe(good));
});
